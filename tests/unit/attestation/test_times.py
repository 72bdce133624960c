"""When signals are committed, and how long to wait after a failure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.attestation.core.backoff import delay_s
from quantos.attestation.core.batches import DEADLINES, Intake, When, due, intake, next_batch
from quantos.kit.clock import SHANGHAI, parse_instant
from quantos.strategies.core.deadlines import Execution
from tests.support.effort import tries

LEAD = timedelta(seconds=60)


def at(time: str, day: str = "2024-01-02") -> datetime:
    return parse_instant(f"{day}T{time}+08:00")


def test_the_deadlines_are_those_of_the_strategies() -> None:
    day = date(2024, 1, 2)
    assert [each.deadline(day) for each in Execution] == [at(f"{time}", f"{day}") for time in DEADLINES]


@pytest.mark.parametrize(
    ("when", "now", "expected"),
    [
        (When.SUBMISSION, "08:00:00", Intake.CLAIMED),
        (When.DEADLINE, "08:00:00", Intake.WAITING),
        (When.DEADLINE, "09:13:59", Intake.WAITING),
        (When.DEADLINE, "09:14:00", Intake.CLAIMED),
        (When.DEADLINE, "09:14:59", Intake.CLAIMED),
    ],
)
def test_a_signal_waits_in_deadline_mode_until_its_batch_begins(
    when: When, now: str, expected: Intake
) -> None:
    assert intake(when, at("09:15"), at(now), LEAD) is expected


def test_on_submission_every_waiting_signal_is_due_before_its_deadline() -> None:
    assert due(When.SUBMISSION, at("08:00"), LEAD, late_too=False) == (at("08:00"), None)
    assert due(When.SUBMISSION, at("08:00"), LEAD, late_too=True) == (None, None)


def test_in_deadline_mode_those_are_due_whose_deadline_is_near() -> None:
    assert due(When.DEADLINE, at("09:14"), LEAD, late_too=False) == (at("09:14"), at("09:15"))
    assert due(When.DEADLINE, at("09:14"), LEAD, late_too=True) == (None, at("09:15"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at("08:00"), at("09:14")),
        (at("09:13:59.999999"), at("09:14")),
        (at("09:14"), at("14:59")),
        (at("14:59"), at("09:14", "2024-01-03")),
        (at("23:59"), at("09:14", "2024-01-03")),
    ],
)
def test_batches_begin_before_both_deadlines_of_a_day(now: datetime, expected: datetime) -> None:
    assert next_batch(now, LEAD) == expected


@tries(100)
@given(st.integers(0, 10**9), st.integers(5, 3600))
def test_the_next_batch_lies_ahead_and_no_other_before_it(seconds: int, lead_s: int) -> None:
    now, lead = at("00:00") + timedelta(seconds=seconds), timedelta(seconds=lead_s)
    found = next_batch(now, lead)
    assert now < found <= now + timedelta(hours=18, minutes=15)
    assert (found + lead).astimezone(SHANGHAI).strftime("%H:%M:%S") in {"09:15:00", "15:00:00"}


def test_the_wait_doubles_up_to_a_bound() -> None:
    assert [delay_s(failures, 30.0) for failures in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert delay_s(10_000, 300.0) == 300
