"""Figures of a daily series. NaN days are left out; a figure that is not defined is None.

mean(x), std(x)   over the defined days; std with ddof 1
ir                mean(IC) / std(IC), not annualised
sharpe            mean(ls) / std(ls) * sqrt(252)
fitness           sharpe * sqrt(|252 mean(ls)| / max(turnover, 0.02))
cumulative[t]     prod(1 + ls[..t])
drawdown          max over t of 1 - cumulative[t] / max(1, cumulative[..t]), positive
"""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np

from quantos.factors.core.panel import Series

SESSIONS_A_YEAR: Final = 252
TURNOVER_FLOOR: Final = 0.02


def defined(series: Series) -> Series:
    """The days that have a value."""
    return series[np.isfinite(series)]


def mean(series: Series) -> float | None:
    known = defined(series)
    return float(known.mean()) if len(known) else None


def ratio(series: Series) -> float | None:
    """mean / std with ddof 1: the ic_ir of an IC series. None for fewer than two days or no variation."""
    known = defined(series)
    if len(known) < 2 or known.min() == known.max():
        return None
    return float(known.mean() / known.std(ddof=1))


def sharpe(ls: Series) -> float | None:
    daily = ratio(ls)
    return None if daily is None else daily * sqrt(SESSIONS_A_YEAR)


def fitness(ls: Series, turnover: float | None) -> float | None:
    annual, daily = sharpe(ls), mean(ls)
    if annual is None or daily is None or turnover is None:
        return None
    return annual * sqrt(abs(SESSIONS_A_YEAR * daily) / max(turnover, TURNOVER_FLOOR))


def cumulative(ls: Series) -> Series:
    """prod(1 + ls) up to each day; a day without a value keeps the level and is NaN itself."""
    level = np.cumprod(1.0 + np.where(np.isfinite(ls), ls, 0.0))
    return np.where(np.isfinite(ls), level, np.nan)


def total_return(ls: Series) -> float | None:
    known = defined(ls)
    return float(np.prod(1.0 + known) - 1.0) if len(known) else None


def drawdown(ls: Series) -> float | None:
    """The largest fall from a high, the starting capital among the highs; positive."""
    known = defined(ls)
    if not len(known):
        return None
    level = np.concatenate([[1.0], np.cumprod(1.0 + known)])
    return float((1.0 - level / np.maximum.accumulate(level)).max())
