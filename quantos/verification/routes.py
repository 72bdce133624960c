"""HTTP of public verification. Nobody is asked who they are: credentials are not looked at (PUB-21)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from quantos.kit.web import Offset, guarded, json_response, limit, refusals
from quantos.verification.schemas import PerformanceOut, PublicList, TrackRecord, Universe
from quantos.verification.service import Verification

_UNKNOWN: Final = refusals(s404="unknown, or not public")
_DAY: Final = {
    "date": "2026-05-14",
    "nav": 1.0523,
    "daily_return": 0.0012,
    "cumulative_return": 0.0523,
    "benchmark_return": -0.0004,
}
_METRICS: Final = {
    "total_return": 0.0523,
    "annual_return": 0.3304,
    "volatility": 0.1812,
    "sharpe": 1.66,
    "max_drawdown": 0.0417,
    "calmar": 7.92,
    "excess_return": 0.0311,
    "excess_sharpe": 1.21,
    "benchmark_return": 0.0212,
    "trading_days": 45,
}


class SlugRoute(APIRoute):
    """Hands the endpoint the path's text and nothing else: there is no query and no body to examine.

    The framework's examination of a request costs more than finding the finished answer does.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            response: Response = await endpoint(**request.path_params)
            return response

        return handle


def router(verification: Verification) -> APIRouter:
    """The list, and what is read of one strategy."""
    routes = APIRouter(tags=["public verification"])
    routes.include_router(_list(verification))
    routes.include_router(_of_one(verification))
    return routes


def _list(verification: Verification) -> APIRouter:
    routes = APIRouter(route_class=guarded(None))

    @routes.get(
        "/public/strategies",
        operation_id="list_public_strategies",
        summary="Public strategies that have ever been active, the latest created first",
        response_model=PublicList,
        responses=refusals(s422="malformed value"),
    )
    async def list_public_strategies(
        universe: Universe | None = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        return json_response(await verification.strategies(universe, limit, offset))

    return routes


def _of_one(verification: Verification) -> APIRouter:
    routes = APIRouter(route_class=SlugRoute, responses=_UNKNOWN)

    @routes.get(
        "/public/strategies/{slug}/track-record",
        operation_id="get_track_record",
        summary="Every settled day of a strategy beside its benchmark, ascending",
        response_model=TrackRecord,
        responses=_example({"records": [_DAY]}),
    )
    async def get_track_record(slug: str) -> Response:
        return Response(await verification.track_record(slug), media_type="application/json")

    @routes.get(
        "/public/strategies/{slug}/performance",
        operation_id="get_performance",
        summary="The metrics of a strategy's track record",
        response_model=PerformanceOut,
        responses=_example(
            {"metrics": _METRICS, "rolling_excess_sharpe": [{"date": "2026-05-14", "value": 0.87}]}
        ),
    )
    async def get_performance(slug: str) -> Response:
        return Response(await verification.performance(slug), media_type="application/json")

    return routes


def _example(answer: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"example": answer}}}}
