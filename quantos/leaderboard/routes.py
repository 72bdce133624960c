"""HTTP of the leaderboard."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.copilot import StrategyId, attachment
from quantos.kit.routing import Routes
from quantos.kit.web import IN_DIGITS, copilot_refusals, json_response, refusals
from quantos.leaderboard.core.score import Period
from quantos.leaderboard.schemas import Submission, SubmittedOut, TopOut
from quantos.leaderboard.service import Leaderboard

LIMIT_MAX: Final = 50
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX), IN_DIGITS]
Dataset = Annotated[str | None, Query(max_length=100)]

_USERS: Final = copilot_refusals(
    s400="malformed, or code that is refused or fails",
    s401="missing, malformed or expired credentials",
    s403="Account disabled",
    s404="unknown, or another user's",
    s429="too many backtests or calls: Retry-After says when",
)


_OPERATORS: Final = refusals(
    s401="missing or unknown credentials", s403="a user's credentials", s422="malformed value"
)


def router(leaderboard: Leaderboard, accounts: Accounts) -> APIRouter:
    """The user's routes."""
    routes = Routes(accounts.user, "copilot", _USERS, prefix="")

    @routes.post(
        "/leaderboard/submit",
        operation_id="copilot_submit_run",
        summary="Run a strategy and put it on the leaderboard",
        response_model=SubmittedOut,
    )
    async def copilot_submit_run(request: Request, body: Submission) -> Response:
        """On all bars of the ticker. Each call is a run of its own."""
        return json_response(await leaderboard.submit(request.state.caller, body))

    @routes.get(
        "/leaderboard/top",
        operation_id="copilot_top",
        summary="The best runs of a period",
        response_model=TopOut,
    )
    async def copilot_top(period: Period = "daily", dataset: Dataset = None, limit: Limit = 50) -> Response:
        """By score; of equal ones the earlier first. `daily`: the last 24 hours, `weekly`: the last 7 days."""
        return json_response(leaderboard.top(period, dataset, limit))

    @routes.get(
        "/export/csv/{strategy_id}",
        operation_id="copilot_export_runs",
        summary="The runs of one of the caller's strategies as CSV",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}, "description": "A header and the runs."}},
    )
    async def copilot_export_runs(request: Request, strategy_id: StrategyId) -> Response:
        """A header and one row for each of its runs on the leaderboard."""
        text = leaderboard.runs_as_csv(request.state.caller, strategy_id)
        return attachment(text, "text/csv", f"strategy-{strategy_id}.csv")

    return routes


def admin_router(leaderboard: Leaderboard, accounts: Accounts) -> APIRouter:
    """The operator's route."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/leaderboard",
        operation_id="list_best_runs",
        summary="The best runs of the Copilot's users in a period",
        response_model=TopOut,
    )
    async def list_best_runs(
        period: Period = "alltime", dataset: Dataset = None, limit: Limit = 50
    ) -> Response:
        """As `GET /leaderboard/top` shows them."""
        return json_response(leaderboard.top(period, dataset, limit))

    return routes
