"""A served platform that is killed (SIGKILL) during a research backtest: it is run again, and never left at `running`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quantos.client import Client, calls
from tests.feature.research.conftest import START
from tests.feature.research.test_backtest import HOLD, with_next
from tests.feature.research.test_queue import LOOP
from tests.feature.research.test_studies import DAYS, PRICES, A
from tests.support.platforms import made_up, stage
from tests.support.served import ROOT, announced_url

WAIT_S = 60
SLOW = with_next(
    "total = 0",
    "for number in range(2_000_000):",
    "    total += number",
    "if len(self) == 1:",
    "    self.buy(size=200)",
    "if len(self) == 4:",
    "    self.close()",
)
"""Some tenths of a second a day; the same fills each time."""


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, str]:
    """A directory with bars, and the key of a user."""
    with stage(tmp_path / "data", START) as on:
        rows = {(A, day): PRICES[A][at] for at, day in enumerate(DAYS)}
        on.platform.market.import_bars(made_up(rows))
        return tmp_path / "data", on.agent().token


@contextmanager
def server(folder: Path, token: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], Client]]:
    """`quantos serve` as a program of its own, ended in any case."""
    announced = folder / "server.json"
    announced.unlink(missing_ok=True)
    command = [sys.executable, "-m", "quantos.cli", "serve", "--port", "0", "--data-dir", str(folder)]
    process = subprocess.Popen(
        [*command, "--simulate", "2024-01-02T08:00"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, **variables},
    )
    try:
        with Client(announced_url(announced, process), token) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()


def descendants(process: int) -> set[int]:
    """Of /proc; those that have ended but are not waited for are not among them."""
    parent_of: dict[int, int] = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                state, parent = (each / "stat").read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                parent_of[int(each.name)] = int(parent)
    found = {process}
    while more := {child for child, parent in parent_of.items() if parent in found} - found:
        found |= more
    return found - {process}


def alive(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(seen: Callable[[], Any], what: str) -> Any:
    last = time.monotonic() + WAIT_S
    while not (found := seen()):
        assert time.monotonic() < last, what
        time.sleep(0.02)
    return found


def begin(client: Client, code: str) -> str:
    return str(client(calls.create_research_backtest(strategy_code=code, tickers=[A]))["id"])


def shown(client: Client, study: str) -> Any:
    return client(calls.get_research_backtest(study))


def ended(client: Client, study: str) -> Any:
    return until(
        lambda: found if (found := shown(client, study))["status"] not in {"queued", "running"} else None,
        "it ends",
    )


def test_one_that_was_killed_is_run_again_and_the_next_one_after_it(folder: tuple[Path, str]) -> None:
    """The first would run for ever: it fails at its limit after the start, and what waited behind it finishes."""
    with server(*folder) as (process, client):
        running, waiting = begin(client, LOOP), begin(client, HOLD)
        until(lambda: shown(client, running)["status"] == "running", "it runs")
        children = until(
            lambda: len(found) > 1 and found if (found := descendants(process.pid)) else 0, "it forks"
        )
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: not any(alive(each) for each in children), "nothing is left running")
    with server(*folder, QUANTOS_RESEARCH_WALL_S_MAX="1") as (_, client):
        first = ended(client, running)
        assert (first["status"], first["result"]) == ("failed", None)
        assert "did not end within 1 seconds" in first["reason"]
        assert ended(client, waiting)["status"] == "finished"


def test_one_that_was_killed_in_the_middle_comes_to_the_same_result(folder: tuple[Path, str]) -> None:
    with server(*folder) as (process, client):
        whole = ended(client, begin(client, SLOW))
        assert (whole["status"], len(whole["result"]["trades"])) == ("finished", 2)
        killed = begin(client, SLOW)
        until(lambda: shown(client, killed)["progress"]["done"] >= 2, "it is in the middle")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with server(*folder) as (_, client):
        again = ended(client, killed)
        assert again["status"] == "finished"
        assert again["result"] == whole["result"]
        assert again["started_at"] is not None
