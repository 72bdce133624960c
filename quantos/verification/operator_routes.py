"""HTTP of the operator: what anyone may read of a public strategy, of every strategy."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes
from quantos.kit.web import Date, Offset, json_response, limit, refusals
from quantos.verification.package_schemas import AuditLog, Package
from quantos.verification.schemas import PerformanceOut, StandingList, TrackRecord
from quantos.verification.service import Verification

Slug = Annotated[str, Path(description="Of anyone's strategy.")]
SettledDay = Annotated[Date | None, Query(description="A settled day; without it the latest.")]

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_UNKNOWN: Final = refusals(s404="unknown, or nothing of it is settled")
_MALFORMED: Final = refusals(s422="malformed value")


def admin_router(verification: Verification, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/standings",
        operation_id="list_standings",
        summary="Where every strategy stands: its last settled day and its last signal",
        response_model=StandingList,
        responses=_MALFORMED,
    )
    async def list_standings(limit: int = limit(200), offset: Offset = 0) -> Response:
        """In the order of their creation, as `GET /admin/strategies` lists them."""
        return json_response(await asyncio.to_thread(verification.standings, limit, offset))

    @routes.get(
        "/admin/strategies/{slug}/track-record",
        operation_id="get_any_track_record",
        summary="Every settled day of anyone's strategy beside its benchmark",
        response_model=TrackRecord,
        responses=_UNKNOWN,
    )
    async def get_any_track_record(slug: Slug) -> Response:
        """As the public route shows it of public ones."""
        return Response(await verification.answer_of_any(slug, "track-record"), media_type="application/json")

    @routes.get(
        "/admin/strategies/{slug}/performance",
        operation_id="get_any_performance",
        summary="The metrics of anyone's strategy",
        response_model=PerformanceOut,
        responses=_UNKNOWN,
    )
    async def get_any_performance(slug: Slug) -> Response:
        """Of its track record as it stands now; `GET /admin/evaluations` has them as kept each evening."""
        return Response(await verification.answer_of_any(slug, "performance"), media_type="application/json")

    @routes.get(
        "/admin/strategies/{slug}/verify",
        operation_id="get_any_package",
        summary="Everything that decided a settled day of anyone's strategy",
        response_model=Package,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def get_any_package(slug: Slug, date: SettledDay = None) -> Response:
        """Orders with their results and reasons, positions, the signal with its commitment."""
        return Response(await verification.package_of_any(slug, date, None), media_type="application/json")

    @routes.get(
        "/admin/strategies/{slug}/audit",
        operation_id="get_any_audit_log",
        summary="What became of each settled day of anyone's strategy, newest first",
        response_model=AuditLog,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def get_any_audit_log(slug: Slug, limit: int = limit(50), offset: Offset = 0) -> Response:
        """REBALANCE on days with a signal, HOLD on the others."""
        return Response(await verification.audit_of_any(slug, limit, offset), media_type="application/json")

    return routes
