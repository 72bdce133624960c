"""The market's panel in plain arrays, from closes: what the compiled pass over the bars is held against."""

from __future__ import annotations

import numpy as np

from quantos.factors.core.measured import RETURN_DECIMALS, MarketPanel
from quantos.factors.core.panel import Dates, Panel
from quantos.factors.core.ranks import rank_codes


def market_panel(dates: Dates, adjusted_close: Panel) -> MarketPanel:
    """From adjusted closes [t, i] as the bars give them, NaN where there is no bar."""
    price = carried(adjusted_close)
    ret = returns(price)
    return MarketPanel(dates, ret, rank_codes(np.round(ret, RETURN_DECIMALS)), np.isfinite(price))


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


def forward_return(price: Panel, lag: int = 1) -> Panel:
    """r_k[t] = P[t+k+1] / P[t+k] - 1; NaN where it is not known yet."""
    ret, result = returns(price), np.full_like(price, np.nan)
    result[: -lag - 1] = ret[lag + 1 :]
    return result
