"""The scheduler follows the timetable: what became due since it last looked is run, in the order of time.

How far it has come is stored with each run, so that after downtime, or a kill in the middle, it goes on with
what is left: a job that was under way is run again, one that was done is not. A job that fails is recorded
with its reason, tried again after a while (`core.turns`), and stops no other.

Live, APScheduler only wakes it, at the times of the timetable and each minute; a late wake-up loses nothing. In simulation
nothing wakes it: `advance_to` steps the clock to each due job's own time, runs the job, and goes on. The
clock's time is stored before it is shown to anyone, so a restart never finds it gone back.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple, Protocol

import orjson
from sqlmodel import Session

from quantos.errors import Invalid, QuantosError
from quantos.kit.clock import Clock, SimulatedClock, parse_instant, rfc3339, today
from quantos.kit.work import working_on
from quantos.market.core.calendar import TradingCalendar
from quantos.scheduler import store
from quantos.scheduler.clocks import (
    FOLLOWED_UNTIL,
    SIMULATED_NOW,
    continued_clock,
    lived_until,
    refuse_clock_set_back,
)
from quantos.scheduler.core.timetable import JOBS, TIMETABLE, Due, due_at, due_between, next_due
from quantos.scheduler.core.timetable import Job as TimedJob
from quantos.scheduler.core.turns import Turn, Turns, again_at
from quantos.scheduler.correction import take_clock_back
from quantos.scheduler.refusals import (
    ClockGoesBack,
    ClockIsLive,
    JobDateRefused,
    JobNotAvailable,
    JobNotFound,
)
from quantos.scheduler.tables import JobRun
from quantos.scheduler.telling import in_short, shown, tell_failure
from quantos.scheduler.unattended import Unattended
from quantos.storage.records import Records

__all__ = [
    "ClockGoesBack",
    "ClockIsLive",
    "Job",
    "JobOutcome",
    "Ran",
    "Scheduler",
    "Stop",
    "Unattended",
    "continued_clock",
    "refuse_clock_set_back",
    "take_clock_back",
]

SETTLEMENT: Final = "settle_all_active_strategies"
OF_SETTLED_DAYS: Final = frozenset({SETTLEMENT, "settlement_watchdog"})
"""Jobs that have nothing to say of a day before its settlement is due."""

YEAR_MAX: Final = 2200
"""A clock is not moved beyond: dates near the end of what Python counts break arithmetic everywhere."""

_LIKE_A_NAME: Final = re.compile(r"[a-z_]{1,50}")
"""What is repeated of a name that was asked for; nothing else that was sent is."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended: what it did in plain values, whether there was anything to do, or what it waits for."""

    detail: Mapping[str, Any] = field(default_factory=dict)
    state: Literal["done", "skipped", "waiting"] = "done"


Job = Callable[[date], JobOutcome | Mapping[str, Any]]
"""Does a job for a trade date; a plain mapping is the detail of one that is done, or with `waiting` in it waits."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a moving clock also stops: work that live time does by a timer of its own, and that is no job.

    `is_due` says whether there is anything to do at an instant: where there is not, the clock passes by.
    """

    job: TimedJob
    is_due: Callable[[datetime], bool]
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ran:
    """A job that was run for a date, how it ended, and how long it took on the world's clock."""

    job: str
    date: date
    state: str
    took_s: float = field(default=0.0, compare=False)


class _Ended(NamedTuple):
    """A run whose end is not recorded yet.

    `followed`: how far the timetable has come with it; None where it does not come further. `again`: when it is
    tried again.
    """

    number: int
    due: Due
    state: str
    detail: dict[str, Any]
    finished_at: datetime
    took_s: float
    followed: datetime | None
    again: datetime | None
    refusal: Exception | None


class Alarm(Protocol):
    """What wakes the scheduler in live time."""

    def stop(self) -> None: ...


