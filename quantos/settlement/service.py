"""Daily settlement: what was traded, what is held, what is it worth?

A run names a day and settles every strategy that is due up to it, day by day in date order, all strategies of
a day together. One DuckDB transaction writes a day: it is the single commit point, and a strategy-day is
settled exactly when its NAV row stands. A run that is killed and started again completes the days that are
missing with the same bytes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from quantos.errors import WrongState
from quantos.kit.clock import Clock, shanghai, today
from quantos.kit.money import MILLS_PER_CNY
from quantos.kit.work import working_on
from quantos.market.core.settled import SettledDays
from quantos.market.service import Market
from quantos.settlement import missing, past_runs, revisions, store
from quantos.settlement.backfill import Backfills
from quantos.settlement.core.books import put, signals_of, take
from quantos.settlement.core.day import MarketDay, Roster
from quantos.settlement.core.facts import Status
from quantos.settlement.core.ledger import Book, settle_day
from quantos.settlement.core.snapshot import snapshot_of
from quantos.settlement.days import market_days, session_of
from quantos.settlement.failures import failure, with_remedies
from quantos.settlement.past_runs import OUTCOMES_MAX
from quantos.settlement.plan import Work, note, plan, some, stale_value, terms_of, why
from quantos.settlement.records import SettledRecords
from quantos.settlement.restate import Order, Restating, shown
from quantos.settlement.standing import Context, Standing
from quantos.settlement.store import DayToWrite, Latest, NavSeries
from quantos.settlement.tables import SettlementRun
from quantos.settlement.waiting import waiting_for
from quantos.settlement.writer import DayWriter
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.strategies.core.deadlines import SETTLES_AT
from quantos.strategies.service import Strategies

__all__ = ["OUTCOMES_MAX", "OnDay", "RunReport", "Settlement", "TooEarly"]

ORDINALS: Final = 2**22
"""More than there are days up to the year 9999."""

Ints = NDArray[np.int64]

logger = logging.getLogger(__name__)


class TooEarly(WrongState):
    code = "too_early_to_settle"


class OnDay(Protocol):
    """Told after each settled day: (trade date, strategy-days done, strategy-days of the run)."""

    def __call__(self, trade_date: date, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended."""

    id: str
    trade_date: date
    status: str  # done, waiting_for_data, failed
    settled: int  # strategy-days with a signal
    held: int  # strategy-days without
    failed: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, Any] | None = None


