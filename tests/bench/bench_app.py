"""The servers that `bench_http.py` measures, one per name given in QUANTOS_BENCH_APP.

starlette         a bare Starlette endpoint that reads the body and answers JSON
fastapi_async     a bare FastAPI `async def` endpoint with a pydantic body
fastapi_def       the same as `def`, so through the thread pool
platform          accounts and strategies on a temporary data directory, with the shipped calendar
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quantos.market.core.calendar import shipped_calendar

SLUGS = 20


class Line(BaseModel):
    symbol: str
    weight: float


class Body(BaseModel):
    trade_date: str
    signals: list[Line]


class ShippedMarket:
    """A market of a calendar alone."""

    def __init__(self) -> None:
        self.calendar = shipped_calendar()


class NothingSettled:
    def settled_until(self, number: int) -> date | None:
        return None

    def fill_missed(self, number: int) -> None:
        return None


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


def fastapi_def() -> Any:
    app = FastAPI()

    @app.post("/post", status_code=201)
    def endpoint(body: Body) -> dict[str, str]:
        return {"status": "ok"}

    return app


def platform() -> Any:
    from sqlmodel import SQLModel

    from quantos.accounts.service import Accounts
    from quantos.errors import QuantosError
    from quantos.kit import web
    from quantos.kit.clock import SimulatedClock, parse_instant
    from quantos.storage.records import Records
    from quantos.strategies.routes import router
    from quantos.strategies.service import Strategies

    folder = Path(os.environ["QUANTOS_BENCH_DIR"])
    records, clock = Records(folder / "records.db"), SimulatedClock(parse_instant("2024-01-02T08:00+08:00"))
    accounts = Accounts(records, clock, lambda name: f"bench {name} " + "x" * 40)
    strategies = Strategies(records, clock, ShippedMarket(), accounts, NothingSettled())  # type: ignore[arg-type]
    SQLModel.metadata.create_all(records.engine)
    app = FastAPI()
    app.add_exception_handler(QuantosError, web.quantos_error)
    app.add_exception_handler(RequestValidationError, web.validation_error)
    app.add_exception_handler(HTTPException, web.http_error)
    app.add_middleware(web.BodyLimit, bytes_max=64 * 2**20)
    app.include_router(router(strategies, accounts), prefix="/api/v1")

    async def prepare(request: Request) -> Response:
        """A licensed account with a key and 20 strategies."""
        from quantos.accounts.schemas import UserChange
        from quantos.accounts.service import Caller
        from quantos.strategies.schemas import StrategyNew

        joined = await accounts.register(accounts.create_invite(10))
        await accounts.change_user(joined.user.id, UserChange(tier="licensed"))
        caller = Caller(joined.user.id, "licensed")
        key = await accounts.create_key(caller, "bench")
        for number in range(SLUGS):
            await strategies.create(caller, StrategyNew(name="bench", slug=f"bench-{number}"))
        days = shipped_calendar().between(date(2024, 1, 2), date(2024, 3, 1))
        return Response(json.dumps({"api_key": key.api_key, "days": [str(day) for day in days]}))

    app.add_route("/prepare", prepare, methods=["POST"])
    return app


app = globals()[os.environ["QUANTOS_BENCH_APP"]]()
