"""What is no HTTP at all never reaches the application: the server itself refuses it, here in the guide's shape."""

from __future__ import annotations

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JsonRefusals(HttpToolsProtocol):
    """uvicorn's protocol with `{"detail": ...}` for a text (ERR-01)."""

    def send_400_response(self, msg: str) -> None:
        body = orjson.dumps({"detail": msg})
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        self.transport.write(head % len(body) + b"connection: close\r\n\r\n" + body)
        self.transport.close()
