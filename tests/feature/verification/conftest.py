"""The public routes over real accounts and strategies; settlement and market are arrays that a test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Accounts, Caller
from quantos.attestation.service import Attestation, Terms
from quantos.kit.clock import Clock, SimulatedClock, parse_instant
from quantos.market.core.calendar import TradingCalendar, shipped_calendar
from quantos.performance.service import Claims, Performance
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records
from quantos.strategies.schemas import StrategyChange, StrategyNew, Submission
from quantos.strategies.service import Strategies
from quantos.verification.routes import FinishedAnswers, router
from quantos.verification.service import Marks, Packages, Verification
from tests.support.applications import application

T = TypeVar("T")
START = parse_instant("2024-01-02T08:00:00+08:00")
FIRST = date(2024, 1, 2)
DAYS = shipped_calendar().between(FIRST, date(2024, 6, 28))


@dataclass(frozen=True)
class Navs:
    trade_dates: NDArray[np.datetime64]
    nav_mills: NDArray[np.int64]
    stale_mills: NDArray[np.int64]


@dataclass
class FakeSettlement:
    """NAVs in mills by strategy number, from the first trading day of 2024 on."""

    navs: dict[int, list[int]] = field(default_factory=dict)
    reads: int = 0

    def backfill_revision(self, number: int) -> int:
        return self.version(-number)

    def backfilled(self, number: int) -> Navs:
        return self._navs(-number)

    def nav_series(self, number: int) -> Navs:
        self.reads += 1
        return self._navs(number)

    def _navs(self, number: int) -> Navs:
        mills = self.navs.get(number, [])
        return Navs(
            np.array(DAYS[: len(mills)], "datetime64[D]"),
            np.array(mills, np.int64),
            np.zeros(len(mills), np.int64),
        )

    @property
    def days(self) -> Any:
        return NothingRestated()

    @property
    def writings(self) -> int:
        return sum(map(len, self.navs.values()))

    def version(self, number: int) -> int:
        return len(self.navs.get(number, []))

    def latest(self, numbers: Sequence[int]) -> dict[int, tuple[date, int, int | None, int, int]]:
        found = {}
        for number in numbers:
            if mills := self.navs.get(number):
                before = mills[-2] if len(mills) > 1 else None
                found[number] = (DAYS[len(mills) - 1], mills[-1], before, len(mills), 0)
        return found

    def settled_until(self, number: int) -> date | None:
        mills = self.navs.get(number)
        return DAYS[len(mills) - 1] if mills else None

    def fill_missed(self, number: int) -> None:
        return None


class NothingRestated:
    """No settled day can be read back, and none was settled twice."""

    def restatements(self, _: int) -> list[Any]:
        return []


class NothingPublished:
    """No digest of a settled day is committed."""

    version = 0

    def commit_of(self, _: Any, __: str) -> None:
        return None


@dataclass
class FakeMarket:
    """Closes of benchmarks by universe and date."""

    closes: dict[str, dict[date, float]] = field(default_factory=dict)
    version: int = 0
    is_synthetic: bool = False

    @property
    def calendar(self) -> TradingCalendar:
        return shipped_calendar()

    def benchmark(self, universe: str, first: date, last: date) -> dict[date, float]:
        known = self.closes.get(universe, {})
        return {day: close for day, close in known.items() if first <= day <= last}


class LiveClock:
    """Not simulated, and standing still all the same."""

    simulated = False

    def now(self) -> Any:
        return START


class Site:
    """The application, its stores, and a visitor of it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir()
        self.clock = clock
        self.records = Records(folder / "records.db")
        upgrade(self.records)
        self.market, self.settlement = FakeMarket(), FakeSettlement()
        self.accounts = Accounts(self.records, clock, lambda name: f"{name} " + "x" * 40)
        self.strategies = Strategies(
            self.records,
            clock,
            cast("Any", self.market),  # strategies need its calendar alone
            self.accounts,
            self.settlement,
        )
        self.claims = Claims(self.records, clock, self.market, self.settlement)
        performance = Performance(self.market, self.settlement, self.claims)
        marks = Marks(self.market, simulated=clock.simulated)
        self.verification = Verification(
            self.records,
            self.strategies,
            self.settlement,
            performance,
            self.accounts,
            self.market,
            Packages(
                self.records,
                self.strategies,
                self.settlement,
                self.market,
                Attestation(Terms(), clock, folder),
                NothingPublished(),
                b"secret",
                marks,
            ),
            marks,
        )
        self.runner = asyncio.Runner()
        self.app = application(router(self.verification))
        self.app.add_middleware(
            FinishedAnswers, verification=self.verification, path="/api/v1/public/strategies"
        )
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://quantos")
        self.caller: Caller | None = None

    def close(self) -> None:
        self.run(self.http.aclose())
        self.runner.close()
        self.accounts.close()
        self.records.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.run(self.http.get(f"/api/v1/public/strategies{path}", **more))

    def user(self) -> Caller:
        """A new licensed account."""
        joined = self.run(self.accounts.register(self.accounts.create_invite(1)))
        self.run(self.accounts.change_user(joined.user.id, UserChange(tier="licensed")))
        self.caller = Caller(joined.user.id, "licensed")
        return self.caller

    def strategy(self, slug: str, *, active: bool = True, **fields: Any) -> int:
        """A new strategy of the last account; its number."""
        caller = self.caller or self.user()
        self.run(self.strategies.create(caller, StrategyNew(name=slug.upper(), slug=slug, **fields)))
        if active:
            self.run(self.strategies.submit(caller, slug, Submission(FIRST, []), START))
        with self.records.read() as session:
            number = self.strategies.by_slug(session, slug).number
        assert number is not None
        return number

    def change(self, slug: str, **fields: Any) -> None:
        assert self.caller
        self.run(self.strategies.change(self.caller, slug, StrategyChange(**fields)))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data", SimulatedClock(START))
    yield site
    site.close()


@pytest.fixture
def live_site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "live", LiveClock())
    yield site
    site.close()
