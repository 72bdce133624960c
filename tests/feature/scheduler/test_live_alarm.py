"""Live time: the alarm wakes the scheduler; what was missed is caught up; nothing waits for it."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.scheduler.alarm import LiveAlarm
from quantos.scheduler.core.timetable import TIMETABLE
from quantos.scheduler.service import ClockGoesBack, Scheduler, refuse_clock_set_back
from quantos.storage.records import Records
from tests.feature.scheduler.conftest import CALENDAR, NAMES, Diary, instant


class SetClock:
    """A live clock whose time a test sets."""

    simulated = False

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time


def test_after_downtime_every_missed_job_is_run_in_the_order_of_time(records: Records) -> None:
    clock = SetClock(instant("03T18:35"))
    diary = Diary(clock)
    Scheduler(clock, records, lambda: CALENDAR, diary.all())._recover()
    clock.time = instant("05T09:05")
    after = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    after._recover()
    after.follow()
    missed = [(name, date(2024, 1, 3)) for name in NAMES[4:]]
    missed += [(name, date(2024, 1, 4)) for name in NAMES]
    missed += [(NAMES[0], date(2024, 1, 5))]
    assert [(name, day) for name, day, _ in diary.entries] == missed


def test_before_its_first_start_nothing_was_missed(records: Records) -> None:
    clock = SetClock(instant("03T20:00"))
    diary = Diary(clock)
    scheduler = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    scheduler._recover()
    assert scheduler.follow() == []


def test_a_job_under_way_when_the_process_died_is_run_again(records: Records) -> None:
    clock = SetClock(instant("03T08:00"))
    diary = Diary(clock)

    def dies(_: date) -> dict[str, Any]:
        raise SystemExit  # stands for the end of the process: nothing below it is recorded

    first = Scheduler(clock, records, lambda: CALENDAR, {NAMES[0]: dies})
    first._recover()
    clock.time = instant("03T09:00")
    with pytest.raises(SystemExit):
        first.follow()
    assert first.jobs()[0]["state"] == "running"
    second = Scheduler(clock, records, lambda: CALENDAR, {NAMES[0]: diary.job(NAMES[0])})
    second._recover()
    assert second.jobs()[0]["state"] == "failed"
    assert "interrupted" in second.jobs()[0]["detail"]["reason"]
    second.follow()
    assert [name for name, _, _ in diary.entries] == [NAMES[0]]


def test_a_live_scheduler_catches_up_in_its_own_thread_and_stops_after_the_job_under_way(
    records: Records,
) -> None:
    clock = SetClock(instant("03T08:00"))
    begun, go_on, threads = threading.Event(), threading.Event(), []

    def slow(_: date) -> dict[str, Any]:
        threads.append(threading.current_thread())
        begun.set()
        assert go_on.wait(20)
        return {}

    diary = Diary(clock)
    scheduler = Scheduler(clock, records, lambda: CALENDAR, {NAMES[0]: slow, NAMES[1]: diary.job(NAMES[1])})
    scheduler._recover()
    clock.time = instant("03T09:30")
    scheduler.start()
    assert begun.wait(20)
    assert threads[0] is not threading.main_thread()
    threading.Timer(0.2, go_on.set).start()
    scheduler.stop()
    assert scheduler.jobs()[0]["state"] == "done"
    assert diary.entries == [], "no further job is started"


def test_the_alarm_rings_at_the_times_of_the_timetable_on_weekdays_in_shanghai() -> None:
    rung = threading.Event()
    alarm = LiveAlarm(rung.set)
    assert rung.wait(20)
    alarm._starter.join()
    found = {job.id: job for job in alarm._scheduler.get_jobs()}
    alarm.stop()
    saturday = parse_instant("2024-01-06T00:00+08:00")
    for job in TIMETABLE:
        rings = found[job.name].trigger.get_next_fire_time(None, saturday)
        assert rings == instant(f"08T{job.at:%H:%M}")
        assert found[job.name].misfire_grace_time is None
        assert found[job.name].coalesce


def test_an_alarm_leaves_the_first_answers_alone_and_stops_without_waiting_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quantos.scheduler.alarm.FIRST_ANSWERS_S", 3600)
    rung = threading.Event()
    alarm = LiveAlarm(rung.set)
    assert not rung.wait(0.5)
    alarm.stop()
    assert not alarm._starter.is_alive()
    assert not rung.is_set()


def test_an_alarm_stopped_while_it_starts_does_not_run_on() -> None:
    alarm = LiveAlarm(lambda: None)
    alarm.stop()
    assert not alarm._starter.is_alive()
    assert alarm._scheduler is None or not alarm._scheduler.running


def test_a_wake_up_that_fails_is_logged_and_the_next_one_goes_on(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SetClock(instant("03T08:00"))
    diary = Diary(clock)
    broken = [True]

    def calendar() -> Any:
        if broken:
            raise RuntimeError("no calendar")
        return CALENDAR

    scheduler = Scheduler(clock, records, calendar, diary.all())
    scheduler._recover()
    clock.time += timedelta(hours=1)
    scheduler._wake()
    assert "could not be followed" in caplog.text
    broken.clear()
    scheduler._wake()
    assert [name for name, _, _ in diary.entries] == [NAMES[0]]


def test_a_machine_whose_clock_was_set_back_is_not_started(records: Records) -> None:
    clock = SetClock(instant("03T08:00"))
    refuse_clock_set_back(records, clock)
    scheduler = Scheduler(clock, records, lambda: CALENDAR, Diary(clock).all())
    scheduler._recover()
    clock.time = instant("03T09:05")
    scheduler.follow()
    clock.time = instant("03T09:00:30")
    refuse_clock_set_back(records, clock)
    clock.time = instant("03T08:59:59")
    with pytest.raises(ClockGoesBack, match="set the clock right"):
        refuse_clock_set_back(records, clock)
