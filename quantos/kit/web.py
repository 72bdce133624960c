"""HTTP habits shared by all routes: strict JSON in, finite JSON out, the guide's error shapes.

A guarded route authenticates before it reads the body, so a caller without credentials learns nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticKnownError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantos.errors import (
    Internal,
    Invalid,
    MethodNotAllowed,
    NotFound,
    QuantosError,
    TooLarge,
    TooManyRequests,
    WrongState,
)
from quantos.kit.clock import parse_instant
from quantos.kit.findings import findings
from quantos.kit.refusal import Found, shaped

LIMIT_MAX: Final = 200
SMALL_BYTES_MAX: Final = 8 * 2**20
CODE_HEADER: Final = "QuantOS-Error-Code"
"""Names a refusal for programs, beside the guide's body, which is for people."""

ENDLESS: Final = "quantos.endless"
"""Set in a request's scope: its answer ends when the server does."""

_KINDS: Final = (WrongState, NotFound, MethodNotAllowed, TooLarge, Invalid, Internal)
_CODES: Final = {error.status: error.code for error in _KINDS}
"""Of what is refused where no feature is asked: by the framework and the middlewares."""

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = re.compile(r"-?[0-9]+")


class ApiModel(BaseModel):
    """A request body: JSON types as they are (CONV-08), unknown fields ignored."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Answer(BaseModel):
    """The shape of an answer. Most only describe: a validator is built where one is used, not at start."""

    model_config = ConfigDict(defer_build=True)


class PatchModel(ApiModel):
    """A body of changes: an unknown field is refused, so that no change is lost in silence."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")


def parse_date(value: Any) -> date:
    """`YYYY-MM-DD` and nothing else. Raises ValueError."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date is written YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day in the calendar") from None


def parse_timestamp(value: Any) -> datetime:
    """An RFC 3339 timestamp with an offset. Raises ValueError, without repeating the text (ERR-11)."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return parse_instant(value)
    raise ValueError("a timestamp is written with an offset, for example 2024-01-02T08:00:00+08:00")


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text may not contain the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text may not contain a lone surrogate") from None
    return text


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_digits(value: Any) -> Any:
    """An integer of a path or query as it is written everywhere: not `1.0`, `+1`, ` 1` or `1_0`."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticKnownError("int_parsing")
    return value


def _flag(value: Any) -> Any:
    """A truth value of a query as JSON writes it, in any letter case: not `1`, `yes` or `on`."""
    if isinstance(value, str):
        if value.lower() not in {"true", "false"}:
            raise ValueError("must be true or false")
        return value.lower() == "true"
    return value


def asks(request: Request, name: str) -> bool:
    """Whether a query says `name=true`, for an endpoint that reads its query itself. Raises RequestValidationError."""
    if not request.scope["query_string"]:
        return False
    given = request.query_params.get(name)
    try:
        return given is not None and bool(_flag(given))
    except ValueError as error:
        found = {"type": "value_error", "loc": ("query", name), "ctx": {"error": error}}
        raise RequestValidationError([found]) from None


def _within_any_list(offset: int) -> int:
    """An offset that the stores can count; every list has ended before it."""
    return min(offset, 2**62)


Date = Annotated[date, BeforeValidator(parse_date), WithJsonSchema({"type": "string", "format": "date"})]
Timestamp = Annotated[
    datetime, BeforeValidator(parse_timestamp), WithJsonSchema({"type": "string", "format": "date-time"})
]
STORABLE: Final = AfterValidator(_storable)
"""Belongs to every text that is stored, after its bounds: `Annotated[str, Field(max_length=100), STORABLE]`."""

Text = Annotated[str, STORABLE]

REASON_MAX: Final = 1000


def _worded(text: str) -> str:
    words = text.strip()
    if not 1 <= len(words) <= REASON_MAX:
        raise ValueError(f"a reason has 1 to {REASON_MAX} characters")
    return words


Reason = Annotated[Text, AfterValidator(_worded)]
"""Why an operator did something."""

WHOLE: Final = BeforeValidator(_whole)
"""Belongs to every integer of a body, after its bounds: JSON knows one kind of number, so 1.0 is whole as 1 is."""

IN_DIGITS: Final = BeforeValidator(_in_digits)
"""Belongs to every integer of a path or query, after its bounds: `Annotated[int, Path(ge=1), IN_DIGITS]`."""

Flag = Annotated[bool, BeforeValidator(_flag)]
"""A truth value of a query."""

Offset = Annotated[
    int, Query(ge=0, description="Items to skip."), IN_DIGITS, AfterValidator(_within_any_list)
]


class ErrorMessage(Answer):
    """The body of a refusal (ERR-01)."""

    detail: str


class FieldError(Answer):
    """One finding of a 422."""

    type: str
    loc: list[str | int]
    msg: str


class Findings(Answer):
    """The body of a 422 (ERR-02)."""

    detail: list[FieldError]


def refusals(**reasons: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route: `refusals(s401="no valid credentials", s422="malformed")`."""
    return {
        int(status[1:]): {"model": Findings if status == "s422" else ErrorMessage, "description": reason}
        for status, reason in reasons.items()
    }


class CopilotError(Answer):
    """The body of a refusal of the Copilot guide (COP-33)."""

    error: str


def copilot_refusals(**reasons: str) -> dict[int | str, dict[str, Any]]:
    """The same for a route of the Copilot guide, which knows no 422."""
    return {
        int(status[1:]): {"model": CopilotError, "description": reason} for status, reason in reasons.items()
    }


