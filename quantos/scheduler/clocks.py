"""Where the platform's clock stands when it starts, and how far it has lived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from quantos.kit.clock import Clock, SimulatedClock, parse_instant, rfc3339
from quantos.scheduler import store
from quantos.scheduler.refusals import ClockGoesBack
from quantos.storage.records import Records

SIMULATED_NOW: Final = "simulated_now"
FOLLOWED_UNTIL: Final = "timetable_followed_until"
CLOCK_CORRECTION: Final = timedelta(minutes=5)


def continued_clock(records: Records, start: datetime) -> SimulatedClock:
    """The clock of a simulated directory: where it stood when it was last open, or at `start`."""
    with records.read() as session:
        stored = store.fact(session, SIMULATED_NOW)
    return SimulatedClock(parse_instant(stored) if stored else start)


def refuse_clock_set_back(records: Records, clock: Clock) -> None:
    """A live platform does not start before an instant that it has already lived: deadlines would open again.

    Five minutes are left to the correction of a drifting clock. Raises ClockGoesBack.
    """
    lived = lived_until(records)
    if lived is not None and is_behind(clock.now(), lived):
        raise ClockGoesBack(
            f"the system's clock stands at {rfc3339(clock.now())}, but this platform has already lived"
            f" {rfc3339(lived)}: set the clock right and start again; where it is right, and had run ahead, quantos clock"
            " correct --reason TEXT takes the timetable back; nothing was changed"
        )


def is_behind(now: datetime, lived: datetime) -> bool:
    """Whether a clock stands farther back than a drifting one is corrected."""
    return now < lived - CLOCK_CORRECTION


def lived_until(records: Records) -> datetime | None:
    """The latest instant at which the platform has worked."""
    with records.read() as session:
        followed, started = store.fact(session, FOLLOWED_UNTIL), store.last_start(session)
    return max(
        (instant for instant in (followed and parse_instant(followed), started) if instant), default=None
    )
