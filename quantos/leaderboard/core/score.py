"""The score of a backtest, and which runs a period counts (COP-28 to COP-31).

score = 0.6 return_pct + 0.3 * 10 sharpe - 0.1 |max_drawdown_pct|, to 4 decimals; no Sharpe ratio counts as 0.

The curve is the equity at the closes over the cash at the start, so that its first value is 1; returns, Sharpe ratio
(252 days, sample deviation) and drawdown are those of `performance.core.metrics`. Percentages are fractions times 100,
to 4 decimals; a drawdown is 0 or less.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from quantos.performance.core import metrics

Period = Literal["daily", "weekly", "alltime"]
SPANS: Final[dict[Period, timedelta | None]] = {
    "daily": timedelta(hours=24),
    "weekly": timedelta(days=7),
    "alltime": None,
}


@dataclass(frozen=True, slots=True)
class Scored:
    """Fractions, and the score of their percentages."""

    total_return: float
    sharpe: float | None
    max_drawdown: float
    score: float

    @property
    def return_pct(self) -> float:
        return round(100.0 * self.total_return, 4)

    @property
    def max_drawdown_pct(self) -> float:
        return round(100.0 * self.max_drawdown, 4)


def scored(equity: NDArray[np.float64], cash: float) -> Scored:
    """Of the equity at the closes of one bar at least."""
    curve = equity / cash
    total = float(curve[-1] - 1.0)
    sharpe = metrics.finite(metrics.sharpe(metrics.daily_return(curve)))
    fall = -(metrics.finite(metrics.max_drawdown(curve)) or 0.0) + 0.0
    points = 0.6 * 100.0 * total + 0.3 * 10.0 * (sharpe or 0.0) - 0.1 * abs(100.0 * fall)
    return Scored(total, sharpe, fall, round(points, 4))


def since(period: Period, now: datetime) -> datetime | None:
    """The first instant that counts; None: every one."""
    span = SPANS[period]
    return None if span is None else now - span
