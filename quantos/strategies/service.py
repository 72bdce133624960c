"""Strategies and signals as the rest of the platform sees them.

A signal of trade date d is *effective* exactly when its strategy was active at d's deadline by the status
log; settlement sees effective signals only, and `is_settled` is true of no other. Nor is it of a signal whose
day the exchange has closed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlmodel import Session

from quantos.accounts.service import Accounts, Caller
from quantos.attestation.service import Attestation, Terms
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.kit.money import rate_e8
from quantos.market.core.calendar import TradingCalendar
from quantos.market.service import Market
from quantos.storage.records import Records
from quantos.strategies import attested, store
from quantos.strategies.core import weights
from quantos.strategies.core.deadlines import Execution
from quantos.strategies.core.status import (
    Status,
    StatusChange,
    check_transition,
    governed_from,
    is_missed,
    settle_until,
    status_at,
)
from quantos.strategies.core.weights import Weights
from quantos.strategies.outbox import SignalOutbox
from quantos.strategies.owned import is_slug, not_found, number_of, own, own_row
from quantos.strategies.placing import Alongside, Placing
from quantos.strategies.ports import PortfolioPort, SettlementPort, StrategyTerms
from quantos.strategies.refusals import (
    SignalIrreplaceable,
    SlugTaken,
    StrategyRetired,
    TakesNoSignals,
    TooManyStrategies,
)
from quantos.strategies.schemas import StrategyChange, StrategyNew, Submission, strategy_out
from quantos.strategies.tables import SignalRow, Strategy

T = TypeVar("T")
Leading = Callable[[Session], None]
"""What of a portfolio is changed in the unit of work in which its strategy follows."""

__all__ = [
    "PortfolioPort",
    "SettlementPort",
    "SignalIrreplaceable",
    "Strategies",
    "StrategyNew",
    "StrategyTerms",
    "Submission",
    "TakesNoSignals",
    "Weights",
    "number_of",
    "own",
]


class _PauseToFill(Exception):
    """The change would end a pause whose days are not filled in yet."""


class Strategies:
    """Strategies, their signals, and which of these count."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        market: Market,
        accounts: Accounts,
        ports: SettlementPort,
        attestation: Attestation | None = None,
    ) -> None:
        self._records = records
        self.clock = clock
        self._market = market
        self._accounts = accounts
        self.ports = ports
        attestation = attestation or Attestation(Terms(), clock, Path())
        self._attestation = attestation
        self.outbox = attestation.outbox = SignalOutbox(records, market)
        self._placing = Placing(records, clock, market, attestation, self._is_past)
        self.portfolios: PortfolioPort | None = None
        """Told of the strategies that are portfolios'. Plugged in."""

    # the owner's strategies

    async def create(self, caller: Caller, new: StrategyNew) -> dict[str, Any]:
        """Raises SlugTaken, TooManyStrategies."""
        now = self.clock.now()

        def work(session: Session) -> dict[str, Any]:
            return strategy_out(self.add(session, caller.user_id, new, now))

        return await self._records.commit(work)

    def add(
        self,
        session: Session,
        user_id: str,
        new: StrategyNew,
        now: datetime,
        portfolio_id: str | None = None,
    ) -> Strategy:
        """A new pending strategy, in the caller's unit of work. Raises SlugTaken, TooManyStrategies."""
        # the slug first: of identical requests that arrive together all but one are 409, also at the limit
        if store.by_slug(session, new.slug) is not None:
            raise SlugTaken(f"the slug {new.slug} is taken: choose another")
        limit = self._accounts.max_strategies(self._accounts.tier_of(session, user_id))
        if store.count_unretired(session, user_id) >= limit:
            raise TooManyStrategies(
                f"your tier allows {limit} strategies that are not retired: retire one first"
            )
        strategy = Strategy(
            id=new_id(),
            user_id=user_id,
            status=Status.PENDING.value,
            commission_e8=rate_e8(new.commission_rate),
            slippage_e8=rate_e8(new.slippage_rate),
            created_at=now,
            portfolio_id=portfolio_id,
            **new.model_dump(exclude={"commission_rate", "slippage_rate"}),
        )
        session.add(strategy)
        session.flush()
        return strategy

    def list(self, caller: Caller, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        with self._records.look() as connection:
            found = store.own_page(connection, caller.user_id, status, limit, offset)
        return {"strategies": [strategy_out(strategy) for strategy in found]}

    def list_all(self, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        """Everyone's strategies with the owner's nickname, for the operator."""
        with self._records.read() as session:
            found = store.page(session, status, limit, offset)
            owners = self._accounts.nicknames(session, {strategy.user_id for strategy in found})
            shown = [{**strategy_out(each), "owner": owners[each.user_id]} for each in found]
            return {"strategies": shown}

    def get(self, caller: Caller, slug: str) -> dict[str, Any]:
        with self._records.look() as connection:
            return strategy_out(own_row(connection, caller, slug))

    def counts(self, trade_date: date | None) -> dict[str, Any]:
        """For the operator: {strategies (by status), expected, received, attested, overdue}.

        expected, received, attested: signals of the date; overdue: of any, not attested though their deadline
        has passed.
        """
        with self._records.read() as session:
            found = store.by_status(session)
            received, attested = store.signals_counted(session, trade_date) if trade_date else (0, 0)
            overdue = store.overdue(session, self.clock.now())
        expected = found.get(Status.ACTIVE.value, 0) if trade_date else 0
        signals = {"expected": expected, "received": received, "attested": attested}
        return {"strategies": found, **signals, "overdue": overdue}

    def overdue_signals(self) -> Sequence[dict[str, Any]]:
        """Signals that wait for their commit although their deadline has passed, oldest first.

        {user_id, strategy (its number), slug, trade_date} of each.
        """
        with self._records.read() as session:
            found = attested.overdue(session, self.clock.now())
        names = ("user_id", "strategy", "slug", "trade_date")
        return [dict(zip(names, each, strict=True)) for each in found]

    async def change(self, caller: Caller, slug: str, change: StrategyChange) -> dict[str, Any]:
        """Raises StrategyNotFound, StrategyRetired, InvalidTransition; then nothing is changed.

        Before a pause ends its missed days are filled in: outside of the unit of work, for they may be many.
        """
        changes = change.model_dump(exclude_unset=True)
        changed = await self._with_pause_filled(
            lambda filled, session: self._change(session, caller, slug, changes, filled)
        )
        if "status" in changes:
            await self._attestation.attest_statuses()
        if changes.get("status") == Status.ACTIVE.value and self.portfolios is not None:
            await asyncio.shield(asyncio.ensure_future(self.portfolios.strategy_resumed(slug)))
        return changed

    async def _with_pause_filled(self, work: Callable[[int | None, Session], T]) -> T:
        """`work` in a unit of work, where it would end a pause once more with the number that is filled in."""
        try:
            return await self._records.commit(partial(work, None))
        except _PauseToFill as pause:
            number: int = pause.args[0]
        await asyncio.to_thread(self.ports.fill_missed, number)
        return await self._records.commit(partial(work, number))

    def _change(
        self, session: Session, caller: Caller, slug: str, changes: dict[str, Any], filled: int | None
    ) -> dict[str, Any]:
        """The instant of a change is that of its storing: a settlement sees every change from before it."""
        strategy = own(session, caller, slug)
        present, number = Status(strategy.status), number_of(strategy)
        if present is Status.RETIRED:
            raise StrategyRetired("the strategy is retired: nothing of it can change")
        if "status" in changes:
            wanted = Status(changes["status"])
            check_transition(present, wanted)
            if is_missed(present, wanted) and filled != number:
                raise _PauseToFill(number)
            at = store.record_change(session.connection(), number, wanted, self.clock.now())
            if wanted is Status.RETIRED:
                strategy.retired_at = at
        for field, value in changes.items():
            setattr(strategy, field, value)
        session.add(strategy)
        session.flush()
        if "status" in changes and strategy.portfolio_id is not None and self.portfolios is not None:
            self.portfolios.strategy_changed(session, strategy.portfolio_id, strategy.status)
        return strategy_out(strategy)

    async def retire(self, caller: Caller, slug: str) -> dict[str, Any]:
        return await self.change(caller, slug, StrategyChange(status="retired"))

    def owner_of(self, slug: str) -> Caller:
        """In whose place the operator looks. Raises StrategyNotFound."""
        with self._records.read() as session:
            return Caller(self.by_slug(session, slug).user_id, "")

    # the owner's signals

    async def submit(
        self, caller: Caller, slug: str, submission: Submission, received: datetime
    ) -> dict[str, Any]:
        """Store a signal, or replace the one of its date. `received`: when its last byte was read."""
        return await self._placing.submit(caller, slug, submission, received)

    async def validate(
        self, caller: Caller, slug: str, submission: Submission, received: datetime
    ) -> dict[str, Any]:
        """What `submit` would store; nothing is."""
        return await self._placing.validate(caller, slug, submission, received)

    async def withdraw(self, caller: Caller, slug: str, trade_date: date) -> dict[str, Any]:
        """Delete the signal of a date. Raises SignalNotFound; SignalLocked, DeadlinePassed."""
        return await self._placing.withdraw(caller, slug, trade_date)

    def history(self, caller: Caller, slug: str, limit: int, offset: int) -> dict[str, Any]:
        """The signals of a strategy, newest trade date first; a nonce only once its deadline has passed."""
        now = self.clock.now()
        with self._records.look() as connection:
            number = own_row(connection, caller, slug).number
            rows = store.signal_page(connection, number, limit, offset)
            log = store.log_of_own(connection, number)
        until, days = self.ports.settled_until(number), self._days
        return {"signals": [_signal_out(row, log, until, now, days) for row in rows]}

    # a portfolio's strategy

    async def follow(self, caller: Caller, slug: str, wanted: Status, leading: Leading) -> None:
        """Change the status with what `leading` changes, in one unit of work, where it is not that already.

        A strategy without a signal is pending as long as its portfolio pauses and resumes. Raises what `change` does.
        """

        def work(filled: int | None, session: Session) -> None:
            leading(session)
            present = Status(own(session, caller, slug).status)
            waits = present is Status.PENDING and wanted is not Status.RETIRED
            if present is not wanted and not waits:
                self._change(session, caller, slug, {"status": wanted.value}, filled)

        await self._with_pause_filled(work)
        await self._attestation.attest_statuses()

    async def place(
        self, caller: Caller, slug: str, submission: Submission, received: datetime, made: Alongside
    ) -> dict[str, Any]:
        """As `submit`, of a signal that the strategy's portfolio has made. Raises SignalIrreplaceable where one is.

        `made`: stores what belongs to it, in its unit of work.
        """
        return await self._placing.submit(caller, slug, submission, received, made)

    def summaries(self, session: Session, number: int, limit: int, offset: int) -> Sequence[dict[str, Any]]:
        """The signals of a strategy as a list shows them: without what they say, and how many lines that is."""
        connection = session.connection()
        rows = store.signal_page(connection, number, limit, offset)
        log, until = store.log_of_own(connection, number), self.ports.settled_until(number)
        now, found = self.clock.now(), []
        for row in rows:
            shown = _signal_out(row, log, until, now, self._days)
            shown["stock_count"] = row.signals.count("{")
            del shown["signals"], shown["nonce"]
            found.append(shown)
        return found

    # for the features above

    @property
    def _days(self) -> TradingCalendar:
        return self._market.calendar

    def _is_past(self, number: int, trade_date: date) -> bool:
        until = self.ports.settled_until(number)
        return until is not None and trade_date <= until

    def by_slug(self, session: Session, slug: str) -> Strategy:
        """Raises StrategyNotFound."""
        found = store.by_slug(session, slug) if is_slug(slug) else None
        if found is None:
            raise not_found()
        return found

    def slugs(self, session: Session, numbers: Collection[int]) -> dict[int, str]:
        """Slugs by series key."""
        return store.slugs(session, numbers)

    def public_page(self, session: Session, universe: str | None, limit: int, offset: int) -> Sequence[Any]:
        """The columns of public strategies that have started, newest first, retired ones too."""
        return store.public_page(session.connection(), universe, limit, offset)

    def page(self, session: Session, limit: int, offset: int) -> Sequence[Strategy]:
        """Everyone's, in the order of their creation."""
        return store.page(session, None, limit, offset)

    def last_signals(self, session: Session, numbers: Sequence[int]) -> dict[int, tuple[date, bool]]:
        """Of each strategy with a signal: the trade date of its last one, and whether that is attested."""
        return store.last_signals(session, numbers)

    def signal_on(self, session: Session, number: int, trade_date: date) -> SignalRow | None:
        """The stored signal of a strategy for a date, effective or not."""
        return store.signal_of(session, number, trade_date)

    def governed_days(self, session: Session, number: int, before: date) -> Sequence[date]:
        """The trade dates before that one under which the repository has a strategy's changes of status, ascending."""
        (strategy,) = store.by_numbers(session, [number])
        execution = Execution(strategy.execution_price)
        changes = store.log_of(session, number)[1:]  # a strategy begins with its first signal
        earlier = [each.at for each in changes if each.at < execution.deadline(before)]
        return sorted({governed_from(at, execution, self._days) for at in earlier} - {before})

    def by_numbers(self, session: Session, numbers: Collection[int]) -> Sequence[Strategy]:
        """Strategies by series key, ascending."""
        return store.by_numbers(session, numbers)

    def measured(self, session: Session, first: int, last: int) -> dict[int, Any]:
        """What decides the curves of the strategies with series keys from `first` to `last`, by key."""
        return {each.number: each for each in store.measured(session, first, last)}

    def signals_stored(
        self, session: Session, trade_date: date, numbers: Collection[int]
    ) -> dict[int, tuple[Any, Weights]]:
        """The stored signals of a date, effective or not: (the row as in the table, its weights)."""
        rows = store.signals_of_day(session, trade_date, numbers)
        parsed = weights.parse([row.signals for row in rows])
        return {row.strategy_number: (row, found) for row, found in zip(rows, parsed, strict=True)}

    def signals_between(
        self, session: Session, number: int, first: date, last: date
    ) -> dict[date, tuple[Any, Weights]]:
        """The stored signals of a strategy by trade date, as `signals_stored` gives them."""
        rows = store.signals_between(session, number, first, last)
        parsed = weights.parse([row.signals for row in rows])
        return {row.trade_date: (row, found) for row, found in zip(rows, parsed, strict=True)}

    def effective_dates(self, session: Session, number: int, upto: date) -> Sequence[date]:
        """Trade dates of the effective signals of a strategy, ascending."""
        return store.effective_dates(session, number, upto)

    def due(self, session: Session, upto: date) -> Sequence[StrategyTerms]:
        """Every strategy whose first effective signal is of `upto` or earlier, by number."""
        logs, days = store.bounded_logs(session), self._days
        rows = store.started(session, upto)
        closed = {day for day in {row.first_date for row in rows} if not days.is_trading_day(day)}
        found = []
        for row in rows:
            first = row.first_date
            if first in closed:  # since the signal was taken
                effective = store.effective_dates(session, row.number, upto)
                first = next((day for day in effective if days.is_trading_day(day)), None)
            if first is not None:
                found.append(_terms(row, first, logs.get(row.number), days))
        return found

    def signals_on(self, session: Session, trade_date: date, numbers: Collection[int]) -> dict[int, Weights]:
        """The effective signals of a date."""
        texts = store.effective_texts(session, trade_date, numbers)
        return dict(zip(texts, weights.parse(list(texts.values())), strict=True))


def _terms(
    row: Any, first_date: date, log: Sequence[StatusChange] | None, days: TradingCalendar
) -> StrategyTerms:
    until = None if log is None else settle_until(log, Execution(row.execution_price), days)
    return StrategyTerms._make((*row[:-1], first_date, until))


def _signal_out(
    row: Any, log: Sequence[StatusChange], until: date | None, now: datetime, days: TradingCalendar
) -> dict[str, Any]:
    # The exchange may have closed a day after a signal was taken for it.
    effective = status_at(log, row.deadline) is Status.ACTIVE and days.is_trading_day(row.trade_date)
    return {
        "id": row.id,
        "trade_date": row.trade_date,
        "signals": orjson.Fragment(row.signals),
        "signal_hash": row.signal_hash,
        "submitted_at": row.submitted_at,
        "is_settled": until is not None and row.trade_date <= until and effective,
        "github_committed": row.commit_sha is not None,
        "nonce": row.nonce if now >= row.deadline else None,
    }
