"""Requests counted, timed and named. It stands outside everything else, so that it sees every answer, a defect's too.

A request has an id: the `X-Request-Id` it came with, or one of ours. Lines of the log that are written while it is
answered carry it (`kit.work`); the answer repeats the one that was sent, and names ours where the platform failed.
Its time is that until the answer begins: how long a stream stays open, and how fast its reader reads, says nothing of
us. Counting costs some microseconds and no memory that grows: a row is a method, a route of ours and a status.
"""

from __future__ import annotations

import logging
import re
import secrets
from bisect import bisect_left
from collections.abc import Iterator
from itertools import count
from time import perf_counter
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantos.kit.work import WORK

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds; a last one has what took longer."""
REQUEST_ID: Final = b"x-request-id"
ID_FORM: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}", re.ASCII)
KEPT: Final = "kept answer"
"""In place of a route: an answer that lay finished in memory, so that no route was looked for."""
NO_ROUTE: Final = "no route"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = logging.getLogger(__name__)


class Answered(NamedTuple):
    """What is counted apart."""

    method: str
    route: str
    status: int


class Times:
    """How long the requests of one method and route took."""

    __slots__ = ("in_bucket", "seconds")

    def __init__(self) -> None:
        self.in_bucket, self.seconds = [0] * (len(BUCKETS_S) + 1), 0.0

    def add(self, seconds: float) -> None:
        self.in_bucket[bisect_left(BUCKETS_S, seconds)] += 1
        self.seconds += seconds


class Requests:
    """The counts since the process began; one thread, that of the event loop, writes them."""

    def __init__(self) -> None:
        self.answered: dict[Answered, int] = {}
        self.times: dict[tuple[str, str], Times] = {}
        self.under_way = 0

    def add(self, answered: Answered, seconds: float) -> None:
        self.answered[answered] = self.answered.get(answered, 0) + 1
        place = answered.method, answered.route
        times = self.times.get(place)
        if times is None:
            times = self.times[place] = Times()
        times.add(seconds)


class Observed:
    """An ASGI application around another. `slow_s`: from here on a request is told in the log; 0: never."""

    def __init__(self, app: ASGIApp, requests: Requests, slow_s: float) -> None:
        self._app, self._requests, self._slow_s = app, requests, slow_s
        self._ids = _ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = _given_id(scope)
        named = given or next(self._ids)
        requests, started = self._requests, perf_counter()
        status, seconds = 0, 0.0

        async def noting(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], perf_counter() - started
                if given or status >= 500:
                    message = {**message, "headers": [*message.get("headers", ()), (REQUEST_ID, named)]}
            await send(message)

        token = WORK.set({"request": named.decode()})
        requests.under_way += 1
        try:
            await self._app(scope, receive, noting)
        finally:
            requests.under_way -= 1
            self._note(scope, status, seconds if status else perf_counter() - started)
        WORK.reset(token)  # not of a defect: the server logs it outside of here, in the same task

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        answered = Answered(_method(scope), _route(scope, status), status)
        self._requests.add(answered, seconds)
        if 0 < self._slow_s <= seconds:
            logger.warning(
                "slow request: %s %s took %.3f s, answered %s",
                answered.method,
                answered.route,
                seconds,
                status or "nothing",
            )


def _ids() -> Iterator[bytes]:
    """Of this process alone, and short: who reads a log looks for it by eye."""
    ours = secrets.token_hex(3)
    return (f"{ours}-{number}".encode() for number in count(1))


def _given_id(scope: Scope) -> bytes | None:
    """None too for one that no log should repeat."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            return bytes(value) if ID_FORM.fullmatch(value) else None
    return None


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _route(scope: Scope, status: int) -> str:
    """The route as it is written in the code: a path that was asked for could hold anything."""
    route = scope.get("route")
    path: str | None = getattr(route, "path", None)
    if path is not None:
        return path
    return KEPT if 200 <= status < 400 else NO_ROUTE
