"""Settling settled days again, in the open: corrected data and the days they change, in one transaction.

The data of the correction, the rows that it replaces, the new rows and the restatement itself are written in
one DuckDB transaction, so that data and NAVs cannot disagree: killed at any moment, all of it stands or nothing.
Readers see the record as it was until it is committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from quantos.errors import Conflict, Invalid, WrongState
from quantos.kit.clock import Clock, rfc3339
from quantos.kit.money import MILLS_PER_CNY, cny
from quantos.kit.work import working_on
from quantos.market.core.settled import Reopened
from quantos.market.service import Market
from quantos.settlement import revisions, store
from quantos.settlement.backfill import Backfills
from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.day import Roster
from quantos.settlement.days import session_of
from quantos.settlement.plan import Work, why
from quantos.settlement.replay import Replay, replay
from quantos.settlement.revisions import Rewriting
from quantos.settlement.store import Cursor
from quantos.settlement.tables import SettlementRun
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.strategies.service import Strategies

REASON_MAX: Final = 1000
NAMED_MAX: Final = 5


class SettlementUnderWay(Conflict):
    """A restatement waits for nobody: it is asked for again once the run has ended."""

    code = "settlement_under_way"


class DayNotSettled(WrongState):
    """Only settled days can be settled again."""

    code = "day_not_settled"


class RestatementRefused(WrongState):
    """A day of the restatement cannot be settled with these data; nothing was changed."""

    code = "restatement_refused"


class _DryRun(Exception):
    """A dry run has seen what it wanted to see: its transaction is rolled back."""


def _end_dry_run(order: Order) -> None:
    if order.dry_run:
        raise _DryRun


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be settled again. `data`: the file or folder with the corrected rows, where there are any."""

    first: date
    reason: str
    by: str
    data: Path | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Raises Invalid."""
        if not 1 <= len(self.reason.strip()) <= REASON_MAX:
            raise Invalid(("body", "reason"), f"a reason has 1 to {REASON_MAX} characters")


@dataclass(slots=True)
class Restated:
    """What a restatement did. `id`: None where nothing was different, so that nothing was restated.

    `run`, `number`: of the run in the records store; a dry run has none.
    """

    order: Order
    last: date
    id: int | None = None
    run: str | None = None
    number: int | None = None
    rewriting: Rewriting = field(default_factory=lambda: Rewriting(0))
    rows: dict[str, int] = field(default_factory=dict)
    data: dict[str, Any] | None = None  # the report of the import
    slugs: Mapping[int, str] = field(default_factory=dict)
    settled: int = 0  # strategy-days settled again, with a signal
    held: int = 0  # and without
    backfilled: int = 0  # curves apart that were made anew

    def as_dict(self) -> dict[str, Any]:
        """For the screen and the API; amounts in CNY."""
        rewriting, largest = self.rewriting, self.rewriting.largest
        return {
            "restatement": self.id,
            "run": self.run,
            "dry_run": self.order.dry_run,
            "from": self.order.first,
            "to": self.last,
            "reason": self.order.reason,
            "settled_again": rewriting.compared,
            "changed": {
                "strategy_days": rewriting.revised,
                "strategies": len(rewriting.strategies),
                "days": len(rewriting.days),
                "market_rows": self.rows,
            },
            "new_inferred": [
                {"trade_date": day, "symbol": symbol, "event": event, "strategies": count}
                for (day, symbol, event), count in sorted(rewriting.inferred.items())
            ],
            "backfilled_again": self.backfilled,
            "largest_change": largest and self._told(largest),
            "navs_changed": rewriting.navs_changed,
            "navs": [self._told(each) for each in rewriting.navs],
            "data": self.data,
        }

    def _told(self, change: revisions.NavChange) -> dict[str, Any]:
        return {
            "slug": self.slugs[change.strategy],
            "trade_date": change.trade_date,
            "nav_before": cny(change.before),
            "nav_after": cny(change.after),
            "change": cny(change.after - change.before),
        }


OnDay = Callable[[int, int], None]
"""Told after each day: strategy-days done, strategy-days in all."""


@dataclass(frozen=True, slots=True)
class Restating:
    """The parts that a restatement works on. `running` is held by whoever settles."""

    records: Records
    series: Series
    clock: Clock
    market: Market
    minimum_commission: int
    running: threading.Lock
    backfills: Backfills

    def carry_out(
        self, order: Order, strategies: Strategies, on_day: OnDay, read_again: Callable[[], None]
    ) -> Restated:
        """Settle again; `read_again` is called once it is committed, before anyone else may settle or import.

        Raises SettlementUnderWay, DayNotSettled, RestatementRefused; then nothing was changed.
        """
        if not self.running.acquire(blocking=False):
            raise SettlementUnderWay(
                "a settlement is under way: nothing was changed; ask again when it has ended"
            )
        try:
            with self.market.standing_still():
                last = self._last(order)
                if order.dry_run:
                    return self._transaction(order, last, 0, strategies, on_day)
                restated = self._recorded(order, last, strategies, on_day)
                read_again()
                return restated
        finally:
            self.running.release()

    def _recorded(self, order: Order, last: date, strategies: Strategies, on_day: OnDay) -> Restated:
        """As a run of the records store."""
        with self.records.write() as session:
            run = store.add_run(
                session,
                SettlementRun(
                    trade_date=order.first,
                    status="running",
                    started_at=self.clock.now(),
                    detail={"restatement": {"from": order.first.isoformat(), "reason": order.reason}},
                ),
            )
        assert run.number is not None
        try:
            with working_on(run=run.id):
                restated = self._transaction(order, last, run.number, strategies, on_day)
        except RestatementRefused as refusal:
            self._finish(run.id, "refused", refused=refusal.message)
            raise
        except BaseException as error:
            self._finish(run.id, "failed", failed=why(error))
            raise
        restated.run, restated.number = run.id, run.number
        self._finish(run.id, "done", restated, id=restated.id, strategy_days=restated.rewriting.revised)
        return restated

    def _last(self, order: Order) -> date:
        """The last settled day. Raises DayNotSettled."""
        with self.series.read() as cursor:
            first, last, settled = revisions.bounds(cursor, order.first)
        if last is None:
            raise DayNotSettled("no day is settled yet: there is nothing to restate")
        if not settled:
            raise DayNotSettled(
                f"no strategy is settled for {order.first}: a restatement begins on a settled day"
                f" ({first} to {last})"
            )
        return last

    def _transaction(
        self, order: Order, last: date, run: int, strategies: Strategies, on_day: OnDay
    ) -> Restated:
        restated = Restated(order, last)
        try:
            with self.series.write() as cursor:
                self._write(cursor, restated, run, strategies, on_day)
                _end_dry_run(order)
        except _DryRun:
            return restated
        except WrongState as refusal:
            raise RestatementRefused(f"{refusal.message}; nothing was changed") from refusal
        return restated

    def _write(
        self, cursor: Cursor, restated: Restated, run: int, strategies: Strategies, on_day: OnDay
    ) -> None:
        order, last = restated.order, restated.last
        number = revisions.next_number(cursor)
        view = self.market.within(cursor, Reopened(number, order.first, last))
        if order.data is not None:
            imported = view.import_path(order.data, synthetic=self.market.is_synthetic)
            restated.data = imported.as_dict()
            loads = _loads(restated.data["files"])
            restated.rows = revisions.market_rows(cursor, loads, order.first, last)
        restated.rewriting = rewriting = Rewriting(number)
        todo = self._todo(cursor, view, restated, run, strategies)
        total = todo.work.total
        replay(cursor, view, todo, lambda _: on_day(rewriting.compared, total))
        restated.backfilled = len(self.backfills.settle_again(cursor, view, strategies, order.first))
        restated.settled, restated.held = todo.work.settled, todo.work.held
        if rewriting.revised or any(restated.rows.values()):
            restated.id = number
            revisions.record(cursor, number, order.first, order.reason, order.by, todo.at, run)

    def _todo(
        self, cursor: Cursor, view: Market, restated: Restated, run: int, strategies: Strategies
    ) -> Replay:
        """Every settled strategy-day from the first one on, each strategy up to its own last."""

        def signals_on(trade_date: date, numbers: Sequence[int]) -> Mapping[int, ExactWeights]:
            with self.records.read() as session:
                return strategies.signals_on(session, trade_date, numbers)

        spans = revisions.spans(cursor, restated.order.first)
        with self.records.read() as session:
            started = strategies.due(session, restated.last)
        terms = [t for t in started if t.number in spans]
        assert len(terms) == len(spans), "a settled strategy has its terms"
        restated.slugs = {t.number: t.slug for t in terms}
        chosen = [spans[t.number] for t in terms]
        sessions = [[session_of(view.calendar, day) for day in span[1:]] for span in chosen]
        first, last = np.array(sessions, np.int64).reshape(-1, 2).T
        capital = np.array([t.initial_capital * MILLS_PER_CNY for t in terms], np.int64)
        book = store.book_of(
            cursor, [t.number for t in terms], [s[0] for s in chosen], capital, Roster.of(view.instruments())
        )
        return Replay(
            Work(terms, first.copy(), last.copy()),
            book,
            signals_on,
            self.minimum_commission,
            run,
            self.clock.now(),
            lambda day, numbers: revisions.minimum_commissions(cursor, day, numbers),
            restated.rewriting.write,
        )

    def _finish(self, run_id: str, status: str, restated: Restated | None = None, **detail: Any) -> None:
        with self.records.write() as session:
            run = store.run_by_id(session, run_id)
            assert run is not None
            run.status, run.finished_at = status, self.clock.now()
            run.detail = {"restatement": {**run.detail["restatement"], **detail}}
            if restated is not None:
                run.settled, run.held = restated.settled, restated.held
            session.add(run)
            store.tell_finished(session, run)


def _loads(files: Sequence[Mapping[str, Any]]) -> list[int]:
    """The loads of an import. Raises WrongState where nothing of it is market data."""
    if all(file["ignored"] for file in files):
        told = "; ".join(f"{file['source']}: {file['ignored']}" for file in files[:NAMED_MAX])
        raise WrongState(told or "there is no file of market data")
    return [file["load"] for file in files if file["load"] is not None]


def shown(past: revisions.Past) -> dict[str, Any]:
    """A past restatement, as the operator sees it."""
    answer = {**past._asdict(), "from": past.from_date, "at": rfc3339(past.at)}
    del answer["from_date"]
    return answer
