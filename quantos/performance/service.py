"""Track records and their metrics: NAVs from settlement beside the benchmark as the market knows it today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quantos.kit.money import MILLS_PER_CNY
from quantos.market.core.calendar import CalendarEnds, TradingCalendar
from quantos.performance.core import metrics
from quantos.performance.core.metrics import Series

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


class Performance:
    """Curves and metrics of strategies."""

    def __init__(self, market: BenchmarkSource, settlement: NavSource) -> None:
        self._market, self._settlement = market, settlement

    def track_record(self, strategy: Measured) -> list[dict[str, Any]]:
        """Every settled day, ascending: {date, nav, daily_return, cumulative_return, benchmark_return, stale?}.

        `stale`, only where there is any: the share of the NAV in delisted holdings, kept at their last close.
        Floats may be NaN where undefined: the web layer writes null.
        """
        navs, equity, benchmark = self._curve(strategy)
        columns = (
            np.datetime_as_string(navs.trade_dates).tolist(),
            equity[1:].tolist(),
            metrics.daily_return(equity).tolist(),
            metrics.cumulative_return(equity).tolist(),
            benchmark.tolist(),
        )
        records = [
            {
                "date": day,
                "nav": nav,
                "daily_return": daily,
                "cumulative_return": cumulative,
                "benchmark_return": beside,
            }
            for day, nav, daily, cumulative, beside in zip(*columns, strict=True)
        ]
        for day in np.flatnonzero(navs.stale_mills).tolist():
            records[day]["stale"] = float(navs.stale_mills[day] / navs.nav_mills[day])
        return records

    def performance(self, strategy: Measured) -> dict[str, Any]:
        """{metrics, rolling_excess_sharpe: [{date, value}] from the 20th day on}; NaN as above."""
        navs, equity, benchmark = self._curve(strategy)
        days = navs.trade_dates
        rolling = metrics.rolling_excess_sharpe(metrics.daily_return(equity), benchmark)
        dates = np.datetime_as_string(days[len(days) - len(rolling) :]).tolist()
        return {
            "metrics": asdict(metrics.measure(equity, benchmark)),
            "rolling_excess_sharpe": [
                {"date": day, "value": value} for day, value in zip(dates, rolling.tolist(), strict=True)
            ],
        }

    def _curve(self, strategy: Measured) -> tuple[Navs, Series, Series]:
        """(settled days [n], equity [n + 1], the benchmark's daily returns [n])."""
        assert strategy.number is not None, "a stored strategy has a number"
        navs = self._settlement.nav_series(strategy.number)
        equity = metrics.equity_curve(navs.nav_mills, strategy.initial_capital * MILLS_PER_CNY)
        return navs, equity, self._benchmark(strategy.universe, navs.trade_dates)

    def _benchmark(self, universe: str, days: Dates) -> Series:
        if len(days) == 0:
            return np.empty(0)
        known: list[date] = days.tolist()
        dates = [self._day_before(known[0]), *known]
        closes = self._market.benchmark(universe, dates[0] or known[0], known[-1])
        return metrics.close_return(np.array([closes.get(day, np.nan) if day else np.nan for day in dates]))

    def _day_before(self, day: date) -> date | None:
        try:
            return self._market.calendar.previous_before(day)
        except CalendarEnds:
            return None  # the calendar's first session: nothing is known of the day before
