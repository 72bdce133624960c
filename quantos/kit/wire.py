"""The server's side of HTTP, where it is not the application's: refusals in the guide's shape, and the end of streams.

What is no HTTP at all never reaches the application: the server itself refuses it. Requests under way are finished
before the server ends; a stream has no end of its own, so one whose reader does not read is cut off.

What is sent beside bodies (a request line, headers, the lengths of chunks, trailers) is kept in memory until it is
complete, by a parser that knows no limit: the sender of too much of it is refused.

Who sends nothing, or a byte now and then, would hold a connection for ever, and so would who asks and does not read: a
head has its time, a body its pace, and an answer that is not taken is given up.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from enum import Enum, auto
from typing import ClassVar, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from quantos.kit.web import ENDLESS

BESIDE_BYTES_MAX: Final = 65_536
"""Of one request beside its body, what came with its first bytes not counted."""

BESIDE_A_BYTE: Final = 8
"""As much may stand beside each byte of a body: the smallest chunk is one byte in six."""


BODY_BYTES_MIN: Final = 1024
"""Of a body that is not complete, in each `body_s`; of an answer that waits for its reader, in each `taken_s`."""


class Reading(Enum):
    """Of what more is to come."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


class JsonRefusals(HttpToolsProtocol):
    """uvicorn's protocol with `{"detail": ...}` for a text (ERR-01)."""

    head_s: ClassVar[float] = 20
    """For a head to be complete, from the connection or from its first byte."""
    body_s: ClassVar[float] = 30
    taken_s: ClassVar[float] = 300
    """Long, because the system keeps megabytes of its own and tells of them a third at a time."""

    _beside = 0
    _reading = Reading.HEAD
    _patience: TimerHandle | None = None
    _of_body = 0
    _untaken: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_come()
        self._is_taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._beside += len(data)
        if self._reading is Reading.NOTHING:
            self._reading = Reading.HEAD
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._beside > BESIDE_BYTES_MAX:
            self._refuse(b"431 Request Header Fields Too Large", "the head of the request is too large")
        elif self._reading is not Reading.NOTHING and self._patience is None:
            self._be_patient()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._beside, self._reading = 0, Reading.HEAD

    def on_headers_complete(self) -> None:
        self._has_come()
        self._reading, self._of_body = Reading.BODY, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beside = max(self._beside - len(body) * (1 + BESIDE_A_BYTE), -BESIDE_BYTES_MAX)
        self._of_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._has_come()
        self._reading = Reading.NOTHING
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_the_reader()

    def resume_writing(self) -> None:
        self._is_taken()
        super().resume_writing()

    def _wait_for_the_reader(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._untaken = self.loop.call_later(self.taken_s, self._look_at_what_was_taken, left)

    def _is_taken(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None

    def _look_at_what_was_taken(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < BODY_BYTES_MIN:
            self.transport.abort()
        else:
            self._wait_for_the_reader()

    def _be_patient(self) -> None:
        wait_s = self.body_s if self._reading is Reading.BODY else self.head_s
        self._patience = self.loop.call_later(wait_s, self._look_at_what_came)

    def _has_come(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _look_at_what_came(self) -> None:
        """A sender is not slow while it is held back, or while the answer before is under way."""
        self._patience = None
        if self.transport.is_closing():
            return
        answering = self.cycle is not None and not self.cycle.response_complete
        in_body = self._reading is Reading.BODY
        if self.flow.read_paused or (self._of_body >= BODY_BYTES_MIN if in_body else answering):
            self._of_body = 0
            self._be_patient()
            return
        self._refuse(b"408 Request Timeout", "the request was too long in coming: send it again")

    def shutdown(self) -> None:
        super().shutdown()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and ENDLESS in cycle.scope:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        self._refuse(b"400 Bad Request", msg)

    def _refuse(self, status: bytes, msg: str) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # an answer is on its way: nothing can be said in its middle
            return
        body = orjson.dumps({"detail": msg})
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        self.transport.write(head % (status, len(body)) + b"connection: close\r\n\r\n" + body)
        self.transport.close()
