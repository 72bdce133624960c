"""What performance asks of settlement and of the market, and what it needs to know of a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.calendar import TradingCalendar

Dates = NDArray[np.datetime64]


class Navs(Protocol):
    """Settled days, ascending and without a gap; amounts in mills."""

    @property
    def trade_dates(self) -> Dates: ...

    @property
    def nav_mills(self) -> NDArray[np.int64]: ...

    @property
    def stale_mills(self) -> NDArray[np.int64]: ...


class NavSource(Protocol):
    """What settlement answers."""

    def nav_series(self, number: int) -> Navs: ...

    def backfilled(self, number: int) -> Navs:
        """The days of a strategy that were settled from backfilled signals; none where there are none."""
        ...


class BenchmarkSource(Protocol):
    """What the market answers."""

    @property
    def calendar(self) -> TradingCalendar: ...

    def benchmark(self, universe: str, first: date, last: date) -> Mapping[date, float]: ...


class Measured(Protocol):
    """What of a strategy decides its curve: the key of its NAVs, its capital in CNY, its benchmark."""

    @property
    def number(self) -> int | None: ...

    @property
    def initial_capital(self) -> int: ...

    @property
    def universe(self) -> str: ...


def number_of(strategy: Measured) -> int:
    """The key of a stored strategy in the series store."""
    assert strategy.number is not None, "a stored strategy has a number"
    return strategy.number