class Settlement:
    """The daily run and what it has written."""

    def __init__(
        self,
        records: Records,
        series: Series,
        clock: Clock,
        market: Market,
        *,
        minimum_commission: int = 0,
    ) -> None:
        """`minimum_commission`: mills an order. `strategies` is plugged in by the composition root."""
        self._records, self._series, self._clock, self._market = records, series, clock, market
        self._minimum_commission = minimum_commission
        self._running = threading.Lock()
        self._progress: tuple[str, int, int] | None = None
        self._standing: Standing | None = None
        self.writings = 0
        """Grows whenever NAV rows of any strategy are written, or written anew."""
        self.days = SettledRecords(series, market)
        self.after_run: Callable[[int], object] = lambda _: None
        """Called with the number of each run that has ended, whatever it settled. Plugged in."""
        self.strategies: Strategies
        self._backfills = Backfills(records, series, clock, market, minimum_commission, self._running)
        self._restating = Restating(
            records, series, clock, market, minimum_commission, self._running, self._backfills
        )
        with series.read() as cursor:
            self._latest = store.latest(cursor)
            self._times_restated = revisions.times_restated(cursor)

    # What others ask

    def settled_until(self, number: int) -> date | None:
        """The last settled day of a strategy."""
        latest = self._latest.get(number)
        return latest.trade_date if latest else None

    def settled_days(self) -> SettledDays | None:
        """What of the market is final; None while nothing is settled."""
        with self._series.read() as cursor:
            return store.settled_days(cursor)

    def version(self, number: int) -> int:
        """Changes whenever a NAV row of the strategy is written, or written anew."""
        last = self.settled_until(number)
        return self._times_restated.get(number, 0) * ORDINALS + (last.toordinal() if last else 0)

    def nav_series(self, number: int) -> NavSeries:
        with self._series.read() as cursor:
            return store.nav_series(cursor, number)

    def backfilled(self, number: int) -> NavSeries:
        """The days of a strategy that were settled from backfilled signals: a curve apart, under the negative key."""
        return self.nav_series(-number)

    def backfill_revision(self, number: int) -> int:
        """Changes whenever the backfilled days of a strategy do."""
        return self._backfills.revision(number)

    def backfill(self, slug: str, signals: Mapping[date, str]) -> int:
        """Add signals of before the activation and settle the curve apart anew; see `Backfills.put`."""
        return self._backfills.put(self.strategies, slug, signals)

    def remove_backfill(self, slug: str) -> int:
        """Delete the curve apart and its signals; see `Backfills.remove`."""
        return self._backfills.remove(self.strategies, slug)

    def latest(self, numbers: Sequence[int]) -> dict[int, Latest]:
        """The last settled day of each strategy that has one."""
        return {number: self._latest[number] for number in numbers if number in self._latest}

    @property
    def progress(self) -> dict[str, Any] | None:
        """The run under way: {run, done, total} in strategy-days."""
        if self._progress is None:
            return None
        run, done, total = self._progress
        return {"run": run, "done": done, "total": total}

    # Runs

    def run(self, trade_date: date, on_day: OnDay | None = None) -> RunReport:
        """Settle everything that is due up to `trade_date`.

        Raises TooEarly before 18:15 of that day, WrongState where it is no trading day.
        """
        self._check_time(trade_date)
        return self._run(trade_date, None, on_day)

    def fill_missed(self, number: int) -> RunReport | None:
        """Fill in the days that a paused strategy missed, as HOLD days, up to the last one that is due."""
        last = self.last_due()
        return self._run(last, number, None) if last else None

    def last_due(self) -> date | None:
        """The last trading day whose 18:15 has passed; where the calendar has ended, its last one."""
        calendar, day = self._market.calendar, today(self._clock)
        if day > calendar.last:
            return calendar.previous_before(calendar.last + timedelta(days=1))
        if calendar.is_trading_day(day) and self._clock.now() >= shanghai(day, SETTLES_AT):
            return day
        return calendar.previous_before(day)

    def runs(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """Runs as the operator sees them, newest first."""
        return past_runs.page(self._records, limit, offset)

    def last_daily_run(self) -> dict[str, Any] | None:
        """The newest run of every strategy that was due, as `runs` shows it: what it lacks is lacking still."""
        return past_runs.last_daily(self._records)

    def run_detail(self, run_id: str) -> dict[str, Any]:
        """One run with its strategies' outcomes. Raises RunNotFound."""
        return past_runs.detail(self._records, self._series, self.strategies, run_id)

    def mark_interrupted(self) -> int:
        """At start: runs that a killed process left open. Their days are completed by the next run.

        A restatement that stands in the series store was done, whatever its process could still say of it.
        """
        with self._series.read() as cursor:
            restated = revisions.runs(cursor)
        with self._records.write() as session:
            left = store.unfinished_runs(session)
            for run in left:
                run.status = "done" if run.number in restated else "interrupted"
                run.finished_at = self._clock.now()
                session.add(run)
                store.tell_finished(session, run)
            missing.mend(session, self.strategies, self.settled_until, self._clock.now())
        return len(left)

    def note_missing(self, trade_date: date) -> list[str]:
        """Slugs of the strategies that should have a NAV row up to the day and have none (SETTLE-19).

        Raises TooEarly where the day is not due yet.
        """
        self._check_time(trade_date)
        calendar, now = self._market.calendar, self._clock.now()
        with self._records.write() as session:
            missing.mend(session, self.strategies, self.settled_until, now)
            return missing.watch(session, self._plan(session, trade_date, None), trade_date, calendar, now)

    def still_missing(self, limit: int) -> tuple[list[tuple[str, date]], int]:
        """(slug, day) of the oldest missing NAVs, and how many there are."""
        with self._records.read() as session:
            found, total = missing.still_missing(session, limit)
            slugs = self.strategies.slugs(session, {number for number, _ in found})
        return [(slugs[number], day) for number, day in found], total

    def take_up_waiting(self) -> RunReport | None:
        """Data have arrived: run again up to the last day that was asked for, where any of it is missing.

        Never raises: what has arrived is stored, whatever becomes of the run, which says why it failed.
        """
        try:
            with self._records.read() as session:
                asked, due = store.last_day_run(session), self.last_due()
                if asked is None or due is None:
                    return None
                last = min(
                    asked, due
                )  # a clock that had run ahead may have asked for days that have not come
                if not self._plan(session, last, None).terms:
                    return None
            return self._run(last, None, None)
        except Exception:
            logger.exception("what had waited for data could not be settled; the next run tries again")
            return None

    def restate(
        self, first: date, reason: str, by: str, *, data: Path | None = None, dry_run: bool = False
    ) -> dict[str, Any]:
        """Settle every settled strategy-day from `first` on again, with the corrected rows of `data`.

        What came out otherwise gets a new revision, and what stood before is kept; `dry_run` only tells it.
        Raises SettlementUnderWay, DayNotSettled, RestatementRefused, Invalid; then nothing was changed.
        """
        order = Order(first, reason.strip(), by, data, dry_run)
        try:
            restated = self._restating.carry_out(
                order, self.strategies, self._note_restated, self._read_again
            )
        finally:
            self._progress = None
        if restated.number is not None:
            self.after_run(restated.number)
            self.take_up_waiting()
        return restated.as_dict()

    def restatements(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """Past restatements, newest first."""
        with self._series.read() as cursor:
            return [shown(each) for each in revisions.past(cursor, limit, offset)]

    def _note_restated(self, done: int, total: int) -> None:
        self._progress = ("restatement", done, total)

    def _read_again(self) -> None:
        """What stands in memory of settled days, after they were written anew."""
        self._market.refresh()
        self._standing = None
        with self._series.read() as cursor:
            self._latest, self._times_restated = store.latest(cursor), revisions.times_restated(cursor)
        self.writings += 1

    def _check_time(self, trade_date: date) -> None:
        if not self._market.calendar.is_trading_day(trade_date):
            raise WrongState(f"{trade_date} is not a trading day: nothing is settled on it")
        if self._clock.now() < shanghai(trade_date, SETTLES_AT):
            raise TooEarly(f"{trade_date} is settled at 18:15 Asia/Shanghai of that day, not before")

    def _run(self, trade_date: date, only: int | None, on_day: OnDay | None) -> RunReport:
        with self._running, self._market.standing_still():
            now, detail = self._clock.now(), {} if only is None else {"filling": only}
            begun = SettlementRun(trade_date=trade_date, status="running", started_at=now, detail=detail)
            with self._records.write() as session:
                run = store.add_run(session, begun)
                work = self._plan(session, trade_date, only)
            assert run.number is not None
            try:
                with working_on(run=run.id):
                    self._settle(work, run.number, run.id, on_day)
                if work.failed:
                    with self._series.read() as cursor:
                        work.failed = with_remedies(cursor, work.failed)
                status = "waiting_for_data" if work.waiting else "done"
            except BaseException as error:
                self._standing = None
                self._finish(run.id, work, "failed", reason=why(error))
                raise
            finally:
                self._progress = None
            self._finish(run.id, work, status)
        note(work, trade_date, status)
        self.after_run(run.number)
        return RunReport(run.id, trade_date, status, work.settled, work.held, work.failed, work.waiting)

    def _plan(self, session: Session, trade_date: date, only: int | None) -> Work:
        due = [t for t in self.strategies.due(session, trade_date) if only is None or t.number == only]
        return plan(due, trade_date, self.settled_until, self._market.calendar, bounded=only is None)

    def _settle(self, work: Work, run: int, run_id: str, on_day: OnDay | None) -> None:
        if not work.terms:
            return
        instruments = self._market.instruments()
        standing = self._standing if self._standing and self._standing.instruments is instruments else None
        self._standing = None
        roster = standing.roster if standing else Roster.of(instruments)
        numbers = tuple(t.number for t in work.terms)
        book = self._book(work, numbers, roster, standing)
        total = work.total
        self._progress = (run_id, 0, total)

        def on_written(day: DayToWrite) -> None:
            self._note_written(work, day)
            self._progress = (run_id, work.settled + work.held, total)
            if on_day:
                on_day(day.trade_date, work.settled + work.held, total)

        place = {symbol: k for k, symbol in enumerate(roster.symbols)}
        with DayWriter(self._series, roster, on_written) as writer:
            context = Context(roster, place, terms_of(work.terms, self._minimum_commission), run, writer)
            known = (standing.trade_date, standing.carried) if standing else None
            for day in market_days(self._market, roster, int(work.next.min()), int(work.until.max()), known):
                here = session_of(self._market.calendar, day.trade_date)
                which = np.flatnonzero((work.next == here) & (work.until >= here))
                if len(which) == 0:
                    if not (work.next > here).any():
                        return
                    continue
                readiness = self._market.readiness(day.trade_date)
                if not readiness.ready:
                    refused = self._market.refused_rows(day.trade_date)
                    work.waiting = waiting_for(readiness, refused)
                    return
                accepted = readiness.accepted
                acceptance = (accepted.by, accepted.reason) if accepted else None
                book = self._settle_one_day(work, which, book, day, acceptance, context)
                self._standing = Standing(instruments, roster, day.trade_date, day.after, numbers, book)

    def _settle_one_day(
        self,
        work: Work,
        which: Ints,
        book: Book,
        day: MarketDay,
        acceptance: tuple[str, str] | None,
        context: Context,
    ) -> Book:
        """Settle a day for the strategies `which` and hand it to the writer; the book after it."""
        numbers = [work.terms[s].number for s in which]
        with self._records.read() as session:
            given = self.strategies.signals_on(session, day.trade_date, numbers)
        signals, unknown = signals_of([given.get(n) for n in numbers], context.place)
        settled = settle_day(take(book, which), signals, some(context.terms, which), day)
        keep = np.flatnonzero(settled.status == Status.SETTLED)
        if len(keep) < len(which):
            for s in np.flatnonzero(settled.status != Status.SETTLED):
                work.failed.append(failure(work.terms[which[s]].slug, settled, int(s), day, context.roster))
            if len(keep) == 0:
                return book
            return self._settle_one_day(work, which[keep], book, day, acceptance, context)
        context.writer.put(
            DayToWrite(
                day.trade_date,
                np.array(numbers, np.int32),
                settled,
                signals.given,
                stale_value(settled, day),
                unknown,
                snapshot_of(day, context.roster, self._minimum_commission),
                acceptance,
                context.run,
                self._clock.now(),
            )
        )
        work.next[which] += 1
        return put(book, which, settled.book)

    def _note_written(self, work: Work, day: DayToWrite) -> None:
        """From here on the day is settled."""
        rows = (day.numbers.tolist(), day.settled.nav.tolist(), day.stale.tolist())
        for number, nav, stale in zip(*rows, strict=True):
            last = self._latest.get(number)
            before, days = (last.nav, last.days + 1) if last else (None, 1)
            self._latest[number] = Latest(day.trade_date, nav, before, days, stale)
        self.writings += 1
        rebalanced = int(day.rebalanced.sum())
        work.settled += rebalanced
        work.held += len(day.numbers) - rebalanced

    def _book(self, work: Work, numbers: tuple[int, ...], roster: Roster, standing: Standing | None) -> Book:
        """The holdings before the first day of the run."""
        last = [self.settled_until(number) for number in numbers]
        if standing and standing.numbers == numbers and all(day == standing.trade_date for day in last):
            return standing.book
        capital = np.array([t.initial_capital * MILLS_PER_CNY for t in work.terms], np.int64)
        with self._series.read() as cursor:
            return store.book_of(cursor, numbers, last, capital, roster)

    def _finish(self, run_id: str, work: Work, status: str, **detail: Any) -> None:
        with self._records.write() as session:
            run = store.run_by_id(session, run_id)
            assert run is not None
            run.status, run.finished_at = status, self._clock.now()
            run.settled, run.held, run.failed = work.settled, work.held, work.failed
            run.detail = {**run.detail, **detail, **({"waiting": work.waiting} if work.waiting else {})}
            session.add(run)
            store.tell_finished(session, run)
            missing.mend(session, self.strategies, self.settled_until, self._clock.now())
