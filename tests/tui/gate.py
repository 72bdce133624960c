"""A way to a server that can be closed, and that can lose answers: connections are real ones, and break as real ones do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

CHUNK = 65_536


class Gate:
    """Forwards to a server, while it is open. `loses_answers`: what is asked arrives, and no answer comes back."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._to = (parts.hostname, parts.port)
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._writers = set[asyncio.StreamWriter]()
        self.loses_answers = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Listen, on the same port each time."""
        self._listener = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Listen no more, and break what is open."""
        assert self._listener is not None
        self._listener.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, there = await asyncio.open_connection(*self._to)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, there}
        self._writers |= ends
        await asyncio.gather(self._pump(reader, there), self._pump(back, writer, answers=True))
        self._writers -= ends
        for end in ends:
            end.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if answers and self.loses_answers:
                    for each in list(self._writers):
                        each.transport.abort()
                    return
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()


@asynccontextmanager
async def gate_to(url: str) -> AsyncIterator[Gate]:
    gate = Gate(url)
    await gate.open()
    try:
        yield gate
    finally:
        await gate.shut()
