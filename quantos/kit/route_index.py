"""Which routes a request can be for, found in a table; the framework tries them all in turn, by regular expression.

An application that is mounted below another, a method that no route of the path takes, a path that nobody serves: whatever the
table does not know is left to the ordinary search, so that its answer is the same with the table and without.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

PLACE = 3
"""Of the segment of a path that tells most: `/api/v1/strategies/...` has its `strategies` there."""

Key = tuple[str, int, str]


class RouteIndex(BaseRoute):
    """Stands before the routes it was made of, and answers for the one of them that the search would find first."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: dict[Key, list[Route]] = {}
        for route in routes:
            if not isinstance(route, Route) or not _is_regular(route.path):
                break  # it might come before one that follows it
            for method in route.methods or ():
                self._routes.setdefault(_key(method, route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and not scope.get("root_path"):
            for route in self._routes.get(_key(scope["method"], scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    found["route"] = route
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: BaseRoute = scope["route"]
        await route.handle(scope, receive, send)


def _key(method: str, path: str) -> Key:
    segments = path.split("/")
    return method, len(segments), segments[PLACE] if len(segments) > PLACE else ""


def _is_regular(path: str) -> bool:
    """Whether paths that a route matches all have its key: a parameter is one segment, and none that tells."""
    segments = path.split("/")
    return ":path}" not in path and not (len(segments) > PLACE and "{" in segments[PLACE])
