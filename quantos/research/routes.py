"""HTTP of the Copilot; research backtests stand in `study_routes`."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.copilot import StrategyId, attachment
from quantos.kit.routing import Guard, Routes, joined, upload
from quantos.kit.web import copilot_refusals, json_response
from quantos.research.deploy_routes import router as deploy_router
from quantos.research.page_routes import add_copilot_page
from quantos.research.schemas import (
    BacktestOut,
    BlueprintBody,
    CodeAlone,
    CodeAndTicker,
    DeletedOut,
    ExplanationOut,
    GeneratedOut,
    PlotOut,
    PromptAlone,
    SavedOut,
    StrategyNew,
    StrategyOut,
    TranslatedOut,
)
from quantos.research.service import Research, Saved
from quantos.research.study_routes import router as study_router

__all__ = ["add_copilot_page", "deploy_router", "router", "study_router"]

_OPEN: Final = copilot_refusals(
    s400="malformed, or code that is refused or fails",
    s401="missing or unknown credentials, where they are needed",
    s403="Account disabled",
    s409="the Idempotency-Key's first request is under way",
    s429="too many backtests or calls: Retry-After says when",
    s503="strategies cannot be run on this machine, or the storage cannot answer now",
)


_USERS: Final = copilot_refusals(
    s400="malformed, or code that is refused",
    s401="missing, malformed or expired credentials",
    s403="Account disabled",
    s404="unknown, or another user's",
)


def router(research: Research, accounts: Accounts, guard: Guard | None) -> APIRouter:
    """`guard`: of the routes that are open while the server listens on loopback; then it is None."""
    return joined(_running(research, guard), _writing(research, guard), _saved(research.saved, accounts))


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

    @routes.post(
        "/plot",
        operation_id="copilot_plot",
        summary="The same backtest as a figure",
        response_model=PlotOut,
    )
    async def copilot_plot(body: CodeAndTicker) -> Response:
        """For Plotly: price with buys and sells, equity, drawdown."""
        return json_response(await research.plot(body.strategy_code, body.ticker))

    return routes


def _writing(research: Research, guard: Guard | None) -> APIRouter:
    routes = Routes(guard, "copilot", _OPEN, prefix="")

    @routes.post(
        "/generate",
        operation_id="copilot_generate",
        summary="Code of a strategy that a sentence describes",
        response_model=GeneratedOut,
    )
    async def copilot_generate(body: PromptAlone) -> Response:
        """In English or Chinese. Comments at its head tell what was understood, and what was not."""
        return json_response(await research.generate(body.user_prompt))

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
    async def copilot_translate(body: Annotated[BlueprintBody, Body()]) -> Response:
        """The same blueprint gives the same code. Every valid one gives code that runs."""
        return json_response(research.translate(body))

    return routes


def _saved(saved: Saved, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "copilot", _USERS, prefix="")

    @routes.post(
        "/strategy/save",
        operation_id="copilot_save_strategy",
        summary="Keep a strategy",
        response_model=SavedOut,
    )
    @upload
    async def copilot_save_strategy(request: Request, body: StrategyNew) -> Response:
        """As it is, once its text was judged. Each call keeps another one."""
        number = await saved.save(request.state.caller, body)
        return json_response({"message": "Strategy saved successfully", "strategy_id": number})

    @routes.get(
        "/strategy/list",
        operation_id="copilot_list_strategies",
        summary="The caller's strategies",
        response_model=list[StrategyOut],
    )
    async def copilot_list_strategies(request: Request, strategy_id: StrategyId | None = None) -> Response:
        """In the order in which they were saved; of `strategy_id` alone, where it is given."""
        return json_response(saved.all(request.state.caller, strategy_id))

    @routes.get(
        "/strategy/{strategy_id}",
        operation_id="copilot_get_strategy",
        summary="One of the caller's strategies",
        response_model=StrategyOut,
    )
    async def copilot_get_strategy(request: Request, strategy_id: StrategyId) -> Response:
        """As it was saved."""
        return json_response(saved.one(request.state.caller, strategy_id))

    @routes.delete(
        "/strategy/{strategy_id}",
        operation_id="copilot_delete_strategy",
        summary="Forget one of the caller's strategies",
        response_model=DeletedOut,
    )
    async def copilot_delete_strategy(request: Request, strategy_id: StrategyId) -> Response:
        """Its runs stay on the leaderboard."""
        await saved.delete(request.state.caller, strategy_id)
        return json_response({"status": "deleted"})

    @routes.get(
        "/export/code/{strategy_id}",
        operation_id="copilot_export_code",
        summary="The code of one of the caller's strategies as a file",
        response_class=Response,
        responses={200: {"content": {"text/x-python": {}}, "description": "The code."}},
    )
    async def copilot_export_code(request: Request, strategy_id: StrategyId) -> Response:
        """As it was saved."""
        kept = saved.one(request.state.caller, strategy_id)
        return attachment(kept["code"], "text/x-python", f"strategy-{strategy_id}.py")

    return routes
