"""The status machine and what a status meant at a deadline."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.strategies.core.deadlines import Execution
from quantos.strategies.core.status import (
    REQUESTABLE,
    InvalidTransition,
    Status,
    StatusChange,
    check_transition,
    is_missed,
    settle_until,
    status_at,
)

DAYS = shipped_calendar()
ACTIVE, PAUSED, RETIRED = Status.ACTIVE, Status.PAUSED, Status.RETIRED


def at(text: Any) -> Any:
    return parse_instant(f"2024-01-{text}+08:00")


def log(*changes: Any) -> Any:
    return [StatusChange(status, at(text)) for status, text in changes]


def test_what_may_be_asked_for_is_the_guides_table() -> None:
    assert {str(key): sorted(map(str, value)) for key, value in REQUESTABLE.items()} == {
        "pending": ["retired"],
        "active": ["paused", "retired"],
        "paused": ["active", "retired"],
        "retired": [],
    }


def test_a_refusal_names_both_statuses_and_what_is_possible() -> None:
    with pytest.raises(InvalidTransition, match=r"a paused strategy cannot become paused .*active, retired"):
        check_transition(PAUSED, PAUSED)


def test_a_pending_strategy_is_told_how_it_becomes_active() -> None:
    with pytest.raises(InvalidTransition, match="submit the first signal"):
        check_transition(Status.PENDING, ACTIVE)


def test_missed_days_are_those_of_a_pause_that_ends() -> None:
    assert is_missed(PAUSED, ACTIVE)
    assert is_missed(PAUSED, RETIRED)
    assert not is_missed(ACTIVE, RETIRED)
    assert not is_missed(PAUSED, None)


def test_before_the_first_change_a_strategy_is_pending() -> None:
    assert status_at([], at("02T09:15")) is Status.PENDING
    assert status_at(log((ACTIVE, "02T09:15")), at("02T09:15")) is Status.PENDING


def test_a_change_at_the_deadline_itself_comes_too_late_for_it() -> None:
    changes = log((ACTIVE, "02T08:00"), (PAUSED, "03T09:15"))
    assert status_at(changes, at("03T09:15")) is ACTIVE
    assert status_at(changes, at("03T09:15") + timedelta(microseconds=1)) is PAUSED


def test_of_changes_at_one_instant_the_last_counts() -> None:
    changes = log((ACTIVE, "02T08:00"), (PAUSED, "02T08:00"))
    assert status_at(changes, at("02T09:15")) is PAUSED


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        (log(), date.min),
        (log((ACTIVE, "02T08:00")), None),
        (log((ACTIVE, "02T08:00"), (PAUSED, "02T09:14")), date.min),
        (log((ACTIVE, "02T08:00"), (PAUSED, "02T09:15")), date(2024, 1, 2)),
        (log((ACTIVE, "02T08:00"), (PAUSED, "06T12:00")), date(2024, 1, 5)),
        (log((ACTIVE, "02T08:00"), (PAUSED, "03T10:00"), (ACTIVE, "05T10:00")), None),
        (
            log((ACTIVE, "02T08:00"), (PAUSED, "03T10:00"), (ACTIVE, "05T10:00"), (PAUSED, "05T11:00")),
            date(2024, 1, 3),
        ),
        (log((ACTIVE, "02T08:00"), (RETIRED, "08T09:14")), date(2024, 1, 5)),
        (log((ACTIVE, "02T08:00"), (RETIRED, "08T09:15")), date(2024, 1, 8)),
        (log((ACTIVE, "02T08:00"), (PAUSED, "03T10:00"), (RETIRED, "08T09:15")), date(2024, 1, 8)),
        (log((RETIRED, "08T09:15")), date(2024, 1, 8)),
    ],
)
def test_settle_until(changes: Any, until: Any) -> None:
    assert settle_until(changes, Execution.OPEN, DAYS) == until


def test_settle_until_follows_the_close_deadline_of_a_close_strategy() -> None:
    changes = log((ACTIVE, "02T08:00"), (PAUSED, "03T14:59"))
    assert settle_until(changes, Execution.CLOSE, DAYS) == date(2024, 1, 2)


def test_a_strategy_retired_before_the_calendar_begins_settles_nothing() -> None:
    changes = [StatusChange(RETIRED, parse_instant("1980-01-02T08:00+08:00"))]
    assert settle_until(changes, Execution.OPEN, DAYS) == date.min
