"""OPS-08: signals of before the activation, settled as a curve apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
CALENDAR = shipped_calendar()
BEFORE = CALENDAR.between(date(2024, 2, 19), date(2024, 2, 29))  # 9 trading days
DAYS = CALENDAR.between(date(2024, 3, 1), date(2024, 3, 8))
START = parse_instant("2024-03-01T08:00+08:00")
FREE = {"commission_rate": 0, "slippage_rate": 0, "initial_capital": 100_000}


def bars() -> dict[tuple[str, date], tuple[float, float, float | None, int]]:
    """A opens at 10.00 on the first day and closes 1 CNY higher each other day; B stays at 20.00."""
    rows: dict[tuple[str, date], tuple[float, float, float | None, int]] = {}
    level = 10.0
    for k, day in enumerate([*BEFORE, *DAYS]):
        close = level + (0.5 if k % 2 else -0.2)
        rows[A, day] = (level, close, level, 1_000_000)
        rows[B, day] = (20.0, 20.0, 20.0, 1_000_000)
        level = close
    return rows


CLOSES = [bars()[A, day][1] for day in BEFORE]


def day_of(day: date, weights: Mapping[str, float]) -> dict[str, Any]:
    signals = [{"symbol": symbol, "weight": weight} for symbol, weight in weights.items()]
    return {"trade_date": day.isoformat(), "signals": signals}


def backfill(on: Stage, *days: dict[str, Any], slug: str = "one") -> Any:
    return on.operator.call("POST", f"/admin/strategies/{slug}/backfill", {"signals": list(days)})


def accepted(on: Stage, *days: dict[str, Any]) -> int:
    answer = backfill(on, *days)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"accepted"}
    return int(answer.json()["accepted"])


def record(on: Stage) -> dict[str, Any]:
    found: dict[str, Any] = on.public().get("/public/strategies/one/track-record")
    return found


def curve(on: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = record(on)["backfilled"]["records"]
    return found


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(bars()))
        yield opened


@pytest.fixture
def agent(on_stage: Stage) -> Caller:
    """The owner of `one`, activated on 2024-03-01 with half of its capital in A."""
    caller = on_stage.agent()
    caller.post("/strategies", {"name": "One", "slug": "one", **FREE})
    on_stage.submit(caller, "one", DAYS[0], {A: 0.5})
    return caller


@pytest.mark.usefixtures("agent")
def test_backfilled_days_are_settled_from_the_initial_capital(on_stage: Stage) -> None:
    # half of 100,000 at 10.00: 5,000 shares; a transfer fee of 0.001 % of 50,000: 0.50
    assert accepted(on_stage, day_of(BEFORE[0], {A: 0.5})) == 1
    found = curve(on_stage)
    assert [day["date"] for day in found] == [day.isoformat() for day in BEFORE]
    navs = [(50_000 - 0.5 + 5_000 * close) / 100_000 for close in CLOSES]
    assert [day["nav"] for day in found] == pytest.approx(navs, abs=1e-12)
    daily = [new / old - 1 for old, new in zip([1.0, *navs], navs, strict=False)]
    assert [day["daily_return"] for day in found] == pytest.approx(daily, abs=1e-12)
