"""A day's signals: made of the values of the trading day before, submitted as any strategy's are.

What is made of a portfolio is worked out without any lock and submitted at once; the unit of work that stores the
signal stores with it what decided it, and looks once more whether the portfolio is still what it was. A signal that is
there is never replaced, so whoever comes second (the job, an activation, values that arrive) changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from sqlalchemy import Connection
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.errors import QuantosError
from quantos.factors.service import Factors
from quantos.kit.clock import Clock, today
from quantos.market.service import BENCHMARKS, Market
from quantos.portfolios import store
from quantos.portfolios.core import days
from quantos.portfolios.core.combining import combine, selected
from quantos.portfolios.core.days import Outcome
from quantos.portfolios.core.hours import deadline, is_generating
from quantos.portfolios.core.recipe import Member, Recipe
from quantos.portfolios.core.status import Status, status_at
from quantos.portfolios.owned import number_of
from quantos.portfolios.refusals import PortfoliosFailed
from quantos.portfolios.tables import Portfolio
from quantos.storage import events
from quantos.storage.records import Records
from quantos.strategies.core.deadlines import DeadlinePassed
from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.service import SignalIrreplaceable, Strategies, Submission, TakesNoSignals

A_TIME: Final = 64
"""Portfolios whose signals are submitted together: they share commits."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What was worked out for a portfolio's trade date: a signal with its recipe, or why there is none."""

    number: int
    portfolio_id: str
    user_id: str
    name: str
    strategy: int
    slug: str
    trade_date: date
    recipe: Recipe
    signal: tuple[tuple[str, float], ...] = ()
    universe: tuple[str, ...] | None = None
    reason: str | None = None

    @property
    def universe_digest(self) -> str | None:
        """Under which the universe's members are kept; None where they are not known."""
        return None if self.universe is None else hashlib.sha256(" ".join(self.universe).encode()).hexdigest()


class Ended(NamedTuple):
    """How it went with a portfolio's day; no outcome: there was nothing to do after all."""

    outcome: Outcome | None
    reason: str | None = None


class _NoLonger(Exception):
    """The portfolio was paused, deleted or changed since the signal was worked out."""


