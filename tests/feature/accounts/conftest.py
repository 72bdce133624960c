"""A small application of the accounts' routes alone, on a real records store, with a clock that is moved."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from fastapi import APIRouter, Request
from sqlmodel import SQLModel
from starlette.responses import Response

from quantos.accounts import routes
from quantos.accounts.service import Accounts
from quantos.accounts.tables import ApiKey, Invite, KeptAnswer, User
from quantos.kit import web
from quantos.kit.clock import SimulatedClock, parse_instant
from quantos.kit.routing import Routes
from quantos.storage.audit import AuditRow
from quantos.storage.directory import DataDirectory
from quantos.storage.events import EventRow
from quantos.storage.records import Records
from tests.support.applications import application

T = TypeVar("T")
TABLES = (User, Invite, ApiKey, KeptAnswer, EventRow, AuditRow)
START = parse_instant("2024-01-02T08:00:00+08:00")


class Site:
    """The application, and a browserless visitor of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SimulatedClock(START)
        self.directory = DataDirectory.open(folder, simulated=True)
        self.records = Records(folder / "records.db")
        SQLModel.metadata.create_all(
            self.records.engine, tables=[SQLModel.metadata.tables[t.__tablename__] for t in TABLES]
        )
        self.accounts = Accounts(
            self.records, self.clock, self.directory.secret, renewed=self.directory.renew_secret
        )
        self.runner = asyncio.Runner()
        self.app = application(
            routes.router(self.accounts), routes.admin_router(self.accounts), tickets(self.accounts)
        )
        self.app.state.once = self.accounts.idempotency.once
        self.app.add_middleware(web.BodyLimit, bytes_max=100_000)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://quantos")

    def close(self) -> None:
        self.run(self.http.aclose())
        self.runner.close()
        self.accounts.close()
        self.records.close()
        self.directory.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def call(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        headers = {**more.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.run(self.http.request(method, f"/api/v1{path}", headers=headers, **more))

    def later(self, **by: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**by))

    @property
    def operator(self) -> str:
        return self.accounts.operator_token()

    def invite(self, max_uses: int = 100, expires_at: datetime | None = None) -> str:
        return self.accounts.create_invite(max_uses, expires_at)

    def register(self) -> dict[str, Any]:
        answer = self.call("POST", "/auth/invite", json={"invite_code": self.invite()})
        assert answer.status_code == 201
        found: dict[str, Any] = answer.json()
        return found

    def key(self, token: str, name: str = "my-agent") -> dict[str, Any]:
        answer = self.call("POST", "/billing/api-keys", token, json={"name": name})
        assert answer.status_code == 201
        found: dict[str, Any] = answer.json()
        return found

    def change(self, user_id: str, **fields: Any) -> httpx.Response:
        return self.call("PATCH", f"/admin/users/{user_id}", self.operator, json=fields)


def tickets(accounts: Accounts) -> APIRouter:
    """Stands for the one route that a disabled account may call."""
    router = Routes(accounts.user_even_disabled, "tickets")

    @router.post("/tickets", status_code=201)
    async def open_ticket(request: Request) -> Response:
        return web.json_response({"user_id": request.state.caller.user_id}, 201)

    return router


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data")
    yield site
    site.close()


@pytest.fixture
def session(site: Site) -> dict[str, Any]:
    """A new account: its tokens and user object."""
    return site.register()


@pytest.fixture
def access(session: dict[str, Any]) -> str:
    token: str = session["access_token"]
    return token


@pytest.fixture
def api_key(site: Site, access: str) -> str:
    key: str = site.key(access)["api_key"]
    return key
