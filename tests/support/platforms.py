"""A whole platform in a temporary directory, and an agent that speaks to it over its API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from quantos.app import Platform, build_app
from quantos.kit.clock import shanghai
from quantos.market.core.normalised import NormalisedBars
from quantos.settings import Settings

Bars = Mapping[tuple[str, date], tuple[float, float, float | None, int]]
"""(symbol, date) to (open, close, pre_close, volume), CNY and shares."""


@dataclass
class Caller:
    """Calls the application as one user, or as the operator."""

    runner: asyncio.Runner
    http: httpx.AsyncClient
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.runner.run(
            self.http.request(method, path, json=body, params=params or None, headers=headers)
        )

    def get(self, path: str, **params: Any) -> Any:
        response = self.call("GET", path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any = None) -> Any:
        response = self.call("POST", path, body)
        assert response.is_success, response.text
        return response.json()


@dataclass
class Stage:
    """A running platform with its operator."""

    platform: Platform
    operator: Caller

    def agent(self) -> Caller:
        """A new user with an API key."""
        code = self.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
        anonymous = Caller(self.operator.runner, self.operator.http)
        anonymous.token = anonymous.post("/auth/invite", {"invite_code": code})["access_token"]
        anonymous.token = anonymous.post("/billing/api-keys", {"name": "agent"})["api_key"]
        return anonymous

    def public(self) -> Caller:
        return Caller(self.operator.runner, self.operator.http)

    def clock_to(self, day: date, at: str) -> list[dict[str, Any]]:
        """Move the clock to a wall-clock time in Shanghai; the jobs that ran."""
        now = shanghai(day, time.fromisoformat(at)).isoformat()
        ran: list[dict[str, Any]] = self.operator.post("/admin/clock", {"now": now})["ran"]
        return ran

    def submit(self, agent: Caller, slug: str, day: date, weights: Mapping[str, float]) -> None:
        signals = [{"symbol": symbol, "weight": weight} for symbol, weight in weights.items()]
        agent.post(f"/strategies/{slug}/signals", {"trade_date": day.isoformat(), "signals": signals})

    def navs(self, slug: str) -> list[float]:
        """NAV in CNY, from the stored mills."""
        with self.platform.records.read() as session:
            number = self.platform.strategies.by_slug(session, slug).number
        assert number is not None
        series = self.platform.settlement.nav_series(number)
        return [int(nav) / 1000 for nav in series.nav_mills]


@contextmanager
def stage(folder: Path, start: datetime, **settings: Any) -> Iterator[Stage]:
    """Open a simulated platform on `folder`, at `start` where it is new."""
    platform = Platform.open(Settings(data_dir=folder, **settings), simulate=start)
    try:
        platform.start()
        with asyncio.Runner() as runner:
            http = httpx.AsyncClient(
                transport=httpx.ASGITransport(build_app(platform)),
                base_url="http://platform/api/v1",
                timeout=None,
            )
            yield Stage(platform, Caller(runner, http, platform.accounts.operator_token()))
            runner.run(http.aclose())
    finally:
        platform.close()


def made_up(rows: Bars, source: str = "test") -> NormalisedBars:
    """Bars from a small table; high and low are the larger and the smaller of open and close."""
    keys = sorted(rows)
    opened = np.array([rows[k][0] for k in keys], np.float64)
    closed = np.array([rows[k][1] for k in keys], np.float64)
    pre_close = np.array([np.nan if rows[k][2] is None else rows[k][2] for k in keys], np.float64)
    volume = np.array([rows[k][3] for k in keys], np.int64)
    count = len(keys)
    return NormalisedBars(
        symbol=np.array([s for s, _ in keys], object),
        trade_date=np.array([d for _, d in keys], "datetime64[D]"),
        open=opened,
        high=np.maximum(opened, closed),
        low=np.minimum(opened, closed),
        close=closed,
        pre_close=pre_close,
        volume=volume,
        amount=np.full(count, np.nan),
        adj_factor=np.full(count, np.nan),
        is_st=np.zeros(count, np.int8),
        trade_status=(volume > 0).astype(np.int8),
        source=source,
    )
