"""Whether a day's bars suffice to settle it (SETTLE-13), as the series store has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from quantos.market import store
from quantos.market.core.bars import MISSING_MAX, Acceptance, Readiness, is_ready
from quantos.market.core.calendar import TradingCalendar
from quantos.storage.series import SeriesStore


def readiness_of(
    series: SeriesStore, calendar: TradingCalendar, symbols: Sequence[str], day: date
) -> Readiness:
    """`symbols`: of the instruments, by number."""
    if not calendar.is_trading_day(day):
        return Readiness(day, ready=False, expected=0, present=0, missing=())
    with series.read() as cursor:
        here, traded, earlier = store.presence(cursor, day, calendar.previous_before(day))
        accepted = store.accepted(cursor, day)
    absent = np.setdiff1d(traded, here)
    present = len(traded) - len(absent)
    ready = is_ready(len(traded), present) or (not earlier and len(here) > 0)
    return Readiness(
        day,
        ready=ready or accepted is not None,
        expected=len(traded),
        present=present,
        missing=tuple(symbols[number] for number in absent[:MISSING_MAX] if number < len(symbols)),
        accepted=None if accepted is None else Acceptance(*accepted),
    )
