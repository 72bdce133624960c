"""The one source of time.

Everything that depends on time asks a `Clock`; nothing else reads the system's time. Instants are aware
datetimes in UTC; the exchange's wall clock is Asia/Shanghai, which has kept UTC+8 without summer time
since 1991, so a fixed offset is exact for every date the platform knows.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Protocol

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """What time it is on the platform."""

    @property
    def simulated(self) -> bool: ...

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    simulated = False

    def now(self) -> datetime:
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that stands still until it is moved, and never goes back."""

    simulated = True

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = _in_utc(start)

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Set the clock. Raises ValueError where `instant` lies before the present one."""
        instant = _in_utc(instant)
        with self._lock:
            if instant < self._now:
                raise ValueError(
                    f"the clock stands at {self._now.isoformat()} and cannot go back to {instant.isoformat()}"
                )
            self._now = instant


def today(clock: Clock) -> date:
    """The date in Shanghai."""
    return clock.now().astimezone(SHANGHAI).date()


def shanghai(day: date, at: time) -> datetime:
    """The instant of a Shanghai wall-clock time, in UTC."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def rfc3339(instant: datetime) -> str:
    """An instant as RFC 3339 in UTC, `2026-05-14T07:15:41Z`; a fraction only where there is one."""
    return _in_utc(instant).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """An RFC 3339 timestamp with an offset. Raises ValueError without one."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write for example 2024-01-02T08:00+08:00")
    return instant.astimezone(UTC)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)
