"""What holds for every test: where the real market data are, and that Ctrl-C reaches whoever it is sent to."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

pytest_plugins = ["tests.plugins.no_skip"]

ROOT = Path(__file__).parents[1]

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # started in a shell's background; children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_market() -> Path:
    """The folder of real A-share bars, `market` in QUANTOS_SHARED (default: ../shared beside the project)."""
    folder = Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared") / "market"
    if not folder.is_dir():
        pytest.skip("no real market data: set QUANTOS_SHARED to the folder that has market/ in it")
    return folder
