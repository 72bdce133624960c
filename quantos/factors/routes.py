"""HTTP of factors: the owner's routes and the operator's view. Values go in and never come out (FACTOR-46)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.factors.schemas import (
    ChartData,
    CorrelationList,
    Deleted,
    Diagnostics,
    FactorChange,
    FactorDetail,
    FactorList,
    FactorNew,
    FactorOut,
    FactorStatus,
    IcSeries,
    Order,
    OwnedFactorDetail,
    OwnedFactorList,
    Universe,
    ValidationOut,
    ValuesNew,
    ValuesReceipt,
    ValuesStatus,
)
from quantos.factors.service import Factors
from quantos.factors.uploads.receive import ARROW_TYPES, received
from quantos.kit.routing import Routes, joined, submission, upload
from quantos.kit.web import Offset, json_response, limit, refusals

FactorId = Annotated[str, Path(description="As the answer to its creation gives it.")]
StatusFilter = Annotated[FactorStatus | None, Query(description="Only those in this status.")]
UniverseFilter = Annotated[Universe | None, Query(description="Only those of this universe.")]
Ordered = Annotated[
    Order, Query(description="Newest or oldest first; or the largest in-sample mean or IR first.")
]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown, or another user's")
_NOTHING_NEW: Final = refusals(s403="Account disabled, or the platform's licence takes nothing new")


def router(factors: Factors, accounts: Accounts) -> APIRouter:
    """The owner's routes."""
    return joined(
        _factors(factors, accounts),
        _values(factors, accounts),
        _validation(factors, accounts),
        _series(factors, accounts),
    )


def _factors(factors: Factors, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "factors", _USERS)

    @routes.post(
        "/factors",
        operation_id="create_factor",
        summary="Create a factor",
        status_code=201,
        response_model=FactorOut,
        responses=_MALFORMED | _NOTHING_NEW,
    )
    @submission
    async def create_factor(request: Request, body: FactorNew) -> Response:
        """Each call makes a new one, a draft without values. What is claimed of it is shown and never checked."""
        return json_response(await factors.create(request.state.caller, body), 201)

    @routes.get(
        "/factors",
        operation_id="list_factors",
        summary="The caller's factors, without their series",
        response_model=FactorList,
        responses=_MALFORMED,
    )
    async def list_factors(
        request: Request,
        status: StatusFilter = None,
        universe: UniverseFilter = None,
        order: Ordered = "-created_at",
        limit: int = limit(50),
        offset: Offset = 0,
    ) -> Response:
        """`total` counts all that the filters let through, beyond this page too."""
        return json_response(
            factors.list(request.state.caller, status, universe, order, limit=limit, offset=offset)
        )

    @routes.get(
        "/factors/{factor_id}",
        operation_id="get_factor",
        summary="A factor with its series",
        response_model=FactorDetail,
        responses=_UNKNOWN,
    )
    async def get_factor(request: Request, factor_id: FactorId) -> Response:
        """The series and what is in sample stay as they were at the last validation."""
        return json_response(factors.detail(request.state.caller, factor_id))

    @routes.patch(
        "/factors/{factor_id}",
        operation_id="change_factor",
        summary="Change name, description or expression",
        response_model=FactorOut,
        responses=_UNKNOWN | _MALFORMED | refusals(s400="neither a draft nor rejected"),
    )
    async def change_factor(request: Request, factor_id: FactorId, body: FactorChange) -> Response:
        """Of a draft or a rejected factor; any other field is refused."""
        return json_response(await factors.change(request.state.caller, factor_id, body))

    @routes.delete(
        "/factors/{factor_id}",
        operation_id="delete_factor",
        summary="Delete a factor and its values",
        response_model=Deleted,
        responses=_UNKNOWN | refusals(s400="neither a draft nor rejected"),
    )
    async def delete_factor(request: Request, factor_id: FactorId) -> Response:
        """Of a draft or a rejected factor. Its validations stay counted among the caller's attempts."""
        return json_response(await factors.delete(request.state.caller, factor_id))

    return routes


def _values(factors: Factors, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "factors", _USERS)

    @routes.post(
        "/factors/{factor_id}/values",
        operation_id="upload_factor_values",
        summary="Upload values, or replace those of the same days",
        response_model=ValuesReceipt,
        openapi_extra=_bodies(),
        responses=_UNKNOWN
        | _MALFORMED
        | _NOTHING_NEW
        | refusals(
            s400="being validated, a day still to come, or of an active factor a day in its sample",
            s409="other values for a day out of sample",
            s413="the body, or what it holds, is larger than one upload may be",
        ),
    )
    @submission
    @upload
    async def upload_factor_values(request: Request, factor_id: FactorId) -> Response:
        """Days without trading are skipped. 120 days make a draft ready, and values make a rejected factor a draft
        again. Besides JSON the body may be a Parquet file or Arrow IPC, wide (a column of dates, one per symbol) or
        long (date, symbol, value).
        """
        caller = request.state.caller
        factors.check_own(caller, factor_id)
        async with received(request, factors.spool_folder) as read:
            at = factors.clock.now()  # the last byte is here: this instant is the receipt
            return json_response(await factors.upload(caller, factor_id, read, at))

    @routes.get(
        "/factors/{factor_id}/values/status",
        operation_id="get_factor_values_status",
        summary="How many days of values there are, and whether they suffice",
        response_model=ValuesStatus,
        responses=_UNKNOWN,
    )
    async def get_factor_values_status(request: Request, factor_id: FactorId) -> Response:
        """Dates are null while there are none."""
        return json_response(factors.values_status(request.state.caller, factor_id))

    return routes


