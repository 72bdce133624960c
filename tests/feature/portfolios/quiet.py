"""A month in which no price moves, and portfolios of two factors that say the same each day."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from quantos.kit.clock import SimulatedClock, shanghai
from quantos.market.core.calendar import shipped_calendar
from quantos.storage import events
from tests.support.platforms import Caller, Stage
from tests.support.portfolios import active_factor, portfolio_of

NAMES = [f"60000{k}.SH" for k in range(1, 9)]
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
BEFORE, DAY, NEXT = DAYS[:3]
"""Friday 1 March, Monday, Tuesday."""

JOB = "/admin/jobs/portfolio_signal_generation/run"


def rising(day: date) -> dict[date, dict[str, float]]:
    """Values of a day that are the higher the later the name."""
    return {day: {name: float(k) for k, name in enumerate(NAMES)}}


def pair(on: Stage, owner: Caller, day: date = BEFORE) -> list[str]:
    return [active_factor(on, owner, rising(day), name=name) for name in ("one", "two")]


def activated(on: Stage, owner: Caller, day: date = BEFORE, **fields: Any) -> str:
    portfolio = portfolio_of(owner, pair(on, owner, day), **fields)
    owner.post(f"/portfolios/{portfolio}/activate")
    return portfolio


def signals(owner: Caller, portfolio: str) -> list[str]:
    return [each["trade_date"] for each in owner.get(f"/portfolios/{portfolio}/signals")["signals"]]


def days(owner: Caller, portfolio: str) -> dict[str, str]:
    return {
        each["trade_date"]: each["outcome"] for each in owner.get(f"/portfolios/{portfolio}/days")["days"]
    }


def told(owner: Caller) -> list[dict[str, Any]]:
    return [
        each
        for each in owner.get("/notifications")["notifications"]
        if each["type"] == "portfolio_day_missed"
    ]


def submissions(on: Stage) -> int:
    with on.platform.records.read() as session:
        return len(events.after(session, 0, 10_000, {"signal_submitted"}))


def off_until(on: Stage, day: date, at: str) -> None:
    """The machine is off from now until then, and catches up."""
    clock = on.platform.clock
    assert isinstance(clock, SimulatedClock)
    clock.move_to(shanghai(day, time.fromisoformat(at)))
    on.platform.scheduler.follow()