class Generating:
    """Makes signals: for the job, at an activation, and when values arrive."""

    def __init__(
        self, records: Records, clock: Clock, market: Market, factors: Factors, strategies: Strategies
    ) -> None:
        self._records, self._clock, self._market = records, clock, market
        self._factors, self._strategies = factors, strategies

    # the three occasions

    def of_day(self, trade_date: date) -> dict[str, Any]:
        """What the job does, in a thread of its own: {portfolios, made, already, no_values, missed}.

        Raises PortfoliosFailed at its end where signals could not be made; the others are.
        """
        if self._clock.now() >= deadline(trade_date):
            return self._missed(trade_date)
        with self._records.read() as session:
            active = store.active(session)
            waiting = [each for each in active if not self._has_signal(session, each, trade_date)]
        found: list[Outcome | None] = []
        for start in range(0, len(waiting), A_TIME):
            ended = asyncio.run(self._all(waiting[start : start + A_TIME], trade_date))
            found += [each.outcome for each in ended]
        if failed := found.count(Outcome.FAILED):
            raise PortfoliosFailed(
                f"no signal could be made of {failed} of {len(active)} portfolios: the log says why"
            )
        return {
            "portfolios": len(active),
            "made": found.count(Outcome.SIGNALLED),
            "already": len(active) - len(waiting) + found.count(None),
            "no_values": found.count(Outcome.NO_VALUES),
            "missed": found.count(Outcome.MISSED),
        }

    async def at_once(self, portfolio_id: str) -> str | None:
        """Today's signal of one portfolio, where a signal can still be made; why there is none, where it could.

        Before the job's time nobody is told of values that are missing: they may still come.
        """
        trade_date = self.open_date()
        if trade_date is None:
            return None
        with self._records.read() as session:
            portfolio = store.by_id(session, portfolio_id)
            if portfolio is None or self._has_signal(session, portfolio, trade_date):
                return None
        return (await self._one(portfolio, trade_date)).reason

    async def values_arrived(self, factor_id: str) -> None:
        """Between the job and the deadline: portfolios that waited for these values signal. Never raises."""
        trade_date = self.open_date()
        if trade_date is None or not is_generating(trade_date, self._clock.now()):
            return
        try:
            with self._records.read() as session:
                waiting = [
                    each
                    for each in store.active_with(session, self._factors.number(session, factor_id))
                    if not self._has_signal(session, each, trade_date)
                ]
            if waiting:
                await self._all(waiting, trade_date)
        except Exception:
            logger.exception("the portfolios that wait for values of a factor could not be tried again")

    def open_date(self) -> date | None:
        """Today, where it is a trading day whose deadline is ahead."""
        day, calendar = today(self._clock), self._market.calendar
        known = calendar.first <= day <= calendar.last
        ahead = known and calendar.is_trading_day(day) and self._clock.now() < deadline(day)
        return day if ahead else None

    # one portfolio

    async def _all(self, portfolios: Sequence[Portfolio], trade_date: date) -> list[Ended]:
        return list(await asyncio.gather(*(self._one(each, trade_date) for each in portfolios)))

    async def _one(self, portfolio: Portfolio, trade_date: date) -> Ended:
        """Never raises."""
        try:
            made = await asyncio.to_thread(self._work_out, portfolio, trade_date)
            if made.reason is not None:
                if is_generating(trade_date, self._clock.now()):
                    await self._note(portfolio, trade_date, Outcome.NO_VALUES, made.reason)
                return Ended(Outcome.NO_VALUES, made.reason)
            return await self._submitted(portfolio, made)
        except Exception:
            logger.exception("portfolio %s has no signal for %s", portfolio.id, trade_date)
        try:
            await self._note(portfolio, trade_date, Outcome.FAILED, days.FAILED)
        except QuantosError as error:
            logger.error("nor can that be noted: %s", error.message)  # noqa: TRY400 - named above
        return Ended(Outcome.FAILED, days.FAILED)

    def _work_out(self, portfolio: Portfolio, trade_date: date) -> Made:
        """Everything but the storing."""
        number = number_of(portfolio)
        with self._records.read() as session:
            factors = store.members_of(session, [number])[number]
            rows = self._factors.by_numbers(session, factors)
            strategy = portfolio.strategy_number
            assert strategy is not None, "an active portfolio has a strategy"
            slug = self._strategies.slugs(session, [strategy])[strategy]
        values_of = self._market.calendar.previous_before(trade_date)
        members = tuple(
            Member(each, rows[each].id, rows[each].name, rows[each].ic_mean, rows[each].ic_ir)
            for each in factors
        )
        recipe = Recipe(values_of, portfolio.universe, portfolio.weighting, portfolio.top_n, members)
        symbols, panel = self._factors.panel_on(factors, values_of)
        known = self._market.members(BENCHMARKS[portfolio.universe], values_of)
        universe = None if known is None else tuple(sorted(known.chosen.members))
        inside = None if universe is None else np.isin(np.array(symbols, np.str_), universe)
        empty = np.flatnonzero(~np.isfinite(panel).any(axis=1)).tolist()
        signal: tuple[tuple[str, float], ...] = ()
        reason = None
        if empty:
            reason = days.without_values([members[each].name for each in empty], values_of)
        else:
            found = combine(panel, inside, recipe.sign, recipe.weight)
            signal = tuple(selected(found, symbols, recipe.top_n))
            if not signal:
                reason = days.without_common(portfolio.universe, values_of, known=universe is not None)
        return Made(
            number,
            portfolio.id,
            portfolio.user_id,
            portfolio.name,
            strategy,
            slug,
            trade_date,
            recipe,
            signal,
            universe,
            reason,
        )

    async def _submitted(self, portfolio: Portfolio, made: Made) -> Ended:
        received = self._clock.now()
        signal = [TargetWeight(symbol, weight) for symbol, weight in made.signal]

        def keep(connection: Connection) -> None:
            self._keep(connection, made)

        owner = Caller(made.user_id, "")  # whose it is decides, not what the owner may do
        try:
            await self._strategies.place(
                owner, made.slug, Submission(made.trade_date, signal), received, keep
            )
        except (SignalIrreplaceable, TakesNoSignals, _NoLonger):
            return Ended(None)
        except DeadlinePassed:
            await self._note(portfolio, made.trade_date, Outcome.MISSED, days.MISSED)
            return Ended(Outcome.MISSED, days.MISSED)
        return Ended(Outcome.SIGNALLED)

    # what is stored

    def _keep(self, connection: Connection, made: Made) -> None:
        """With the signal: what decided it, and that a notice of before is over. Raises _NoLonger."""
        number, day = made.number, made.trade_date
        factors = store.members_of(connection, [number])[number]
        is_same = factors == [each.number for each in made.recipe.members]
        if store.status_of(connection, number) != Status.ACTIVE.value or not is_same:
            raise _NoLonger
        before = store.outcome_of(connection, number, day)
        if made.universe is not None and (digest := made.universe_digest) is not None:
            store.keep_universe(connection, digest, " ".join(made.universe))
        store.put_day(
            connection,
            number,
            day,
            outcome=Outcome.SIGNALLED.value,
            noted_at=self._clock.now(),
            recipe=orjson.dumps(made.recipe.as_dict()).decode(),
            members=made.universe_digest,
        )
        if before not in {None, Outcome.SIGNALLED.value}:
            said = {"user_id": made.user_id, "portfolio_id": made.portfolio_id, "trade_date": day}
            events.note(connection, self._clock.now(), "portfolio_day_mended", said)

    async def _note(self, portfolio: Portfolio, trade_date: date, outcome: Outcome, reason: str) -> None:
        await self._records.commit(
            lambda session: self._note_in(session, portfolio, trade_date, outcome, reason)
        )

    def _note_in(
        self, session: Session, portfolio: Portfolio, trade_date: date, outcome: Outcome, reason: str
    ) -> None:
        """A day without a signal; its owner is told of the first reason alone."""
        connection, number = session.connection(), number_of(portfolio)
        before = store.outcome_of(connection, number, trade_date)
        if before == Outcome.SIGNALLED.value:
            return
        now = self._clock.now()
        store.put_day(connection, number, trade_date, outcome=outcome.value, reason=reason, noted_at=now)
        if before is None:
            said = {
                "user_id": portfolio.user_id,
                "portfolio_id": portfolio.id,
                "name": portfolio.name,
                "trade_date": trade_date,
                "reason": reason,
            }
            events.note(connection, now, "portfolio_day_missed", said)

    def _missed(self, trade_date: date) -> dict[str, Any]:
        """After the deadline nothing is made up: what was active then and has no signal has missed the day."""
        missed = 0
        with self._records.write() as session:
            for portfolio in store.started(session):
                number = number_of(portfolio)
                if status_at(store.log_of(session, number), deadline(trade_date)) is not Status.ACTIVE:
                    continue
                if self._has_signal(session, portfolio, trade_date):
                    continue
                if store.outcome_of(session.connection(), number, trade_date) is None:
                    self._note_in(session, portfolio, trade_date, Outcome.MISSED, days.MISSED)
                    missed += 1
        return {"made": 0, "missed": missed}

    def _has_signal(self, session: Session, portfolio: Portfolio, trade_date: date) -> bool:
        number = portfolio.strategy_number
        return number is not None and self._strategies.signal_on(session, number, trade_date) is not None
