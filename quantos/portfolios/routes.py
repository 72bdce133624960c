"""HTTP of portfolios: the owner's routes; the operator's stand in `operator_routes`."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, joined, submission
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.portfolios.life_routes import LOCKED, PortfolioId, Seat, add_life
from quantos.portfolios.operator_routes import admin_router
from quantos.portfolios.schemas import (
    Deleted,
    MemberNew,
    PortfolioChange,
    PortfolioList,
    PortfolioNew,
    PortfolioOut,
    PortfolioStatus,
)
from quantos.portfolios.service import Portfolios

__all__ = ["admin_router", "router"]

FactorId = Annotated[str, Path(description="Of a factor of the caller's.")]
StatusFilter = Annotated[PortfolioStatus | None, Query(description="Only those in this status.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_MALFORMED: Final = refusals(s422="malformed body or value")
_NOT_OURS: Final = "unknown, or another user's"
_UNKNOWN: Final = refusals(s404=_NOT_OURS)


def router(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    """The owner's routes."""
    routes = Routes(accounts.user, "portfolios", _USERS)
    owner = Seat(
        "/portfolios/{portfolio_id}", "", "a portfolio", lambda request, _: request.state.caller, _NOT_OURS
    )
    add_life(routes, portfolios, owner)
    return joined(_portfolios(portfolios, accounts), _members(portfolios, accounts), routes)


def _portfolios(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "portfolios", _USERS)

    @routes.post(
        "/portfolios",
        operation_id="create_portfolio",
        summary="Create a portfolio of factors",
        status_code=201,
        response_model=PortfolioOut,
        responses=_MALFORMED,
    )
    @submission
    async def create_portfolio(request: Request, body: PortfolioNew) -> Response:
        """Each call makes a new one, a draft without members. The universe never changes."""
        return json_response(await portfolios.create(request.state.caller, body), 201)

    @routes.get(
        "/portfolios",
        operation_id="list_portfolios",
        summary="The caller's portfolios, newest first",
        response_model=PortfolioList,
        responses=_MALFORMED,
    )
    async def list_portfolios(
        request: Request, status: StatusFilter = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """In every status unless `status` is given; those that are deleted are gone."""
        return json_response(portfolios.list(request.state.caller, status, limit, offset))

    @routes.get(
        "/portfolios/{portfolio_id}",
        operation_id="get_portfolio",
        summary="A portfolio with its members and its strategy",
        response_model=PortfolioOut,
        responses=_UNKNOWN,
    )
    async def get_portfolio(request: Request, portfolio_id: PortfolioId) -> Response:
        """The strategy is null until the portfolio has been activated."""
        return json_response(portfolios.detail(request.state.caller, portfolio_id))

    @routes.patch(
        "/portfolios/{portfolio_id}",
        operation_id="change_portfolio",
        summary="Change name, weighting or top_n",
        response_model=PortfolioOut,
        responses=_UNKNOWN | _MALFORMED | LOCKED,
    )
    async def change_portfolio(
        request: Request, portfolio_id: PortfolioId, body: PortfolioChange
    ) -> Response:
        """The name at any time, the rest while the portfolio is not active; any other field is refused."""
        return json_response(await portfolios.change(request.state.caller, portfolio_id, body))

    @routes.delete(
        "/portfolios/{portfolio_id}",
        operation_id="delete_portfolio",
        summary="Delete a portfolio that is not active",
        response_model=Deleted,
        responses=_UNKNOWN | LOCKED,
    )
    async def delete_portfolio(request: Request, portfolio_id: PortfolioId) -> Response:
        """Its strategy is retired; the strategy's record stays."""
        return json_response(await portfolios.delete(request.state.caller, portfolio_id))

    return routes


def _members(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "portfolios", _USERS)

    @routes.post(
        "/portfolios/{portfolio_id}/members",
        operation_id="add_portfolio_member",
        summary="Add a factor",
        status_code=201,
        response_model=PortfolioOut,
        responses=_UNKNOWN
        | _MALFORMED
        | refusals(
            s400="the portfolio is active, or the factor is not active or of another universe",
            s409="the factor is a member already",
        ),
    )
    @submission
    async def add_portfolio_member(request: Request, portfolio_id: PortfolioId, body: MemberNew) -> Response:
        """An active factor of the caller's, of the portfolio's universe. Of an active portfolio nothing changes."""
        found = await portfolios.add_member(request.state.caller, portfolio_id, body.factor_id)
        return json_response(found, 201)

    @routes.delete(
        "/portfolios/{portfolio_id}/members/{factor_id}",
        operation_id="remove_portfolio_member",
        summary="Remove a factor",
        response_model=PortfolioOut,
        responses=_UNKNOWN | LOCKED,
    )
    async def remove_portfolio_member(
        request: Request, portfolio_id: PortfolioId, factor_id: FactorId
    ) -> Response:
        """From a draft or a paused portfolio; 404 where it is no member."""
        return json_response(await portfolios.remove_member(request.state.caller, portfolio_id, factor_id))

    return routes
