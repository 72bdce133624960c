"""HTTP of research backtests: asked for, and looked at until they are finished."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, upload
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.research.studies import Studies
from quantos.research.study_schemas import StudyDetail, StudyList, StudyNew, StudyOut, StudyStatus

BacktestId = Annotated[str, Path(description="As the answer to its creation gives it.")]
StatusFilter = Annotated[StudyStatus | None, Query(description="Only those in this status.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown, or another user's")


def router(studies: Studies, accounts: Accounts) -> APIRouter:
    """The owner's routes."""
    routes = Routes(accounts.user, "research", _USERS)

    @routes.post(
        "/research/backtests",
        operation_id="create_research_backtest",
        summary="Run a strategy over tickers and dates, with costs and the exchange's rules",
        status_code=201,
        response_model=StudyOut,
        responses=_MALFORMED
        | refusals(
            s400="code that is refused, or a ticker without bars",
            s404="no such saved strategy of the caller's",
            s429="too many of the caller's wait or run: Retry-After says when",
        ),
    )
    @upload
    async def create_research_backtest(request: Request, body: StudyNew) -> Response:
        """The answer is there at once, the result later: GET its id shows how far it is.

        What it measures is what a live record measures. Each call makes another one.
        """
        return json_response(await studies.create(request.state.caller, body), 201)

    @routes.get(
        "/research/backtests",
        operation_id="list_research_backtests",
        summary="The caller's research backtests, newest first",
        response_model=StudyList,
        responses=_MALFORMED,
    )
    async def list_research_backtests(
        request: Request, status: StatusFilter = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """Without their series. The newest 200 of a user are kept."""
        return json_response(studies.list(request.state.caller, status, limit, offset))

    @routes.get(
        "/research/backtests/{backtest_id}",
        operation_id="get_research_backtest",
        summary="A research backtest with its result, once it has one",
        response_model=StudyDetail,
        responses=_UNKNOWN,
    )
    async def get_research_backtest(request: Request, backtest_id: BacktestId) -> Response:
        """While it runs, `progress` counts its days; of one that failed `reason` says why."""
        return json_response(studies.one(request.state.caller, backtest_id))

    @routes.post(
        "/research/backtests/{backtest_id}/cancel",
        operation_id="cancel_research_backtest",
        summary="End a research backtest that waits or runs",
        response_model=StudyOut,
        responses=_UNKNOWN | refusals(s400="it is over"),
    )
    async def cancel_research_backtest(request: Request, backtest_id: BacktestId) -> Response:
        """It has no result then."""
        return json_response(await studies.cancel(request.state.caller, backtest_id))

    return routes
