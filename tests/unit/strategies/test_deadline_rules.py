"""Deadlines in Shanghai time, hard to the microsecond."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import NotATradingDay, shipped_calendar
from quantos.strategies.core.deadlines import (
    DeadlinePassed,
    Execution,
    check_deadline,
    check_trade_date,
    last_locked,
)

DAYS = shipped_calendar()
DAY = date(2024, 1, 2)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(("execution", "utc"), [("open", "01:15:00"), ("close", "07:00:00")])
def test_a_deadline_is_0915_or_1500_in_shanghai(execution: Any, utc: Any) -> None:
    assert Execution(execution).deadline(DAY) == parse_instant(f"2024-01-02T{utc}+00:00")


@pytest.mark.parametrize("execution", list(Execution))
def test_the_instant_itself_is_late_and_the_one_before_is_not(execution: Any) -> None:
    deadline = execution.deadline(DAY)
    assert check_deadline(execution, DAY, deadline - TICK) == deadline
    for received in (deadline, deadline + TICK):
        with pytest.raises(DeadlinePassed, match="deadline passed"):
            check_deadline(execution, DAY, received)


def test_a_past_date_is_said_to_be_past() -> None:
    with pytest.raises(DeadlinePassed, match="in the past"):
        check_deadline(Execution.OPEN, DAY, parse_instant("2024-01-03T00:00:00+08:00"))


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2024, 1, 6), DAYS.last + timedelta(1), date.max])
def test_a_day_without_trading_or_beyond_the_calendar_is_no_trading_day(day: Any) -> None:
    with pytest.raises(NotATradingDay, match="not a trading day"):
        check_trade_date(day, DAYS)


def test_a_day_beyond_the_calendar_is_said_to_be_unknown_with_what_to_do() -> None:
    with pytest.raises(NotATradingDay, match=r"as far as is known: .* ends on .*quantos calendar import"):
        check_trade_date(DAYS.last + timedelta(1), DAYS)


def test_days_before_the_calendar_are_left_to_the_deadline() -> None:
    check_trade_date(date.min, DAYS)
    with pytest.raises(DeadlinePassed):
        check_deadline(Execution.OPEN, date.min, parse_instant("2024-01-02T08:00+08:00"))


@pytest.mark.parametrize(
    ("instant", "locked"),
    [
        ("2024-01-02T09:14:59+08:00", date(2023, 12, 29)),
        ("2024-01-02T09:15:00+08:00", date(2024, 1, 2)),
        ("2024-01-07T12:00:00+08:00", date(2024, 1, 5)),
        ("1990-12-18T12:00:00+08:00", None),
        ("1990-12-19T09:00:00+08:00", None),
        ("1990-12-19T09:15:00+08:00", date(1990, 12, 19)),
    ],
)
def test_the_last_locked_trade_date(instant: Any, locked: Any) -> None:
    assert last_locked(Execution.OPEN, parse_instant(instant), DAYS) == locked


def test_beyond_the_calendar_its_last_session_is_locked() -> None:
    assert last_locked(Execution.OPEN, parse_instant("2999-01-01T00:00+00:00"), DAYS) == DAYS.previous_before(
        DAYS.last + timedelta(1)
    )
