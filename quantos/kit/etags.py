"""`ETag` and `If-None-Match` for what anyone may read: who has an answer already is told so with 304.

The tag is a digest of the body, so it is strong and the same in every process: an answer that is made anew with
the same bytes keeps its tag. A body that is sent twice is the same object, whose digest is remembered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TAGS_REMEMBERED: Final = 64
TAG_CHARS: Final = 32


class EntityTags:
    """ASGI middleware over the answers to GET below `prefix`, and to those of `paths`."""

    def __init__(self, app: ASGIApp, prefix: str, paths: frozenset[str] = frozenset()) -> None:
        self._app, self._prefix, self._paths = app, prefix, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not self._has_tag(scope["path"]):
            await self._app(scope, receive, send)
            return
        held: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] == 200:
                held = message
            elif held is not None:
                start, held = held, None
                await _send_tagged(scope, start, message, send)
            else:
                await send(message)

        await self._app(scope, receive, tagged)

    def _has_tag(self, path: str) -> bool:
        return path.startswith(self._prefix) or path in self._paths


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the header of a request names the tag, or any (RFC 9110, 13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    return any(each.strip().removeprefix("W/") in {"*", tag} for each in if_none_match.split(","))


@lru_cache(TAGS_REMEMBERED)
def tag_of(body: bytes) -> str:
    """The tag of a body, in its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:TAG_CHARS]}"'


async def _send_tagged(scope: Scope, start: Message, body: Message, send: Send) -> None:
    """An answer of one piece with its tag, or the tag alone; one that comes in pieces as it is."""
    if not body.get("more_body", False):
        own = _value(start["headers"], b"etag")
        tag = tag_of(bytes(body.get("body", b""))) if own is None else own
        field = (b"etag", tag.encode("latin-1"))
        if is_known(tag, _value(scope["headers"], b"if-none-match")):
            await send({"type": "http.response.start", "status": 304, "headers": [field]})
            await send({"type": "http.response.body", "body": b""})
            return
        if own is None:
            start = {**start, "headers": [*start["headers"], field]}
    await send(start)
    await send(body)


def _value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Of a header, several joined as one; names are in lower case, as servers and the framework give them."""
    values = [value.decode("latin-1") for each, value in headers if each == name]
    return ", ".join(values) if values else None
