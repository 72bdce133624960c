"""HTTP of the operator: everyone's portfolios, looked at and led in their owners' place."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.portfolios.life_routes import Seat, add_life
from quantos.portfolios.schemas import OwnedPortfolioList, PortfolioStatus
from quantos.portfolios.service import Portfolios

StatusFilter = Annotated[PortfolioStatus | None, Query(description="Only those in this status.")]

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")


def admin_router(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    """Everything of this feature that is the operator's. What is changed stands in the audit trail."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/portfolios",
        operation_id="list_all_portfolios",
        summary="Everyone's portfolios, with their owners",
        response_model=OwnedPortfolioList,
        responses=_MALFORMED,
    )
    async def list_all_portfolios(
        status: StatusFilter = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """With the nickname of each owner, and every status unless `status` is given."""
        return json_response(portfolios.list_all(status, limit, offset))

    anyones = Seat(
        "/admin/portfolios/{portfolio_id}",
        "any_",
        "anyone's portfolio",
        lambda _, portfolio_id: portfolios.owner_of(portfolio_id),
        "unknown",
    )
    add_life(routes, portfolios, anyones)
    return routes
