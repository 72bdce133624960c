"""HTTP of the event stream, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from quantos.accounts.service import Accounts
from quantos.admin.feed import Feed, Reader
from quantos.errors import QuantosError
from quantos.kit.routing import Answers, Routes
from quantos.kit.web import ENDLESS, IN_DIGITS, LIMIT_MAX, refusals

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_EXAMPLE: Final = (
    "id: records-17\nevent: run_started\n"
    'data: {"id":"records-17","at":"2024-01-02T10:15:00Z","kind":"run_started","payload":{"run":3,"id":"...",'
    '"trade_date":"2024-01-02","restatement":false}}\n\n'
)
_STREAM: Final[Answers] = {
    200: {
        "description": "The stream; a line with a colon alone every 15 s says that it is alive.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="Go on after this event: none is lost, none comes twice."),
]
Recent = Annotated[
    int,
    Query(ge=0, le=LIMIT_MAX, description="Without Last-Event-ID: begin with so many of the latest events."),
    IN_DIGITS,
]


def router(feed: Feed, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.get(
        "/admin/events",
        operation_id="follow_events",
        summary="What happens on the platform, as server-sent events",
        response_class=Response,
        responses=_STREAM | refusals(s400="no event has this id", s422="malformed value"),
    )
    async def follow_events(
        request: Request, last_event_id: LastEventId = None, recent: Recent = 0
    ) -> Response:
        """The kinds of events are those of docs/events.md. The stream has no end but the server's, or the token's."""
        reader = await feed.join(last_event_id, recent)
        return EventStream(feed, reader, lambda: accounts.operator(request))

    return operator


class EventStream(Response):
    """The events from a reader's place on, for as long as both sides are there."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, reader: Reader, check: Callable[[], object]) -> None:
        """`check`: raises once the reader may not read any more."""
        self.status_code, self.background = 200, None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._feed, self._reader, self._check = feed, reader, check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ENDLESS] = True
        watching = asyncio.ensure_future(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for data in self._feed.frames(self._reader):
                if not self._may_read():
                    break
                await send(_body(data, more=True))
            await send(_body(b"", more=False))
        finally:
            watching.cancel()
            self._feed.drop(self._reader)

    def _may_read(self) -> bool:
        """Looked at before each sending: a token that was replaced reads nothing more."""
        try:
            self._check()
        except QuantosError:
            return False
        return True

    async def _watch(self, receive: Receive) -> None:
        """A reader that has gone away is not waited for."""
        while (await receive())["type"] != "http.disconnect":
            continue
        self._reader.leave()


def _body(data: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}
