"""Trading days.

A calendar is the ascending array of its sessions and the bounds within which it knows every natural day.
Beyond the bounds nothing is guessed: the exchange announces a year at the end of the one before, and a
calendar that ends is extended by the exchange's list, not by a rule.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.errors import WrongState
from quantos.market.core import closed_weekdays

Dates = NDArray[np.datetime64]
Ints = NDArray[np.int64]

REMEDY: Final = "import the exchange's list with `quantos calendar import FILE`"
SATURDAY: Final = 5


class NotATradingDay(WrongState):
    """A trading day was needed."""

    code = "not_a_trading_day"


class CalendarEnds(WrongState):
    """A question about a day that the calendar does not know."""

    code = "calendar_ends"

    def __init__(self, day: date, first: date, last: date) -> None:
        self.day = day
        if day < first:
            message = f"the trading calendar begins on {first}; {day} lies before it"
        else:
            message = f"the trading calendar ends on {last}, the last day known; {day} lies beyond: {REMEDY}"
        super().__init__(message)


class CalendarRefused(WrongState):
    """An extension that contradicts itself or leaves a hole."""

    code = "calendar_refused"


class TradingCalendar:
    """Sessions between two natural days, both inclusive. Immutable."""

    __slots__ = ("_first", "_first_day", "_is_open", "_last", "_position", "sessions")

    def __init__(self, sessions: Dates, first: date, last: date) -> None:
        self.sessions: Dates = np.asarray(sessions, dtype="datetime64[D]")
        self.sessions.flags.writeable = False
        self._first, self._last = first, last
        self._first_day = np.datetime64(first, "D")
        # position[k]: number of sessions before natural day first + k; a session iff the next entry is larger
        flags = np.zeros((last - first).days + 2, dtype=np.int64)
        flags[(self.sessions - self._first_day).astype(np.int64) + 1] = 1
        self._position: Ints = np.cumsum(flags)
        self._is_open = flags[1:].astype(np.bool_).tobytes()

    @property
    def first(self) -> date:
        """The first natural day known."""
        return self._first

    @property
    def last(self) -> date:
        """The last natural day known."""
        return self._last

    def is_trading_day(self, day: date) -> bool:
        return self._is_open[self._offset(day)] == 1

    def next_after(self, day: date) -> date:
        """The first trading day strictly after `day`. Raises CalendarEnds where it is not known."""
        if day < self._first:
            raise self._ends(day)
        index = int(self._position[self._offset(day) + 1])
        if index >= len(self.sessions):
            raise self._ends(self._last + timedelta(days=1))
        return _date(self.sessions[index])

    def previous_before(self, day: date) -> date:
        """The last trading day strictly before `day`. Raises CalendarEnds where it is not known."""
        if day == self._last + timedelta(days=1):
            index = len(self.sessions) - 1
        else:
            index = int(self._position[self._offset(day)]) - 1
        if index < 0:
            raise self._ends(self._first - timedelta(days=1))
        return _date(self.sessions[index])

    def between(self, first: date, last: date) -> list[date]:
        """Trading days from `first` to `last`, both inclusive, ascending; empty where last < first."""
        if last < first:
            return []
        low, high = self._position[self._offset(first)], self._position[self._offset(last) + 1]
        return [_date(session) for session in self.sessions[low:high]]

    def month(self, year: int, month: int) -> list[date]:
        """Trading days of a month, ascending."""
        start = date(year, month, 1)
        return self.between(start, date(year, month, monthrange(year, month)[1]))

    def positions(self, days: Dates) -> Ints:
        """Index in `sessions` of each day; -1 where it is no session, -2 where it lies beyond the calendar."""
        offsets = (days - self._first_day).astype(np.int64)
        known = (offsets >= 0) & (offsets < len(self._position) - 1)  # NaT is the smallest int64
        safe = np.where(known, offsets, 0)
        before = self._position[safe]
        position = np.where(self._position[safe + 1] > before, before, -1)
        return np.where(known, position, -2)

    def replaced(self, days: Mapping[date, bool]) -> TradingCalendar:
        """A calendar with `days` set open or closed; days beyond its bounds must join them without a hole.

        Raises CalendarRefused on a hole, or on a session at a weekend.
        """
        if not days:
            return self
        for day, is_open in days.items():
            if is_open and day.weekday() >= SATURDAY:
                raise CalendarRefused(f"{day} is a weekend day: the exchange holds no weekend sessions")
        first, last = min(self._first, *days), max(self._last, *days)
        known = set(days)
        holes = [
            day
            for start, end in ((first, self._first), (self._last + timedelta(days=1), last))
            for day in _natural_days(start, end)
            if day not in known and not self._first <= day <= self._last
        ]
        if holes:
            raise CalendarRefused(
                f"the list leaves a hole: {holes[0]} is not in it; it must join {self._first} .. {self._last}"
            )
        open_days = {_date(session) for session in self.sessions}
        open_days |= {day for day, is_open in days.items() if is_open}
        open_days -= {day for day, is_open in days.items() if not is_open}
        return TradingCalendar(np.array(sorted(open_days), dtype="datetime64[D]"), first, last)

    def _offset(self, day: date) -> int:
        if not self._first <= day <= self._last:
            raise self._ends(day)
        return (day - self._first).days

    def _ends(self, day: date) -> CalendarEnds:
        return CalendarEnds(day, self._first, self._last)


@cache
def shipped_calendar() -> TradingCalendar:
    """The exchange's calendar as this release knows it."""
    first, last = date.fromisoformat(closed_weekdays.FIRST), date.fromisoformat(closed_weekdays.LAST)
    closed = np.array(list(_closed(closed_weekdays.CLOSED_WEEKDAYS)), dtype="datetime64[D]")
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    return TradingCalendar(days[np.is_busday(days, holidays=closed)], first, last)


def _closed(text: str) -> Iterable[str]:
    for line in text.splitlines():
        year, *days = line.split()
        for day in days:
            yield f"{year}-{day[:2]}-{day[2:]}"


def _natural_days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=k) for k in range((last - first).days + 1))


def _date(day: np.datetime64) -> date:
    return day.astype(object)  # type: ignore[no-any-return]
