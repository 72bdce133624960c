"""What follows a settlement that comes late: it is evaluated at once, not at the next evening's job."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Protocol

from quantos.kit.clock import SHANGHAI, Clock
from quantos.market.core.calendar import TradingCalendar
from quantos.scheduler.core.timetable import due_at

logger = logging.getLogger(__name__)


class EvaluatesDays(Protocol):
    def evaluate(self, upto: date) -> object: ...


class Aftercare:
    """Called when a run has ended, or the market has changed."""

    def __init__(
        self,
        clock: Clock,
        calendar_of: Callable[[], TradingCalendar],
        evaluation: EvaluatesDays,
        wrote: Callable[[int, date], bool],
    ) -> None:
        """`wrote`: whether a run has written any day up to and with a day."""
        self._clock, self._calendar_of, self._evaluation = clock, calendar_of, evaluation
        self._wrote = wrote

    def __call__(self) -> None:
        """Evaluate what is due to be. Never raises: the next evaluation does it."""
        self._evaluate(lambda _: True)

    def after_run(self, run: int) -> None:
        """The same, where the run has written any of it: as a rule it wrote the day that is evaluated at 18:30."""
        self._evaluate(lambda day: self._wrote(run, day))

    def _evaluate(self, is_needed: Callable[[date], bool]) -> None:
        try:
            day = self._evaluated_until()
            if day is not None and is_needed(day):
                self._evaluation.evaluate(day)
        except Exception:
            logger.exception("what was settled late could not be evaluated; the next evaluation does it")

    def _evaluated_until(self) -> date | None:
        """The last trading day, where its evaluation is past; None before, for the job comes soon enough."""
        calendar, now = self._calendar_of(), self._clock.now()
        day = min(now.astimezone(SHANGHAI).date(), calendar.last)
        if not calendar.is_trading_day(day) or now < due_at("settle_all_active_strategies", day):
            day = calendar.previous_before(day)
        return day if due_at("daily_evaluation", day) <= now else None
