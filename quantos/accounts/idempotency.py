"""`Idempotency-Key`: a POST that is sent again is done once and answered as the first time.

What a request stores and the note that its key was used are one unit of work: killed at any moment, the
platform has done both or neither. The answer follows in a unit of its own, once it is known and before it is
sent. Between the two there is a moment in which a kill leaves a key that was used and no answer; the key is
then refused with words that say so, and never done twice.

A request that comes while the first with its key is under way waits for that one's answer. Whoever goes away
does not stop what was begun.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from quantos.accounts import answer_store as store
from quantos.accounts.core import idempotency as rules
from quantos.accounts.core.idempotency import ANYONE, Place
from quantos.accounts.refusals import AnswerLost, BadIdempotencyKey, KeyUsedOtherwise, RequestUnderWay
from quantos.errors import QuantosError
from quantos.kit.clock import Clock
from quantos.kit.web import CODE_HEADER, http_error, quantos_error, validation_error
from quantos.storage.records import ALONGSIDE, Records

Handler = Callable[[Request], Awaitable[Response]]
WAIT_S_MAX: Final = 30.0
LARGE_BYTES: Final = 262_144
"""From here on a body is digested in a thread."""

REPEATED: Final = (b"idempotency-replayed", b"true")
"""A header of an answer that is given again."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _UnderWay:
    request: str
    ended: asyncio.Future[None]


@dataclass(slots=True)
class _Attempt:
    """The first request with a key, as long as it is answered."""

    place: Place
    caller: str
    request: str
    begun_at: datetime
    is_over: bool = False

    def note(self, connection: Connection) -> None:
        """In the unit of work of whatever the request stores; work that outlives the request is not its own."""
        if not self.is_over:
            store.begin(connection, self.place.digest, self.request, self.begun_at)


class Idempotency:
    """The answers of a day."""

    def __init__(self, records: Records, clock: Clock, secret: str) -> None:
        self._records, self._clock = records, clock
        self._secret = secret.encode()
        self._under_way: dict[str, _UnderWay] = {}
        self._lock = threading.Lock()

    def renew(self, secret: str) -> None:
        """Go on under another secret: what was kept under the old one is not found again."""
        self._secret = secret.encode()

    async def once(self, key: str, request: Request, handler: Handler) -> Response:
        """The handler's answer, or the one that was given to this key before.

        Raises BadIdempotencyKey, KeyUsedOtherwise, RequestUnderWay, AnswerLost.
        """
        caller = _caller_of(request)
        if not rules.is_key(key, caller):
            raise BadIdempotencyKey(
                "Idempotency-Key must have 1 to 255 visible ASCII characters, and 16 at least where no credentials"
                " are needed: use a UUID"
            )
        body = await request.body()
        now = request.state.received = self._clock.now()
        place = rules.place_of(self._secret, caller, key)
        digest = await self._request_digest(request, body)
        ended = await self._enter(place, digest)
        try:
            known = self._known(place, digest, now)
        except BaseException:
            self._leave(place, ended)
            raise
        if known is not None:
            self._leave(place, ended)
            return known
        attempt = _Attempt(place, caller, digest, now)
        return await asyncio.shield(asyncio.ensure_future(self._do(attempt, ended, request, handler)))

    async def _request_digest(self, request: Request, body: bytes) -> str:
        target = request.scope["path"].encode() + b"?" + request.scope["query_string"]
        given = self._secret, request.method, target, body
        if len(body) < LARGE_BYTES:
            return rules.request_digest(*given)
        return await asyncio.to_thread(rules.request_digest, *given)

    async def _enter(self, place: Place, digest: str) -> asyncio.Future[None]:
        """Wait until no other request with this key is under way, and be the one."""
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_S_MAX
        while True:
            with self._lock:
                other = self._under_way.get(place.digest)
                if other is None:
                    ended: asyncio.Future[None] = loop.create_future()
                    self._under_way[place.digest] = _UnderWay(digest, ended)
                    return ended
            if other.request != digest:
                raise _used_otherwise()
            left_s = until - loop.time()
            if left_s <= 0 or other.ended.get_loop() is not loop:
                raise RequestUnderWay(
                    "the first request with this Idempotency-Key is still under way: send it again in a moment"
                )
            await asyncio.wait([other.ended], timeout=left_s)

    def _leave(self, place: Place, ended: asyncio.Future[None]) -> None:
        with self._lock:
            del self._under_way[place.digest]
        ended.set_result(None)

    def _known(self, place: Place, digest: str, now: datetime) -> Response | None:
        """The answer that was given before. Raises KeyUsedOtherwise, AnswerLost."""
        with self._records.read() as session:
            found = store.find(session, place.digest, now - rules.KEPT_FOR)
        if found is None:
            return None
        request, kept = found
        if request != digest:
            raise _used_otherwise()
        if kept is None:
            raise AnswerLost(
                "the request with this Idempotency-Key was begun, and the platform stopped before its answer was"
                " kept: look whether what you wanted is there, and use a new key to do it again"
            )
        return _unpacked(rules.opened(kept, place.seal, place.digest))

    async def _do(
        self, attempt: _Attempt, ended: asyncio.Future[None], request: Request, handler: Handler
    ) -> Response:
        try:
            outside = ALONGSIDE.set(attempt.note)
            try:
                response = await _answered(request, handler)
            finally:
                ALONGSIDE.reset(outside)
                attempt.is_over = True
            code = response.headers.get(CODE_HEADER, "")
            if rules.is_kept(response.status_code, attempt.caller, code) and hasattr(response, "body"):
                await self._keep(attempt, response)
            return response
        finally:
            self._leave(attempt.place, ended)

    async def _keep(self, attempt: _Attempt, response: Response) -> None:
        place = attempt.place
        kept = rules.sealed(_packed(response), place.seal, secrets.token_bytes(12), place.digest)
        outdated = attempt.begun_at - rules.KEPT_FOR
        try:
            await self._records.commit_prepared(
                lambda connection: store.keep(
                    connection, place.digest, attempt.request, attempt.begun_at, kept, outdated
                )
            )
        except (QuantosError, SQLAlchemyError) as error:
            log.warning("an answer is not kept for its Idempotency-Key: %s", type(error).__name__)


def _caller_of(request: Request) -> str:
    if not hasattr(request.state, "caller"):
        return ANYONE
    caller = request.state.caller
    return "operator" if caller is None else f"user:{caller.user_id}"


def _used_otherwise() -> KeyUsedOtherwise:
    return KeyUsedOtherwise(
        ("body",), "this Idempotency-Key was used for another request: use a new key for a new request"
    )


async def _answered(request: Request, handler: Handler) -> Response:
    """The handler's answer, a refusal too."""
    try:
        return await handler(request)
    except QuantosError as refusal:
        return await quantos_error(request, refusal)
    except RequestValidationError as refusal:
        return await validation_error(request, refusal)
    except HTTPException as refusal:
        return await http_error(request, refusal)


def _packed(response: Response) -> bytes:
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in response.raw_headers]
    return orjson.dumps([response.status_code, headers]) + b"\n" + bytes(response.body)


def _unpacked(packed: bytes) -> Response:
    head, _, body = packed.partition(b"\n")
    status, headers = orjson.loads(head)
    response = Response(body, status)
    response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    response.raw_headers.append(REPEATED)
    return response
