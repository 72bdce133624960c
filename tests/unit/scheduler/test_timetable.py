"""SETTLE-01: six jobs, their names, order and times, on trading days; worked by hand for January 2024."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import TradingCalendar
from quantos.scheduler.core.timetable import TIMETABLE, Due, due_between, next_due

# 2024-01-01 is a holiday, 2024-01-06/07 a weekend
SESSIONS = [f"2024-01-{day:02d}" for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
CALENDAR = TradingCalendar(np.array(SESSIONS, "datetime64[D]"), date(2024, 1, 1), date(2024, 1, 14))
DAY = [
    ("09:00", "portfolio_signal_generation"),
    ("09:10", "attestation_retry"),
    ("18:15", "settle_all_active_strategies"),
    ("18:30", "daily_evaluation"),
    ("18:40", "factor_os_tracking"),
    ("18:45", "settlement_watchdog"),
]


def at(text: str) -> datetime:
    return parse_instant(f"2024-01-{text}+08:00")


def test_the_six_jobs_by_name_time_and_order() -> None:
    assert [(job.at.strftime("%H:%M"), job.name) for job in TIMETABLE] == DAY


def test_a_day_has_its_six_jobs_at_their_times() -> None:
    found = due_between(at("02T00:00"), at("03T00:00"), CALENDAR)
    assert found == [Due(at(f"02T{time}"), name, date(2024, 1, 2)) for time, name in DAY]


def test_the_first_bound_is_exclusive_and_the_last_inclusive() -> None:
    found = due_between(at("02T09:00"), at("02T09:10"), CALENDAR)
    assert [due.job for due in found] == ["attestation_retry"]


def test_nothing_is_due_on_a_holiday_or_a_weekend() -> None:
    assert due_between(at("01T00:00"), at("02T08:59:59"), CALENDAR) == []
    assert due_between(at("05T18:45"), at("08T08:59:59"), CALENDAR) == []


def test_days_follow_each_other() -> None:
    found = due_between(at("05T18:40"), at("08T09:00"), CALENDAR)
    assert [(due.trade_date.day, due.job) for due in found] == [
        (5, "settlement_watchdog"),
        (8, "portfolio_signal_generation"),
    ]


def test_nothing_is_due_beyond_the_calendar() -> None:
    assert due_between(at("12T19:00"), parse_instant("2031-01-01T00:00+08:00"), CALENDAR) == []
    assert due_between(parse_instant("2020-01-01T00:00+08:00"), at("02T08:00"), CALENDAR) == []


def test_the_next_run_is_strictly_later() -> None:
    settle = "settle_all_active_strategies"
    assert next_due(settle, at("02T18:14:59"), CALENDAR) == at("02T18:15")
    assert next_due(settle, at("02T18:15"), CALENDAR) == at("03T18:15")


def test_the_next_run_skips_the_weekend() -> None:
    assert next_due("attestation_retry", at("05T12:00"), CALENDAR) == at("08T09:10")


def test_beyond_the_calendar_the_next_run_is_unknown() -> None:
    assert next_due("attestation_retry", at("12T12:00"), CALENDAR) is None


@given(st.lists(st.integers(0, 14 * 1440), min_size=2, max_size=6))
def test_steps_joined_give_what_one_step_gives(minutes: list[int]) -> None:
    instants = [at("01T00:00") + timedelta(minutes=m) for m in sorted(minutes)]
    steps = [due_between(a, b, CALENDAR) for a, b in pairwise(instants)]
    assert [due for step in steps for due in step] == due_between(instants[0], instants[-1], CALENDAR)


@pytest.mark.parametrize("minutes", [0, 600, 1100, 5000])
def test_what_is_due_ascends(minutes: int) -> None:
    start = at("01T00:00") + timedelta(minutes=minutes)
    found = [due.instant for due in due_between(start, at("14T23:00"), CALENDAR)]
    assert found == sorted(set(found))
