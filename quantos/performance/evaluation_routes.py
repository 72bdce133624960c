"""HTTP of the operator: the daily evaluations."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes
from quantos.kit.web import Date, Offset, json_response, limit, refusals
from quantos.performance.schemas import EvaluationList
from quantos.performance.service import Evaluation

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
OnDate = Annotated[Date | None, Query(description="A settled day; without it the last that is evaluated.")]


def admin_router(evaluation: Evaluation, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/evaluations",
        operation_id="list_evaluations",
        summary="The metrics of every strategy on a day, as daily_evaluation keeps them",
        response_model=EvaluationList,
        responses=refusals(s422="malformed value"),
    )
    async def list_evaluations(date: OnDate = None, limit: int = limit(100), offset: Offset = 0) -> Response:
        """Each is what the public performance route showed with that day as the last."""
        return json_response(await asyncio.to_thread(evaluation.of_day, date, limit, offset))

    return routes