def limit(default: int) -> Any:
    """The `limit` query parameter with an endpoint's own default (PAGE-01, PAGE-02)."""
    found = Query(default, ge=1, le=LIMIT_MAX, description="Items to return at the most.")
    found.metadata.append(IN_DIGITS)
    return found


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON as bytes; NaN and infinities become null (CONV-07), dates ISO, aware datetimes RFC 3339 in UTC."""
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return Response(body, status, headers, media_type="application/json")


class StrictRequest(Request):
    """A request whose JSON body has finite numbers and no lone surrogates (ERR-05, ERR-07).

    `guard`: judges the caller again once all of the body is there: it may be long in coming, and credentials that
    were taken back meanwhile do nothing.
    """

    def __init__(
        self, scope: Scope, receive: Receive, guard: Callable[[Request], object] | None = None
    ) -> None:
        super().__init__(scope, receive)
        self._guard = guard

    async def stream(self) -> AsyncGenerator[bytes, None]:
        async for chunk in super().stream():
            yield chunk
        if self._guard is not None:
            try:
                self._guard(self)
            except QuantosError as refusal:  # the framework lets none but its own pass where it reads a body
                raise HTTPException(refusal.status, refusal.message, headers_of(refusal)) from None

    @property
    def read_json(self) -> Any:
        """The body, where somebody has read it as JSON; else None."""
        return getattr(self, "_json", None)

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


def parse_json(body: bytes) -> Any:
    """Strict JSON. Raises json.JSONDecodeError, which the routes answer with 422."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise json.JSONDecodeError(f"line {error.lineno}, column {error.colno}", "", 0) from None


def _refused(
    scope: Scope, status: int, detail: str | Found, headers: dict[str, str] | None = None
) -> Response:
    """A refusal in the shape of the guide that the path belongs to, with the code of its kind where it has no other."""
    coded = {CODE_HEADER: _CODES[status]} if status in _CODES else {}
    status, body = shaped(scope["path"], status, detail)
    return json_response(body, status, {**coded, **(headers or {})})


async def quantos_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, QuantosError)
    detail = error.items if isinstance(error, Invalid) else error.message
    return _refused(request.scope, error.status, detail, headers_of(error))


def headers_of(refusal: QuantosError) -> dict[str, str]:
    """What stands beside the body of a refusal, for programs."""
    headers = {CODE_HEADER: refusal.code}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, TooManyRequests):
        headers["Retry-After"] = str(refusal.retry_after_s)
    return headers


async def validation_error(request: Request, error: Exception) -> Response:
    """FastAPI's findings, in our words."""
    assert isinstance(error, RequestValidationError)
    return _refused(request.scope, 422, findings(error.errors()))


async def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers, detail = dict(error.headers or {}), str(error.detail)
    if error.status_code == 404:
        detail = "there is nothing at this path: /openapi.json lists what there is"
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed_methods(request))
        detail = f"this path does not take this method: it takes {headers['Allow']}"
    return _refused(request.scope, error.status_code, detail, headers)


def _allowed_methods(request: Request) -> list[str]:
    """Of all routes of this path: the framework names those of one route only."""
    routes = request.scope["app"].routes
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def server_error(request: Request, _: Exception) -> Response:
    return _refused(request.scope, 500, "internal error: please report it with a ticket")


async def sender_gone(request: Request, _: Exception) -> Response:
    """Whoever broke off in the middle of a body reads no answer, and it is no fault of ours to be logged."""
    return _refused(request.scope, 400, "the body ended before all of it was here")


def answer_refusals(app: FastAPI) -> None:
    """Have everything that is raised answered in the guide's shapes."""
    app.add_exception_handler(QuantosError, quantos_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(ClientDisconnect, sender_gone)
    app.add_exception_handler(Exception, server_error)


class BodyLimit:
    """ASGI middleware: a body beyond the limit is answered 413 and read no further (ERR-06).

    `uploads`: the paths whose bodies may have `bytes_max`; any other has `SMALL_BYTES_MAX` at the most, because
    it is read as a whole before anyone knows whose it is.
    """

    def __init__(self, app: ASGIApp, bytes_max: int, uploads: re.Pattern[str] | None = None) -> None:
        self.app = app
        self.bytes_max, self.uploads = bytes_max, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        bytes_max = self._limit_of(scope["path"])
        for name, value in scope["headers"]:
            if name == b"content-length" and not _within(value, bytes_max):
                return await _refuse(bytes_max, scope, receive, send)
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > bytes_max:
                raise HTTPException(413, _too_large(bytes_max))
            return message

        return await self.app(scope, counting, send)

    def _limit_of(self, path: str) -> int:
        if self.uploads is None or self.uploads.fullmatch(path):
            return self.bytes_max
        return min(self.bytes_max, SMALL_BYTES_MAX)


def _within(length: bytes, bytes_max: int) -> bool:
    """False too for a length that is no number, or one of so many digits that reading it is work."""
    return length.isdigit() and len(length) < 20 and int(length) <= bytes_max


async def _refuse(bytes_max: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Leave the connection open: closed at once, it is reset while the body is still on its way, and the
    sender never reads the answer. The server drops what arrives after it.
    """
    await _refused(scope, 413, _too_large(bytes_max))(scope, receive, send)


def _too_large(bytes_max: int) -> str:
    return f"the body is larger than {bytes_max} bytes: send it in parts"
