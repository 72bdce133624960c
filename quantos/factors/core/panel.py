"""Panels, and the returns that factors are measured by.

t = trading day (rows), i = instrument (columns, ascending by symbol); float64, NaN = not known or not covered.

P[t,i]   close adjusted for corporate actions; a suspended instrument keeps its last one
ret[t]   = P[t] / P[t-1] - 1
r_k[t]   = P[t+k+1] / P[t+k] - 1 = ret[t+k+1]: known at t's close, traded at t+1's for k = 1
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Panel = NDArray[np.float64]
Series = NDArray[np.float64]
Members = NDArray[np.bool_]
Dates = NDArray[np.datetime64]


def carried(close: Panel) -> Panel:
    """Closes [t, i] with gaps filled by the last close; before the first and after the last bar stays NaN."""
    known = np.isfinite(close)
    rows = np.arange(len(close))[:, None]
    last_known = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    more_to_come = np.maximum.accumulate(known[::-1], axis=0)[::-1]
    filled = np.take_along_axis(close, np.maximum(last_known, 0), axis=0)
    return np.where(more_to_come & (last_known >= 0), filled, np.nan)


def returns(price: Panel) -> Panel:
    """ret[t] = P[t] / P[t-1] - 1; NaN on the first row and wherever a side is not known."""
    result = np.full_like(price, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        result[1:] = price[1:] / price[:-1] - 1
    result[~np.isfinite(result)] = np.nan
    return result


def ahead(panel: Panel, rows: int) -> Panel:
    """The panel's row t + `rows` at t (back for a negative number), NaN where there is none."""
    result = np.full_like(panel, np.nan)
    if 0 <= rows < len(panel):
        result[: len(panel) - rows] = panel[rows:]
    elif -len(panel) < rows < 0:
        result[-rows:] = panel[:rows]
    return result


def forward_return(price: Panel, lag: int = 1) -> Panel:
    """r_k[t] = P[t+k+1] / P[t+k] - 1; NaN where it is not known yet."""
    return ahead(returns(price), lag + 1)
