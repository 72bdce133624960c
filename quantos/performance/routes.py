"""HTTP of claims: the owner's routes. `/backtest` is what `/claimed` was called once."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, submission, upload
from quantos.kit.web import json_response, refusals
from quantos.performance.evaluation_routes import admin_router
from quantos.performance.schemas import ClaimDeleted, ClaimOut, ClaimReceipt, ClaimUpload
from quantos.performance.service import Claims

__all__ = ["admin_router", "router"]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_UNKNOWN: Final = refusals(s404="unknown, another user's, or nothing claimed")
_MOVED: Final[dict[int | str, dict[str, Any]]] = {308: {"description": "it is called /claimed"}}
_CLAIMED: Final = "/strategies/{slug}/claimed"
_BACKTEST: Final = "/strategies/{slug}/backtest"


def router(claims: Claims, accounts: Accounts) -> APIRouter:
    """Everything of this feature that is an owner's."""
    routes = Routes(accounts.user, "claimed performance", _USERS)

    @routes.put(
        _CLAIMED,
        operation_id="upload_claim",
        summary="Upload a historical NAV curve, or replace it whole",
        response_model=ClaimReceipt,
        responses=_UNKNOWN
        | refusals(
            s400="pending or retired, or a date not before the activation",
            s403="Account disabled, or the platform's licence takes nothing new",
            s422="malformed body or value",
        )
        | {201: {"model": ClaimReceipt, "description": "The first upload"}},
    )
    @submission
    @upload
    async def upload_claim(request: Request, slug: str, body: ClaimUpload) -> Response:
        """201 the first time, 200 when it replaces one. Every date lies before the activation of the strategy."""
        receipt, replaced = await claims.upload(request.state.caller, slug, body.curve())
        return json_response(receipt, 200 if replaced else 201)

    @routes.get(
        _CLAIMED,
        operation_id="get_claim",
        summary="The claimed curve, normalised to 1.0",
        response_model=ClaimOut,
        responses=_UNKNOWN,
    )
    async def get_claim(request: Request, slug: str) -> Response:
        """As uploaded, normalised to 1.0, with each day's return."""

        def work() -> Response:
            return json_response(claims.of_owner(request.state.caller, slug))

        return await asyncio.to_thread(work)  # thousands of records are written

    @routes.delete(
        _CLAIMED,
        operation_id="delete_claim",
        summary="Delete the claimed curve",
        response_model=ClaimDeleted,
        responses=_UNKNOWN | refusals(s400="retired: the claim is immutable"),
    )
    async def delete_claim(request: Request, slug: str) -> Response:
        """The platform's own record is not touched."""
        return json_response(await claims.delete(request.state.caller, slug))

    async def moved(request: Request, slug: str) -> Response:
        """For clients of the old name."""
        claims.check_own(request.state.caller, slug)
        return RedirectResponse(f"{request.scope['path'].removesuffix('/backtest')}/claimed", 308)

    for method in ("GET", "PUT", "DELETE"):
        routes.add_api_route(
            _BACKTEST,
            moved,
            methods=[method],
            operation_id=f"moved_claim_{method.lower()}",
            summary="Moved to /claimed",
            status_code=308,
            response_class=Response,
            responses=refusals(s404="unknown, or another user's") | _MOVED,
            deprecated=True,
        )
    routes.add_api_route(_BACKTEST, moved, methods=["HEAD", "POST", "PATCH"], include_in_schema=False)
    return routes
