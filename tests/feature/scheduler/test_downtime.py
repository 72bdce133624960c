"""The machine was off, or its clock jumped: each missed job is made up once, in the order of time."""

from __future__ import annotations

from datetime import date

from quantos.scheduler.service import Scheduler
from quantos.storage.records import Records
from tests.feature.scheduler.conftest import CALENDAR, NAMES, Diary, instant
from tests.feature.scheduler.test_live_alarm import SetClock

D = {day: date(2024, 1, day) for day in range(1, 15)}


def restarted(records: Records, clock: SetClock) -> Diary:
    """What a platform that starts at the clock's time runs by itself."""
    diary = Diary(clock)
    scheduler = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    scheduler._recover()
    scheduler.follow()
    return diary


def lived_until(records: Records, text: str) -> SetClock:
    """A platform that has followed the timetable since the 2nd, 08:00."""
    clock = SetClock(instant("02T08:00"))
    scheduler = Scheduler(clock, records, lambda: CALENDAR, Diary(clock).all())
    scheduler._recover()
    clock.time = instant(text)
    scheduler.follow()
    return clock


def made_up(diary: Diary) -> list[tuple[str, date]]:
    return [(name, day) for name, day, _ in diary.entries]


def test_off_at_18_15_the_evening_is_made_up_at_the_next_start(records: Records) -> None:
    clock = lived_until(records, "02T18:00")
    clock.time = instant("02T23:30")
    assert made_up(restarted(records, clock)) == [(name, D[2]) for name in NAMES[2:]]


def test_five_days_off_are_made_up_day_by_day_over_the_weekend(records: Records) -> None:
    clock = lived_until(records, "03T20:00")
    clock.time = instant("10T20:00")
    days = [D[day] for day in (4, 5, 8, 9, 10)]
    assert made_up(restarted(records, clock)) == [(name, day) for day in days for name in NAMES]


def test_nothing_is_made_up_of_the_closed_days_of_a_holiday(records: Records) -> None:
    clock = lived_until(records, "05T20:00")
    clock.time = instant("08T08:59")
    assert made_up(restarted(records, clock)) == []


def test_a_second_start_makes_nothing_up_twice(records: Records) -> None:
    clock = lived_until(records, "03T20:00")
    clock.time = instant("05T20:00")
    assert len(made_up(restarted(records, clock))) == 12
    assert made_up(restarted(records, clock)) == []


def test_a_clock_that_jumps_forward_past_a_job_is_noticed_by_the_next_look(records: Records) -> None:
    clock = SetClock(instant("02T17:00"))
    diary = Diary(clock)
    scheduler = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    scheduler._recover()
    clock.time = instant("03T09:05")
    scheduler._wake()
    assert made_up(diary) == [*((name, D[2]) for name in NAMES[2:]), (NAMES[0], D[3])]


def test_a_clock_that_jumps_back_runs_nothing_a_second_time_and_goes_on_when_it_has_caught_up(
    records: Records,
) -> None:
    clock = SetClock(instant("02T08:00"))
    diary = Diary(clock)
    scheduler = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    scheduler._recover()
    for text in ("02T18:20", "02T09:05", "02T18:20", "02T18:29"):
        clock.time = instant(text)
        scheduler._wake()
    assert made_up(diary) == [(name, D[2]) for name in NAMES[:3]]
    clock.time = instant("02T18:30")
    scheduler._wake()
    assert made_up(diary)[3:] == [(NAMES[3], D[2])]
