"""HTTP of strategies and signals: the owner's routes and the operator's list."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.web import Date, Guard, Offset, guarded, json_response, limit, refusals
from quantos.strategies.schemas import (
    Deleted,
    OwnedStrategyList,
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

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown, or another user's")
_LOCKED: Final = refusals(s400="deadline passed, no trading day, or a state that does not allow it")


def _body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A body that the endpoint reads itself; the models in it are those of the answers."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    del schema["$defs"]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


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
    routes = APIRouter(route_class=guarded(accounts.user), tags=["strategies"], responses=_USERS)

    @routes.post(
        "/strategies",
        status_code=201,
        response_model=StrategyOut,
        responses=_MALFORMED
        | refusals(s403="Account disabled, or no more strategies in this tier", s409="the slug is taken"),
    )
    async def create_strategy(request: Request, body: StrategyNew) -> Response:
        return json_response(await strategies.create(request.state.caller, body), 201)

    @routes.get("/strategies", response_model=StrategyList, responses=_MALFORMED)
    async def list_strategies(
        request: Request, status: StatusFilter = None, limit: int = limit(200), offset: Offset = 0
    ) -> Response:
        return json_response(strategies.list(request.state.caller, status, limit, offset))

    @routes.get("/strategies/{slug}", response_model=StrategyOut, responses=_UNKNOWN)
    async def get_strategy(request: Request, slug: str) -> Response:
        return json_response(strategies.get(request.state.caller, slug))

    @routes.patch(
        "/strategies/{slug}",
        response_model=StrategyOut,
        responses=_UNKNOWN | _MALFORMED | refusals(s400="retired, or a transition that is not possible"),
    )
    async def change_strategy(request: Request, slug: str, body: StrategyChange) -> Response:
        return json_response(await strategies.change(request.state.caller, slug, body))

    @routes.delete(
        "/strategies/{slug}",
        response_model=StrategyOut,
        responses=_UNKNOWN | refusals(s400="retired already"),
    )
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
        openapi_extra=_body_of(SignalNew),
        responses=_LOCKED | _UNKNOWN | _MALFORMED | refusals(s409="settled or attested already"),
        route_class_override=_direct(accounts.user),
    )

    @routes.get("/strategies/{slug}/signals", response_model=SignalList, responses=_UNKNOWN | _MALFORMED)
    async def list_signals(
        request: Request, slug: str, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        return json_response(strategies.history(request.state.caller, slug, limit, offset))

    @routes.delete(
        "/strategies/{slug}/signals/{trade_date}",
        response_model=Deleted,
        responses=_LOCKED | _UNKNOWN | _MALFORMED,
    )
    async def delete_signal(request: Request, slug: str, trade_date: Date) -> Response:
        return json_response(await strategies.withdraw(request.state.caller, slug, trade_date))

    return routes


def admin_router(strategies: Strategies, accounts: Accounts) -> APIRouter:
    """The operator's list of everyone's strategies."""
    routes = APIRouter(route_class=guarded(accounts.operator), tags=["admin"], responses=_OPERATORS)

    @routes.get("/admin/strategies", response_model=OwnedStrategyList, responses=_MALFORMED)
    async def list_all_strategies(
        status: StatusFilter = None, limit: int = limit(200), offset: Offset = 0
    ) -> Response:
        return json_response(strategies.list_all(status, limit, offset))

    return routes
