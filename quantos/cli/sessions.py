"""Trading days as the platform's public calendar gives them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from quantos.cli.reach import Reach
from quantos.errors import QuantosError
from quantos.kit.clock import SHANGHAI, shanghai

FIRST_MONTH: Final = (1990, 12)
"""The exchange's first."""


def over_between(platform: Reach, after: datetime, until: datetime) -> list[date]:
    """The trading days whose settlement time is passed by a clock that goes from one instant to the other."""
    first, last = day_of(after), day_of(until)
    return [day for day in trading_days(platform, first, last) if after < over_at(day) <= until]


def trading_days(platform: Reach, first: date, last: date) -> Iterator[date]:
    """Those from first to last, both included, as far as the calendar is known."""
    year, month = max((first.year, first.month), FIRST_MONTH)
    while (year, month) <= (last.year, last.month):
        try:
            answer = platform.get("/calendar", month=f"{year}-{month:02d}")
        except QuantosError:
            return  # beyond the calendar's end
        yield from (day for day in map(date.fromisoformat, answer["trading_days"]) if first <= day <= last)
        year, month = year + month // 12, month % 12 + 1


def over_at(day: date) -> datetime:
    """When a trading day is over: its settlement time."""
    from quantos.strategies.core.deadlines import SETTLES_AT  # noqa: PLC0415 - --help needs no arrays

    return shanghai(day, SETTLES_AT)


def day_of(instant: datetime) -> date:
    """The date in Shanghai."""
    return instant.astimezone(SHANGHAI).date()
