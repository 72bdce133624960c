"""The dashboard in tmux, by the keys that a person presses there, from start to quit."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.feature.cli.conftest import environment
from tests.support.served import ROOT, Served

PATIENCE_S = 60.0


class Tmux:
    """A tmux of its own, with one window of 100 x 30."""

    def __init__(self, folder: Path) -> None:
        self._command = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, check=False)
        return done.stdout

    def keys(self, *keys: str) -> None:
        self("send-keys", "-t", "quantos", *keys)

    def screen(self) -> str:
        return self("capture-pane", "-p", "-t", "quantos")

    def until(self, holds: Callable[[str], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds(shown := self.screen()):
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path)
    yield made
    made("kill-server")


def test_it_is_worked_with_from_start_to_quit(served: Served, tmux: Tmux, tmp_path: Path) -> None:
    variables = environment(tmp_path, QUANTOS_OPERATOR_TOKEN=served.operator_token, LC_ALL="C.UTF-8")
    given = [f"{name}={value}" for name, value in variables.items()]
    program = shlex.join(["env", *given, sys.executable, "-m", "quantos.cli", "tui", "--url", served.url])
    shell = f"cd {shlex.quote(str(ROOT))}; {program}; echo left with $?; sleep 60"
    tmux("new-session", "-d", "-s", "quantos", "-x", "100", "-y", "30", shell)
    tmux.until(lambda screen: "trading day 2024-03-0" in screen and "Jobs of the day" in screen)
    tmux.keys("2")
    tmux.until(lambda screen: "alpha" in screen and "Sharpe" in screen)
    tmux.keys("/")
    tmux.keys("g", "m", "a", "Enter")
    tmux.until(lambda screen: "1 of 3" in screen and "alpha" not in screen)
    tmux.keys("Escape")
    tmux.until(lambda screen: "alpha" in screen)
    tmux.keys("Enter")
    tmux.until(lambda screen: "NAV and benchmark" in screen)
    tmux.keys("Escape")
    tmux.until(lambda screen: "Universe" in screen)
    tmux.keys("?")
    tmux.until(lambda screen: "Copy row" in screen)
    tmux.keys("Escape")
    tmux.until(lambda screen: "Copy row" not in screen)
    tmux.keys("q")
    tmux.until(lambda screen: "left with 0" in screen)
