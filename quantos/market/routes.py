"""The public calendar, and the operator's market data."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.errors import Invalid, WrongState
from quantos.kit.clock import today
from quantos.kit.routing import Routes, joined
from quantos.kit.web import IN_DIGITS, STORABLE, Date, Offset, json_response, limit, refusals
from quantos.market import audited, months
from quantos.market.core.calendar import CalendarEnds
from quantos.market.core.reasons import SENTENCES, Refusal
from quantos.market.schemas import (
    AcceptBody,
    AcceptedOut,
    CalendarBody,
    CalendarDate,
    CalendarExtended,
    CalendarMonth,
    CoverageOut,
    ImportBody,
    ImportOut,
    InstrumentList,
    MonthList,
    QuarantineList,
)
from quantos.market.service import Market
from quantos.storage.audit import Audit

_LIMIT: Final = limit(50)
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class NoQuestion(WrongState):
    code = "calendar_question_missing"


def _month(text: str) -> str:
    match = _MONTH.fullmatch(text)
    if match is None or match[1] == "0000":
        raise ValueError("a month is written YYYY-MM")
    return text


LoadNumber = Annotated[
    int | None,
    Query(ge=1, le=2**31 - 1, description="Only rows of this import, as coverage numbers them."),
    IN_DIGITS,
]
FirstDay = Annotated[Date | None, Query(description="Only rows of this trade date or later.")]
LastDay = Annotated[Date | None, Query(description="Only rows of this trade date or earlier.")]
OfKind = Annotated[
    Literal["bars", "indices", "constituents", "instruments", "corporate_actions", "calendar"] | None,
    Query(description="Only rows of files that held this."),
]
Month = Annotated[str, StringConstraints(max_length=7), AfterValidator(_month)]


def router(
    market: Market, accounts: Accounts, audit: Audit, admit_files: Callable[[Path], None]
) -> APIRouter:
    """The calendar for everyone, the rest for the operator. `admit_files`: refuses what there is no room for."""
    return joined(
        _public(market), _operator(market, accounts, audit, admit_files), _quarantine(market, accounts)
    )


def _public(market: Market) -> APIRouter:
    routes = Routes(None, "calendar")

    @routes.get(
        "/calendar",
        operation_id="read_calendar",
        summary="Trading days of a month, or whether a date is one",
        response_model=CalendarMonth | CalendarDate,
        responses=refusals(s400="neither month nor date, or beyond the calendar") | _MALFORMED,
    )
    async def calendar(
        month: Annotated[Month | None, Query(description="YYYY-MM")] = None,
        date: Annotated[Date | None, Query(description="YYYY-MM-DD; wins over month")] = None,
    ) -> Response:
        """By the rules of the Shanghai exchange: the weekdays without the public holidays. Of both, `date` wins."""
        now = today(market.clock)
        days = market.calendar
        if date is not None:
            return json_response(
                {
                    "date": date,
                    "is_trading_day": days.is_trading_day(date),
                    "next_trading_day": _next_after(market, date),
                    "today": now,
                }
            )
        if month is None:
            raise NoQuestion("give month=YYYY-MM or date=YYYY-MM-DD")
        trading_days = days.month(int(month[:4]), int(month[5:]))
        return json_response(
            {
                "month": month,
                "trading_days": trading_days,
                "count": len(trading_days),
                "today": now,
                "today_is_trading_day": days.is_trading_day(now) if days.first <= now <= days.last else None,
                "next_trading_day": _next_after(market, now),
            }
        )

    return routes


def _next_after(market: Market, day: date) -> date | None:
    """The next trading day; null on the last days of a calendar that has not been extended yet."""
    try:
        return market.calendar.next_after(day)
    except CalendarEnds:
        return None


def _operator(
    market: Market, accounts: Accounts, audit: Audit, admit_files: Callable[[Path], None]
) -> APIRouter:
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.post(
        "/admin/market/import",
        description="A file, or everything importable below a folder. Days that are settled stay as they are.",
        response_model=ImportOut,
        operation_id="import_market",
        summary="Import market files of this machine",
        responses=refusals(s400="nothing could be imported: each file's reason") | _MALFORMED,
    )
    async def import_market(body: ImportBody) -> Response:
        await asyncio.to_thread(admit_files, Path(body.path))
        report = await asyncio.to_thread(audited.take_in, market, audit, Path(body.path))
        return json_response(report.as_dict())

    @routes.get(
        "/admin/market/coverage",
        operation_id="read_coverage",
        summary="What market data is stored",
        response_model=CoverageOut,
    )
    async def coverage() -> Response:
        """By board, index and list, with the calendar's bounds and the latest imports."""
        return json_response(await asyncio.to_thread(market.coverage))

    @routes.get(
        "/admin/market/months",
        operation_id="list_market_months",
        summary="How whole each month of the market data is",
        response_model=MonthList,
    )
    async def market_months() -> Response:
        """Trading days, those of them with bars, and bars, of each month with any."""
        return json_response({"months": await asyncio.to_thread(months.of_market, market)})

    @routes.get(
        "/admin/market/instruments",
        operation_id="list_instruments",
        summary="The instruments that the market knows",
        response_model=InstrumentList,
        responses=_MALFORMED,
    )
    async def instruments(offset: Offset = 0, limit: int = _LIMIT) -> Response:
        """Shares and funds, in the order in which they came to be known."""
        return json_response(await asyncio.to_thread(market.listed, limit, offset))

    @routes.post(
        "/admin/market/accept",
        operation_id="accept_day",
        summary="Let a day settle although too few of its bars are there",
        response_model=AcceptedOut,
        responses=refusals(s400="not a trading day, or one that has not come", s409="accepted already")
        | _MALFORMED,
    )
    async def accept_day(body: AcceptBody) -> Response:
        """The reason is shown in the verification package of every strategy of that day."""
        acceptance = await asyncio.to_thread(audited.accept, market, audit, body.date, body.reason)
        return json_response({"date": body.date, "by": acceptance.by, "reason": acceptance.reason})

    @routes.post(
        "/admin/calendar",
        operation_id="extend_calendar",
        summary="Add the days that the exchange announced, or correct ones that are not settled",
        response_model=CalendarExtended,
        responses=refusals(s400="a hole, a weekend session, or a settled day") | _MALFORMED,
    )
    async def extend_calendar(body: CalendarBody) -> Response:
        """The days must join the calendar without a hole; the exchange announces a year at the end of the one before."""
        days = {day.date: day.is_open for day in body.days}
        if len(days) < len(body.days):
            raise Invalid(("body", "days"), "a day stands twice in the list")
        report = await asyncio.to_thread(audited.extend_calendar, market, audit, days)
        return json_response({"report": report.as_dict(), "calendar": market.calendar_status()})

    return routes


