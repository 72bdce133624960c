"""The bars that a backtest runs on: adjusted for corporate actions, the days without trading left out.

t = days of one instrument, in CNY. P is the adjusted close of `market.core.adjusted`: P[0] = close[0], and P grows by
close[t] / reference[t], the reference being pre_close where it is known, else the last close brought over the ex-date
by adj_factor, else the last close. All prices of a day are multiplied by P[t] / close[t].

So prices are anchored at the first bar of the span: they are those that one could trade at then, what is imported
later does not change them, and a gain is that of a holder who reinvests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

MILLS_PER_CNY: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Feed:
    """Bars of one instrument, oldest first; `day` counts from 0001-01-01 as 1, prices in CNY, volume in shares."""

    name: str
    day: NDArray[np.int64]
    open: Series
    high: Series
    low: Series
    close: Series
    volume: Series

    def __len__(self) -> int:
        return len(self.day)

    def message(self) -> dict[str, Any]:
        """As the program that runs strategies reads it."""
        lists = {
            name: getattr(self, name).tolist() for name in ("day", "open", "high", "low", "close", "volume")
        }
        return {"name": self.name, **lists}


EPOCH: Final = np.datetime64("0001-01-01", "D")


def adjusted_feed(name: str, rows: Mapping[str, NDArray[Any]]) -> Feed:
    """Of the columns of `Market.history`. A day without volume is one without a bar, unless no day has any."""
    day = (np.asarray(rows["trade_date"], "datetime64[D]") - EPOCH).astype(np.int64) + 1
    close = np.asarray(rows["close"], np.float64) / MILLS_PER_CNY
    volume = np.asarray(rows["volume"], np.float64)
    scale = adjustment(close, np.asarray(rows["pre_close"], np.float64) / MILLS_PER_CNY, rows["adj_factor"])
    kept = traded(volume)
    prices = {
        column: (np.asarray(rows[column], np.float64) / MILLS_PER_CNY * scale)[kept]
        for column in ("open", "high", "low")
    }
    return Feed(name, day[kept], close=(close * scale)[kept], volume=volume[kept], **prices)


def traded(volume: NDArray[Any]) -> NDArray[np.bool_]:
    """[t] the days that have a bar."""
    found: NDArray[np.bool_] = np.asarray(volume) > 0
    return found if found.any() else np.ones(len(found), bool)


def adjustment(close: Series, pre_close: Series, adj_factor: Series) -> Series:
    """[t] what the prices of each day are multiplied by; `pre_close` 0 and `adj_factor` NaN: unknown."""
    if not len(close):
        return np.empty(0)
    last, factor = close[:-1], np.asarray(adj_factor, np.float64)
    ratio = np.divide(factor[:-1], factor[1:], out=np.ones(len(last)), where=factor[1:] > 0)
    carried = last * np.where(np.isfinite(ratio) & (ratio > 0), ratio, 1.0)
    reference = np.where(pre_close[1:] > 0, pre_close[1:], carried)
    growth = np.concatenate([[1.0], close[1:] / reference])
    scale: Series = close[0] * np.cumprod(growth) / close
    return scale
