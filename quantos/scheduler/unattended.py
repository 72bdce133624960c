"""What makes a day run without a hand, beside the timetable: the evaluation, the watchdog, and what follows a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from quantos.kit.clock import Clock
from quantos.market.service import Market
from quantos.performance.service import Evaluation, Performance
from quantos.scheduler.aftercare import Aftercare
from quantos.scheduler.watchdog import PortfoliosWatched, Watchdog
from quantos.settlement.service import Settlement
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.strategies.service import Strategies


class Unattended:
    """Plugs itself into settlement and market: a run that has ended, and data that arrived, are followed up at once."""

    def __init__(
        self,
        records: Records,
        series: Series,
        clock: Clock,
        market: Market,
        strategies: Strategies,
        settlement: Settlement,
        performance: Performance,
        portfolios: PortfoliosWatched | None = None,
    ) -> None:
        self.evaluation = Evaluation(records, series, strategies, settlement.days, performance.benchmark)
        self.watchdog = Watchdog(records, clock, market, strategies, portfolios)
        self._late = Aftercare(clock, lambda: market.calendar, self.evaluation, settlement.days.wrote)
        self._after_run, self._after_change = settlement.after_run, market.after_change
        settlement.after_run, market.after_change = self._run_ended, self._market_changed

    def daily_evaluation(self, trade_date: date) -> dict[str, Any]:
        """The job: how many strategies have got metrics, of how many days together."""
        return self.evaluation.evaluate(trade_date)

    def watching(self, missing_navs: Callable[[date], Any]) -> Callable[[date], dict[str, Any]]:
        """The watchdog's job: strategy-days without a NAV, and what else is amiss of the day."""
        return lambda trade_date: {**missing_navs(trade_date), **self.watchdog.look(trade_date)}

    def _run_ended(self, run: int) -> None:
        self._after_run(run)
        self._late.after_run(run)
        self.watchdog.look_again()

    def _market_changed(self) -> None:
        self._after_change()
        self._late()
        self.watchdog.look_again()
