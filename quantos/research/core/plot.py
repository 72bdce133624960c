"""A backtest as a figure of Plotly: price with its fills, equity, drawdown, one below the other.

drawdown[t] = equity[t] / max(cash, equity[0..t]) - 1, the cash at the start counting as a first value.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from quantos.research.core.account import Fill, Ran
from quantos.research.core.feed import Feed
from quantos.research.core.wording import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {"buy": "Buy", "sell": "Sell", "equity": "Equity", "drawdown": "Drawdown", "price": "Price"},
    "zh": {"buy": "买入", "sell": "卖出", "equity": "权益", "drawdown": "回撤", "price": "价格"},
}
RISING: Final = "#d14a4a"
FALLING: Final = "#2f9e67"
WORTH: Final = "#3a6fc4"
LOSS: Final = "#8a94a6"
"""As Chinese charts have them: red rises."""


def figure(feed: Feed, ran: Ran, language: Language = "en") -> dict[str, Any]:
    """{data, layout}; the last value of the trace `Equity` is the value at the end."""
    words = WORDS[language]
    days = [_iso(day) for day in feed.day]
    peak = np.maximum.accumulate(np.maximum(ran.equity, ran.cash))
    candles = {
        "type": "candlestick",
        "name": feed.name,
        "x": days,
        **{
            column: np.round(getattr(feed, column), 4).tolist() for column in ("open", "high", "low", "close")
        },
        "increasing": {"line": {"color": RISING}},
        "decreasing": {"line": {"color": FALLING}},
    }
    fills = [
        _markers(words["buy"], [fill for fill in ran.fills if fill.size > 0], "triangle-up", RISING),
        _markers(words["sell"], [fill for fill in ran.fills if fill.size < 0], "triangle-down", FALLING),
    ]
    curve = {"type": "scatter", "mode": "lines", "x": [_iso(day) for day in ran.day]}
    equity = {
        **curve,
        "name": words["equity"],
        "y": ran.equity.tolist(),
        "yaxis": "y2",
        "line": {"color": WORTH},
    }
    drawdown = {
        **curve,
        "name": words["drawdown"],
        "y": (ran.equity / peak - 1.0).tolist(),
        "yaxis": "y3",
        "fill": "tozeroy",
        "line": {"color": LOSS, "width": 1},
    }
    layout = {
        "title": {"text": feed.name},
        "xaxis": {"type": "date", "rangeslider": {"visible": False}, "anchor": "y3"},
        "yaxis": {"title": {"text": words["price"]}, "domain": [0.46, 1.0], "automargin": True},
        "yaxis2": {"title": {"text": words["equity"]}, "domain": [0.20, 0.42], "automargin": True},
        "yaxis3": {
            "title": {"text": words["drawdown"]},
            "domain": [0.0, 0.16],
            "automargin": True,
            "tickformat": ".0%",
        },
        "hovermode": "x unified",
        "legend": {"orientation": "h"},
        "margin": {"t": 40, "r": 20, "b": 40, "l": 70},
    }
    return {"data": [candles, *fills, equity, drawdown], "layout": layout}


def _markers(name: str, fills: list[Fill], symbol: str, color: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [_iso(fill.day) for fill in fills],
        "y": [round(fill.price, 4) for fill in fills],
        "text": [f"{fill.size:g}" for fill in fills],
        "marker": {"symbol": symbol, "size": 10, "color": color},
    }


def _iso(day: int) -> str:
    return date.fromordinal(int(day)).isoformat()
