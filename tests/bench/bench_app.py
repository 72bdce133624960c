"""The servers that `bench_http.py` measures, one per name given in QUANTOS_BENCH_APP.

starlette         a bare Starlette endpoint that reads the body and answers JSON
fastapi_async     a bare FastAPI `async def` endpoint with a pydantic body
fastapi_get       a bare FastAPI `async def` endpoint that answers a GET
fastapi_def       the same as `def`, so through the thread pool
platform          the platform itself on a temporary data directory, its clock standing still
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Caller
from quantos.app import Platform, build_app
from quantos.cli.serve import SWITCH_S
from quantos.kit.clock import parse_instant
from quantos.kit.heap import Heap
from quantos.market.core.synthetic import synthetic_market
from quantos.settings import Settings
from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.schemas import StrategyNew, Submission

SLUGS = 19


class Line(BaseModel):
    symbol: str
    weight: float


class Body(BaseModel):
    trade_date: str
    signals: list[Line]


def starlette() -> Any:
    async def endpoint(request: Request) -> Response:
        await request.body()
        return JSONResponse({"status": "ok"}, 201)

    return Starlette(routes=[Route("/post", endpoint, methods=["POST"])])


def fastapi_async() -> Any:
    app = FastAPI()

    @app.post("/post", status_code=201)
    async def endpoint(body: Body) -> dict[str, str]:
        return {"status": "ok"}

    return app


def fastapi_get() -> Any:
    app = FastAPI()

    @app.get("/get")
    async def endpoint() -> dict[str, str]:
        return {"status": "ok"}

    return app


def fastapi_def() -> Any:
    app = FastAPI()

    @app.post("/post", status_code=201)
    def endpoint(body: Body) -> dict[str, str]:
        return {"status": "ok"}

    return app


def platform() -> Any:
    settings = Settings(data_dir=Path(os.environ["QUANTOS_BENCH_DIR"]))
    opened = Platform.open(settings, simulate=parse_instant("2023-01-04T08:00+08:00"))
    opened.start()
    app = build_app(opened)

    async def prepare(_: Request) -> Response:
        """A licensed account with a key and its 20 strategies, one of them settled through a year; the trading days that signals may name."""
        accounts = opened.accounts
        joined = await accounts.register(accounts.create_invite(1))
        await accounts.change_user(joined.user.id, UserChange(tier="licensed"))
        caller = Caller(joined.user.id, "licensed")
        key = await accounts.create_key(caller, "bench")
        await settle_a_year(opened, caller)
        for number in range(SLUGS):
            await opened.strategies.create(caller, StrategyNew(name="bench", slug=f"bench-{number}"))
        days = opened.market.calendar.between(date(2024, 1, 2), date(2024, 3, 1))
        return Response(json.dumps({"api_key": key.api_key, "days": [str(day) for day in days]}))

    app.add_route("/prepare", prepare, methods=["POST"])
    sys.setswitchinterval(SWITCH_S)  # as `quantos serve` does
    Heap()
    return app


async def settle_a_year(opened: Platform, caller: Caller) -> None:
    """The strategy `record` holds two synthetic shares through 2023; the clock then stands at 2024-01-02."""
    made = synthetic_market(opened.market.calendar)
    opened.market.import_instruments(made.instruments, synthetic=True)
    opened.market.import_bars(made.bars, synthetic=True)
    await opened.strategies.create(caller, StrategyNew(name="record", slug="record"))
    first, second = opened.market.instruments().symbols[:2]
    signal = Submission(date(2023, 1, 4), [TargetWeight(first, 0.5), TargetWeight(second, 0.4)])
    await opened.strategies.submit(caller, "record", signal, opened.clock.now())
    opened.scheduler.advance_to(parse_instant("2024-01-02T08:00+08:00"))


app = globals()[os.environ.get("QUANTOS_BENCH_APP", "starlette")]()