def _validation(factors: Factors, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "factors", _USERS)

    @routes.post(
        "/factors/{factor_id}/submit",
        operation_id="submit_factor",
        summary="Validate a factor that is ready",
        response_model=FactorDetail,
        responses=_UNKNOWN | _NOTHING_NEW | refusals(s400="not ready, or no market data to judge it by"),
    )
    @submission
    async def submit_factor(request: Request, factor_id: FactorId) -> Response:
        """The answer is the factor, active or rejected. Whoever goes away meanwhile finds it with the call below."""
        return json_response(await factors.submit(request.state.caller, factor_id))

    @routes.get(
        "/factors/{factor_id}/submit",
        operation_id="get_factor_validation",
        summary="How the validation of a factor stands",
        response_model=ValidationOut,
        responses=_UNKNOWN,
    )
    async def get_factor_validation(request: Request, factor_id: FactorId) -> Response:
        """With how far it is, while it goes on."""
        return json_response(factors.validation(request.state.caller, factor_id))

    return routes


def _series(factors: Factors, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "factors", _USERS)

    @routes.get(
        "/factors/{factor_id}/correlations",
        operation_id="list_factor_correlations",
        summary="Correlations with the caller's other active factors, the strongest first",
        response_model=CorrelationList,
        responses=_UNKNOWN,
    )
    async def list_factor_correlations(request: Request, factor_id: FactorId) -> Response:
        """Means over the common days of the daily rank correlation over the common symbols."""
        return json_response(await factors.correlations(request.state.caller, factor_id))

    @routes.get(
        "/factors/{factor_id}/ic-series",
        operation_id="get_factor_ic_series",
        summary="The in-sample IC of each day",
        response_model=IcSeries,
        responses=_UNKNOWN,
    )
    async def get_factor_ic_series(request: Request, factor_id: FactorId) -> Response:
        """Of the last validation, ascending; none before it."""
        return json_response(factors.ic_series(request.state.caller, factor_id))

    @routes.get(
        "/factors/{factor_id}/chart-data",
        operation_id="get_factor_chart_data",
        summary="All series of the last validation in one call",
        response_model=ChartData,
        responses=_UNKNOWN,
    )
    async def get_factor_chart_data(request: Request, factor_id: FactorId) -> Response:
        """As they were stored then; empty lists before it."""
        return json_response(factors.chart_data(request.state.caller, factor_id))

    @routes.get(
        "/factors/{factor_id}/diagnostics",
        operation_id="get_factor_diagnostics",
        summary="What the five checks do not ask: significance, decay, coverage, quintiles, a placebo",
        response_model=Diagnostics,
        responses=_UNKNOWN,
    )
    async def get_factor_diagnostics(request: Request, factor_id: FactorId) -> Response:
        """Of the last validation; it decides nothing. `plots` are the series that a report draws."""
        return json_response(await asyncio.to_thread(factors.diagnostics, request.state.caller, factor_id))

    return routes


def admin_router(factors: Factors, accounts: Accounts) -> APIRouter:
    """The operator's view of everyone's factors."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/factors",
        operation_id="list_all_factors",
        summary="Everyone's factors, with their owners",
        response_model=OwnedFactorList,
        responses=_MALFORMED,
    )
    async def list_all_factors(
        status: StatusFilter = None,
        universe: UniverseFilter = None,
        order: Ordered = "-created_at",
        limit: int = limit(50),
        offset: Offset = 0,
    ) -> Response:
        """With the nickname of each owner; never with values."""
        return json_response(factors.list_all(status, universe, order, limit=limit, offset=offset))

    @routes.get(
        "/admin/factors/{factor_id}",
        operation_id="get_any_factor",
        summary="Anyone's factor with its series and diagnostics",
        response_model=OwnedFactorDetail,
        responses=refusals(s404="unknown"),
    )
    async def get_any_factor(factor_id: FactorId) -> Response:
        """What a report is made of; never with values."""
        return json_response(await asyncio.to_thread(factors.any_detail, factor_id))

    @routes.get(
        "/admin/factors/{factor_id}/correlations",
        operation_id="list_any_factor_correlations",
        summary="Correlations of anyone's factor with its owner's other active factors",
        response_model=CorrelationList,
        responses=refusals(s404="unknown"),
    )
    async def list_any_factor_correlations(factor_id: FactorId) -> Response:
        """The strongest first."""
        return json_response(await factors.any_correlations(factor_id))

    return routes


def _bodies() -> dict[str, Any]:
    """A body that the endpoint reads itself."""
    schema = ValuesNew.model_json_schema(ref_template="#/components/schemas/{model}")
    schema["properties"]["data"]["items"] = schema.pop("$defs")["DayOfValues"]
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    for name in ARROW_TYPES:
        content[name] = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": content}}
