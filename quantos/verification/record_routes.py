"""HTTP of one strategy's record: anyone's view of a public strategy, and the operator's of every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from quantos.kit.web import IN_DIGITS, Date, Offset, limit, refusals
from quantos.verification.package_schemas import AuditLog, Package
from quantos.verification.schemas import PerformanceOut, TrackRecord
from quantos.verification.service import Head, Verification

Slug = Annotated[str, Path(description="The strategy's slug.")]
SettledDay = Annotated[Date | None, Query(description="A settled day; without it the latest.")]
Revision = Annotated[
    int | None,
    Query(ge=0, description="Of a restated day, one that stood before; without it the last."),
    IN_DIGITS,
]


class View(NamedTuple):
    """Whose strategies are seen: where, under which names, and how one is found (raises StrategyNotPublic)."""

    at: str
    any_: str
    """`any_` in the names of operations on anyone's strategy."""
    one: str
    found: Callable[[str], Head]
    unknown: str


def add_record(routes: APIRouter, verification: Verification, view: View) -> None:
    """What is read of one strategy."""
    unknown, malformed = refusals(s404=view.unknown), refusals(s422="malformed value")

    @routes.get(
        f"{view.at}/track-record",
        operation_id=f"get_{view.any_}track_record",
        summary=f"Every settled day of {view.one} beside its benchmark, ascending",
        response_model=TrackRecord,
        responses=unknown,
    )
    async def get_track_record(slug: Slug) -> Response:
        """Normalised to 1.0 at the start. Claimed and backfilled curves stand apart, where there are any."""
        return _json(await verification.answer(view.found(slug), "track-record"))

    @routes.get(
        f"{view.at}/performance",
        operation_id=f"get_{view.any_}performance",
        summary=f"The metrics of the track record of {view.one}",
        response_model=PerformanceOut,
        responses=unknown,
    )
    async def get_performance(slug: Slug) -> Response:
        """Computed from the track record alone, as it stands now; null where a metric is undefined."""
        return _json(await verification.answer(view.found(slug), "performance"))

    @routes.get(
        f"{view.at}/verify",
        operation_id=f"get_{view.any_}verification_package",
        summary=f"Everything that decided a settled day of {view.one}, to check it by",
        response_model=Package,
        responses=refusals(s404=f"{view.unknown}, or that day is not settled") | malformed,
    )
    async def get_verification_package(
        slug: Slug, date: SettledDay = None, revision: Revision = None
    ) -> Response:
        """Prices, rules, orders, trades, positions and the signal with its commitment: the day recomputes from it."""
        return _json(await verification.package(view.found(slug), date, revision))

    @routes.get(
        f"{view.at}/audit",
        operation_id=f"get_{view.any_}audit_log",
        summary=f"What became of each settled day of {view.one}, newest first",
        response_model=AuditLog,
        responses=unknown | malformed,
    )
    async def get_audit_log(slug: Slug, limit: int = limit(50), offset: Offset = 0) -> Response:
        """REBALANCE on days with a signal, HOLD on the others."""
        return _json(await verification.audit(view.found(slug), limit, offset))


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
