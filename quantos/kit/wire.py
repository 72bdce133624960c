"""The server's side of HTTP, where it is not the application's: refusals in the guide's shape, and the end of streams.

What is no HTTP at all never reaches the application: the server itself refuses it. Requests under way are finished
before the server ends; a stream has no end of its own, so one whose reader does not read is cut off.
"""

from __future__ import annotations

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from quantos.kit.web import ENDLESS


class JsonRefusals(HttpToolsProtocol):
    """uvicorn's protocol with `{"detail": ...}` for a text (ERR-01)."""

    def shutdown(self) -> None:
        super().shutdown()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and ENDLESS in cycle.scope:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        body = orjson.dumps({"detail": msg})
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        self.transport.write(head % len(body) + b"connection: close\r\n\r\n" + body)
        self.transport.close()
