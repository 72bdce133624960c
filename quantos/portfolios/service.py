"""Portfolios as the rest of the platform sees them.

    draft     its owner puts factors together
    active    a strategy of its own takes a signal that the platform makes on each trading day
    paused    no signals; the strategy is paused with it

A portfolio and its strategy change their status in one unit of work, whichever of the two its owner turns to: the
portfolio that is paused pauses its strategy, and a strategy that is retired pauses its portfolio.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from quantos.accounts.service import Accounts, Caller
from quantos.factors.service import Factors
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.market.service import Market
from quantos.portfolios import store
from quantos.portfolios.core.slugs import slug_of
from quantos.portfolios.core.status import (
    Action,
    Status,
    after,
    check_changeable,
    check_members,
)
from quantos.portfolios.explaining import Explaining
from quantos.portfolios.generating import Generating
from quantos.portfolios.owned import InPlaceOf, in_place_of_owner, number_of, own
from quantos.portfolios.refusals import AlreadyAMember, MemberUnsuitable, NotAMember
from quantos.portfolios.schemas import Activation, PortfolioChange, PortfolioNew, day_out, portfolio_out
from quantos.portfolios.tables import Portfolio
from quantos.settlement.service import Settlement
from quantos.storage import audit
from quantos.storage.records import Records
from quantos.strategies.core.status import Status as StrategyStatus
from quantos.strategies.service import Strategies, StrategyNew
from quantos.strategies.service import number_of as strategy_number

__all__ = ["Portfolios"]

FOLLOWS = {
    Status.ACTIVE: StrategyStatus.ACTIVE,
    Status.PAUSED: StrategyStatus.PAUSED,
    None: StrategyStatus.RETIRED,
}
"""What becomes of the strategy; None: of a portfolio that is deleted."""

LEADS = {
    StrategyStatus.ACTIVE: Status.ACTIVE,
    StrategyStatus.PAUSED: Status.PAUSED,
    StrategyStatus.RETIRED: Status.PAUSED,
}
"""What becomes of the portfolio whose strategy is changed by hand."""


logger = logging.getLogger(__name__)


class Portfolios:
    """Portfolios of all users, and the signals that are made for them."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        market: Market,
        accounts: Accounts,
        factors: Factors,
        strategies: Strategies,
        settlement: Settlement,
    ) -> None:
        self._records, self._clock, self._accounts = records, clock, accounts
        self._factors, self._strategies = factors, strategies
        self.generating = Generating(records, clock, market, factors, strategies)
        self._explaining = Explaining(records, market, factors, strategies, settlement)

    # the owner's portfolios

    async def create(self, caller: Caller, new: PortfolioNew) -> dict[str, Any]:
        """A draft without members."""
        portfolio = Portfolio(
            id=new_id(),
            user_id=caller.user_id,
            status=Status.DRAFT.value,
            created_at=self._clock.now(),
            **new.model_dump(),
        )

        def work(session: Session) -> dict[str, Any]:
            session.add(portfolio)
            session.flush()
            return portfolio_out(portfolio, [], None)

        return await self._records.commit(work)

    def list(self, caller: Caller, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        """The caller's, newest first."""
        with self._records.read() as session:
            found = store.page_of(session, user_id=caller.user_id, status=status, limit=limit, offset=offset)
            return {"portfolios": self._shown(session, found)}

    def detail(self, caller: Caller, portfolio_id: str) -> dict[str, Any]:
        """Raises PortfolioNotFound, for a foreign one too."""
        with self._records.read() as session:
            return self._shown(session, [own(session, caller, portfolio_id)])[0]

    async def change(self, caller: Caller, portfolio_id: str, change: PortfolioChange) -> dict[str, Any]:
        """A new name at any time, the rest while nothing signals. Raises PortfolioNotFound, PortfolioLocked."""
        changes = change.model_dump(exclude_unset=True)

        def work(session: Session) -> dict[str, Any]:
            portfolio = own(session, caller, portfolio_id)
            for field in changes.keys() - {"name"}:
                check_changeable(Status(portfolio.status), field)
            for field, value in changes.items():
                setattr(portfolio, field, value)
            session.add(portfolio)
            session.flush()
            return self._shown(session, [portfolio])[0]

        return await self._records.commit(work)

    async def add_member(self, caller: Caller, portfolio_id: str, factor_id: str) -> dict[str, Any]:
        """Raises PortfolioNotFound, FactorNotFound, PortfolioLocked, MemberUnsuitable, AlreadyAMember."""

        def work(session: Session) -> dict[str, Any]:
            portfolio = own(session, caller, portfolio_id)
            factor = self._factors.owned(session, caller, factor_id)
            check_changeable(Status(portfolio.status), "its members")
            if factor.status != "active":
                raise MemberUnsuitable(
                    f"factor status is {factor.status}: only active factors can be members"
                )
            if factor.universe != portfolio.universe:
                raise MemberUnsuitable(
                    f"the factor is of {factor.universe}, the portfolio of {portfolio.universe}"
                )
            number, of_factor = number_of(portfolio), self._factors.number(session, factor_id)
            if of_factor in store.members_of(session, [number])[number]:
                raise AlreadyAMember("the factor is a member already")
            store.add_member(session, number, of_factor)
            return self._shown(session, [portfolio])[0]

        return await self._records.commit(work)

    async def remove_member(self, caller: Caller, portfolio_id: str, factor_id: str) -> dict[str, Any]:
        """Raises PortfolioNotFound, FactorNotFound, PortfolioLocked, NotAMember."""

        def work(session: Session) -> dict[str, Any]:
            portfolio = own(session, caller, portfolio_id)
            check_changeable(Status(portfolio.status), "its members")
            self._factors.owned(session, caller, factor_id)
            number, of_factor = number_of(portfolio), self._factors.number(session, factor_id)
            if of_factor not in store.members_of(session, [number])[number]:
                raise NotAMember("the factor is not a member of this portfolio")
            store.remove_member(session, number, of_factor)
            return self._shown(session, [portfolio])[0]

        return await self._records.commit(work)

    # its life

    async def activate(self, caller: Caller, portfolio_id: str, terms: Activation) -> dict[str, Any]:
        """Make its strategy, and on a trading day before the deadline the day's signal.

        Raises PortfolioNotFound, PortfolioTransitionRefused, TooFewMembers, TooManyStrategies; then it stays a draft.
        """

        def work(session: Session) -> None:
            portfolio = own(session, caller, portfolio_id)
            self._step(session, caller, portfolio, Action.ACTIVATE)
            terms_of_strategy = {
                "name": portfolio.name,
                "slug": slug_of(portfolio.name, portfolio.id),
                "universe": portfolio.universe,
                "initial_capital": terms.initial_capital,
            }
            new = StrategyNew.model_validate(terms_of_strategy)
            made = self._strategies.add(session, caller.user_id, new, self._clock.now(), portfolio.id)
            portfolio.strategy_number = strategy_number(made)

        async def both() -> dict[str, Any]:
            await self._records.commit(work)
            return await self._started(caller, portfolio_id)

        return await asyncio.shield(asyncio.ensure_future(both()))

    async def pause(self, caller: Caller, portfolio_id: str) -> dict[str, Any]:
        """Raises PortfolioNotFound, PortfolioTransitionRefused."""
        await self._lead(caller, portfolio_id, Action.PAUSE)
        return self.detail(caller, portfolio_id)

    async def resume(self, caller: Caller, portfolio_id: str) -> dict[str, Any]:
        """As `activate`, with the strategy that it has; where that is retired: StrategyRetired."""

        async def both() -> dict[str, Any]:
            await self._lead(caller, portfolio_id, Action.RESUME)
            return await self._started(caller, portfolio_id)

        return await asyncio.shield(asyncio.ensure_future(both()))

    async def delete(self, caller: Caller, portfolio_id: str) -> dict[str, Any]:
        """Its strategy is retired and keeps its record. Raises PortfolioNotFound, PortfolioTransitionRefused."""
        await self._lead(caller, portfolio_id, Action.DELETE)
        return {"deleted": True}

    async def _started(self, caller: Caller, portfolio_id: str) -> dict[str, Any]:
        """The portfolio with today's signal, or why there is none."""
        no_signal = await self.generating.at_once(portfolio_id)
        with self._records.read() as session:
            portfolio = own(session, caller, portfolio_id)
            day, number = self.generating.open_date(), portfolio.strategy_number
            signal = None
            if day is not None and number is not None:
                newest = self._strategies.summaries(session, number, 1, 0)
                signal = next((each for each in newest if each["trade_date"] == day), None)
            shown = self._shown(session, [portfolio])[0]
        return {**shown, "signal": signal, "no_signal": None if signal else no_signal}

    async def _lead(self, caller: Caller, portfolio_id: str, action: Action) -> None:
        """The portfolio's change of status, and its strategy's, in one unit of work."""
        with self._records.read() as session:
            portfolio = own(session, caller, portfolio_id)
            slug = self._strategy_of(session, [portfolio]).get(portfolio.strategy_number or 0)
            reached = after(action, Status(portfolio.status), self._members(session, portfolio))

        def leading(session: Session) -> None:
            self._step(session, caller, own(session, caller, portfolio_id), action)

        if slug is None:
            await self._records.commit(leading)
        else:
            await self._strategies.follow(caller, slug[0], FOLLOWS[reached], leading)

    def _step(self, session: Session, caller: Caller, portfolio: Portfolio, action: Action) -> None:
        before = portfolio.status
        reached = after(action, Status(before), self._members(session, portfolio))
        now = self._clock.now()
        if reached is None:
            portfolio.deleted_at = now
        else:
            portfolio.status = reached.value
            store.record_change(session, number_of(portfolio), reached, now)
        session.add(portfolio)
        if isinstance(caller, InPlaceOf):
            came_to = {"status": portfolio.status}
            audit.note(
                session.connection(), now, "portfolio_changed", portfolio.id, {"status": before}, came_to
            )

    def strategy_changed(self, session: Session, portfolio_id: str, status: str) -> None:
        """A strategy was changed by hand, or follows: its portfolio stands as it does. Raises TooFewMembers."""
        portfolio = store.by_id(session, portfolio_id)
        wanted = LEADS[StrategyStatus(status)]
        if portfolio is None or portfolio.status == wanted.value:
            return
        if wanted is Status.ACTIVE:
            check_members(self._members(session, portfolio))
        portfolio.status = wanted.value
        store.record_change(session, number_of(portfolio), wanted, self._clock.now())
        session.add(portfolio)

    async def strategy_resumed(self, slug: str) -> None:
        """Resumed by its strategy, a portfolio makes its signal of the day as one that is resumed itself does."""
        try:
            with self._records.read() as session:
                portfolio_id = self._strategies.by_slug(session, slug).portfolio_id
            if portfolio_id is not None:
                await self.generating.at_once(portfolio_id)
        except Exception:
            logger.exception("the signal of a portfolio that was resumed by its strategy could not be made")

    # its signals

    def signals(self, caller: Caller, portfolio_id: str, limit: int, offset: int) -> dict[str, Any]:
        """Of its strategy, newest first; none before its activation."""
        with self._records.read() as session:
            number = own(session, caller, portfolio_id).strategy_number
            found = () if number is None else self._strategies.summaries(session, number, limit, offset)
        return {"signals": found}

    def days(self, caller: Caller, portfolio_id: str, limit: int, offset: int) -> dict[str, Any]:
        """What became of each trade date, newest first."""
        with self._records.read() as session:
            number = number_of(own(session, caller, portfolio_id))
            return {"days": [day_out(each) for each in store.days_of(session, number, limit, offset)]}

    def explain(self, caller: Caller, portfolio_id: str, trade_date: date) -> dict[str, Any]:
        """Raises PortfolioNotFound, PortfolioDayWithoutSignal."""
        return self._explaining.explain(caller, portfolio_id, trade_date)

    # the operator

    def owner_of(self, portfolio_id: str) -> Caller:
        """In whose place the operator acts. Raises PortfolioNotFound."""
        with self._records.read() as session:
            return in_place_of_owner(session, portfolio_id)

    def list_all(self, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        """Everyone's with the owner's nickname."""
        with self._records.read() as session:
            found = store.page_of(session, user_id=None, status=status, limit=limit, offset=offset)
            owners = self._accounts.nicknames(session, {each.user_id for each in found})
            shown = zip(self._shown(session, found), found, strict=True)
            return {"portfolios": [{**out, "owner": owners[each.user_id]} for out, each in shown]}

    def counts(self) -> dict[str, int]:
        """How many portfolios there are in each status that any is in."""
        with self._records.read() as session:
            return store.count_by_status(session)

    # the watchdog

    def without_values(self, day: date) -> Sequence[dict[str, Any]]:
        """Active portfolios of which a member has no values of a day: {user_id, portfolio_id, name, factors (names)}."""
        with self._records.read() as session:
            active = store.active(session)
            members = store.members_of(session, [number_of(each) for each in active])
            numbers = sorted({each for found in members.values() for each in found})
            factors = self._factors.by_numbers(session, numbers)
        lacking = set(numbers) - self._factors.valued_on(numbers, day)
        return [
            {
                "user_id": each.user_id,
                "portfolio_id": each.id,
                "name": each.name,
                "factors": [factors[one].name for one in members[number_of(each)] if one in lacking],
            }
            for each in active
            if not lacking.isdisjoint(members[number_of(each)])
        ]

    # inside

    def _members(self, session: Session, portfolio: Portfolio) -> int:
        number = number_of(portfolio)
        return len(store.members_of(session, [number])[number])

    def _strategy_of(self, session: Session, portfolios: Collection[Portfolio]) -> dict[int, tuple[str, str]]:
        """(slug, status) by the strategies' keys."""
        numbers = {each.strategy_number for each in portfolios if each.strategy_number is not None}
        found = self._strategies.by_numbers(session, numbers) if numbers else []
        return {strategy_number(each): (each.slug, each.status) for each in found}

    def _shown(self, session: Session, portfolios: Sequence[Portfolio]) -> Sequence[dict[str, Any]]:
        members = store.members_of(session, [number_of(each) for each in portfolios])
        factors = self._factors.by_numbers(session, {each for found in members.values() for each in found})
        strategies = self._strategy_of(session, portfolios)
        return [
            portfolio_out(
                each,
                [(factors[one].id, factors[one].name) for one in members[number_of(each)]],
                strategies.get(each.strategy_number or 0),
            )
            for each in portfolios
        ]
