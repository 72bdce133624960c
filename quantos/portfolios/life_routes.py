"""HTTP of a portfolio's life: as its owner leads and reads it, and the operator in its owner's place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from quantos.accounts.service import Caller
from quantos.kit.routing import submission
from quantos.kit.web import Date, Offset, json_response, limit, refusals
from quantos.portfolios.schemas import (
    Activation,
    Explanation,
    PortfolioDayList,
    PortfolioOut,
    PortfolioSignalList,
    PortfolioStarted,
)
from quantos.portfolios.service import Portfolios

PortfolioId = Annotated[str, Path(description="As the answer to its creation gives it.")]
TradeDate = Annotated[Date, Path(description="The trade date of the signal.")]

LOCKED: Final = refusals(s400="the portfolio's status does not allow it, or it has too few members")
_MALFORMED: Final = refusals(s422="malformed body or value")


class Seat(NamedTuple):
    """Who acts: where, under which names, and in whose name (raises PortfolioNotFound)."""

    at: str
    any_: str
    """`any_` in the names of operations on anyone's portfolio."""
    one: str
    owner: Callable[[Request, str], Caller]
    unknown: str


def add_life(routes: APIRouter, portfolios: Portfolios, seat: Seat) -> None:
    """Its status, its signals and its days."""
    _add_states(routes, portfolios, seat)
    _add_signals(routes, portfolios, seat)


def _add_states(routes: APIRouter, portfolios: Portfolios, seat: Seat) -> None:
    unknown = refusals(s404=seat.unknown)

    @routes.post(
        f"{seat.at}/activate",
        operation_id=f"activate_{seat.any_}portfolio",
        summary=f"Make the strategy of {seat.one}, and have it signal from now on",
        response_model=PortfolioStarted,
        responses=unknown
        | _MALFORMED
        | LOCKED
        | refusals(
            s403="credentials that may not, or no more strategies in this tier",
            s409="the strategy's slug is taken",
        ),
    )
    @submission
    async def activate_portfolio(
        request: Request, portfolio_id: PortfolioId, body: Activation | None = None
    ) -> Response:
        """A draft of two members at least. On a trading day before 09:15 the day's signal is made at once."""
        owner, terms = seat.owner(request, portfolio_id), body or Activation()
        return json_response(await portfolios.activate(owner, portfolio_id, terms))

    @routes.post(
        f"{seat.at}/pause",
        operation_id=f"pause_{seat.any_}portfolio",
        summary=f"Stop the signals of {seat.one}",
        response_model=PortfolioOut,
        responses=unknown | LOCKED,
    )
    async def pause_portfolio(request: Request, portfolio_id: PortfolioId) -> Response:
        """Its strategy is paused with it, from the first deadline on that has not passed."""
        return json_response(await portfolios.pause(seat.owner(request, portfolio_id), portfolio_id))

    @routes.post(
        f"{seat.at}/resume",
        operation_id=f"resume_{seat.any_}portfolio",
        summary=f"Have {seat.one} signal again",
        response_model=PortfolioStarted,
        responses=unknown | LOCKED,
    )
    @submission
    async def resume_portfolio(request: Request, portfolio_id: PortfolioId) -> Response:
        """The days of the pause are filled in as hold days. It needs two members, as the activation does."""
        return json_response(await portfolios.resume(seat.owner(request, portfolio_id), portfolio_id))


def _add_signals(routes: APIRouter, portfolios: Portfolios, seat: Seat) -> None:
    unknown = refusals(s404=seat.unknown)

    @routes.get(
        f"{seat.at}/signals",
        operation_id=f"list_{seat.any_}portfolio_signals",
        summary=f"The signals made for {seat.one}, the newest trade date first",
        response_model=PortfolioSignalList,
        responses=unknown | _MALFORMED,
    )
    async def list_portfolio_signals(
        request: Request, portfolio_id: PortfolioId, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """None before the activation. What they say stands in the signals of its strategy."""
        owner = seat.owner(request, portfolio_id)
        return json_response(portfolios.signals(owner, portfolio_id, limit, offset))

    @routes.get(
        f"{seat.at}/days",
        operation_id=f"list_{seat.any_}portfolio_days",
        summary=f"What became of each trade date of {seat.one}, the newest first",
        response_model=PortfolioDayList,
        responses=unknown | _MALFORMED,
    )
    async def list_portfolio_days(
        request: Request, portfolio_id: PortfolioId, limit: int = limit(30), offset: Offset = 0
    ) -> Response:
        """Days without a signal have the reason: values that were missing, or a platform that was not running."""
        owner = seat.owner(request, portfolio_id)
        return json_response(portfolios.days(owner, portfolio_id, limit, offset))

    @routes.get(
        f"{seat.at}/signals/{{trade_date}}/explain",
        operation_id=f"explain_{seat.any_}portfolio_signal",
        summary=f"Why a signal of {seat.one} is what it is, name by name",
        response_model=Explanation,
        responses=_MALFORMED | refusals(s404=f"{seat.unknown}, or a day without a signal"),
    )
    async def explain_portfolio_signal(
        request: Request, portfolio_id: PortfolioId, trade_date: TradeDate
    ) -> Response:
        """Each factor's z-score and contribution, the next names below the cut, and those that are too dear."""
        owner = seat.owner(request, portfolio_id)
        return json_response(await asyncio.to_thread(portfolios.explain, owner, portfolio_id, trade_date))
