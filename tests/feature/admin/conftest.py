"""The operator's routes over a real scheduler; settlement is a list of runs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest

from quantos.accounts.service import Accounts
from quantos.admin.routes import router
from quantos.admin.service import Feed, Operations
from quantos.errors import NotFound, WrongState
from quantos.kit.clock import Clock, SimulatedClock, parse_instant, shanghai
from quantos.kit.log_tail import LogTail
from quantos.kit.masking import Redaction
from quantos.market.core.calendar import shipped_calendar
from quantos.scheduler.core.timetable import JOBS
from quantos.scheduler.service import Job, Scheduler
from quantos.settings import Settings
from quantos.storage.audit import Audit
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records
from quantos.storage.series import Series
from tests.support.applications import application

T = TypeVar("T")
START = parse_instant("2024-01-02T08:00:00+08:00")
RUN: dict[str, Any] = {
    "id": "r1",
    "date": date(2024, 1, 2),
    "status": "done",
    "started": "2024-01-02T10:15:00Z",
    "finished": "2024-01-02T10:15:03Z",
    "settled": 2,
    "held": 1,
    "failed": [{"slug": "alpha", "trade_date": "2024-01-02", "reason": "unexplained_reference: 600000.SH"}],
}


class StandingClock:
    """Live, as far as the platform knows."""

    simulated = False

    def now(self) -> Any:
        return START


@dataclass
class FakeSettlement:
    """Runs, newest first."""

    kept: list[dict[str, Any]] = field(default_factory=lambda: [RUN])

    def runs(self, limit: int, offset: int) -> list[dict[str, Any]]:
        return self.kept[offset : offset + limit]

    def run_detail(self, run_id: str) -> dict[str, Any]:
        for run in self.kept:
            if run["id"] == run_id:
                return {**run, "detail": {}, "outcomes": []}
        raise NotFound("no such run")


class Site:
    """The application and the operator's calls to it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir()
        self.clock = clock
        self.records = Records(folder / "records.db")
        upgrade(self.records)
        self.accounts = Accounts(self.records, clock, lambda name: f"{name}-" + "x" * 40)
        self.ran: list[tuple[str, date]] = []
        jobs = {name: self.job(name) for name in JOBS if name != "factor_os_tracking"}
        self.jobs: dict[str, Job] = {**jobs, "settle_all_active_strategies": self.settle}
        self.scheduler = Scheduler(clock, self.records, shipped_calendar, self.jobs)
        self.scheduler.start() if clock.simulated else self.scheduler._recover()
        self.settlement = FakeSettlement()
        self.series = Series(folder / "series.duckdb")
        audit = Audit(self.records, clock)
        feed = Feed(self.records, self.series, heartbeat_s=0.2)
        nobody = cast("Any", None)  # asked of a whole platform only: test_overview.py
        log = LogTail(Redaction())
        self.operations = Operations(Settings(data_dir=folder), audit, feed, nobody, log, nobody)
        settlement = cast("Any", self.settlement)
        self.app = application(router(self.operations, self.scheduler, settlement, self.accounts))
        self.runner = asyncio.Runner()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://quantos")

    def job(self, name: str) -> Job:
        def run(day: date) -> dict[str, Any]:
            self.ran.append((name, day))
            return {"noted": True}

        return run

    def settle(self, day: date) -> dict[str, Any]:
        """As settlement does: not before 18:15 of its day."""
        if self.clock.now() < shanghai(day, JOBS["settle_all_active_strategies"].at):
            raise WrongState(f"{day} is settled at 18:15, not before")
        self.ran.append(("settle_all_active_strategies", day))
        return {"status": "done"}

    def close(self) -> None:
        self.run(self.http.aclose())
        self.runner.close()
        self.accounts.close()
        self.records.close()
        self.series.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def send(
        self, method: str, path: str, *, token: str | None = "operator", **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {self.operator if token == 'operator' else token}"
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **more)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.run(self.send(method, path, **more))

    @property
    def operator(self) -> str:
        return self.accounts.operator_token()

    def a_users_token(self) -> str:
        return self.run(self.accounts.register(self.accounts.create_invite(1))).access_token


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data", SimulatedClock(START))
    yield site
    site.close()


@pytest.fixture
def live_site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "live", StandingClock())
    yield site
    site.close()