class Scheduler:
    """Runs the six jobs, by the timetable and by hand."""

    def __init__(
        self,
        clock: Clock,
        records: Records,
        calendar_of: Callable[[], TradingCalendar],
        jobs: Mapping[str, Job],
        stops: Sequence[Stop] = (),
    ) -> None:
        """`jobs` by name; those of the timetable that are missing are not available and are passed over."""
        assert not (unknown := jobs.keys() - JOBS.keys()), f"jobs that the timetable does not know: {unknown}"
        self._clock, self._records, self._calendar_of, self._jobs = clock, records, calendar_of, dict(jobs)
        self._stops = {stop.job.name: stop for stop in stops} if clock.simulated else {}
        self._turn = threading.RLock()  # one run at a time, whoever asks
        self._stopping = threading.Event()
        self._alarm: Alarm | None = None
        self.after_job: Callable[[], object] = lambda: None
        """Called when a job has ended, whatever it did; it never raises. Plugged in."""

    # the life of the process

    def start(self) -> None:
        """Close what a killed process left open, catch up, and in live time be woken from now on.

        Live this returns at once: the catching up is done in the worker thread.
        """
        self._recover()
        if self._clock.simulated:
            self.follow()
            return
        from quantos.scheduler.alarm import LiveAlarm  # noqa: PLC0415 - live only

        self._alarm = LiveAlarm(self._wake)

    def is_winding_down(self) -> bool:
        """Whether it has been asked to stop."""
        return self._stopping.is_set()

    def wind_down(self) -> None:
        """Start no further job, and wait for none: a move of the clock ends with the job under way."""
        self._stopping.set()

    def stop(self) -> None:
        """Start no further job and wait for the one under way."""
        self.wind_down()
        if self._alarm is not None:
            self._alarm.stop()
        with self._turn:
            return

    def follow(self) -> list[Ran]:
        """Run everything that has become due and was not run, in the order of time."""
        with self._turn:
            return self._follow(self._clock.now())

    # simulation

    def advance_to(self, instant: datetime) -> list[Ran]:
        """Step the clock to each due job's own time, run the job, go on, and end at `instant`.

        Raises ClockIsLive, ClockGoesBack, or Invalid beyond the years that the platform counts.
        """
        clock = self.simulated_clock()
        with self._turn:
            if instant.year > YEAR_MAX:
                raise Invalid(("body", "now"), f"the clock is not moved beyond the year {YEAR_MAX}")
            if instant < clock.now():
                raise ClockGoesBack(
                    f"the clock stands at {rfc3339(clock.now())} and cannot go back to {rfc3339(instant)}"
                )
            ran = self._follow(instant)
            if not self._stopping.is_set():
                self._step(clock, instant)
            return ran

    def simulated_clock(self) -> SimulatedClock:
        """Raises ClockIsLive."""
        if not isinstance(self._clock, SimulatedClock):
            raise ClockIsLive("this platform runs in live time: only a simulated one has a clock to move")
        return self._clock

    # the operator

    def run(self, name: str, trade_date: date | None = None) -> dict[str, Any]:
        """Run a job now, also one that is done; for today, or on a closed day for the last trading day.

        A settlement or its watchdog without a date before 18:15 is that of the last day that is over.

        Raises JobNotFound, JobNotAvailable, JobDateRefused, and what the job refuses; then nothing is recorded.
        """
        if name not in JOBS:
            named = name if _LIKE_A_NAME.fullmatch(name) else "of this name"
            raise JobNotFound(
                f"there is no job {named}: quantos job list, or GET /api/v1/admin/jobs, names them"
            )
        if name not in self._jobs:
            raise JobNotAvailable(f"{name} is not available on this platform")
        with self._turn:
            day = self._date_of(name, trade_date)
            return shown(self._run_by_hand(Due(due_at(name, day), name, day)))

    def jobs(self) -> list[dict[str, Any]]:
        """The six jobs in the order of the day, each with its next and its last run."""
        now, calendar = self._clock.now(), self._calendar_of()
        with self._records.read() as session:
            last = {job.name: store.last_run(session, job.name) for job in TIMETABLE}
        found = []
        for job in TIMETABLE:
            run, due = last[job.name], next_due(job.name, now, calendar)
            state = run.state if run else "never_run"
            found.append(
                {
                    "name": job.name,
                    "time": job.at.strftime("%H:%M"),
                    "state": state if job.name in self._jobs else "not_available",
                    "next_run": rfc3339(due) if due and job.name in self._jobs else None,
                    "last_run": rfc3339(run.started_at) if run else None,
                    "last_finished": rfc3339(run.finished_at) if run and run.finished_at else None,
                    "last_date": run.trade_date if run else None,
                    "retry_at": rfc3339(run.retry_at) if run and run.retry_at else None,
                    "detail": run.detail if run else None,
                }
            )
        return found

    def lived_until(self) -> datetime | None:
        """The latest instant at which the platform has worked."""
        return lived_until(self._records)

    # inside

    def _recover(self) -> None:
        """What a killed process left running has failed; where the timetable was never followed, it begins now."""
        now = self._clock.now()
        with self._turn, self._records.write() as session:
            for run in store.unfinished(session):
                run.state, run.finished_at = "failed", now
                run.detail = {"reason": "interrupted: the platform stopped while it ran"}
                session.add(run)
                tell_failure(session, run)
            if store.fact(session, FOLLOWED_UNTIL) is None:
                store.set_fact(session, FOLLOWED_UNTIL, rfc3339(now))
            if self._clock.simulated:
                store.set_fact(session, SIMULATED_NOW, rfc3339(now))

    def _wake(self) -> None:
        try:
            self.follow()
        except Exception:
            logger.exception("the timetable could not be followed; it is tried again at the next job's time")

    def _follow(self, until: datetime) -> list[Ran]:
        """A run's end and the next one's start are one commit: a replay is as slow as its commits."""
        ran: list[Ran] = []
        ended: _Ended | None = None
        turns = self._turns(until)
        while turns and not self._stopping.is_set():
            turn = turns.pop()
            due = turn.due
            if due.job in self._stops:
                ended = self._stop_at(self._stops[due.job], due.instant, ended)
                continue
            if due.job not in self._jobs or self._is_done(due):
                continue
            number = self._begin(turn, ended, step=True)
            ended = self._do(turn, number)
            if ended.again is not None:
                turns.put(Turn(ended.again, due, turn.attempt + 1))
            ran.append(Ran(due.job, due.trade_date, ended.state, round(ended.took_s, 4)))
            self.after_job()
        if ended is not None:
            self._end(ended)
        return ran

    def _turns(self, until: datetime) -> Turns:
        """What has become due since the timetable was last followed, and what is to be tried again."""
        stops = [stop.job for stop in self._stops.values()]
        due = due_between(self._followed_until(), until, self._calendar_of(), stops)
        with self._records.read() as session:
            failed = store.to_retry(session)
        again = [
            Turn(run.retry_at, Due(run.due_at, run.job, run.trade_date), run.attempt + 1)
            for run in failed
            if run.retry_at is not None
        ]
        return Turns([*(Turn(each.instant, each) for each in due), *again], until)

    def _stop_at(self, stop: Stop, instant: datetime, ended: _Ended | None) -> _Ended | None:
        """Do what is due there; the run before it is recorded then. Nothing of it is: it finds its work by itself."""
        clock = self.simulated_clock()
        if instant < clock.now() or not stop.is_due(instant):
            return ended
        with self._records.write() as session:
            if ended is not None:
                _record_end(session, ended)
            store.set_fact(session, SIMULATED_NOW, rfc3339(instant))
        clock.move_to(instant)
        try:
            stop.work()
        except Exception:
            logger.exception("%s failed", stop.job.name)
        return None

    def _is_done(self, due: Due) -> bool:
        with self._records.read() as session:
            return store.is_done(session, due.job, due.trade_date, due.instant)

    def _followed_until(self) -> datetime:
        with self._records.read() as session:
            stored = store.fact(session, FOLLOWED_UNTIL)
        return parse_instant(stored) if stored else self._clock.now()

    def _run_by_hand(self, due: Due) -> JobRun:
        turn = Turn(due.instant, due)
        number = self._begin(turn, None, step=False)
        ended = self._do(turn, number)
        if isinstance(ended.refusal, QuantosError):
            self._forget(number)
            raise ended.refusal
        run = self._end(ended._replace(followed=None, again=None))
        self.after_job()
        return run

    def _do(self, turn: Turn, number: int) -> _Ended:
        """The job itself, between the two commits that record it."""
        due = turn.due
        refusal: Exception | None = None
        begun = time.perf_counter()
        try:
            with working_on(job=due.job, trade_date=due.trade_date.isoformat()):
                outcome = self._jobs[due.job](due.trade_date)
            if not isinstance(outcome, JobOutcome):
                outcome = JobOutcome(outcome, "waiting" if "waiting" in outcome else "done")
            state, detail = str(outcome.state), orjson.loads(orjson.dumps(dict(outcome.detail)))
        except QuantosError as error:
            state, detail, refusal = "failed", {"reason": error.message}, error
        except Exception as error:
            logger.exception("job %s for %s failed", due.job, due.trade_date)
            state, detail = "failed", {"reason": f"{type(error).__name__}: the log has the details"}
        took_s = time.perf_counter() - begun
        level = logging.WARNING if state == "failed" else logging.INFO
        logger.log(level, "%s for %s: %s%s", due.job, due.trade_date, state, in_short(detail))
        finished = self._clock.now()
        followed = due.instant if turn.attempt == 1 else None
        again = again_at(finished, turn.attempt) if state == "failed" else None
        return _Ended(number, due, state, detail, finished, took_s, followed, again, refusal)

    def _begin(self, turn: Turn, ended: _Ended | None, *, step: bool) -> int:
        """Record the start; with `step` a simulated clock goes to the turn's time in the same commit."""
        clock, due = self._clock, turn.due
        behind = step and isinstance(clock, SimulatedClock) and clock.now() < turn.instant
        now = turn.instant if behind else clock.now()
        with self._records.write() as session:
            if ended is not None:
                _record_end(session, ended)
            if behind:
                store.set_fact(session, SIMULATED_NOW, rfc3339(now))
            row = JobRun(
                job=due.job,
                trade_date=due.trade_date,
                due_at=due.instant,
                started_at=now,
                state="running",
                attempt=turn.attempt,
            )
            number = store.add_run(session, row)
        if behind:
            self.simulated_clock().move_to(now)
        return number

    def _end(self, ended: _Ended) -> JobRun:
        with self._records.write() as session:
            return _record_end(session, ended)

    def _forget(self, number: int) -> None:
        with self._records.write() as session:
            session.delete(store.run(session, number))

    def _step(self, clock: SimulatedClock, instant: datetime) -> None:
        with self._records.write() as session:
            store.set_fact(session, SIMULATED_NOW, rfc3339(instant))
            store.set_fact(session, FOLLOWED_UNTIL, rfc3339(instant))
        clock.move_to(instant)

    def _date_of(self, name: str, trade_date: date | None) -> date:
        calendar, present = self._calendar_of(), today(self._clock)
        if trade_date is None:
            if not calendar.is_trading_day(present):
                return calendar.previous_before(present)
            early = name in OF_SETTLED_DAYS and self._clock.now() < due_at(SETTLEMENT, present)
            return calendar.previous_before(present) if early else present
        if trade_date > present:
            raise JobDateRefused(f"{trade_date} has not come: today is {present}")
        if not calendar.is_trading_day(trade_date):
            raise JobDateRefused(f"{trade_date} is not a trading day: jobs are run for trading days")
        return trade_date


def _record_end(session: Session, ended: _Ended) -> JobRun:
    if store.has_retries(session):
        store.forget_retries(session, ended.due.job, ended.due.trade_date)
    run = store.run(session, ended.number)
    run.state, run.detail, run.finished_at = ended.state, ended.detail, ended.finished_at
    run.retry_at = ended.again
    session.add(run)
    if run.state == "failed":
        tell_failure(session, run)
    if ended.followed is not None:
        store.set_fact(session, FOLLOWED_UNTIL, rfc3339(ended.followed))
    return run
