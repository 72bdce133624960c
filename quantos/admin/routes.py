"""HTTP of the operator: jobs, the simulated clock, settlement runs; and the platform's health for anyone.

What takes long (a move of the clock, a job) runs in a thread, one at a time: a second operator's call waits
its turn without holding a thread, and everyone else is served meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Path
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.admin import backups, events, metrics, probes, restatements, state, stores, trail
from quantos.admin.schemas import (
    ClockMoved,
    ClockOut,
    ClockToSet,
    Health,
    JobList,
    JobRunOut,
    JobToRun,
    RunDetail,
    RunList,
)
from quantos.admin.service import Operations
from quantos.kit.clock import rfc3339
from quantos.kit.observed import Requests
from quantos.kit.routing import Routes, joined
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.scheduler.service import Ran, Scheduler
from quantos.settlement.service import OUTCOMES_MAX, Settlement
from quantos.storage.audit import Audit
from quantos.storage.records import Records
from quantos.storage.series import Series

T = TypeVar("T")
JobName = Annotated[str, Path(description="As the list of jobs gives it.")]
RunId = Annotated[str, Path(description="As the list of runs gives it.")]

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")


class Turns:
    """Long work of operators, one at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        async with self._lock:
            return await asyncio.to_thread(work, *arguments)


def router(
    operations: Operations, scheduler: Scheduler, settlement: Settlement, accounts: Accounts
) -> APIRouter:
    """Everything of this feature."""
    turns, audit = Turns(), operations.audit
    return joined(
        _health(),
        _jobs(scheduler, accounts, audit, turns),
        _clock(scheduler, accounts, audit, turns),
        _runs(settlement, accounts),
        restatements.router(settlement, accounts, audit, turns.run),
        events.router(operations.feed, accounts),
        trail.router(audit, accounts),
        backups.router(operations.backups, accounts),
        state.router(operations.overview, operations.settings, operations.log, accounts),
    )


def watching(
    requests: Requests,
    operations: Operations,
    records: Records,
    series: Series,
    leaving: Callable[[], bool],
    limited: Callable[[], str | None],
    accounts: Accounts,
) -> APIRouter:
    """What other programs watch the platform by, at the root. `leaving`: whether it has been asked to stop;
    `limited`: why uploads are refused, where they are.
    """
    overview, token = operations.overview, operations.settings.metrics_token.get_secret_value()
    return joined(
        stores.router(records, series, accounts),
        probes.router(probes.Stores(records, series, overview.data_dir), leaving, limited),
        metrics.router(requests, overview.shown, overview.data_dir, token, accounts.operator),
    )


def _health() -> APIRouter:
    public = Routes(None, "health")

    @public.get(
        "/health", operation_id="get_health", summary="Whether the platform answers", response_model=Health
    )
    async def get_health() -> Response:
        """Asks nothing of the stores: an answer means that the process serves."""
        return json_response({"status": "ok"})

    return public


def _operators(accounts: Accounts) -> APIRouter:
    return Routes(accounts.operator, "operator", _OPERATORS)


def _jobs(scheduler: Scheduler, accounts: Accounts, audit: Audit, turns: Turns) -> APIRouter:
    operator = _operators(accounts)

    def run(name: str, day: date | None) -> dict[str, Any]:
        with audit.of("job_run", name, {"date": day}) as change:
            done = scheduler.run(name, day)
            change.after = {"date": done["date"], "state": done["state"]}
        return done

    @operator.get(
        "/admin/jobs",
        operation_id="list_jobs",
        summary="The six jobs in the order of the day, with their next and last run",
        response_model=JobList,
    )
    async def list_jobs() -> Response:
        """A job that is not part of this platform has the state `not_available`."""
        return json_response({"jobs": scheduler.jobs()})

    @operator.post(
        "/admin/jobs/{name}/run",
        operation_id="run_job",
        summary="Run a job now; a failure is told in the answer",
        response_model=JobRunOut,
        responses=_MALFORMED
        | refusals(s400="not available, no trading day, or before its time", s404="no such job"),
    )
    async def run_job(name: JobName, body: JobToRun | None = None) -> Response:
        """Without a date: for today, on a closed day for the last trading day. What is done may be run again."""
        return json_response(await turns.run(run, name, body.date if body else None))

    return operator


def _clock(scheduler: Scheduler, accounts: Accounts, audit: Audit, turns: Turns) -> APIRouter:
    operator = _operators(accounts)

    def advance(now: datetime) -> list[Ran]:
        clock = scheduler.simulated_clock()
        with audit.of("clock_moved", None, {"now": now}) as change:
            change.before = {"now": clock.now()}
            ran = scheduler.advance_to(now)
            change.after = {"now": clock.now(), "jobs": len(ran)}
        return ran

    live: Final = refusals(s400="the platform runs in live time, or the instant lies in the past")

    @operator.get(
        "/admin/clock",
        operation_id="get_clock",
        summary="The simulated clock",
        response_model=ClockOut,
        responses=live,
    )
    async def get_clock() -> Response:
        """Every deadline, token and job follows it."""
        return json_response(_shown(scheduler))

    @operator.post(
        "/admin/clock",
        operation_id="move_clock",
        summary="Move the simulated clock; the jobs whose time is passed are run in order before the answer",
        response_model=ClockMoved,
        responses=live | _MALFORMED,
    )
    async def move_clock(body: ClockToSet) -> Response:
        """The clock stops at each job's own time, so the answer to a long way forward takes long."""
        ran = await turns.run(advance, body.now)
        return json_response({**_shown(scheduler), "ran": [asdict(run) for run in ran]})

    return operator


def _runs(settlement: Settlement, accounts: Accounts) -> APIRouter:
    operator = _operators(accounts)

    @operator.get(
        "/admin/settlement-runs",
        operation_id="list_settlement_runs",
        summary="Settlement runs, newest first",
        response_model=RunList,
        responses=_MALFORMED,
    )
    async def list_settlement_runs(limit: int = limit(50), offset: Offset = 0) -> Response:
        """How many strategy-days were settled with and without a signal, and which failed."""
        return json_response({"settlement_runs": settlement.runs(limit, offset)})

    @operator.get(
        "/admin/settlement-runs/{run_id}",
        operation_id="get_settlement_run",
        summary=f"A settlement run with the outcomes of its first {OUTCOMES_MAX:,} strategy-days",
        response_model=RunDetail,
        responses=refusals(s404="no such run"),
    )
    async def get_settlement_run(run_id: RunId) -> Response:
        """Settled or held, by strategy and date; of a run with more, `settled` and `held` count them all. `failed`
        names each that failed, with the reason.
        """
        return json_response(await asyncio.to_thread(settlement.run_detail, run_id))

    return operator


def _shown(scheduler: Scheduler) -> dict[str, Any]:
    clock = scheduler.simulated_clock()
    return {"now": rfc3339(clock.now()), "simulated": clock.simulated}
