"""HTTP of the platform at a glance: overview, settings, log."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.admin.overview import Overview
from quantos.admin.schemas import JobState
from quantos.kit.clock import rfc3339
from quantos.kit.log_tail import Line, LogTail
from quantos.kit.routing import Routes
from quantos.kit.web import IN_DIGITS, Answer, json_response, limit, refusals
from quantos.settings import Settings, listed

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed value")

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
AfterLine = Annotated[
    int, Query(ge=0, le=2**53, description="Only lines with a higher number: what came since."), IN_DIGITS
]
OfLevel = Annotated[Level, Query(description="Only lines of at least this level.")]


class DueJob(Answer):
    """A job of the timetable. `due`: its next run; null beyond the calendar, or where it is not available."""

    name: str
    due: datetime | None
    state: JobState
    last_run: datetime | None


class Deadline(Answer):
    trade_date: date
    at: datetime


class Deadlines(Answer):
    """The next ones ahead, for signals that are executed at the open and at the close; null beyond the calendar."""

    open: Deadline | None
    close: Deadline | None


class SignalCounts(Answer):
    """Of `trading_day`. `expected`: one of each active strategy; none is due, a day without a signal is held."""

    expected: int
    received: int
    attested: int


class LastSettlement(Answer):
    """The run under way, or the last one, in strategy-days."""

    date: date | None
    state: Literal["never_run", "running", "done", "waiting_for_data", "failed", "interrupted", "refused"]
    done: int
    total: int


class DataOut(Answer):
    """`missing`: trading days that are over, after the last one with bars."""

    last_date: date | None
    missing: int


class DiskOut(Answer):
    """Of the data directory's disk."""

    free_bytes: int
    total_bytes: int


class LicenseStanding(Answer):
    """What holds now; `/admin/license` says more."""

    edition: str
    mode: str
    why: str
    accepts_submissions: bool
    until: datetime | None
    ends_soon: bool
    message: str


class AlarmOut(Answer):
    """What an operator must look at, and what to do. `link`: a path of the API that shows more."""

    code: str
    message: str
    link: str


class OverviewOut(Answer):
    """The platform at a glance."""

    now: datetime
    trading_day: Annotated[
        date | None, Field(description="Today, or the next one; null beyond the calendar.")
    ]
    simulated: bool
    version: Annotated[str, Field(description="Of the platform's program.")]
    edition: str
    jobs: list[DueJob]
    deadlines: Deadlines
    signals: SignalCounts
    settlement: LastSettlement
    strategies: Annotated[dict[str, int], Field(description="How many by status.")]
    factors: Annotated[dict[str, int], Field(description="How many by status.")]
    portfolios: Annotated[dict[str, int], Field(description="How many by status.")]
    data: DataOut
    disk: DiskOut
    license: LicenseStanding
    alarms: list[AlarmOut]


class SettingOut(Answer):
    """`given`: set by the environment, `.env` or an option; otherwise the default."""

    name: str
    variable: str
    value: str | int | float
    given: bool
    meaning: str


class SettingList(Answer):
    settings: list[SettingOut]


class LineOut(Answer):
    """A line of the log, without secrets. `at`: the system's time, also in simulation."""

    number: int
    at: datetime
    level: Level
    logger: str
    message: str


class LineList(Answer):
    """In the order in which they were written."""

    logs: list[LineOut]


def router(overview: Overview, settings: Settings, log: LogTail, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.get(
        "/admin/overview",
        operation_id="get_overview",
        summary="The platform at a glance, with what an operator must look at",
        response_model=OverviewOut,
    )
    async def get_overview() -> Response:
        """Cheap enough to be asked each second. An alarm stands for as long as its cause does."""
        return json_response(await asyncio.to_thread(overview.shown))

    @operator.get(
        "/admin/settings",
        operation_id="list_settings",
        summary="Every setting that the platform runs with; secrets are masked",
        response_model=SettingList,
    )
    async def list_settings() -> Response:
        """As `quantos settings` prints them. They are read once, at start."""
        return json_response({"settings": listed(settings)})

    @operator.get(
        "/admin/logs",
        operation_id="tail_log",
        summary="The last lines of the log, oldest first, without secrets",
        response_model=LineList,
        responses=_MALFORMED,
    )
    async def tail_log(limit: int = limit(100), after: AfterLine = 0, level: OfLevel = "DEBUG") -> Response:
        """Since the start of the process, 1000 lines at the most. With `after` the first ones after it."""
        found = log.tail(limit, after=after, level=logging.getLevelNamesMapping()[level])
        return json_response({"logs": [_shown(line) for line in found]})

    return operator


def _shown(line: Line) -> dict[str, Any]:
    return {**line._asdict(), "at": rfc3339(line.at)}
