"""HTTP of the audit trail: what operators changed."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.clock import rfc3339
from quantos.kit.routing import Routes
from quantos.kit.web import STORABLE, Answer, Offset, Timestamp, json_response, limit, refusals
from quantos.storage.audit import Audit, Entry, State, Wanted

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed value")

Action = Literal[
    "invite_created",
    "user_changed",
    "ticket_changed",
    "license_decided",
    "license_installed",
    "market_imported",
    "day_accepted",
    "calendar_extended",
    "settlement_restated",
    "strategy_backfilled",
    "strategy_backfill_removed",
    "job_run",
    "clock_moved",
    "clock_corrected",
    "alarm_acknowledged",
    "backup_made",
    "portfolio_changed",
    "secret_rotated",
]
OfAction = Annotated[Action | None, Query(description="Only changes of this kind.")]
OfTarget = Annotated[
    Annotated[str, Field(max_length=1000), STORABLE] | None,
    Query(description="Only changes of this, as the rows name it."),
]
Since = Annotated[Timestamp | None, Query(description="Not before this instant.")]
Until = Annotated[Timestamp | None, Query(description="Before this instant.")]


class AuditOut(Answer):
    """A change. `target`: an id, slug, date or path; `before` and `after` never hold a secret."""

    number: int
    at: datetime
    by: str
    action: Action
    target: str | None
    state: Annotated[
        State,
        Field(description="begun, done, failed; interrupted: nobody saw its end, look at what it changed."),
    ]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditList(Answer):
    audit: list[AuditOut]
    total: int


def router(audit: Audit, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.get(
        "/admin/audit",
        operation_id="list_audit",
        summary="What operators changed: who, what, before and after, newest first",
        response_model=AuditList,
        responses=_MALFORMED,
    )
    async def list_audit(
        action: OfAction = None,
        target: OfTarget = None,
        since: Since = None,
        until: Until = None,
        limit: int = limit(50),
        offset: Offset = 0,
    ) -> Response:
        """A refused call has changed nothing and leaves no row. `total` counts what the filters leave."""
        wanted = Wanted(action, target, since, until)
        rows, total = await asyncio.to_thread(audit.page, wanted, limit, offset)
        return json_response({"audit": [_shown(row) for row in rows], "total": total})

    return operator


def _shown(row: Entry) -> dict[str, Any]:
    return {**row._asdict(), "at": rfc3339(row.at)}
