"""A command beside a process that holds the directory and has not said that it serves: it is waited for."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quantos.cli import servers
from quantos.storage.directory import DataDirectory
from tests.feature.cli.conftest import TIMEOUT_S, Said, environment

NOBODY = "http://127.0.0.1:1"


def beside(home: Path, directory: DataDirectory) -> subprocess.Popen[str]:
    """A command that has said that it waits."""
    command = subprocess.Popen(
        [sys.executable, "-m", "quantos.cli", "invite", "create", "--data-dir", str(directory.path)],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    assert "waiting a moment for it to serve or to end" in command.stderr.readline()
    return command


def test_a_server_that_is_starting_is_waited_for_and_asked(home: Path, tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path / "data")
    directory.secret("operator-token")
    command = beside(home, directory)
    directory.announce(NOBODY, datetime(2024, 1, 2, tzinfo=UTC))
    _, err = command.communicate(timeout=TIMEOUT_S)
    directory.close()
    assert f"the server at {NOBODY} holds the data directory" in err


def test_a_command_that_ends_leaves_the_directory_to_the_next(home: Path, tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path / "data")
    command = beside(home, directory)
    directory.close()
    out, _ = command.communicate(timeout=TIMEOUT_S)
    assert (command.returncode, len(out.split())) == (0, 1)


def test_whoever_goes_on_holding_it_is_named_in_the_end(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "STARTS_S_MAX", 0)
    directory = DataDirectory.open(tmp_path / "data")
    ended = said("invite", "create", "--data-dir", tmp_path / "data")
    directory.close()
    assert ended.code == 1
    assert "is in use by process" in ended.err.splitlines()[-1]
