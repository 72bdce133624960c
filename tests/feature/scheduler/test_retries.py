"""A job that fails is tried again after 1, 4 and 8 minutes, then stands as failed until somebody runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pytest

from quantos.errors import Unavailable
from quantos.kit.clock import SimulatedClock
from quantos.scheduler.service import Job, Ran, Scheduler
from quantos.storage.records import Records
from tests.feature.scheduler.conftest import CALENDAR, NAMES, Diary, instant
from tests.feature.scheduler.test_live_alarm import SetClock

GENERATION, SETTLEMENT, EVALUATION = NAMES[0], NAMES[2], NAMES[3]
D2 = date(2024, 1, 2)


class Failing:
    """A job that fails so often, then succeeds; the instants at which it was begun."""

    def __init__(self, clock: Any, times: int) -> None:
        self._clock, self._left = clock, times
        self.begun: list[datetime] = []

    def __call__(self, _: date) -> Mapping[str, Any]:
        self.begun.append(self._clock.now())
        if self._left:
            self._left -= 1
            raise Unavailable("the disk is full")
        return {"settled": 3}


def with_job(records: Records, clock: Any, name: str, job: Job) -> Scheduler:
    return Scheduler(clock, records, lambda: CALENDAR, {**Diary(clock).all(), name: job})


def shown(scheduler: Scheduler, name: str) -> dict[str, Any]:
    return next(job for job in scheduler.jobs() if job["name"] == name)


@pytest.fixture
def failing(clock: SimulatedClock) -> Callable[[int], Failing]:
    return lambda times: Failing(clock, times)


def test_the_back_off_is_1_4_and_8_minutes(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    job = failing(99)
    with_job(records, clock, GENERATION, job).advance_to(instant("02T18:00"))
    assert job.begun == [instant(f"02T{at}") for at in ("09:00", "09:01", "09:05", "09:13")]


def test_the_first_success_ends_it(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    job = failing(1)
    scheduler = with_job(records, clock, SETTLEMENT, job)
    ran = scheduler.advance_to(instant("02T18:31"))
    assert [run for run in ran if run.job in {SETTLEMENT, EVALUATION}] == [
        Ran(SETTLEMENT, D2, "failed"),
        Ran(SETTLEMENT, D2, "done"),
        Ran(EVALUATION, D2, "done"),
    ]
    found = shown(scheduler, SETTLEMENT)
    assert (found["state"], found["retry_at"], found["detail"]) == ("done", None, {"settled": 3})
    assert len(job.begun) == 2


def test_until_then_its_reason_stands_with_the_time_of_the_next_attempt(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    scheduler = with_job(records, clock, SETTLEMENT, failing(99))
    scheduler.advance_to(instant("02T18:15"))
    found = shown(scheduler, SETTLEMENT)
    assert (found["state"], found["retry_at"]) == ("failed", "2024-01-02T10:16:00Z")
    scheduler.advance_to(instant("02T18:29"))
    found = shown(scheduler, SETTLEMENT)
    assert (found["state"], found["retry_at"]) == ("failed", None)
    assert found["detail"] == {"reason": "the disk is full"}


def test_a_restart_keeps_what_is_to_be_tried_again_and_how_often_it_was(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    job = failing(99)
    with_job(records, clock, SETTLEMENT, job).advance_to(instant("02T18:18"))
    after = with_job(records, clock, SETTLEMENT, job)
    after.start()
    after.advance_to(instant("02T23:00"))
    assert job.begun == [instant(f"02T{at}") for at in ("18:15", "18:16", "18:20", "18:28")]


def test_an_attempt_that_was_killed_is_made_again(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    with_job(records, clock, SETTLEMENT, failing(1)).advance_to(instant("02T18:15"))

    def killed(_: date) -> dict[str, Any]:
        raise SystemExit  # stands for the end of the process: nothing below it is recorded

    with pytest.raises(SystemExit):
        with_job(records, clock, SETTLEMENT, killed).advance_to(instant("02T18:17"))
    job = failing(0)
    last = with_job(records, clock, SETTLEMENT, job)
    last.start()
    assert (job.begun, shown(last, SETTLEMENT)["state"]) == ([instant("02T18:16")], "done")
    last.advance_to(instant("02T23:00"))
    assert len(job.begun) == 1


def test_what_the_operator_ran_meanwhile_is_not_tried_again(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    job = failing(1)
    scheduler = with_job(records, clock, SETTLEMENT, job)
    scheduler.advance_to(instant("02T18:15"))
    assert scheduler.run(SETTLEMENT)["state"] == "done"
    scheduler.advance_to(instant("02T23:00"))
    assert len(job.begun) == 2
    assert shown(scheduler, SETTLEMENT)["retry_at"] is None


def test_when_all_attempts_have_failed_the_operator_runs_it_again(
    records: Records, clock: SimulatedClock, failing: Callable[[int], Failing]
) -> None:
    scheduler = with_job(records, clock, SETTLEMENT, failing(4))
    scheduler.advance_to(instant("02T23:00"))
    assert shown(scheduler, SETTLEMENT)["state"] == "failed"
    assert scheduler.run(SETTLEMENT, D2)["state"] == "done"
    assert shown(scheduler, SETTLEMENT)["state"] == "done"


def test_live_the_minute_that_comes_first_after_its_time_tries_it_again(records: Records) -> None:
    clock = SetClock(instant("02T18:14"))
    job = Failing(clock, 1)
    scheduler = with_job(records, clock, SETTLEMENT, job)
    scheduler._recover()
    clock.time = instant("02T18:15:02")
    scheduler.follow()
    clock.time = instant("02T18:16:01")
    assert scheduler.follow() == []
    clock.time = instant("02T18:16:02")
    assert scheduler.follow() == [Ran(SETTLEMENT, D2, "done")]
    assert scheduler.follow() == []
