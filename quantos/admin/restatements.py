"""HTTP of the operator: settling settled days again, in the open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes
from quantos.kit.web import STORABLE, Answer, ApiModel, Date, Offset, Text, json_response, limit, refusals
from quantos.settlement.service import Settlement
from quantos.storage.audit import OPERATOR, Audit

PATH_MAX: Final = 4096
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_EXAMPLE: Final = {
    "from": "2024-03-04",
    "reason": "the exchange corrected the close of 600519 on 2024-03-04",
    "data": "/srv/corrections/2024-03-04",
    "dry_run": True,
}


class RestatementToRun(ApiModel):
    """`data`: a file or folder of corrected market data on the server's machine; its rows may change settled days."""

    first: Annotated[Date, Field(alias="from", description="The first day to settle again; a settled one.")]
    reason: Annotated[Text, Field(description="1 to 1000 characters; shown with the public record.")]
    data: Annotated[str, StringConstraints(min_length=1, max_length=PATH_MAX), STORABLE] | None = None
    dry_run: Annotated[bool, Field(description="Tell what would change, and change nothing.")] = False


class Changed(Answer):
    """What came out otherwise; `market_rows`: of settled days, new and corrected ones, by kind."""

    strategy_days: int
    strategies: int
    days: int
    market_rows: dict[str, int]


class NavChange(Answer):
    """The NAV of a settled strategy-day, before and after, in CNY."""

    slug: str
    trade_date: date
    nav_before: float
    nav_after: float
    change: float


class NewlyInferred(Answer):
    """A gap between the last close and the reference price that is taken for an event now, and was not before."""

    trade_date: date
    symbol: str
    event: Literal["inferred_cash", "inferred_shares"]
    strategies: Annotated[int, Field(description="How many hold it.")]


class RestatementDone(Answer):
    """`restatement`: its number; null where nothing was different, so that nothing was restated."""

    restatement: int | None
    run: str | None
    dry_run: bool
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    reason: str
    settled_again: Annotated[int, Field(description="Strategy-days.")]
    changed: Changed
    new_inferred: list[NewlyInferred]
    backfilled_again: Annotated[int, Field(description="Backfilled curves that were made anew.")]
    largest_change: Annotated[NavChange | None, Field(description="The largest change of a NAV.")]
    navs_changed: Annotated[int, Field(description="NAVs that came out otherwise; in a dry run, that would.")]
    navs: Annotated[list[NavChange], Field(description="The first 200 of them, by day.")]
    data: Annotated[dict[str, Any] | None, Field(description="The report of the import.")]


class RestatementOut(Answer):
    """A past restatement; the counts are of what it changed."""

    id: int
    first: Annotated[date, Field(alias="from")]
    reason: str
    by: str
    at: datetime
    run: int
    strategy_days: int
    strategies: int
    days: int


class RestatementList(Answer):
    restatements: list[RestatementOut]


InTurn = Callable[..., Awaitable[Any]]
"""Runs long work in a thread, one operator's after the other's."""


def router(settlement: Settlement, accounts: Accounts, audit: Audit, in_turn: InTurn) -> APIRouter:
    """The operator's routes."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.post(
        "/admin/settlement-runs/restate",
        operation_id="restate_settlement",
        summary="Settle settled days again, with corrected data; what stood before is kept and the record says why",
        response_model=RestatementDone,
        responses=refusals(
            s400="the day is not settled, the data are refused, or a day cannot be settled; nothing was changed",
            s409="a settlement is under way",
        )
        | _MALFORMED,
        openapi_extra={"requestBody": {"content": {"application/json": {"example": _EXAMPLE}}}},
    )
    async def restate(body: RestatementToRun) -> Response:
        """From the day `from` to the last settled one. Days and curves that come out as before stay untouched."""
        data = Path(body.data) if body.data is not None else None
        restate = partial(settlement.restate, body.first, body.reason, OPERATOR, data=data)
        if body.dry_run:
            return json_response(await in_turn(partial(restate, dry_run=True)))
        return json_response(await in_turn(_audited, audit, body, restate))

    @operator.get(
        "/admin/restatements",
        operation_id="list_restatements",
        summary="Past restatements, newest first",
        response_model=RestatementList,
        responses=_MALFORMED,
    )
    async def list_restatements(limit: int = limit(50), offset: Offset = 0) -> Response:
        """Each with its reason and how much it changed."""
        return json_response(
            {"restatements": await asyncio.to_thread(settlement.restatements, limit, offset)}
        )

    return operator


def _audited(audit: Audit, body: RestatementToRun, restate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    asked = {"reason": body.reason, "data": body.data}
    with audit.of("settlement_restated", body.first.isoformat(), asked) as change:
        done = restate()
        told = {name: done[name] for name in ("restatement", "run", "to", "changed")}
        change.after = {**asked, **told}
    return done
