"""Deadlines: until when a trade date takes signals.

    open   trade_date 09:15:00 Asia/Shanghai     close   trade_date 15:00:00 Asia/Shanghai

Hard, without grace: a request received at the instant itself is late.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from quantos.errors import WrongState
from quantos.kit.clock import SHANGHAI, shanghai
from quantos.market.core.calendar import NotATradingDay, TradingCalendar

SETTLES_AT: Final = time(18, 15)
"""When the signals of a trade date are read."""


class DeadlinePassed(WrongState):
    code = "deadline_passed"


class Execution(StrEnum):
    """At which price of the trade date a signal is executed."""

    OPEN = "open"
    CLOSE = "close"

    def deadline(self, trade_date: date) -> datetime:
        """The instant from which on `trade_date` takes no signal, in UTC."""
        return shanghai(trade_date, _TIME[self])


_TIME: Final = {Execution.OPEN: time(9, 15), Execution.CLOSE: time(15)}


def check_trade_date(trade_date: date, days: TradingCalendar) -> None:
    """Raises NotATradingDay, also beyond the calendar's end: nobody knows yet."""
    if trade_date > days.last:
        raise NotATradingDay(
            f"{trade_date} is not a trading day as far as is known: the calendar ends on {days.last}; later days are"
            " taken once the operator has imported the exchange's next list (quantos calendar import)"
        )
    if trade_date >= days.first and not days.is_trading_day(trade_date):
        raise NotATradingDay(f"{trade_date} is not a trading day: ask /api/v1/calendar for the next one")


def check_deadline(execution: Execution, trade_date: date, received: datetime) -> datetime:
    """The deadline. Raises DeadlinePassed at and after it, and so for every past date."""
    deadline = execution.deadline(trade_date)
    if received < deadline:
        return deadline
    if trade_date < received.astimezone(SHANGHAI).date():
        raise DeadlinePassed(f"deadline passed: {trade_date} is in the past")
    raise DeadlinePassed(
        f"deadline passed: {execution} signals for {trade_date} are taken before {_TIME[execution]} Shanghai time"
    )


def check_not_settling(trade_date: date, now: datetime) -> None:
    """Raises DeadlinePassed from the settlement of the day on.

    For what was received in time and is stored only now: the clock may have gone on in between. A settlement
    begins with a unit of work of its own, so whatever passes here is stored before the signals are read.
    """
    if now >= shanghai(trade_date, SETTLES_AT):
        raise DeadlinePassed(f"deadline passed: the settlement of {trade_date} has begun")


def last_locked(execution: Execution, instant: datetime, days: TradingCalendar) -> date | None:
    """The last trade date whose deadline has passed at `instant`; None before the calendar's first."""
    day = min(instant.astimezone(SHANGHAI).date(), days.last)
    if day < days.first:
        return None
    if days.is_trading_day(day) and execution.deadline(day) <= instant:
        return day
    return None if day == days.first else days.previous_before(day)
