"""A benchmark's return of one day, as the market knows it today; a year of closes is read at once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from quantos.market.core.calendar import CalendarEnds
from quantos.verification.ports import MarketSource


class Benchmarks:
    """Daily returns of the universes' benchmarks."""

    def __init__(self, market: MarketSource) -> None:
        self._market = market
        self._kept: tuple[int, dict[tuple[str, int], Mapping[date, float]]] = (market.version, {})

    def daily_return(self, universe: str, day: date) -> float | None:
        """close / close of the trading day before - 1; None without data for both."""
        try:
            before = self._market.calendar.previous_before(day)
        except CalendarEnds:
            return None
        closes = self._closes(universe, day.year)
        close, close_before = closes.get(day), closes.get(before)
        return close / close_before - 1.0 if close is not None and close_before else None

    def _closes(self, universe: str, year: int) -> Mapping[date, float]:
        """The closes of a year and of the month before it."""
        version = self._market.version  # read before the closes are
        if self._kept[0] != version:
            self._kept = version, {}
        kept = self._kept[1]
        found = kept.get((universe, year))
        if found is None:
            first = date(year, 1, 1) - timedelta(days=31)
            found = kept[universe, year] = self._market.benchmark(universe, first, date(year, 12, 31))
        return found
