"""The event stream: what happened on the platform, as it happens, to any number of readers.

One reading of the logs serves all who are up to date: the newest events stand in memory, as they are sent, up to
a bound. Whoever has fallen behind it has the logs read from where it stands. A reader is therefore a place in
the stream and nothing else: one that reads slowly, or not at all, is waited for by its own connection alone.

    wake-ups    from committing threads; many become one reading
    ring        the newest events, EVENTS_MAX and BYTES_MAX at the most
    close       every stream ends, at once

While nobody reads, nothing is read. Everything but `close` and the wake-ups belongs to the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from quantos.errors import QuantosError, Unavailable, WrongState
from quantos.storage import stream
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.storage.stream import Place, Streamed

READERS_MAX: Final = 100
EVENTS_MAX: Final = 1000
BYTES_MAX: Final = 4 * 2**20
READ_AT_ONCE: Final = 100
READ_BEHIND_AT_ONCE: Final = 2
"""Threads that read for those who have fallen behind."""

HEARTBEAT_S: Final = 15.0
HEARTBEAT: Final = b":\n\n"
RECONNECT_MS: Final = 1000

logger = logging.getLogger(__name__)


class EventUnknown(WrongState):
    """The stream cannot go on after an event that the logs do not have."""

    code = "event_unknown"


class TooManyReaders(Unavailable):
    """Each reader holds a connection."""

    code = "too_many_readers"


@dataclass(eq=False, slots=True)
class Reader:
    """Who reads the stream, and how far it has come. `gone`: its connection has ended."""

    place: Place
    gone: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self) -> None:
        self.gone = True
        self.woken.set()


class _Frame(NamedTuple):
    place: Place
    data: bytes


class Feed:
    """The stream of one platform."""

    def __init__(self, records: Records, series: Series, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._records, self._series, self._heartbeat_s = records, series, heartbeat_s
        self._readers: set[Reader] = set()
        self._ring: deque[_Frame] = deque()
        self._ring_bytes = 0
        self._from = self._end = Place(
            0
        )  # all events after the one, up to and with the other, are in the ring
        self._is_live = False
        self._is_stale = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading: asyncio.Task[None] | None = None
        self._behind = asyncio.Semaphore(READ_BEHIND_AT_ONCE)
        self._closed = False
        records.listen(self._wake)
        series.listen(self._wake)

    def close(self) -> None:
        """End every stream. From any thread, and from a signal's handler."""
        self._closed = True
        self._in_loop(self._rouse)

    async def join(self, last_id: str | None, recent: int = 0) -> Reader:
        """A new reader: after the event of this id, or else `recent` events before the present end.

        Whoever joins reads `frames`, or leaves. Raises EventUnknown, TooManyReaders.
        """
        if len(self._readers) >= READERS_MAX:
            raise TooManyReaders(f"{READERS_MAX} readers follow the events already: close one of them first")
        reader = Reader(Place(0))
        self._readers.add(reader)
        try:
            end = await asyncio.to_thread(self._present_end)
            self._begin(end)
            reader.place = await asyncio.to_thread(self._first_place, last_id, recent, end)
        except BaseException:
            self.drop(reader)
            raise
        return reader

    async def frames(self, reader: Reader) -> AsyncIterator[bytes]:
        """What comes after the reader's place, as it is sent, until the stream or the reader has ended."""
        # an id without data tells a client where it stands before the first event
        yield b"retry: %d\nid: %s\n\n" % (RECONNECT_MS, reader.place.id.encode())
        while not (self._closed or reader.gone):
            if data := await self._next(reader):
                yield data

    def drop(self, reader: Reader) -> None:
        """It reads no more."""
        self._readers.discard(reader)
        if not self._readers:
            self._is_live = False
            self._ring.clear()
            self._ring_bytes = 0

    # inside

    async def _next(self, reader: Reader) -> bytes:
        """The next events, or a heartbeat; nothing where it was woken for neither."""
        reader.woken.clear()
        found = self._in_memory(reader.place)
        if found is None:
            async with self._behind:
                events = await asyncio.to_thread(self._after, reader.place)
            found = [_frame(event) for event in events]
            if not found:
                reader.place = self._from
        if found:
            reader.place = found[-1].place
            return b"".join(frame.data for frame in found)
        try:
            await asyncio.wait_for(reader.woken.wait(), self._heartbeat_s)
        except TimeoutError:
            return HEARTBEAT
        return b""

    def _in_memory(self, place: Place) -> list[_Frame] | None:
        """The first frames after a place; None where the ring does not reach back to it."""
        if place < self._from:
            return None
        return list(islice((frame for frame in self._ring if frame.place > place), READ_AT_ONCE))

    def _begin(self, end: Place) -> None:
        """Keep the ring from now on."""
        self._loop = asyncio.get_running_loop()
        if self._is_live:
            return
        self._from = self._end = end
        self._is_live = self._is_stale = True  # whatever came while the end was looked up
        self._start_reading()

    def _wake(self) -> None:
        """Something was committed. From any thread."""
        if self._is_live and not self._is_stale:
            self._is_stale = True
            self._in_loop(self._start_reading)

    def _start_reading(self) -> None:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        while self._is_stale and self._is_live and not self._closed:
            self._is_stale = False
            try:
                found = await asyncio.to_thread(self._new, self._end)
            except Exception:
                logger.exception("the event logs could not be read; the stream goes on with the next event")
                return
            for event in found:
                self._keep(_frame(event))
            if len(found) == READ_AT_ONCE:
                self._is_stale = True
            if found:
                self._rouse()

    def _keep(self, frame: _Frame) -> None:
        self._ring.append(frame)
        self._ring_bytes += len(frame.data)
        self._end = frame.place
        while len(self._ring) > EVENTS_MAX or self._ring_bytes > BYTES_MAX:
            oldest = self._ring.popleft()
            self._ring_bytes -= len(oldest.data)
            self._from = oldest.place

    def _rouse(self) -> None:
        for reader in self._readers:
            reader.woken.set()

    def _in_loop(self, act: Callable[[], None]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and with it every stream
                self._loop.call_soon_threadsafe(act)

    # in threads

    def _new(self, place: Place) -> list[Streamed]:
        self._place_new()
        return self._after(place)

    def _after(self, place: Place) -> list[Streamed]:
        return stream.after(self._records, self._series, place, READ_AT_ONCE)

    def _present_end(self) -> Place:
        self._place_new()
        return stream.end(self._records)

    def _place_new(self) -> None:
        """Where the disk is full, events of the series store wait, and the others come all the same."""
        try:
            stream.place_new(self._records, self._series)
        except (QuantosError, SQLAlchemyError) as error:
            logger.error("events of the series store have no place yet: %s", error)  # noqa: TRY400 - named

    def _first_place(self, last_id: str | None, recent: int, end: Place) -> Place:
        if last_id is None:
            return stream.before(self._records, end, recent) if recent else end
        named = stream.parse(last_id)
        found = None if named is None else stream.place_of(self._records, *named)
        if found is None:
            raise EventUnknown(
                "there is no event of the id in Last-Event-ID: read on without it, with recent=200 for the latest"
            )
        return found


def _frame(event: Streamed) -> _Frame:
    data = b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event.place.id.encode(),
        event.kind.encode(),
        stream.shown(event),
    )
    return _Frame(event.place, data)
