"""The account of a strategy, kept a second time from its fills: what a strategy says of itself is not believed.

t = days with a bar of any feed; a fill has a feed, a day, a size, a price and costs, in CNY.

cash[t]      = cash[t-1] - sum(size price + costs)
position[t]  = position[t-1] + sum(size)                     of each feed
value[t]     = cash[t] + sum(position[t] close[t]), the last close of a feed that has no bar on t

A fill counts at a price that its bar has seen. Code may set its broker's cash, or worse; then the two accounts differ,
and there is no result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.errors import WrongState
from quantos.research.core.feed import Feed

TOLERANCE: Final = 1e-6
"""Of the larger of price, or cash and value: the rounding of sums."""


class AccountDiffers(WrongState):
    """A backtest whose fills do not lead to its result."""

    code = "backtest_account_differs"


@dataclass(frozen=True, slots=True)
class Fill:
    """An order, or a part of it, that was filled."""

    feed: str
    day: int
    size: float
    price: float
    costs: float


@dataclass(frozen=True, slots=True)
class Ran:
    """A backtest: `equity[t]` at the close of `day[t]`."""

    cash: float
    day: NDArray[np.int64]
    equity: NDArray[np.float64]
    fills: tuple[Fill, ...]
    refused: int

    @property
    def value(self) -> float:
        return float(self.equity[-1])


def settle(cash: float, feeds: Sequence[Feed], answer: dict[str, Any]) -> Ran:
    """The result that the fills of an answer of the sandbox lead to. Raises AccountDiffers."""
    try:
        fills = tuple(
            Fill(str(feed), int(day), float(size), float(price), float(costs))
            for feed, day, size, price, costs in answer["trades"]
        )
        claimed, refused = float(answer["value"]), int(answer["refused"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise AccountDiffers("the backtest's record cannot be read") from None
    by_name = {feed.name: feed for feed in feeds}
    for fill in fills:
        _check(fill, by_name)
    day = np.unique(np.concatenate([feed.day for feed in feeds]))
    equity = np.full(len(day), cash)
    for feed in feeds:
        equity += _worth(feed, day, [fill for fill in fills if fill.feed == feed.name])
    largest = max(cash, float(np.abs(equity).max()), abs(claimed))
    if not abs(claimed - equity[-1]) <= TOLERANCE * largest:
        raise AccountDiffers(
            f"the fills lead to {equity[-1]:.2f}, the strategy's account says {claimed:.2f}:"
            " a strategy must not change its cash or its positions but by orders"
        )
    return Ran(cash, day, equity, fills, refused)


def _check(fill: Fill, by_name: dict[str, Feed]) -> None:
    feed = by_name.get(fill.feed)
    at = -1 if feed is None else int(np.searchsorted(feed.day, fill.day))
    if feed is None or at >= len(feed) or feed.day[at] != fill.day:
        raise AccountDiffers("a fill is on a day without a bar")
    slack = TOLERANCE * float(feed.high[at])
    if not (np.isfinite(fill.size) and fill.costs >= 0):
        raise AccountDiffers("a fill has no size, or costs less than nothing")
    if not feed.low[at] - slack <= fill.price <= feed.high[at] + slack:
        raise AccountDiffers("a fill is at a price that its day has not seen")


def _worth(feed: Feed, day: NDArray[np.int64], fills: Sequence[Fill]) -> NDArray[np.float64]:
    """[t] of the cash that went in and out, and the shares held."""
    cash, position = np.zeros(len(day)), np.zeros(len(day))
    for fill in fills:
        at = np.searchsorted(day, fill.day)
        cash[at] -= fill.size * fill.price + fill.costs
        position[at] += fill.size
    last = np.searchsorted(feed.day, day, side="right") - 1
    close = np.where(last >= 0, feed.close[np.maximum(last, 0)], 0.0)
    worth: NDArray[np.float64] = np.cumsum(cash) + np.cumsum(position) * close
    return worth
