"""The dashboard's connection to a platform: calls, whether it answers, and what happens there.

Every screen asks through the link. A call that does not reach the server marks the link as gone; the next that
does marks it as back. Whoever listens learns both, and keeps showing what was there last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from quantos.client import ApiError, AsyncClient, Call, NotTheApi, Unreachable
from quantos.client.events import Event
from quantos.client.retry import Patience

Answer = TypeVar("Answer")

ONCE: Final = Patience(attempts=1)
RETRY_S: Final = 2.0
"""How long a lost stream is left alone before it is asked for again."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The server does not answer: since when, why, and of when the last answer is."""

    since: datetime
    reason: str
    last_answer: datetime | None


class Link:
    """One platform, as the operator sees it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._client = AsyncClient(url, token, patience=ONCE)
        self._last_answer: datetime | None = None
        self.gone: Gone | None = None
        self.on_change: Callable[[], None] = lambda: None
        """Called when the server is gone, and when it is back."""

    async def ask(self, call: Call[Answer]) -> Answer:
        """The answer of a call. Raises ApiError, Unreachable."""
        try:
            answer = await self._client(call)
        except Unreachable as error:
            self._lost(str(error))
            raise
        self._answered()
        return answer

    async def each(self, call: Call[Any]) -> AsyncIterator[Any]:
        """Every item of a list that comes in pages. Raises what `ask` raises."""
        try:
            async for item in self._client.each(call):
                yield item
        except Unreachable as error:
            self._lost(str(error))
            raise
        self._answered()

    async def follow(self, happened: Callable[[Event], Awaitable[None]]) -> None:
        """Tell of every event from now on, for ever; a stream that breaks goes on where it broke off."""
        last: str | None = None
        while True:
            try:
                with suppress(
                    ApiError, NotTheApi
                ):  # the screens ask by themselves, and say what they are told
                    async for event in self._client.events(last, reconnect=False):
                        last = event.id
                        self._answered()
                        await happened(event)
            except Unreachable as error:
                self._lost(str(error))
            await asyncio.sleep(RETRY_S)

    async def close(self) -> None:
        await self._client.close()

    def _answered(self) -> None:
        self._last_answer = datetime.now(UTC)
        if self.gone is not None:
            self.gone = None
            self.on_change()

    def _lost(self, reason: str) -> None:
        if self.gone is None:
            self.gone = Gone(datetime.now(UTC), reason, self._last_answer)
            self.on_change()
