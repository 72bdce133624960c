"""Strategies in code that are tracked: each trading day they run up to the last close, and what they hold is signalled.

A deployment keeps the code as it was, its tickers and the first of its bars, and has a tracked strategy of open
execution. Before a day's deadline the code runs confined over the bars up to the trading day before, with the strategy's
own capital, costs and the exchange's rules; the positions that it would hold after the open are the day's signal, where
they are not those of the last one. The tracked strategy is paused, resumed and retired as any other; while it takes no
signals nothing runs.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from typing import Any, Final

import orjson
from sqlalchemy import Connection
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.errors import QuantosError
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.kit.money import RATE_UNIT
from quantos.market.service import Market
from quantos.research import deploy_store as store
from quantos.research.bars import Bars
from quantos.research.core import account, exchange, targets
from quantos.research.core.exchange import Costs
from quantos.research.core.outcome import told
from quantos.research.deploy_schemas import DeploymentNew, days_out, deployment_out
from quantos.research.refusals import BacktestFailed, DeploymentNotFound, NoBarsYet
from quantos.research.sandbox import Sandbox
from quantos.research.saved import owned
from quantos.research.tables import Deployment
from quantos.storage import events
from quantos.storage.records import Records
from quantos.strategies.core.deadlines import DeadlinePassed, Execution
from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.core.status import TAKE_SIGNALS, Status
from quantos.strategies.service import (
    SignalIrreplaceable,
    Strategies,
    StrategyNew,
    Submission,
    TakesNoSignals,
    number_of,
)

DAYS_SHOWN: Final = 60
MISSED: Final = "the platform did not run between 09:00 and the deadline"
DEFECT: Final = "internal error: the operator's log has the reason"

logger = logging.getLogger(__name__)


class Deployments:
    """A user sees the own ones alone: another's is not found."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        market: Market,
        strategies: Strategies,
        sandbox: Sandbox,
        minimum_commission: float,
    ) -> None:
        """`minimum_commission`: of the platform, CNY an order."""
        self._records, self._clock, self._market = records, clock, market
        self._strategies, self._sandbox, self._bars = strategies, sandbox, Bars(market)
        self._minimum_commission = minimum_commission

    # the owner's

    async def create(self, caller: Caller, new: DeploymentNew) -> dict[str, Any]:
        """Raises SavedStrategyNotFound, UnknownTicker, NoBarsYet, SlugTaken, TooManyStrategies."""
        tickers = self._bars.known(new.tickers)
        last = self._market.last_date()
        if last is None or new.start > last:
            raise NoBarsYet(f"the bars end on {last}: let the strategy start on a day before")
        fields = new.model_dump(
            include={
                "slug",
                "name",
                "universe",
                "initial_capital",
                "commission_rate",
                "slippage_rate",
                "is_public",
            }
        )

        def work(session: Session) -> dict[str, Any]:
            saved, now = owned(session, caller, new.strategy_id), self._clock.now()
            made = self._strategies.add(session, caller.user_id, StrategyNew.model_validate(fields), now)
            deployment = Deployment(
                id=new_id(),
                user_id=caller.user_id,
                strategy_number=number_of(made),
                saved_number=new.strategy_id,
                code=saved.code,
                tickers=orjson.dumps(tickers).decode(),
                first_day=new.start,
                created_at=now,
            )
            session.add(deployment)
            session.flush()
            return deployment_out(deployment, made.slug, made.status)

        return await self._records.commit(work)

    def list(self, caller: Caller, limit: int, offset: int) -> dict[str, Any]:
        with self._records.read() as session:
            found = store.of_user(session, caller.user_id, limit, offset)
            return {"deployments": [self._shown(session, each) for each in found]}

    def one(self, caller: Caller, deployment_id: str) -> dict[str, Any]:
        """Raises DeploymentNotFound."""
        with self._records.read() as session:
            found = store.by_id(session, caller.user_id, deployment_id)
            if found is None:
                raise DeploymentNotFound("there is no such deployment among yours")
            days = days_out(store.days(session, found.number or 0, DAYS_SHOWN))
            return {**self._shown(session, found), "strategy_code": found.code, "days": days}

    def _shown(self, session: Session, deployment: Deployment) -> dict[str, Any]:
        (strategy,) = self._strategies.by_numbers(session, [deployment.strategy_number])
        return deployment_out(deployment, strategy.slug, strategy.status)

    # the day's signals

    def of_day(self, trade_date: date) -> dict[str, int]:
        """What the job does, in a thread of its own: how many days came to which outcome. Never raises of one of them."""
        with self._records.read() as session:
            waiting = [each for each in store.every(session) if self._is_due(session, each, trade_date)]
        found: dict[str, int] = {}
        for deployment in waiting:
            outcome = self._of_one(deployment, trade_date)
            found[outcome] = found.get(outcome, 0) + 1
        return found

    def _is_due(self, session: Session, deployment: Deployment, trade_date: date) -> bool:
        (strategy,) = self._strategies.by_numbers(session, [deployment.strategy_number])
        if Status(strategy.status) not in TAKE_SIGNALS:
            return False
        if deployment.created_at >= Execution.OPEN.deadline(trade_date):
            return False
        if self._strategies.signal_on(session, deployment.strategy_number, trade_date) is not None:
            return False
        noted = store.day_of(session, deployment.number or 0, trade_date)
        return noted is None or noted.outcome == "failed"

    def _of_one(self, deployment: Deployment, trade_date: date) -> str:
        """Its outcome, which is noted."""
        try:
            if self._clock.now() >= Execution.OPEN.deadline(trade_date):
                return self._noted(deployment, trade_date, "missed", MISSED)
            held, weights = self._run(deployment, trade_date)
            before = self._held_before(deployment, trade_date)
            if before == held:
                return self._noted(deployment, trade_date, "unchanged")
            return asyncio.run(self._submitted(deployment, trade_date, held, weights))
        except DeadlinePassed:
            return self._noted(deployment, trade_date, "missed", MISSED)
        except QuantosError as refused:
            return self._noted(deployment, trade_date, "failed", refused.message)
        except Exception:
            logger.exception("deployment %s has no signal for %s", deployment.id, trade_date)
            return self._noted(deployment, trade_date, "failed", DEFECT)

    def _held_before(self, deployment: Deployment, trade_date: date) -> dict[str, float] | None:
        with self._records.read() as session:
            text = store.last_held(session, deployment.number or 0, trade_date)
        return None if text is None else orjson.loads(text)

    def _run(self, deployment: Deployment, trade_date: date) -> tuple[dict[str, float], dict[str, float]]:
        """Positions after the open, and their weights. Raises QuantosError."""
        until = self._market.calendar.previous_before(trade_date)
        if (self._market.last_date() or date.min) < until:
            raise NoBarsYet(f"there are no bars of {until} yet")
        with self._records.read() as session:
            (strategy,) = self._strategies.by_numbers(session, [deployment.strategy_number])
        costs = Costs(
            strategy.commission_e8 / RATE_UNIT, self._minimum_commission, strategy.slippage_e8 / RATE_UNIT
        )
        feeds, terms = self._bars.with_rules(orjson.loads(deployment.tickers), deployment.first_day, until)
        cash = float(strategy.initial_capital)
        answer = self._sandbox.run(
            {
                "code": deployment.code,
                "cash": cash,
                "feeds": [{**feed.message(), **terms[feed.name].message(feed)} for feed in feeds],
                "costs": costs.message(),
                "exchange": True,
            }
        )
        if "error" in answer:
            raise BacktestFailed(told(answer["error"]))
        ran = account.settle(cash, feeds, answer)
        exchange.check(cash, feeds, terms, costs, ran.fills)
        held = targets.positions(ran, answer.get("waiting"), feeds)
        return held, targets.weights(held, ran, feeds)

    async def _submitted(
        self, deployment: Deployment, trade_date: date, held: dict[str, float], weights: dict[str, float]
    ) -> str:
        signal = [TargetWeight(symbol, weight) for symbol, weight in weights.items()]
        with self._records.read() as session:
            slug = self._strategies.slugs(session, [deployment.strategy_number])[deployment.strategy_number]

        def keep(connection: Connection) -> None:
            self._put(connection, deployment, trade_date, "signalled", held=held)

        owner = Caller(deployment.user_id, "")  # whose it is decides, not what the owner may do
        try:
            submission = Submission(trade_date, signal)
            await self._strategies.place(owner, slug, submission, self._clock.now(), keep)
        except (SignalIrreplaceable, TakesNoSignals):
            return "already"
        return "signalled"

    def _noted(
        self, deployment: Deployment, trade_date: date, outcome: str, reason: str | None = None
    ) -> str:
        """What stands of a day. The owner is told of the first reason why it has no signal.

        A day that failed before its deadline has failed, whoever runs the job again after it.
        """
        with self._records.write() as session:
            connection, number = session.connection(), deployment.strategy_number
            before = store.outcome_of(connection, deployment.number or 0, trade_date)
            if before is not None and (outcome == "missed" or before != "failed"):
                return before
            self._put(connection, deployment, trade_date, outcome, reason)
            if reason is not None and before is None:
                said = {
                    "user_id": deployment.user_id,
                    "deployment_id": deployment.id,
                    "slug": self._strategies.slugs(session, [number])[number],
                    "trade_date": trade_date,
                    "reason": reason,
                }
                events.note(connection, self._clock.now(), "deployment_day_missed", said)
        return outcome

    def _put(
        self,
        connection: Connection,
        deployment: Deployment,
        trade_date: date,
        outcome: str,
        reason: str | None = None,
        held: dict[str, float] | None = None,
    ) -> None:
        """Note a day; where it had failed before and has no more, its notice ends."""
        number, now = deployment.number or 0, self._clock.now()
        if reason is None and store.outcome_of(connection, number, trade_date) is not None:
            said = {"user_id": deployment.user_id, "deployment_id": deployment.id, "trade_date": trade_date}
            events.note(connection, now, "deployment_day_mended", said)
        values = {
            "deployment_number": number,
            "trade_date": trade_date,
            "outcome": outcome,
            "reason": reason,
            "held": None if held is None else orjson.dumps(held).decode(),
            "noted_at": now,
        }
        store.put_day(connection, values)
