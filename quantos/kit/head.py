"""HEAD, where GET is answered: the same status and headers without the body (RFC 9110, 9.3.2).

The framework's routes know GET alone; tools that look before they fetch (curl -I, monitors, mirrors) ask with HEAD.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware over what is read below `prefix`, and at `paths`."""

    def __init__(self, app: ASGIApp, prefix: str, paths: frozenset[str] = frozenset()) -> None:
        self._app, self._prefix, self._paths = app, prefix, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or not self._is_read(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)

    def _is_read(self, path: str) -> bool:
        return path.startswith(self._prefix) or path in self._paths
