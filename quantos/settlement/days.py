"""The market's days as the ledger reads them, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from quantos.market.core.calendar import TradingCalendar
from quantos.market.service import Market
from quantos.settlement.core.day import Carried, MarketDay, Roster, ex_adjust, market_day


def market_days(
    market: Market, roster: Roster, first: int, last: int, known: tuple[date, Carried] | None = None
) -> Iterator[MarketDay]:
    """The facts of the calendar's sessions `first` to `last`, in date order.

    `known`: a day and the closes after it, where somebody has them; used if it is the day before the first.
    """
    sessions = market.calendar.sessions
    first_day, last_day = sessions[first].item(), sessions[last].item()
    previous = sessions[first - 1].item() if first else date.min
    actions = market.corporate_actions(market.calendar.first, last_day)
    if known and known[0] == previous:
        carried = known[1]
    else:
        carried = Carried.of(market.carry(first_day), roster)
        carried = ex_adjust(carried, roster, [a for a in actions if a.ex_date <= previous])
    for bars in market.day_bars(first_day, last_day):
        due = [a for a in actions if previous < a.ex_date <= bars.trade_date]
        day = market_day(bars, carried, roster, sessions, due)
        carried, previous = day.after, bars.trade_date
        yield day


def session_of(calendar: TradingCalendar, day: date) -> int:
    """The number of a trading day in the calendar's sessions."""
    return int(np.searchsorted(calendar.sessions, np.datetime64(day)))
