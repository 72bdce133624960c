"""HTTP of portfolios: the owner's routes; the operator's stand in `operator_routes`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, joined, submission
from quantos.kit.web import Date, Offset, json_response, limit, refusals
from quantos.portfolios.operator_routes import admin_router
from quantos.portfolios.schemas import (
    Activation,
    Deleted,
    Explanation,
    MemberNew,
    PortfolioChange,
    PortfolioDayList,
    PortfolioList,
    PortfolioNew,
    PortfolioOut,
    PortfolioSignalList,
    PortfolioStarted,
    PortfolioStatus,
)
from quantos.portfolios.service import Portfolios

__all__ = ["admin_router", "router"]

PortfolioId = Annotated[str, Path(description="As the answer to its creation gives it.")]
FactorId = Annotated[str, Path(description="Of a factor of the caller's.")]
TradeDate = Annotated[Date, Path(description="The trade date of the signal.")]
StatusFilter = Annotated[PortfolioStatus | None, Query(description="Only those in this status.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown, or another user's")
_LOCKED: Final = refusals(s400="the portfolio's status does not allow it, or it has too few members")


def router(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    """The owner's routes."""
    return joined(
        _portfolios(portfolios, accounts),
        _members(portfolios, accounts),
        _life(portfolios, accounts),
        _signals(portfolios, accounts),
    )


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
        responses=_UNKNOWN | _MALFORMED | _LOCKED,
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
        responses=_UNKNOWN | _LOCKED,
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
        responses=_UNKNOWN | _LOCKED,
    )
    async def remove_portfolio_member(
        request: Request, portfolio_id: PortfolioId, factor_id: FactorId
    ) -> Response:
        """From a draft or a paused portfolio; 404 where it is no member."""
        return json_response(await portfolios.remove_member(request.state.caller, portfolio_id, factor_id))

    return routes


def _life(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "portfolios", _USERS)

    @routes.post(
        "/portfolios/{portfolio_id}/activate",
        operation_id="activate_portfolio",
        summary="Make its strategy, and have it signal from now on",
        response_model=PortfolioStarted,
        responses=_UNKNOWN
        | _MALFORMED
        | _LOCKED
        | refusals(
            s403="Account disabled, or no more strategies in this tier", s409="the strategy's slug is taken"
        ),
    )
    @submission
    async def activate_portfolio(
        request: Request, portfolio_id: PortfolioId, body: Activation | None = None
    ) -> Response:
        """A draft of two members at least. On a trading day before 09:15 the day's signal is made at once."""
        terms = body or Activation()
        return json_response(await portfolios.activate(request.state.caller, portfolio_id, terms))

    @routes.post(
        "/portfolios/{portfolio_id}/pause",
        operation_id="pause_portfolio",
        summary="Stop its signals",
        response_model=PortfolioOut,
        responses=_UNKNOWN | _LOCKED,
    )
    async def pause_portfolio(request: Request, portfolio_id: PortfolioId) -> Response:
        """Its strategy is paused with it, from the first deadline on that has not passed."""
        return json_response(await portfolios.pause(request.state.caller, portfolio_id))

    @routes.post(
        "/portfolios/{portfolio_id}/resume",
        operation_id="resume_portfolio",
        summary="Have it signal again",
        response_model=PortfolioStarted,
        responses=_UNKNOWN | _LOCKED,
    )
    @submission
    async def resume_portfolio(request: Request, portfolio_id: PortfolioId) -> Response:
        """The days of the pause are filled in as hold days. It needs two members, as the activation does."""
        return json_response(await portfolios.resume(request.state.caller, portfolio_id))

    return routes


def _signals(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "portfolios", _USERS)

    @routes.get(
        "/portfolios/{portfolio_id}/signals",
        operation_id="list_portfolio_signals",
        summary="The signals made for a portfolio, the newest trade date first",
        response_model=PortfolioSignalList,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def list_portfolio_signals(
        request: Request, portfolio_id: PortfolioId, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """None before the activation. What they say stands in the signals of its strategy."""
        return json_response(portfolios.signals(request.state.caller, portfolio_id, limit, offset))

    @routes.get(
        "/portfolios/{portfolio_id}/days",
        operation_id="list_portfolio_days",
        summary="What became of each trade date, the newest first",
        response_model=PortfolioDayList,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def list_portfolio_days(
        request: Request, portfolio_id: PortfolioId, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """Days without a signal have the reason: values that were missing, or a platform that was not running."""
        return json_response(portfolios.days(request.state.caller, portfolio_id, limit, offset))

    @routes.get(
        "/portfolios/{portfolio_id}/signals/{trade_date}/explain",
        operation_id="explain_portfolio_signal",
        summary="Why a signal is what it is, name by name",
        response_model=Explanation,
        responses=_MALFORMED | refusals(s404="unknown, another user's, or a day without a signal"),
    )
    async def explain_portfolio_signal(
        request: Request, portfolio_id: PortfolioId, trade_date: TradeDate
    ) -> Response:
        """Each factor's z-score and contribution, the next names below the cut, and those that are too dear."""
        caller = request.state.caller
        return json_response(await asyncio.to_thread(portfolios.explain, caller, portfolio_id, trade_date))

    return routes
