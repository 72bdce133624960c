"""What every answer says of the licence: `QuantOS-Edition` and, where something must be done, a warning."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantos.license.standing import Standing


class Marks:
    """ASGI middleware. Where a standard licence holds it adds nothing."""

    def __init__(self, app: ASGIApp, standing: Standing, free: frozenset[str]) -> None:
        """`free`: paths whose answers ask nothing of the disk."""
        self._app, self._standing, self._free = app, standing, free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._free:
            await self._app(scope, receive, send)
            return
        headers = await self._standing.headers()
        if not headers:
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        await self._app(scope, receive, marked)
