"""HTTP of the operator: signals of before a strategy's activation."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, submission, upload
from quantos.kit.web import json_response, refusals
from quantos.settlement.schemas import BackfillAccepted, BackfillNew, BackfillRemoved
from quantos.settlement.service import Settlement
from quantos.storage.audit import Audit

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")


def admin_router(settlement: Settlement, accounts: Accounts, audit: Audit) -> APIRouter:
    """The operator's routes."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)
    turn = asyncio.Lock()  # a second backfill waits its turn without holding a thread

    @routes.post(
        "/admin/strategies/{slug}/backfill",
        operation_id="backfill_strategy",
        summary="Signals of before the activation, settled as a curve apart, for tracking alone",
        status_code=201,
        response_model=BackfillAccepted,
        responses=refusals(
            s400="pending or retired, a date that is no trading day before the activation, or missing market data",
            s403="a user's credentials, or the platform's licence takes nothing new",
            s404="unknown",
            s422="malformed body or value",
        ),
    )
    @submission
    @upload
    async def backfill_strategy(slug: str, body: BackfillNew) -> Response:
        """Never attested, and in no ranking; shown apart in the track record."""
        texts = body.texts()

        def work() -> int:
            asked = {"first": min(texts), "last": max(texts), "signals": len(texts)}
            with audit.of("strategy_backfilled", slug, asked):
                return settlement.backfill(slug, texts)

        async with turn:
            accepted = await asyncio.to_thread(work)
        return json_response({"accepted": accepted}, 201)

    @routes.delete(
        "/admin/strategies/{slug}/backfill",
        operation_id="remove_backfill",
        summary="Delete the backfilled signals of a strategy and the curve made from them",
        response_model=BackfillRemoved,
        responses=refusals(
            s400="retired: nothing of it can change", s404="unknown, or nothing is backfilled"
        ),
    )
    async def remove_backfill(slug: str) -> Response:
        """The strategy's own record and its claim are not touched; tracking is computed without these days."""

        def work() -> int:
            with audit.of("strategy_backfill_removed", slug, {}) as change:
                removed = settlement.remove_backfill(slug)
                change.after = {"signals": removed}
            return removed

        async with turn:
            removed = await asyncio.to_thread(work)
        return json_response({"deleted": True, "signals_removed": removed})

    return routes