def _quarantine(market: Market, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/quarantine",
        operation_id="list_quarantine",
        summary="Refused rows as they came, newest load first",
        response_model=QuarantineList,
        responses=_MALFORMED,
    )
    async def quarantine(
        offset: Offset = 0,
        limit: int = _LIMIT,
        reason: Annotated[Refusal | None, Query(description="Only rows refused for this reason.")] = None,
        symbol: Annotated[
            Annotated[str, Field(max_length=20), STORABLE] | None,
            Query(description="Only rows of this symbol."),
        ] = None,
        load: LoadNumber = None,
        first: FirstDay = None,
        last: LastDay = None,
        kind: OfKind = None,
    ) -> Response:
        """Each with the first reason that applied to it; none is stored as a bar. `reasons` counts them all."""
        wanted = {"symbol": symbol, "load": load, "first": first, "last": last, "kind": kind}
        rows, counts = await asyncio.to_thread(
            market.quarantine, limit, offset, reason=None if reason is None else reason.value, **wanted
        )
        total = sum(counts.values()) if reason is None else counts.get(reason.value, 0)
        shown = [{**row, "meaning": SENTENCES[Refusal(row["reason"])]} for row in rows]
        return json_response({"quarantine": shown, "total": total, "reasons": counts})

    return routes
