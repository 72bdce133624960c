"""HTTP of public verification. Nobody is asked who they are: credentials are not looked at (PUB-21)."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from functools import cache
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from quantos.errors import QuantosError
from quantos.kit.canonical import sha256_hex
from quantos.kit.routing import Routes
from quantos.kit.web import Offset, limit, refusals
from quantos.verification.operator_routes import admin_router
from quantos.verification.record_routes import View, add_record
from quantos.verification.schemas import PublicClaim, PublicIndex, PublicList, Universe
from quantos.verification.service import LISTED, Verification

__all__ = ["FinishedAnswers", "admin_router", "router"]

_ONE_DATE: Final = re.compile(rb"date=(\d{4}-\d{2}-\d{2})")
_UNKNOWN: Final = refusals(s404="unknown, or not public")
_ONE: Final = "/public/strategies/{slug}"


class FinishedAnswers:
    """ASGI middleware: an answer that is finished already is sent from here, a package also where it is made first.

    Whatever else, refusals too, goes to the routes. Finding the route takes the framework a hundred times as long
    as finding the answer takes.
    """

    def __init__(self, app: ASGIApp, verification: Verification, path: str) -> None:
        """`path`: of the list, `/api/v1/public/strategies`."""
        self._app, self._verification, self._list = app, verification, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = None
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._list):
            body = await self._finished(scope["path"][len(self._list) :], scope["query_string"])
        if body is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _finished(self, below: str, query: bytes) -> bytes | None:
        """`below`: what follows the path of the list."""
        if not below:
            return None if query else self._verification.finished_list()
        slash, _, rest = below.partition("/")
        slug, _, kind = rest.partition("/")
        if slash:
            return None
        if kind != "verify":
            return self._verification.finished(slug, kind)
        asked = _ONE_DATE.fullmatch(query)
        if query and not asked:
            return None
        try:
            day = date.fromisoformat(asked[1].decode()) if asked else None
            return await self._verification.package(self._verification.public(slug), day, None)
        except (ValueError, QuantosError):
            return None  # the route says why


def router(verification: Verification) -> APIRouter:
    """The list, and what is read of one strategy."""
    routes = Routes(None, "public verification")

    @routes.get(
        "/public/strategies",
        operation_id="list_public_strategies",
        summary="Public strategies that have ever been active, the latest created first",
        response_model=PublicList,
        responses=refusals(s422="malformed value"),
    )
    async def list_public_strategies(
        universe: Universe | None = None, limit: int = limit(LISTED), offset: Offset = 0
    ) -> Response:
        """Retired ones stay listed; pending and private ones are not. `nav` is in CNY."""
        return Response(await verification.strategies(universe, limit, offset), media_type="application/json")

    add_record(
        routes, verification, View(_ONE, "", "a strategy", verification.public, "unknown, or not public")
    )
    _add_index(routes, verification)
    _add_claims(routes, verification)
    _add_verifier(routes)
    return routes


def _add_index(routes: APIRouter, verification: Verification) -> None:
    """The address of a strategy itself."""

    @routes.get(
        _ONE,
        operation_id="get_public_strategy",
        summary="What a public strategy is, and where its record is read",
        response_model=PublicIndex,
        responses=_UNKNOWN,
    )
    async def get_public_strategy(slug: str) -> Response:
        """The address to hand on: its `links` name everything else that anyone may read of the strategy."""
        return Response(await verification.index(slug), media_type="application/json")


def _add_verifier(routes: APIRouter) -> None:
    """The verifier itself, for whoever has no copy from elsewhere."""

    @routes.get(
        "/public/quantos-verify.pyz",
        operation_id="get_verifier",
        summary="The independent verifier as one file, run by any Python from 3.11 on",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}},
    )
    async def get_verifier() -> Response:
        """The same sources give the same bytes: `ETag` is its SHA-256, to be compared with a copy from elsewhere."""
        content, digest = await asyncio.to_thread(_verifier)
        headers = {
            "ETag": f'"{digest}"',
            "Content-Disposition": 'attachment; filename="quantos-verify.pyz"',
        }
        return Response(content, media_type="application/zip", headers=headers)


@cache
def _verifier() -> tuple[bytes, str]:
    from quantos.verification.offline.pack import packed  # noqa: PLC0415 - loaded when somebody asks for it

    content = packed()
    return content, sha256_hex(content)


def _add_claims(routes: APIRouter, verification: Verification) -> None:
    """The claim of a strategy, and the path that it had once."""

    @routes.get(
        f"{_ONE}/claimed",
        operation_id="get_public_claim",
        summary="The claimed curve of a strategy, and how well it holds up",
        response_model=PublicClaim,
        responses=refusals(s404="unknown, not public, or nothing claimed"),
    )
    async def get_public_claim(slug: str) -> Response:
        """Normalised to 1.0; the tracking metrics only where the two curves share at least 5 days."""
        return Response(
            await verification.answer(verification.public(slug), "claimed"), media_type="application/json"
        )

    @routes.get(
        f"{_ONE}/backtest",
        operation_id="moved_public_claim",
        summary="Moved to /claimed",
        status_code=301,
        response_class=Response,
        responses=_UNKNOWN | {301: {"description": "it is called /claimed"}},
        deprecated=True,
    )
    async def moved_public_claim(request: Request, slug: str) -> Response:
        """For clients of the old name."""
        verification.public(slug)
        return RedirectResponse(f"{request.scope['path'].removesuffix('/backtest')}/claimed", 301)
