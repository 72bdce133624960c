"""When a day's bars can be whole: once trading has ended, for a bar of a session under way would pass for its day's."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from quantos.kit.clock import SHANGHAI, shanghai
from quantos.market.core.calendar import TradingCalendar

TRADING_ENDS: Final = time(15, 30)
"""Shanghai time: the end of trading after hours at the closing price, which is in the day's volume."""


def last_over(now: datetime) -> date:
    """The last day whose trading has ended, session or not."""
    present = now.astimezone(SHANGHAI).date()
    return present if now >= shanghai(present, TRADING_ENDS) else present - timedelta(days=1)


def last_whole(now: datetime, days: TradingCalendar) -> date:
    """The last session that is over. A day that the calendar does not know stands for itself."""
    last = last_over(now)
    if not days.first <= last <= days.last or days.is_trading_day(last):
        return last
    return days.previous_before(last)
