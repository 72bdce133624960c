"""The server's side of HTTP, where it is not the application's: refusals in the guide's shape, and the end of streams.

What is no HTTP at all never reaches the application: the server itself refuses it. Requests under way are finished
before the server ends; a stream has no end of its own, so one whose reader does not read is cut off.

What is sent beside bodies (a request line, headers, the lengths of chunks, trailers) is kept in memory until it is
complete, by a parser that knows no limit: the sender of too much of it is refused.
"""

from __future__ import annotations

from typing import Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from quantos.kit.web import ENDLESS

BESIDE_BYTES_MAX: Final = 65_536
"""Of one request beside its body, what came with its first bytes not counted."""

BESIDE_A_BYTE: Final = 8
"""As much may stand beside each byte of a body: the smallest chunk is one byte in six."""


class JsonRefusals(HttpToolsProtocol):
    """uvicorn's protocol with `{"detail": ...}` for a text (ERR-01)."""

    _beside = 0

    def data_received(self, data: bytes) -> None:
        self._beside += len(data)
        super().data_received(data)
        if self._beside > BESIDE_BYTES_MAX and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large", "the head of the request is too large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._beside = 0

    def on_body(self, body: bytes) -> None:
        self._beside = max(self._beside - len(body) * (1 + BESIDE_A_BYTE), -BESIDE_BYTES_MAX)
        super().on_body(body)

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
