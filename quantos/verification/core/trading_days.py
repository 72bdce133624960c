"""Trading days and deadlines: when a signal had to be there, by the exchange's calendar.

Shanghai time is UTC+8 without summer time on every date that the rule table covers.

    open   09:15 of the trade date      close   15:00 of the trade date      nothing is settled before 18:15
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from typing import Final

from quantos.market.core import closed_weekdays

SHANGHAI: Final = timezone(timedelta(hours=8))
OPEN_DEADLINE: Final = time(9, 15)
CLOSE_DEADLINE: Final = time(15)
SETTLES_AT: Final = time(18, 15)
FIRST: Final = date.fromisoformat(closed_weekdays.FIRST)
LAST: Final = date.fromisoformat(closed_weekdays.LAST)
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


def deadline(trade_date: date, execution_price: str) -> datetime:
    """The instant from which on a signal for the date is late, in UTC."""
    return shanghai(trade_date, OPEN_DEADLINE if execution_price == "open" else CLOSE_DEADLINE)


def shanghai(day: date, at: time) -> datetime:
    """A wall-clock time in Shanghai, in UTC."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def is_known(day: date) -> bool:
    """Whether this release knows the exchange's calendar of the day."""
    return FIRST <= day <= LAST


def is_trading_day(day: date) -> bool:
    """Whether the exchange trades on a day that `is_known`."""
    return day.weekday() < _SATURDAY and day not in _closed()


def trading_days(first: date, last: date) -> list[date]:
    """The known trading days from first to last, both inclusive."""
    first, last = max(first, FIRST), min(last, LAST)
    days = (first + _DAY * n for n in range((last - first).days + 1))
    return [day for day in days if is_trading_day(day)]


def back_by(day: date, sessions: int) -> date:
    """The day on which the session began that lies so many sessions before `day`."""
    while sessions > 0 and day > FIRST:
        day -= _DAY
        sessions -= is_trading_day(day) if is_known(day) else day.weekday() < _SATURDAY
    return day


@cache
def _closed() -> frozenset[date]:
    found = set()
    for line in closed_weekdays.CLOSED_WEEKDAYS.splitlines():
        year, *days = line.split()
        found |= {date.fromisoformat(f"{year}-{day[:2]}-{day[2:]}") for day in days}
    return frozenset(found)
