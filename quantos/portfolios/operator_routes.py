"""HTTP of the operator: everyone's portfolios, looked at and led in their owners' place."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, joined, submission
from quantos.kit.web import Date, Offset, json_response, limit, refusals
from quantos.portfolios.schemas import (
    Activation,
    Explanation,
    OwnedPortfolioList,
    PortfolioDayList,
    PortfolioOut,
    PortfolioSignalList,
    PortfolioStarted,
    PortfolioStatus,
)
from quantos.portfolios.service import Portfolios

PortfolioId = Annotated[str, Path(description="Of anyone's portfolio.")]
TradeDate = Annotated[Date, Path(description="The trade date of the signal.")]
StatusFilter = Annotated[PortfolioStatus | None, Query(description="Only those in this status.")]

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown")
_LOCKED: Final = refusals(s400="the portfolio's status does not allow it, or it has too few members")


def admin_router(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    """Everything of this feature that is the operator's."""
    return joined(_reading(portfolios, accounts), _leading(portfolios, accounts))


def _reading(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
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

    @routes.get(
        "/admin/portfolios/{portfolio_id}/signals",
        operation_id="list_any_portfolio_signals",
        summary="The signals made for anyone's portfolio, the newest trade date first",
        response_model=PortfolioSignalList,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def list_any_portfolio_signals(
        portfolio_id: PortfolioId, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """None before the activation."""
        owner = portfolios.owner_of(portfolio_id)
        return json_response(portfolios.signals(owner, portfolio_id, limit, offset))

    @routes.get(
        "/admin/portfolios/{portfolio_id}/days",
        operation_id="list_any_portfolio_days",
        summary="What became of each trade date of anyone's portfolio, the newest first",
        response_model=PortfolioDayList,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def list_any_portfolio_days(
        portfolio_id: PortfolioId, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """Days without a signal have the reason."""
        return json_response(portfolios.days(portfolios.owner_of(portfolio_id), portfolio_id, limit, offset))

    @routes.get(
        "/admin/portfolios/{portfolio_id}/signals/{trade_date}/explain",
        operation_id="explain_any_portfolio_signal",
        summary="Why a signal of anyone's portfolio is what it is, name by name",
        response_model=Explanation,
        responses=_MALFORMED | refusals(s404="unknown, or a day without a signal"),
    )
    async def explain_any_portfolio_signal(portfolio_id: PortfolioId, trade_date: TradeDate) -> Response:
        """As the owner's route explains it."""
        owner = portfolios.owner_of(portfolio_id)
        return json_response(await asyncio.to_thread(portfolios.explain, owner, portfolio_id, trade_date))

    return routes


def _leading(portfolios: Portfolios, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.post(
        "/admin/portfolios/{portfolio_id}/activate",
        operation_id="activate_any_portfolio",
        summary="Activate a portfolio in its owner's place",
        response_model=PortfolioStarted,
        responses=_UNKNOWN | _MALFORMED | _LOCKED,
    )
    @submission
    async def activate_any_portfolio(portfolio_id: PortfolioId, body: Activation | None = None) -> Response:
        """With a strategy of the owner's; the change stands in the audit trail."""
        owner = portfolios.owner_of(portfolio_id)
        return json_response(await portfolios.activate(owner, portfolio_id, body or Activation()))

    @routes.post(
        "/admin/portfolios/{portfolio_id}/pause",
        operation_id="pause_any_portfolio",
        summary="Pause a portfolio in its owner's place",
        response_model=PortfolioOut,
        responses=_UNKNOWN | _LOCKED,
    )
    async def pause_any_portfolio(portfolio_id: PortfolioId) -> Response:
        """It makes no signals, and its strategy is paused with it."""
        return json_response(await portfolios.pause(portfolios.owner_of(portfolio_id), portfolio_id))

    @routes.post(
        "/admin/portfolios/{portfolio_id}/resume",
        operation_id="resume_any_portfolio",
        summary="Resume a portfolio in its owner's place",
        response_model=PortfolioStarted,
        responses=_UNKNOWN | _LOCKED,
    )
    @submission
    async def resume_any_portfolio(portfolio_id: PortfolioId) -> Response:
        """The days of the pause are filled in as hold days."""
        return json_response(await portfolios.resume(portfolios.owner_of(portfolio_id), portfolio_id))

    return routes
