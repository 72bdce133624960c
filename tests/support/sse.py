"""A reader of the event stream, at the application's own door: it decides what is read, and when."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message

PATH = "/api/v1/admin/events"
PATIENCE_S = 120.0
"""A test that waits for what never comes ends all the same."""


@dataclass
class Event:
    """As it was sent."""

    id: str
    kind: str
    data: dict[str, Any]


@dataclass
class Listening:
    """One connection. `reading`: cleared, it reads nothing more, as a client whose buffers are full."""

    app: ASGIApp
    token: str
    last_id: str | None = None
    query: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: bytes = b""
    is_whole: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    async def open(self) -> Listening:
        """Return once something was answered."""
        self.reading.set()
        headers = [(b"authorization", f"Bearer {self.token}".encode())]
        if self.last_id is not None:
            headers.append((b"last-event-id", self.last_id.encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": self.query.encode(),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        self._task = asyncio.create_task(self.app(scope, self._receive, self._send))  # type: ignore[arg-type]
        while not self.text and not self.is_whole:
            await self._next()
        return self

    async def read(self, count: int) -> list[Event]:
        """The events so far, at least so many; waits for them."""
        while len(self.events) < count and not self.is_whole:
            await self._next()
        return self.events

    async def ended(self) -> None:
        """Return once the application has ended the answer."""
        assert self._task is not None
        await self._task

    async def leave(self) -> None:
        """The connection is gone."""
        self._gone.set()
        self.reading.set()
        await self.ended()

    @property
    def events(self) -> list[Event]:
        found = []
        for block in self.text.decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "data" in fields:
                found.append(Event(fields["id"], fields["event"], json.loads(fields["data"])))
        return found

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events]

    @property
    def heartbeats(self) -> int:
        return self.text.split(b"\n\n").count(b":")

    async def _next(self) -> None:
        assert self._task is not None
        self._came.clear()
        came = asyncio.ensure_future(self._came.wait())
        done, _ = await asyncio.wait(
            {came, self._task}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
        )
        came.cancel()
        assert done, f"nothing more came after {self.ids[-3:]}"
        if self._task.done():
            self._task.result()
            self.is_whole = True

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message["body"]
            self.is_whole = not message.get("more_body", False)
        self._came.set()
