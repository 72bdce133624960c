"""A platform with its operator; one that has a vendor's key to sign with, and one that has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feature.license.asking import SIGNS, START
from tests.support.platforms import Caller, Stage, stage


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A customer's: nothing to sign with."""
    folder: Path = tmp_path_factory.mktemp("keyless") / "data"
    with stage(folder, START) as opened:
        yield opened


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("license") / "data"
    with stage(folder, START, **SIGNS) as opened:
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


@pytest.fixture
def other(on: Stage) -> Caller:
    return on.agent()
