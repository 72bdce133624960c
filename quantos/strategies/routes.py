"""HTTP of strategies and signals: the owner's routes and the operator's list."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import (
    BearerRoute,
    Guard,
    Routes,
    gated,
    once,
    refuse_unknown,
    submission,
    tell_ignored,
)
from quantos.kit.web import Date, Offset, StrictRequest, asks, json_response, limit, parse_json, refusals
from quantos.strategies.schemas import (
    Deleted,
    OwnedStrategyList,
    SignalCheck,
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

StatusFilter = Annotated[
    Literal["pending", "active", "paused", "retired"] | None, Query(description="Only those in this status.")
]
Slug = Annotated[str, Path(description="The strategy's slug.")]
TradeDate = Annotated[Date, Path(description="The trade date of the signal.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown, or another user's")
_LOCKED: Final = refusals(s400="deadline passed, no trading day, or a state that does not allow it")


_VALIDATE_ONLY: Final = {
    "name": "validate_only",
    "in": "query",
    "required": False,
    "description": "Check the signal and store nothing.",
    "schema": {"type": "boolean", "default": False},
}


def _body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A body that the endpoint reads itself; the models in it are those of the answers."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    del schema["$defs"]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _direct(guard: Guard) -> type[BearerRoute]:
    """As `guarded`, for an endpoint of request and slug that reads its body itself.

    FastAPI's resolution of parameters, of which there are none, would cost a quarter of the rate.
    """

    class DirectRoute(BearerRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            endpoint = self.endpoint

            async def answer(request: Request) -> Response:
                given: Response = await endpoint(request, request.path_params["slug"])
                return given

            admitted = gated(endpoint, answer)

            async def handle(request: Request) -> Response:
                request = StrictRequest(request.scope, request.receive, guard)
                request.state.caller = guard(request)
                return await once(request, admitted)

            return handle

    return DirectRoute


def router(strategies: Strategies, accounts: Accounts) -> APIRouter:
    """The owner's strategies."""
    routes = Routes(accounts.user, "strategies", _USERS)

    @routes.post(
        "/strategies",
        operation_id="create_strategy",
        summary="Create a strategy",
        status_code=201,
        response_model=StrategyOut,
        responses=_MALFORMED
        | refusals(
            s403="Account disabled, no more strategies in this tier, or the platform's licence takes nothing new",
            s409="the slug is taken",
        ),
    )
    @submission
    async def create_strategy(request: Request, body: StrategyNew) -> Response:
        """It is pending until its first signal. The slug, the universe and the terms never change: look at the answer,
        which has each as it applies, also those that took their default. A field that is not listed is ignored, and
        named in the answer's header `QuantOS-Ignored-Fields`; with `Prefer: handling=strict` it is refused.
        """
        return json_response(await strategies.create(request.state.caller, body), 201)

    @routes.get(
        "/strategies",
        operation_id="list_strategies",
        summary="The caller's strategies",
        response_model=StrategyList,
        responses=_MALFORMED,
    )
    async def list_strategies(
        request: Request, status: StatusFilter = None, limit: int = limit(200), offset: Offset = 0
    ) -> Response:
        """In every status, retired ones too, unless `status` is given."""
        return json_response(strategies.list(request.state.caller, status, limit, offset))

    @routes.get(
        "/strategies/{slug}",
        operation_id="get_strategy",
        summary="One of the caller's strategies",
        response_model=StrategyOut,
        responses=_UNKNOWN,
    )
    async def get_strategy(request: Request, slug: Slug) -> Response:
        """As its owner sees it, public or not."""
        return json_response(strategies.get(request.state.caller, slug))

    @routes.patch(
        "/strategies/{slug}",
        operation_id="change_strategy",
        summary="Change name, description, status or visibility",
        response_model=StrategyOut,
        responses=_UNKNOWN | _MALFORMED | refusals(s400="retired, or a transition that is not possible"),
    )
    async def change_strategy(request: Request, slug: Slug, body: StrategyChange) -> Response:
        """Any other field is refused. A pause or a retirement governs the first deadline that has not passed."""
        return json_response(await strategies.change(request.state.caller, slug, body))

    @routes.delete(
        "/strategies/{slug}",
        operation_id="retire_strategy",
        summary="Retire a strategy",
        response_model=StrategyOut,
        responses=_UNKNOWN | refusals(s400="retired already"),
    )
    async def retire_strategy(request: Request, slug: Slug) -> Response:
        """For good: its signals and its record stay, and nothing of it can change any more."""
        return json_response(await strategies.retire(request.state.caller, slug))

    return routes


