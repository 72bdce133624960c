"""A platform with made-up bars, and the program that runs strategies, one of each for a module."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.research.sandbox import RunLimits, Sandbox
from tests.support.platforms import Caller, Stage, made_up, stage

SYMBOL = "600001.SH"
DAYS = shipped_calendar().between(date(2023, 1, 3), date(2023, 12, 29))
START = parse_instant("2024-01-02T08:00:00+08:00")


def prices(seed: int = 3) -> list[tuple[float, float, float | None, int]]:
    """(open, close, pre_close, volume) of each of DAYS: a random walk from 20, to the fen."""
    rng = np.random.default_rng(seed)
    close = np.round(20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, len(DAYS)))), 2)
    open_ = np.round(close * np.exp(rng.normal(0.0, 0.01, len(DAYS))), 2)
    before = [None, *close[:-1].tolist()]
    return [
        (float(opened), float(closed), last, 1_000_000)
        for opened, closed, last in zip(open_, close, before, strict=True)
    ]


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("research") / "data"
    with stage(folder, START, backtest_wall_s_max=10, backtest_memory_mb_max=256) as opened:
        rows = {(SYMBOL, day): row for day, row in zip(DAYS, prices(), strict=True)}
        opened.platform.market.import_bars(made_up(rows))
        yield opened


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = Sandbox(RunLimits(wall_s=3, memory_mb=256))
    yield opened
    opened.close()


def ask(caller: Caller, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
    """A call of the Copilot, whose paths stand beside the API's."""
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    return caller.runner.run(
        caller.http.request(method, f"http://platform{path}", json=body, headers=headers, **more)
    )
