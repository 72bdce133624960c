"""Track records and their metrics: NAVs from settlement beside the benchmark as the market knows it today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
from sqlmodel import Session

from quantos.kit.money import MILLS_PER_CNY
from quantos.market.core.calendar import CalendarEnds
from quantos.performance.claims import Claims
from quantos.performance.core import metrics
from quantos.performance.core.metrics import Series
from quantos.performance.evaluation import Evaluation
from quantos.performance.ports import BenchmarkSource, Dates, Measured, Navs, NavSource, number_of
from quantos.performance.schemas import ClaimedRecord, ClaimMeta

__all__ = ["ClaimMeta", "ClaimedRecord", "Claims", "Evaluation", "Measured", "Performance", "number_of"]


class Performance:
    """Curves and metrics of strategies."""

    def __init__(self, market: BenchmarkSource, settlement: NavSource, claims: Claims) -> None:
        self._market, self._settlement, self._claims = market, settlement, claims

    def track_record(self, strategy: Measured) -> list[dict[str, Any]]:
        """Every settled day, ascending: {date, nav, daily_return, cumulative_return, benchmark_return, stale?}.

        `stale`, only where there is any: the share of the NAV in delisted holdings, kept at their last close.
        Floats may be NaN where undefined: the web layer writes null.
        """
        return self._days(strategy, self._settlement.nav_series(number_of(strategy)))

    def beside_record(self, strategy: Measured) -> dict[str, Any]:
        """What a track record shows apart from its records, each only where there is any: {claimed?, backfilled?}.

        `backfilled`: {records}, days that were settled from signals of before the activation.
        """
        claimed = self._claims.beside_record(strategy)
        backfilled = self._days(strategy, self._settlement.backfilled(number_of(strategy)))
        return {
            **({} if claimed is None else {"claimed": claimed}),
            **({"backfilled": {"records": backfilled}} if backfilled else {}),
        }

    def claimed(self, strategy: Measured) -> dict[str, Any]:
        """The claim of a public strategy: {meta, records, tracking?}. Raises ClaimNotFound."""
        return self._claims.public(strategy)

    def claimants(self, session: Session, numbers: Collection[int]) -> set[int]:
        """Those of the strategies that have a claim."""
        return self._claims.claimants(session, numbers)

    def claim_number(self, session: Session, number: int) -> int | None:
        """What names a strategy's present claim: another one has another number."""
        return self._claims.claim_number(session, number)

    def _days(self, strategy: Measured, navs: Navs) -> list[dict[str, Any]]:
        equity, benchmark = self._curve(strategy, navs)
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
        navs = self._settlement.nav_series(number_of(strategy))
        equity, benchmark = self._curve(strategy, navs)
        days = navs.trade_dates
        rolling = metrics.rolling_excess_sharpe(metrics.daily_return(equity), benchmark)
        dates = np.datetime_as_string(days[len(days) - len(rolling) :]).tolist()
        return {
            "metrics": asdict(metrics.measure(equity, benchmark)),
            "rolling_excess_sharpe": [
                {"date": day, "value": value} for day, value in zip(dates, rolling.tolist(), strict=True)
            ],
        }

    def _curve(self, strategy: Measured, navs: Navs) -> tuple[Series, Series]:
        """(equity [n + 1], the benchmark's daily returns [n]) of settled days [n]."""
        equity = metrics.equity_curve(navs.nav_mills, strategy.initial_capital * MILLS_PER_CNY)
        return equity, self.benchmark(strategy.universe, navs.trade_dates)

    def benchmark(self, universe: str, days: Dates) -> Series:
        """A universe's daily returns on settled days [n]; NaN where they are unknown."""
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