def signals_router(strategies: Strategies, accounts: Accounts) -> APIRouter:
    """The owner's signals."""
    routes = Routes(accounts.user, "strategies", _USERS)

    @submission
    async def submit_signal(request: Request, slug: Slug) -> Response:
        """Open strategies take signals before 09:15 Shanghai time of the trade date, close strategies before 15:00;
        the server's receipt counts. The first signal activates the strategy. A signal of the same date is replaced.
        With `validate_only=true` all of this is checked and nothing is stored: 200, and what would be.
        """
        body = await request.body()
        # the last byte has been read: this instant, or the one at which it was read for its Idempotency-Key, meets
        # the deadline or not
        received = getattr(request.state, "received", None) or strategies.clock.now()
        submission = read_submission(body, request.headers.get("content-type"))
        if "prefer" in request.headers:
            refuse_unknown(request, SignalNew, parse_json(body))
        if asks(request, "validate_only"):
            checked = await strategies.validate(request.state.caller, slug, submission, received)
            response = json_response(checked)
            tell_ignored(response, SignalNew, parse_json(body))
            return response
        return json_response(await strategies.submit(request.state.caller, slug, submission, received), 201)

    routes.add_api_route(
        "/strategies/{slug}/signals",
        submit_signal,
        methods=["POST"],
        operation_id="submit_signal",
        summary="Submit the target weights of a trade date, or replace them",
        status_code=201,
        response_model=SignalReceipt,
        openapi_extra={**_body_of(SignalNew), "parameters": [_VALIDATE_ONLY]},
        responses={
            200: {"model": SignalCheck, "description": "With `validate_only=true`: it would be taken."}
        }
        | _LOCKED
        | _UNKNOWN
        | _MALFORMED
        | refusals(
            s403="Account disabled, or the platform's licence takes nothing new",
            s409="settled or attested already",
        ),
        route_class_override=_direct(accounts.user),
    )

    @routes.get(
        "/strategies/{slug}/signals",
        operation_id="list_signals",
        summary="A strategy's signals, the newest trade date first",
        response_model=SignalList,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def list_signals(
        request: Request, slug: Slug, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """With the weights as submitted. A nonce is null until the signal's deadline has passed."""
        return json_response(strategies.history(request.state.caller, slug, limit, offset))

    @routes.delete(
        "/strategies/{slug}/signals/{trade_date}",
        operation_id="delete_signal",
        summary="Delete the signal of a trade date",
        response_model=Deleted,
        responses=_LOCKED | _UNKNOWN | _MALFORMED,
    )
    async def delete_signal(request: Request, slug: Slug, trade_date: TradeDate) -> Response:
        """Until its deadline, unless it is settled or attested."""
        return json_response(await strategies.withdraw(request.state.caller, slug, trade_date))

    return routes


def admin_router(strategies: Strategies, accounts: Accounts) -> APIRouter:
    """The operator's list of everyone's strategies."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/strategies",
        operation_id="list_all_strategies",
        summary="Everyone's strategies, with their owners",
        response_model=OwnedStrategyList,
        responses=_MALFORMED,
    )
    async def list_all_strategies(
        status: StatusFilter = None, limit: int = limit(200), offset: Offset = 0
    ) -> Response:
        """With the nickname of each owner, and every status unless `status` is given."""
        return json_response(strategies.list_all(status, limit, offset))

    @routes.get(
        "/admin/strategies/{slug}/signals",
        operation_id="list_any_signals",
        summary="Anyone's signals, the newest trade date first",
        response_model=SignalList,
        responses=refusals(s404="unknown") | _MALFORMED,
    )
    async def list_any_signals(slug: Slug, limit: int = limit(30), offset: Offset = 0) -> Response:
        """As their owner sees them. A nonce is null until the signal's deadline has passed."""
        return json_response(strategies.history(strategies.owner_of(slug), slug, limit, offset))

    return routes
