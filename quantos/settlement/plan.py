"""What a run has to settle: which strategies, from which session to which, and how far it has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.errors import QuantosError
from quantos.market.core.calendar import TradingCalendar
from quantos.settlement.core import facts as column
from quantos.settlement.core.day import MarketDay
from quantos.settlement.core.facts import Reason
from quantos.settlement.core.ledger import Settled, Terms
from quantos.strategies.service import StrategyTerms

Ints = NDArray[np.int64]
FAILURES_NAMED: Final = 5

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """The strategies of a run and how far each has come, as session numbers of the calendar."""

    terms: Sequence[StrategyTerms]
    next: Ints  # the session to settle next
    until: Ints  # the last session to settle
    settled: int = 0
    held: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, Any] | None = None

    @property
    def total(self) -> int:
        return int(np.maximum(self.until - self.next + 1, 0).sum()) + self.settled + self.held


def plan(
    due: Sequence[StrategyTerms],
    trade_date: date,
    settled_until: Callable[[int], date | None],
    calendar: TradingCalendar,
    *,
    bounded: bool,
) -> Work:
    """The days that are missing up to `trade_date`; `bounded`: no further than a pause or retirement allows."""
    sessions = calendar.sessions
    last = [settled_until(t.number) for t in due]
    bounds = [t.settle_until if bounded else None for t in due]
    first = np.searchsorted(sessions, _dates(d or t.first_date for d, t in zip(last, due, strict=True)))
    first += np.array([d is not None for d in last], np.int64)
    until = np.searchsorted(sessions, _dates(min(b, trade_date) if b else trade_date for b in bounds))
    missing = np.flatnonzero(first <= until)
    return Work([due[int(s)] for s in missing], first[missing], until[missing])


def note(work: Work, trade_date: date, status: str) -> None:
    """A run's end, in the log: one line, and one for each of the first that could not be settled."""
    logger.info(
        "settlement up to %s: %s, %d strategy-days with a signal, %d without, %d failed",
        trade_date,
        status.replace("_", " "),
        work.settled,
        work.held,
        len(work.failed),
    )
    if work.waiting:
        logger.warning(
            "settlement waits for bars of %s: %d of the %d instruments that traded the day before are there",
            work.waiting["trade_date"],
            work.waiting["present"],
            work.waiting["expected"],
        )
    for failed in work.failed[:FAILURES_NAMED]:
        logger.warning("%s is not settled on %s: %s", failed["slug"], failed["trade_date"], failed["reason"])


def why(error: BaseException) -> str:
    """Why a run ended early, for its record: a refusal's own words, or where to read of anything else."""
    if isinstance(error, QuantosError):
        return error.message
    return f"{type(error).__name__}: the log has the details"


def _dates(days: Iterable[date]) -> Any:
    return np.array(list(days), dtype="datetime64[D]")


def terms_of(terms: Sequence[StrategyTerms], minimum_commission: int) -> Terms:
    """The strategies' terms as arrays."""
    return Terms(
        np.array([t.execution == "close" for t in terms], np.bool_),
        np.array([t.commission_e8 for t in terms], np.int64),
        np.array([t.slippage_e8 for t in terms], np.int64),
        minimum_commission,
    )


def some(terms: Terms, which: Ints) -> Terms:
    """The terms of the strategies `which`."""
    return Terms(
        terms.at_close[which], terms.commission_e8[which], terms.slippage_e8[which], terms.minimum_commission
    )


def stale_value(settled: Settled, day: MarketDay) -> Ints:
    """The market value of delisted holdings, per strategy."""
    stale = np.zeros(len(settled.nav), np.int64)
    delisted = day.facts[settled.book.instrument, column.BLOCK] == Reason.DELISTED
    if delisted.any():
        strategy = np.repeat(np.arange(len(stale)), np.diff(settled.book.start))[delisted]
        value = settled.book.shares[delisted] * day.facts[settled.book.instrument[delisted], column.CLOSE]
        np.add.at(stale, strategy, value)
    return stale
