"""The table of routes finds what the framework's search finds, and nothing that it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Route

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.route_index import RouteIndex
from quantos.kit.routing import ServedRoute
from tests.support.platforms import stage

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
VALUES = ("mine", "2024-01-02", "signals", "new", "a%2Fb", "x\n", " ", "ä")
BESIDE = (
    "/",
    "",
    "//",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v1/strategies/",
    "/api/v1//strategies",
    "/api/v1/strategies\n",
    "/api/v1/public",
    "/API/V1/strategies",
    "/api/v2/strategies",
    "/api/v1/strategies/a/b/c/d/e/f/g",
)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[BaseRoute]]:
    folder: Path = tmp_path_factory.mktemp("index") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield build_app(opened.platform).router.routes


def searched(routes: list[BaseRoute], method: str, path: str) -> tuple[BaseRoute, Any] | None:
    """What the framework's own search finds."""
    for route in routes:
        match, found = route.matches({"type": "http", "method": method, "path": path})
        if match is Match.FULL:
            return found.get("route", route), found["path_params"]
    return None


def paths(routes: list[BaseRoute]) -> set[str]:
    templates = [route.path for route in routes if isinstance(route, Route)]
    made = {re.sub(r"{[^}]*}", value, path) for path in templates for value in VALUES}
    return made | {f"{path}/" for path in made} | set(BESIDE)


def test_every_path_and_method_finds_the_route_that_the_search_finds(routes: list[BaseRoute]) -> None:
    indices = [route for route in routes if isinstance(route, RouteIndex)]
    assert len(indices) == 1
    bare = [route for route in routes if not isinstance(route, RouteIndex)]
    assert len(bare) > 90
    found = 0
    for path in paths(bare):
        for method in METHODS:
            expected = searched(bare, method, path)
            assert searched(routes, method, path) == expected, (method, path)
            found += searched(list(indices), method, path) is not None
    assert found > 400, "the table answers for the routes of the API"


async def _answer(_: Any) -> PlainTextResponse:
    return PlainTextResponse("")


def test_the_first_of_two_routes_for_a_path_is_found() -> None:
    first, second = Route("/a/b/c/{x}", _answer), Route("/a/b/c/new", _answer)
    assert found_by_index([first, second], "/a/b/c/new") is first
    assert found_by_index([second, first], "/a/b/c/new") is second


@pytest.mark.parametrize("path", ["/{x:path}", "/a/b/{x}/new", "/{a}/{b}/{c}/{d}"])
def test_what_follows_a_route_that_may_take_anything_is_left_to_the_search(path: str) -> None:
    anything, later = Route(path, _answer), Route("/a/b/c/new", _answer)
    assert found_by_index([anything, later], "/a/b/c/new") is None
    assert found_by_index([later, anything], "/a/b/c/new") is later


def found_by_index(routes: list[BaseRoute], path: str) -> BaseRoute | None:
    match, found = RouteIndex(routes).matches({"type": "http", "method": "GET", "path": path})
    return found["route"] if match is Match.FULL else None


def test_only_http_is_looked_up() -> None:
    index = RouteIndex([Route("/a/b/c", _answer)])
    assert index.matches({"type": "websocket", "path": "/a/b/c"}) == (Match.NONE, {})


def test_an_endpoint_is_analysed_by_its_first_request_and_not_at_start(tmp_path: Path) -> None:
    with stage(tmp_path / "data", parse_instant("2024-01-02T08:00:00+08:00")) as here:
        (calendar,) = (
            route
            for route in here.operator.http._transport.app.routes  # type: ignore[attr-defined]
            if isinstance(route, ServedRoute) and route.path == "/api/v1/calendar"
        )
        assert "dependant" not in vars(calendar)
        here.public().get("/calendar?month=2024-01")
        assert "dependant" in vars(calendar)
        with pytest.raises(AttributeError, match="nothing_of_the_kind"):
            calendar.nothing_of_the_kind  # noqa: B018
