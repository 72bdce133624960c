"""Bars into adjusted returns, compiled: one pass over the days, as `market.core.adjusted` and `core.panel` define them.

t = trading day, i = column of the axis. What an instrument carries from one bar to its next stands in five arrays [i],
so that days which are appended cost no more than themselves:

close, factor   of its last bar
price           P of its last bar: the adjusted close, carried while it is suspended
row             of its last bar; BEFORE: of one before the first row, NONE: it has had none
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

BEFORE = -1
NONE = -2


@njit(cache=True, nogil=True, error_model="numpy")
def place_bars(
    day: Any,
    number: Any,
    bars: Any,
    row_of: Any,
    column_of: Any,
    close: Any,
    reference: Any,
    factor: Any,
) -> None:
    """Bars into tables [t, i]. `row_of`: by day, -1 for no trading day; `column_of`: by instrument number."""
    bar_close, bar_reference, bar_factor = bars
    for k in range(len(day)):
        t = row_of[day[k]]
        if t >= 0 and number[k] < len(column_of):
            i = column_of[number[k]]
            close[t, i] = bar_close[k]
            reference[t, i] = bar_reference[k]
            factor[t, i] = bar_factor[k]


@njit(cache=True, nogil=True, error_model="numpy")
def grow_days(  # noqa: PLR0913, PLR0917 - one pass over the days
    first: int,
    close: Any,
    reference: Any,
    factor: Any,
    last_close: Any,
    last_factor: Any,
    last_price: Any,
    last_row: Any,
    returns: Any,
    has_close: Any,
) -> int:
    """Days of bars into the panel's rows from `first` on; its cells there are NaN and False before.

    close: mills, -1 without a bar; reference: mills, 0 unknown; factor: NaN unknown. A bar after a gap fills the gap,
    also in rows before `first`. Answers the lowest row that was written.
    """
    days, width = close.shape
    lowest = first
    for t in range(days):
        row = first + t
        for i in range(width):
            if close[t, i] < 0:
                continue
            now, before, since = float(close[t, i]), last_price[i], last_row[i]
            if since == NONE:
                price = now
            else:
                base = float(reference[t, i])
                if not base > 0:
                    by_factor = last_close[i] * last_factor[i] / factor[t, i]
                    base = by_factor if by_factor > 0 else last_close[i]
                price = before * (now / base)
            if np.isfinite(price):
                has_close[row, i] = True
                if since != NONE:
                    grown = price / before - 1
                    returns[row, i] = grown if np.isfinite(grown) else np.nan
                    for gap in range(since + 1, row):
                        has_close[gap, i] = True
                        returns[gap, i] = np.nan if before == 0 else 0.0
                    if since + 1 < row:
                        lowest = min(lowest, since + 1)
            last_close[i], last_factor[i] = now, factor[t, i]
            last_price[i], last_row[i] = price, row
    return lowest


@njit(cache=True, nogil=True, error_model="numpy")
def clear_gaps(rows: int, last_row: Any, returns: Any, has_close: Any) -> int:
    """Undo what later bars filled into the first `rows` rows, behind each column's last bar there.

    Answers the lowest row that was cleared, `rows` where there was nothing.
    """
    lowest = rows
    for i in range(len(last_row)):
        row = rows if last_row[i] == NONE else last_row[i] + 1
        while row < rows and has_close[row, i]:
            has_close[row, i] = False
            returns[row, i] = np.nan
            lowest = min(lowest, row)
            row += 1
    return lowest
