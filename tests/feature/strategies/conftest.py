"""A small application of strategies and accounts on a real records store, with a clock that is moved.

Settlement is a stand-in that says what a test tells it to and remembers what it was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, TypeVar

import httpx
import pytest
from sqlmodel import SQLModel

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Accounts, Caller
from quantos.attestation.service import Attestation, Terms
from quantos.kit import web
from quantos.kit.clock import SimulatedClock, parse_instant
from quantos.market.core.calendar import TradingCalendar, shipped_calendar
from quantos.storage.directory import DataDirectory
from quantos.storage.records import Records
from quantos.strategies import routes
from quantos.strategies.service import Strategies
from tests.support.applications import application

T = TypeVar("T")
TUESDAY_EIGHT = "2024-01-02T08:00:00+08:00"
"""Before the open of the first trading day of 2024."""


@dataclass
class Market:
    calendar: TradingCalendar

    def instruments(self) -> SimpleNamespace:
        """A market without any."""
        return SimpleNamespace(number_of={})


@dataclass
class Settlement:
    """What a test says is settled; what was asked to be filled, with the status at that moment."""

    until: dict[int, date] = field(default_factory=dict)
    filled: list[int] = field(default_factory=list)
    refusal: Exception | None = None

    def settled_until(self, number: int) -> date | None:
        return self.until.get(number)

    def fill_missed(self, number: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.filled.append(number)


class Site:
    """The application, and a visitor of it."""

    def __init__(self, folder: Path, *, attested: bool = False) -> None:
        self.clock = SimulatedClock(parse_instant(TUESDAY_EIGHT))
        self.directory = DataDirectory.open(folder, simulated=True)
        self.records = Records(folder / "records.db")
        self.accounts = Accounts(self.records, self.clock, self.directory.secret)
        self.settlement = Settlement()
        self.attestation = Attestation(
            Terms(repo=str(folder / "attestation") if attested else ""), self.clock, folder
        )
        market: Any = Market(shipped_calendar())
        self.strategies = Strategies(
            self.records, self.clock, market, self.accounts, self.settlement, self.attestation
        )
        SQLModel.metadata.create_all(self.records.engine)
        self.runner = asyncio.Runner()
        self.app = application(
            routes.signals_router(self.strategies, self.accounts),
            routes.router(self.strategies, self.accounts),
            routes.admin_router(self.strategies, self.accounts),
        )
        self.app.add_middleware(web.BodyLimit, bytes_max=2**20)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://quantos")

    def close(self) -> None:
        self.run(self.http.aclose())
        self.runner.close()
        self.attestation.close()
        self.accounts.close()
        self.records.close()
        self.directory.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def at(self, instant: str) -> None:
        """Move the clock: `2024-01-02T09:15:00`, Shanghai time."""
        self.clock.move_to(parse_instant(f"{instant}+08:00"))

    def agent(self, tier: Literal["free", "licensed"] = "licensed") -> Agent:
        joined = self.run(self.accounts.register(self.accounts.create_invite(1)))
        if tier != "free":
            self.run(self.accounts.change_user(joined.user.id, UserChange(tier=tier)))
        key = self.run(self.accounts.create_key(Caller(joined.user.id, tier), "agent"))
        return Agent(self, key.api_key, joined.user.nickname, joined.user.id)

    def operator(self) -> Agent:
        return Agent(self, self.accounts.operator_token(), "operator", "")


@dataclass
class Agent:
    """Someone with a token."""

    site: Site
    token: str
    nickname: str
    user_id: str

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return self.site.run(self.send(method, path, json, **more))

    async def send(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        return await self.site.http.request(method, f"/api/v1{path}", headers=headers, **more)

    def strategy(self, slug: str = "alpha", **fields: Any) -> str:
        answer = self.call("POST", "/strategies", {"name": "Alpha", "slug": slug, **fields})
        assert answer.status_code == 201, answer.text
        return slug

    def signal(self, slug: str, trade_date: str, *lines: tuple[str, float]) -> httpx.Response:
        return self.call("POST", f"/strategies/{slug}/signals", signal_body(trade_date, *lines))

    def active(self, slug: str = "alpha", **fields: Any) -> str:
        """A strategy with its first signal, for the day of the clock."""
        self.strategy(slug, **fields)
        day = self.site.clock.now().date().isoformat()
        assert self.signal(slug, day, ("600519.SH", 0.5)).status_code == 201
        return slug

    def patch(self, slug: str, /, **fields: Any) -> httpx.Response:
        return self.call("PATCH", f"/strategies/{slug}", fields)

    def get(self, slug: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/strategies/{slug}").json()
        return found

    def history(self, slug: str, query: str = "") -> list[dict[str, Any]]:
        answer = self.call("GET", f"/strategies/{slug}/signals{query}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["signals"]
        return found


def signal_body(trade_date: str, *lines: tuple[str, float]) -> dict[str, Any]:
    return {
        "trade_date": trade_date,
        "signals": [{"symbol": symbol, "weight": weight} for symbol, weight in lines],
    }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def attested_site(tmp_path: Path) -> Iterator[Site]:
    """A site with an attestation repository."""
    made = Site(tmp_path, attested=True)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def agent(site: Site) -> Agent:
    return site.agent()
