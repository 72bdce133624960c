"""The timetable: which job is due when. Times are Asia/Shanghai, on trading days only.

A job is due at an instant, for the trade date of that instant. Days beyond the trading calendar's bounds are
not known to be trading days: nothing is due on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from quantos.kit.clock import SHANGHAI, shanghai
from quantos.market.core.calendar import TradingCalendar


@dataclass(frozen=True, slots=True)
class Job:
    """A daily job and its time in Shanghai."""

    name: str
    at: time


TIMETABLE: Final[tuple[Job, ...]] = (
    Job("portfolio_signal_generation", time(9, 0)),
    Job("attestation_retry", time(9, 10)),
    Job("settle_all_active_strategies", time(18, 15)),
    Job("daily_evaluation", time(18, 30)),
    Job("factor_os_tracking", time(18, 40)),
    Job("settlement_watchdog", time(18, 45)),
)
"""In the order of the day."""

JOBS: Final = {job.name: job for job in TIMETABLE}


class Due(NamedTuple):
    """A job that is due at an instant (UTC) for a trade date."""

    instant: datetime
    job: str
    trade_date: date


def due_at(name: str, trade_date: date) -> datetime:
    """The instant at which a job of that date is due."""
    return shanghai(trade_date, JOBS[name].at)


def due_between(
    after: datetime, until: datetime, calendar: TradingCalendar, also: Sequence[Job] = ()
) -> list[Due]:
    """What is due with after < instant <= until, in the order of time. `also`: beside the timetable's own jobs."""
    first = max(_day(after), calendar.first)
    last = min(_day(until), calendar.last)
    jobs = sorted([*TIMETABLE, *also], key=lambda job: job.at)
    return [
        due
        for day in calendar.between(first, last)
        for due in _of_day(day, jobs)
        if after < due.instant <= until
    ]


def next_due(name: str, after: datetime, calendar: TradingCalendar) -> datetime | None:
    """The first instant strictly after `after` at which a job is due; None beyond the calendar's end."""
    day = max(_day(after), calendar.first)
    while day <= calendar.last:
        if calendar.is_trading_day(day) and due_at(name, day) > after:
            return due_at(name, day)
        day += timedelta(days=1)
    return None


def _of_day(day: date, jobs: Sequence[Job]) -> list[Due]:
    return [Due(shanghai(day, job.at), job.name, day) for job in jobs]


def _day(instant: datetime) -> date:
    return instant.astimezone(SHANGHAI).date()
