"""Research backtests: asked for, waited for, looked at; one at a time, beside what people run meanwhile.

One is `queued` from the call that asks for it until its turn, `running` until its result is stored with its status in
one unit of work, and then `finished`, `failed` or `cancelled`. What a kill leaves at `running` runs again at the next
start: the same bars give the same result.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any, Final

import orjson
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.errors import Invalid, QuantosError
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.market.service import Market
from quantos.research import study_store as store
from quantos.research.bars import Bars
from quantos.research.core import account, exchange, policy, report
from quantos.research.core.exchange import Costs
from quantos.research.core.outcome import told
from quantos.research.refusals import BacktestFailed, StudyEnded, StudyNotFound, TooManyStudies
from quantos.research.sandbox import BacktestUnwanted, RunLimits, Sandbox
from quantos.research.saved import owned
from quantos.research.study_schemas import StudyNew, study_out
from quantos.research.tables import Study, StudyOutcome
from quantos.settlement.core.rules import RULES_VERSION
from quantos.storage.records import Records

UNFINISHED_MAX: Final = 20
"""Of one user."""

KEPT_MAX: Final = 200
"""Of one user; beyond it the oldest go."""

RETRY_AFTER_S: Final = 30
DEFECT: Final = "internal error: the operator's log has the reason"

logger = logging.getLogger(__name__)


class Studies:
    """A user sees and ends the own ones alone: another's is not found."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        market: Market,
        sandbox: Sandbox,
        limits: RunLimits,
        minimum_commission: float,
    ) -> None:
        """`limits`: of one run. `minimum_commission`: of the platform, CNY an order; for whoever names none."""
        self._records, self._clock, self._market = records, clock, market
        self._sandbox, self._limits, self._bars = sandbox, limits, Bars(market)
        self._minimum_commission = minimum_commission
        self._thread = ThreadPoolExecutor(1, "research-backtest")
        self._progress: dict[int, tuple[int, int]] = {}
        self._unwanted: set[int] = set()
        self._stopping = False

    def start(self) -> None:
        """Take up what was not finished when the platform ended."""
        with self._records.read() as session:
            for number in store.unfinished(session):
                self._thread.submit(self._carry_out, number)

    def stop(self) -> None:
        """End what runs: it runs again at the next start."""
        self._stopping = True
        self._thread.shutdown(wait=True, cancel_futures=True)

    # the owner's

    async def create(self, caller: Caller, new: StudyNew) -> dict[str, Any]:
        """Raises Invalid, StrategyCodeRefused, SavedStrategyNotFound, UnknownTicker, TooManyStudies."""
        if (new.strategy_code is None) == (new.strategy_id is None):
            raise Invalid(("body", "strategy_code"), "give strategy_code or strategy_id, and not both")
        if new.start and new.end and new.end < new.start:
            raise Invalid(("body", "end"), "the last day lies before the first")
        code = new.strategy_code or ""
        if new.strategy_id is not None:
            with self._records.read() as session:
                code = owned(session, caller, new.strategy_id).code
        policy.admit(code)
        tickers = self._bars.known(new.tickers)
        asked = {**new.model_dump(exclude={"name", "strategy_code", "tickers"}), "tickers": tickers}
        if new.minimum_commission is None:
            asked["minimum_commission"] = self._minimum_commission
        study = Study(
            id=new_id(),
            user_id=caller.user_id,
            name=new.name,
            status="queued",
            asked=orjson.dumps(asked).decode(),
            code=code,
            created_at=self._clock.now(),
        )

        def work(session: Session) -> tuple[int, dict[str, Any]]:
            if store.count_unfinished(session, caller.user_id) >= UNFINISHED_MAX:
                raise TooManyStudies(
                    f"{UNFINISHED_MAX} of your backtests wait or run: come back later, or cancel one",
                    RETRY_AFTER_S,
                )
            store.forget_beyond(session, caller.user_id, KEPT_MAX - 1)
            session.add(study)
            session.flush()
            assert study.number is not None
            return study.number, self._shown(study)

        number, shown = await self._records.commit(work)
        self._thread.submit(self._carry_out, number)
        return shown

    def list(self, caller: Caller, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        with self._records.read() as session:
            found = store.page(session, caller.user_id, status, limit, offset)
            return {"backtests": [self._shown(each) for each in found]}

    def one(self, caller: Caller, study_id: str) -> dict[str, Any]:
        """Raises StudyNotFound."""
        with self._records.read() as session:
            study = _own(session, caller, study_id)
            body = store.result_of(session, study.number or 0)
            result = None if body is None else orjson.loads(body)
            return {**self._shown(study), "strategy_code": study.code, "result": result}

    async def cancel(self, caller: Caller, study_id: str) -> dict[str, Any]:
        """Raises StudyNotFound, StudyEnded."""

        def work(session: Session) -> int:
            study = _own(session, caller, study_id)
            assert study.number is not None
            ended = {"status": "cancelled", "finished_at": self._clock.now()}
            if not store.move(session, study.number, store.UNFINISHED, ended):
                raise StudyEnded(f"the backtest is {study.status}: there is nothing to cancel")
            return study.number

        self._unwanted.add(await self._records.commit(work))
        with self._records.read() as session:
            return self._shown(_own(session, caller, study_id))

    def _shown(self, study: Study) -> dict[str, Any]:
        metrics = None if study.metrics is None else orjson.loads(study.metrics)
        progress = self._progress.get(study.number or 0, (0, 0))
        if metrics is not None:
            progress = metrics["trading_days"], metrics["trading_days"]
        return study_out(study, orjson.loads(study.asked), metrics, progress)

    # its turn

    def _carry_out(self, number: int) -> None:
        """Never raises."""
        try:
            with self._records.write() as session:
                begun = {"status": "running", "started_at": self._clock.now()}
                if not store.move(session, number, store.UNFINISHED, begun):
                    return
            with self._records.read() as session:
                study = store.by_number(session, number)
            assert study is not None, "nothing deletes a backtest that runs"
            self._end(number, "finished", self._result(study))
        except BacktestUnwanted:
            return  # cancelled, or the platform stops
        except QuantosError as refused:
            self._end(number, "failed", reason=refused.message)
        except Exception:
            logger.exception("research backtest %d could not be run", number)
            self._end(number, "failed", reason=DEFECT)
        finally:
            self._progress.pop(number, None)
            self._unwanted.discard(number)

    def _result(self, study: Study) -> dict[str, Any]:
        """Raises QuantosError, BacktestUnwanted."""
        asked = orjson.loads(study.asked)
        costs = Costs(asked["commission_rate"], asked["minimum_commission"], asked["slippage_rate"])
        first, last = (asked[name] and date.fromisoformat(asked[name]) for name in ("start", "end"))
        feeds, terms = self._bars.with_rules(asked["tickers"], first or date.min, last or date.max)
        cash = float(asked["initial_capital"])
        request = {
            "code": study.code,
            "cash": cash,
            "feeds": [{**feed.message(), **terms[feed.name].message(feed)} for feed in feeds],
            "costs": costs.message(),
            "exchange": True,
            "progress": True,
        }
        number = study.number or 0
        answer = self._sandbox.run(
            request, self._limits, partial(self._tell, number), lambda: self._is_unwanted(number)
        )
        if "error" in answer:
            raise BacktestFailed(told(answer["error"]))
        ran = account.settle(cash, feeds, answer)
        exchange.check(ran.cash, feeds, terms, costs, ran.fills)
        days = [date.fromordinal(int(day)) for day in ran.day]
        sessions = self._market.calendar.between(days[0], days[-1])
        before = self._market.calendar.previous_before(sessions[0])
        closes = self._market.benchmark(asked["universe"], before, sessions[-1])
        found = report.report(ran, sessions, before, closes)
        return {**found, "trades": report.trades(ran), "rules_version": RULES_VERSION}

    def _tell(self, number: int, done: int, total: int) -> None:
        self._progress[number] = done, total

    def _is_unwanted(self, number: int) -> bool:
        return self._stopping or number in self._unwanted

    def _end(
        self, number: int, status: str, result: dict[str, Any] | None = None, reason: str | None = None
    ) -> None:
        values: dict[str, object] = {"status": status, "finished_at": self._clock.now(), "reason": reason}
        try:
            with self._records.write() as session:
                if result is not None:
                    values["metrics"] = orjson.dumps(result["metrics"]).decode()
                if store.move(session, number, ("running",), values) and result is not None:
                    session.add(StudyOutcome(backtest_number=number, body=orjson.dumps(result).decode()))
        except QuantosError:
            logger.exception("research backtest %d stays at running: the next start runs it", number)


def _own(session: Session, caller: Caller, study_id: str) -> Study:
    """Raises StudyNotFound."""
    found = store.by_id(session, caller.user_id, study_id)
    if found is None:
        raise StudyNotFound("there is no such backtest among yours")
    return found
