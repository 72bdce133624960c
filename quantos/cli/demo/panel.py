"""The bars as an agent has them: panels of [session, instrument], read once.

A signal for session t may use rows before t only; the functions of `agents` are held to it by a test that
changes the future.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.bars import DayBars, Instruments
from quantos.market.core.boards import Board

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

MILLS_PER_CNY = 1000.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Sessions ascending; instruments in the market's order."""

    dates: tuple[date, ...]
    symbols: tuple[str, ...]
    total_return: Floats  # close / pre_close - 1; 0 where the instrument did not trade
    amount: Floats  # close * volume in CNY; 0 where it did not trade
    has_row: Bools
    traded: Bools
    suspended: Bools  # known by an earlier row, not traded today
    share: Bools  # [instrument]: not a fund
    limit_up: Bools  # closed at the day's high, at least LIMIT above the reference

    def until(self, t: int) -> Panel:
        """The sessions before number t."""
        return Panel(
            self.dates[:t],
            self.symbols,
            self.total_return[:t],
            self.amount[:t],
            self.has_row[:t],
            self.traded[:t],
            self.suspended[:t],
            self.share,
            self.limit_up[:t],
        )


LIMIT = 0.0949
"""Closes this far above the reference are at a limit of 10 %, or well on the way to one of 20 %."""


def panel_of(days: Iterable[DayBars], instruments: Instruments, count: int) -> Panel:
    """The panel of `count` sessions."""
    n = len(instruments)
    total_return = np.zeros((count, n), np.float32)
    amount = np.zeros((count, n), np.float32)
    has_row = np.zeros((count, n), np.bool_)
    traded = np.zeros((count, n), np.bool_)
    suspended = np.zeros((count, n), np.bool_)
    limit_up = np.zeros((count, n), np.bool_)
    last_seen = np.full(n, -GONE_AFTER)
    dates: list[date] = []
    for t, bars in enumerate(days):
        here = bars.has_row & (bars.volume > 0) & (bars.close > 0)
        known = here & (bars.pre_close > 0)
        np.divide(bars.close, bars.pre_close, out=total_return[t], where=known, casting="unsafe")
        total_return[t][known] -= 1
        amount[t] = np.where(here, bars.close * (bars.volume / MILLS_PER_CNY), 0)
        has_row[t] = bars.has_row
        traded[t] = here
        suspended[t] = ~here & (last_seen >= t - GONE_AFTER) & (last_seen >= 0)
        last_seen[here] = t
        limit_up[t] = known & (total_return[t] >= LIMIT) & (bars.close == bars.high)
        dates.append(bars.trade_date)
    assert len(dates) == count, "one DayBars per session"
    return Panel(
        dates=tuple(dates),
        symbols=instruments.symbols,
        total_return=total_return,
        amount=amount,
        has_row=has_row,
        traded=traded,
        suspended=suspended,
        share=instruments.board != Board.FUND,
        limit_up=limit_up,
    )


GONE_AFTER = 20
"""An instrument without a trade for this many sessions is left alone."""
