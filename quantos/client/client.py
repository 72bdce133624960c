"""The two clients: they send calls, try again where that is safe, turn pages, and follow the events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any, Final, Self, TypeVar, cast

import httpx

from quantos.client.call import Call
from quantos.client.errors import Unreachable
from quantos.client.events import EVENTS, Event, Reader
from quantos.client.retry import Patience, is_refused_for_now, may_repeat, retry_after_s
from quantos.client.wire import AGENT, answer_of, error_of, request_of

Answer = TypeVar("Answer")

TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
SILENCE: Final = httpx.Timeout(None, connect=5.0, read=60.0)
"""Of the event stream: the platform says something at least every 15 seconds."""

PAGE: Final = 200


def _options(token: str | None, timeout: httpx.Timeout) -> dict[str, Any]:
    headers = {"User-Agent": AGENT, **({"Authorization": f"Bearer {token}"} if token else {})}
    return {"headers": headers, "timeout": timeout, "trust_env": False, "follow_redirects": False}


class Client:
    """For programs that wait. `url`: as `server.json` or the operator names it. `token`: an access token, an API key
    or the operator's token; None for what anyone may read.

    `client(call)` sends a call and gives its answer; raises ApiError, Unreachable, NotTheApi.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        patience: Patience = Patience(),  # noqa: B008 - a frozen value
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._http = httpx.Client(base_url=url, **_options(token, timeout))
        self._patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __call__(self, call: Call[Answer]) -> Answer:
        request = request_of(self._http, call)
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            asked = None
            try:
                response = self._http.send(request)
            except httpx.TransportError as error:
                if last or not may_repeat(call, error):
                    raise Unreachable(f"{request.method} {request.url}: {_said(error)}") from error
            else:
                if last or not is_refused_for_now(call, response.status_code):
                    return cast("Answer", answer_of(call, response))
                asked = retry_after_s(response.headers)
            time.sleep(self._patience.after(attempt, asked))
        raise AssertionError("the last attempt ends the call")

    def each(self, call: Call[Any], page: int = PAGE) -> Iterator[Any]:
        """Every item of a list that comes in pages, fetched as they are asked for."""
        offset = 0
        while True:
            found = self(call.at(page, offset))[_items(call)]
            yield from found
            if len(found) < page:
                return
            offset += len(found)

    def events(
        self, last_event_id: str | None = None, *, reconnect: bool = True
    ) -> Generator[Event, None, None]:
        """The operator's events as they happen, from the one after `last_event_id`. A connection that breaks is made
        again where it broke off: none is lost, none comes twice. Raises ApiError, Unreachable.
        """
        reader, failures = Reader(last_event_id), 0
        while True:
            try:
                with self._http.stream("GET", EVENTS, headers=reader.headers(), timeout=SILENCE) as response:
                    if not response.is_success:
                        response.read()
                        raise error_of(response)
                    for line in response.iter_lines():
                        failures = 0
                        if (event := reader.take(line)) is not None:
                            yield event
            except httpx.TransportError as error:
                failures += 1
                if not reconnect or failures >= self._patience.attempts:
                    raise Unreachable(f"GET {EVENTS}: {_said(error)}") from error
            if not reconnect:
                return
            time.sleep(self._patience.after(max(failures, 1), None))


class AsyncClient:
    """The same for programs of one event loop: `await client(call)`."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        patience: Patience = Patience(),  # noqa: B008 - a frozen value
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, **_options(token, timeout))
        self._patience = patience

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __call__(self, call: Call[Answer]) -> Answer:
        request = request_of(self._http, call)
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            asked = None
            try:
                response = await self._http.send(request)
            except httpx.TransportError as error:
                if last or not may_repeat(call, error):
                    raise Unreachable(f"{request.method} {request.url}: {_said(error)}") from error
            else:
                if last or not is_refused_for_now(call, response.status_code):
                    return cast("Answer", answer_of(call, response))
                asked = retry_after_s(response.headers)
            await asyncio.sleep(self._patience.after(attempt, asked))
        raise AssertionError("the last attempt ends the call")

    async def each(self, call: Call[Any], page: int = PAGE) -> AsyncIterator[Any]:
        """Every item of a list that comes in pages, fetched as they are asked for."""
        offset = 0
        while True:
            found = (await self(call.at(page, offset)))[_items(call)]
            for item in found:
                yield item
            if len(found) < page:
                return
            offset += len(found)

    async def events(
        self, last_event_id: str | None = None, *, reconnect: bool = True
    ) -> AsyncGenerator[Event, None]:
        """As `Client.events`."""
        reader, failures = Reader(last_event_id), 0
        while True:
            try:
                async with self._http.stream(
                    "GET", EVENTS, headers=reader.headers(), timeout=SILENCE
                ) as response:
                    if not response.is_success:
                        await response.aread()
                        raise error_of(response)
                    async for line in response.aiter_lines():
                        failures = 0
                        if (event := reader.take(line)) is not None:
                            yield event
            except httpx.TransportError as error:
                failures += 1
                if not reconnect or failures >= self._patience.attempts:
                    raise Unreachable(f"GET {EVENTS}: {_said(error)}") from error
            if not reconnect:
                return
            await asyncio.sleep(self._patience.after(max(failures, 1), None))


def _items(call: Call[Any]) -> str:
    if call.items is None:
        raise TypeError(f"{call.method} {call.path} does not come in pages")
    return call.items


def _said(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
