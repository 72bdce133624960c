"""HTTP of strategies and signals: the owner's routes and the operator's list."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.web import Date, Guard, Offset, guarded, json_response, limit
from quantos.strategies.schemas import (
    SignalList,
    SignalNew,
    SignalReceipt,
    StrategyChange,
    StrategyList,
    StrategyNew,
    StrategyOut,
    read_submission,
)
from quantos.strategies.service import Strategies

StatusFilter = Annotated[Literal["pending", "active", "paused", "retired"] | None, Query()]

_SIGNAL_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": SignalNew.model_json_schema()}},
    }
}


def _direct(guard: Guard) -> type[APIRoute]:
    """As `guarded`, for an endpoint of request and slug that reads its body itself.

    FastAPI's resolution of parameters, of which there are none, would cost a quarter of the rate.
    """

    class DirectRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            endpoint = self.endpoint

            async def handle(request: Request) -> Response:
                request.state.caller = guard(request)
                answer: Response = await endpoint(request, request.path_params["slug"])
                return answer

            return handle

    return DirectRoute


def router(strategies: Strategies, accounts: Accounts) -> APIRouter:
    """The owner's routes."""
    routes = APIRouter(route_class=guarded(accounts.user), tags=["strategies"])

    @routes.post("/strategies", status_code=201, response_model=StrategyOut)
    async def create_strategy(request: Request, body: StrategyNew) -> Response:
        return json_response(await strategies.create(request.state.caller, body), 201)

    @routes.get("/strategies", response_model=StrategyList)
    async def list_strategies(
        request: Request, status: StatusFilter = None, limit: int = limit(200), offset: Offset = 0
    ) -> Response:
        return json_response(strategies.list(request.state.caller, status, limit, offset))

    @routes.get("/strategies/{slug}", response_model=StrategyOut)
    async def get_strategy(request: Request, slug: str) -> Response:
        return json_response(strategies.get(request.state.caller, slug))

    @routes.patch("/strategies/{slug}", response_model=StrategyOut)
    async def change_strategy(request: Request, slug: str, body: StrategyChange) -> Response:
        return json_response(await strategies.change(request.state.caller, slug, body))

    @routes.delete("/strategies/{slug}", response_model=StrategyOut)
    async def retire_strategy(request: Request, slug: str) -> Response:
        return json_response(await strategies.retire(request.state.caller, slug))

    async def submit_signal(request: Request, slug: str) -> Response:
        body = await request.body()
        received = (
            strategies.clock.now()
        )  # the last byte has been read: this instant meets the deadline or not
        submission = read_submission(body, request.headers.get("content-type"))
        return json_response(await strategies.submit(request.state.caller, slug, submission, received), 201)

    routes.add_api_route(
        "/strategies/{slug}/signals",
        submit_signal,
        methods=["POST"],
        status_code=201,
        response_model=SignalReceipt,
        openapi_extra=_SIGNAL_BODY,
        route_class_override=_direct(accounts.user),
    )

    @routes.get("/strategies/{slug}/signals", response_model=SignalList)
    async def list_signals(
        request: Request, slug: str, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        return json_response(strategies.history(request.state.caller, slug, limit, offset))

    @routes.delete("/strategies/{slug}/signals/{trade_date}")
    async def delete_signal(request: Request, slug: str, trade_date: Date) -> Response:
        return json_response(await strategies.withdraw(request.state.caller, slug, trade_date))

    return routes


def admin_router(strategies: Strategies, accounts: Accounts) -> APIRouter:
    """The operator's list of everyone's strategies."""
    routes = APIRouter(route_class=guarded(accounts.operator), tags=["admin"])

    @routes.get("/admin/strategies")
    async def list_all_strategies(
        status: StatusFilter = None, limit: int = limit(200), offset: Offset = 0
    ) -> Response:
        return json_response(strategies.list_all(status, limit, offset))

    return routes
