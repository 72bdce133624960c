"""A strategy's earlier signals, put in by the operator: a curve apart, made anew at each request.

    signals    records store, one set per strategy and revision, trade date by trade date
    curve      series store, the rows of settlement under the negative of the strategy's key
    pointer    series store, table `backfill`: which revision of the signals the curve was made from

The curve runs from the first backfilled trade date to the last trading day before the activation; a day
without a signal holds. Curve and pointer are written in one DuckDB transaction, which is the commit point: a
set of signals that no pointer names was never accepted and is deleted at the next request.

A backfilled day is no record: it is neither attested nor published among the records, and the market of its
day is not final.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from quantos.errors import NotFound, WrongState
from quantos.kit.clock import SHANGHAI, Clock
from quantos.kit.money import MILLS_PER_CNY
from quantos.market.core.calendar import NotATradingDay, TradingCalendar
from quantos.market.service import Market
from quantos.settlement import backfill_store as store
from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.ledger import Book
from quantos.settlement.days import session_of
from quantos.settlement.plan import Work
from quantos.settlement.replay import Replay, replay
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.strategies.core import weights
from quantos.strategies.service import Strategies, StrategyTerms

NO_RUN: Final = 0
"""Written into the NAV rows: a backfill belongs to no settlement run."""


class BackfillRefused(WrongState):
    code = "backfill_refused"


class BackfillNotFound(NotFound):
    code = "backfill_not_found"


@dataclass(slots=True)
class Backfills:
    """The backfilled curves of a platform."""

    records: Records
    series: Series
    clock: Clock
    market: Market
    minimum_commission: int
    running: threading.Lock
    """Held by whoever settles."""
    _revisions: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        with self.series.read() as cursor:
            self._revisions = store.revisions(cursor)

    def revision(self, number: int) -> int:
        """Changes whenever the curve of a strategy does; 0 where there is none."""
        return self._revisions.get(number, 0)

    def put(self, strategies: Strategies, slug: str, given: Mapping[date, str]) -> int:
        """Add signals, as stored text, in the place of those of the same dates; how many were accepted.

        Raises StrategyNotFound, BackfillRefused, NotATradingDay, CannotReplay; then nothing was changed.
        """
        with self.running, self.market.standing_still():
            with self.records.read() as session:
                strategy = strategies.by_slug(session, slug)
                last = _last_day(strategy.status, strategy.activated_at, self.market.calendar)
                for trade_date in given:
                    _check(trade_date, last, self.market.calendar)
                assert strategy.number is not None, "a stored strategy has a number"
                number, revision = strategy.number, self.revision(strategy.number)
                signals = {**store.signals(session, number, revision), **given}
            terms = _terms(strategy, min(signals))
            with self.series.write() as cursor:
                store.remove_curve(cursor, -number)
                self._settle(cursor, self.market, terms, signals, last)
                with self.records.write() as session:
                    revision = store.keep_signals(session, number, revision, signals)
                store.point(cursor, number, revision)
            self._revisions[number] = revision
        return len(given)

    def remove(self, strategies: Strategies, slug: str) -> int:
        """Delete the signals and the curve; how many signals there were.

        The pointer stays, at a revision without signals: what was shown under an earlier one is never taken for
        what comes. Raises StrategyNotFound, BackfillRefused, BackfillNotFound.
        """
        with self.running, self.market.standing_still():
            with self.records.read() as session:
                strategy = strategies.by_slug(session, slug)
                if strategy.status == "retired":
                    raise BackfillRefused("strategy status is retired: nothing of it can change")
                assert strategy.number is not None, "a stored strategy has a number"
                number, revision = strategy.number, self.revision(strategy.number)
                count = len(store.signals(session, number, revision))
            if not count:
                raise BackfillNotFound(f"{slug} has no backfilled signals")
            with self.series.write() as cursor:
                store.remove_curve(cursor, -number)
                store.point(cursor, number, revision + 1)
            self._revisions[number] = revision + 1
            with self.records.write() as session:
                store.remove_signals(session, number)
        return count

    def settle_again(
        self, cursor: store.Cursor, market: Market, strategies: Strategies, first: date
    ) -> list[int]:
        """Make the curves that reach `first` anew inside a restatement's transaction; their strategies' keys.

        The caller holds `running` and `market.standing_still()`. A curve apart is no record: nothing of it is
        kept. Raises CannotReplay.
        """
        found = store.reaching(cursor, first)
        for number, (revision, last) in found.items():
            with self.records.read() as session:
                (strategy,) = strategies.by_numbers(session, [number])
                signals = store.signals(session, number, revision)
                terms = _terms(strategy, min(signals))
            charged = store.minimum_commissions(cursor, -number)
            store.remove_curve(cursor, -number)
            self._settle(cursor, market, terms, signals, last, charged)
        return list(found)

    def _settle(
        self,
        cursor: store.Cursor,
        market: Market,
        terms: StrategyTerms,
        signals: Mapping[date, str],
        last: date,
        charged: Mapping[date, int] | None = None,
    ) -> None:
        parsed: dict[date, ExactWeights] = dict(
            zip(signals, weights.parse(list(signals.values())), strict=True)
        )
        first, until = (session_of(market.calendar, day) for day in (terms.first_date, last))
        replay(
            cursor,
            market,
            Replay(
                Work([terms], np.array([first]), np.array([until])),
                Book.empty(np.array([terms.initial_capital * MILLS_PER_CNY])),
                lambda day, numbers: {numbers[0]: parsed[day]} if day in parsed else {},
                self.minimum_commission,
                NO_RUN,
                self.clock.now(),
                None if charged is None else lambda day, _: np.array([charged[day]], np.int64),
            ),
        )


def _last_day(status: str, activated_at: datetime | None, calendar: TradingCalendar) -> date:
    """The last trading day before the activation. Raises BackfillRefused."""
    if activated_at is None:
        raise BackfillRefused(
            f"strategy status is {status}: only an activated one has days before its activation"
        )
    if status == "retired":
        raise BackfillRefused("strategy status is retired: nothing of it can change")
    return calendar.previous_before(activated_at.astimezone(SHANGHAI).date())


def _check(trade_date: date, last: date, calendar: TradingCalendar) -> None:
    if trade_date > last:
        raise BackfillRefused(
            f"signals are backfilled for trading days before the activation: {trade_date} is after {last}"
        )
    if not calendar.is_trading_day(trade_date):
        raise NotATradingDay(f"{trade_date} is not a trading day: ask /api/v1/calendar for the next one")


def _terms(strategy: Any, first: date) -> StrategyTerms:
    """As the ledger knows a strategy, under the key of the curve apart."""
    return StrategyTerms(
        number=-strategy.number,
        id=strategy.id,
        slug=strategy.slug,
        user_id=strategy.user_id,
        universe=strategy.universe,
        status=strategy.status,
        execution=strategy.execution_price,
        initial_capital=strategy.initial_capital,
        commission_e8=strategy.commission_e8,
        slippage_e8=strategy.slippage_e8,
        first_date=first,
        settle_until=None,
    )
