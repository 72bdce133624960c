"""A scheduler on a real records store, with a calendar of two weeks and jobs that note what they were asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantos.kit.clock import Clock, SimulatedClock, parse_instant
from quantos.market.core.calendar import TradingCalendar
from quantos.scheduler.core.timetable import TIMETABLE
from quantos.scheduler.service import Job, Scheduler
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records

SESSIONS = [f"2024-01-{day:02d}" for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
CALENDAR = TradingCalendar(np.array(SESSIONS, "datetime64[D]"), date(2024, 1, 1), date(2024, 1, 14))
NAMES = [job.name for job in TIMETABLE]


def instant(text: str) -> datetime:
    """`02T18:15` of January 2024, Shanghai time."""
    return parse_instant(f"2024-01-{text}+08:00")


@dataclass
class Diary:
    """Jobs that write down (name, date, the clock's time)."""

    clock: Clock
    entries: list[tuple[str, date, datetime]] = field(default_factory=list)

    def job(self, name: str) -> Job:
        def note(day: date) -> Mapping[str, Any]:
            self.entries.append((name, day, self.clock.now()))
            return {"noted": len(self.entries)}

        return note

    def all(self) -> dict[str, Job]:
        return {name: self.job(name) for name in NAMES}


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = Records(tmp_path / "records.db")
    upgrade(records)
    yield records
    records.close()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(instant("02T08:00"))


@pytest.fixture
def diary(clock: SimulatedClock) -> Diary:
    return Diary(clock)


@pytest.fixture
def scheduler(records: Records, clock: SimulatedClock, diary: Diary) -> Scheduler:
    scheduler = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    scheduler.start()
    return scheduler
