"""HTTP of the operator: what anyone may read of a public strategy, of every strategy."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.verification.record_routes import View, add_record
from quantos.verification.schemas import StandingList
from quantos.verification.service import Verification

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed value")


def admin_router(verification: Verification, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/standings",
        operation_id="list_standings",
        summary="Where every strategy stands: its last settled day and its last signal",
        response_model=StandingList,
        responses=_MALFORMED,
    )
    async def list_standings(limit: int = limit(200), offset: Offset = 0) -> Response:
        """In the order of their creation, as `GET /admin/strategies` lists them."""
        return json_response(await asyncio.to_thread(verification.standings, limit, offset))

    view = View("/admin/strategies/{slug}", "any_", "anyone's strategy", verification.anyones, "unknown")
    add_record(routes, verification, view)
    return routes
