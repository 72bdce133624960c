"""HTTP of the Copilot."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from starlette.responses import Response

from quantos.kit.routing import Guard, Routes, joined
from quantos.kit.web import copilot_refusals, json_response
from quantos.research.schemas import (
    BacktestOut,
    CodeAlone,
    CodeAndTicker,
    ExplanationOut,
    TranslatedOut,
)
from quantos.research.service import Research

_OPEN: Final = copilot_refusals(
    s400="malformed, or code that is refused or fails",
    s401="missing or unknown credentials, where they are needed",
    s403="Account disabled",
    s409="the Idempotency-Key's first request is under way",
    s429="too many backtests or calls: Retry-After says when",
    s503="strategies cannot be run on this machine, or the storage cannot answer now",
)


def router(research: Research, guard: Guard | None) -> APIRouter:
    """The routes that are open while the server listens on loopback: then `guard` is None."""
    return joined(_running(research, guard), _writing(research, guard))


def _running(research: Research, guard: Guard | None) -> APIRouter:
    routes = Routes(guard, "copilot", _OPEN, prefix="")

    @routes.post(
        "/backtest",
        operation_id="copilot_backtest",
        summary="Run a strategy on all daily bars of a ticker",
        response_model=BacktestOut,
    )
    async def copilot_backtest(body: CodeAndTicker) -> Response:
        """In backtrader, from 100,000 CNY, without commission: market orders fill at the next open.

        Bars are adjusted for corporate actions from the first on. The same call gives the same answer.
        """
        return json_response(await research.backtest(body.strategy_code, body.ticker))

    return routes


def _writing(research: Research, guard: Guard | None) -> APIRouter:
    routes = Routes(guard, "copilot", _OPEN, prefix="")

    @routes.post(
        "/explain",
        operation_id="copilot_explain",
        summary="A strategy in plain words, from its text alone",
        response_model=ExplanationOut,
    )
    async def copilot_explain(body: CodeAlone) -> Response:
        """Indicators, entries, exits, risk and sizing, and where it looks ahead. Nothing of it is run."""
        return json_response(research.explain(body.strategy_code))

    @routes.post(
        "/builder/translate",
        operation_id="copilot_translate",
        summary="Code and prompt of a blueprint",
        response_model=TranslatedOut,
    )
    async def copilot_translate(body: Annotated[Any, Body()]) -> Response:
        """The same blueprint gives the same code. Every valid one gives code that runs."""
        return json_response(research.translate(body))

    return routes
