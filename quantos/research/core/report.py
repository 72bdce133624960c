"""A backtest as a live record is shown: the same metrics, of the same curve, against the same benchmark.

t = trading days of the calendar from the first bar to the last, 1 .. n; a day without a bar of any feed keeps the last
equity.

equity[0..n]   1.0, then the value at each close over the cash at the start: n + 1 points, as in `performance`
benchmark[t]   close[t] / close[t-1] - 1 of the benchmark, the close before the first day among them; unknown: NaN
turnover       what was bought and sold in all, over the cash at the start
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantos.performance.core import metrics
from quantos.research.core.account import Ran
from quantos.research.core.feed import EPOCH


def report(ran: Ran, sessions: Sequence[date], before: date, closes: Mapping[date, float]) -> dict[str, Any]:
    """{metrics, equity, totals} of a backtest over `sessions`; `before`: the trading day before them, `closes`: of the
    benchmark by date.
    """
    value = _at_closes(ran, sessions)
    curve = np.concatenate([[1.0], value / ran.cash])
    levels = np.array([closes.get(day, np.nan) for day in (before, *sessions)])
    benchmark = metrics.close_return(levels)
    turnover = float(sum(abs(fill.size) * fill.price for fill in ran.fills)) / ran.cash
    first = next((level for level in levels if np.isfinite(level)), np.nan)
    return {
        "metrics": asdict(metrics.measure(curve, benchmark)),
        "totals": {
            "end_value": float(value[-1]),
            "trades": len(ran.fills),
            "refused_orders": ran.refused,
            "costs": float(sum(fill.costs for fill in ran.fills)),
            "turnover": turnover,
        },
        "equity": [
            {"date": day, "value": float(worth), "benchmark": _known(level / first)}
            for day, worth, level in zip(sessions, value, levels[1:], strict=True)
        ],
    }


def trades(ran: Ran) -> list[dict[str, Any]]:
    """As they were filled: shares and CNY, of adjusted prices."""
    return [
        {
            "date": date.fromordinal(fill.day),
            "symbol": fill.feed,
            "side": "buy" if fill.size > 0 else "sell",
            "quantity": abs(fill.size),
            "price": fill.price,
            "costs": fill.costs,
        }
        for fill in ran.fills
    ]


def _at_closes(ran: Ran, sessions: Sequence[date]) -> NDArray[np.float64]:
    """[t] the equity of the last bar on or before each session."""
    day = np.array(sessions, "datetime64[D]")
    number = (day - EPOCH).astype(np.int64) + 1
    at = np.searchsorted(ran.day, number, side="right") - 1
    return np.where(at >= 0, ran.equity[np.maximum(at, 0)], ran.cash)


def _known(level: float) -> float | None:
    return float(level) if np.isfinite(level) else None
