"""HTTP habits of the Copilot's guide: paths beside the API's, and refusals as `{"error": "..."}` (COP-33).

What the API refuses with 422 is 400 there.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from quantos.errors import Invalid, QuantosError, TooManyRequests
from quantos.kit.findings import findings
from quantos.kit.routing import Answers, Guard, guarded
from quantos.kit.web import CODE_HEADER, Answer, json_response


class CopilotError(Answer):
    """The body of a refusal of the Copilot."""

    error: str


class CopilotRoutes(APIRouter):
    """As `kit.routing.Routes`, at the root of the server and with the Copilot's refusals."""

    def __init__(self, guard: Guard | None, tag: str, responses: Answers | None = None) -> None:
        super().__init__(
            route_class=guarded(guard, copilot_refusal),
            tags=[tag],
            responses=responses,
            include_in_schema=False,  # the API's description begins at its prefix; docs/copilot.md has these
        )


def copilot_refusals(**reasons: str) -> Answers:
    """OpenAPI `responses` of a route: `copilot_refusals(s400="malformed", s401="no token")`."""
    return {
        int(status[1:]): {"model": CopilotError, "description": reason} for status, reason in reasons.items()
    }


async def copilot_refusal(_: Request, refusal: Exception) -> Response:
    """`{"error": ...}`; of several findings of a body the first."""
    if isinstance(refusal, RequestValidationError):
        return json_response({"error": _first(findings(refusal.errors()))}, 400)
    if isinstance(refusal, HTTPException):
        return json_response({"error": str(refusal.detail)}, refusal.status_code, dict(refusal.headers or {}))
    assert isinstance(refusal, QuantosError)
    headers = {CODE_HEADER: refusal.code}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, TooManyRequests):
        headers["Retry-After"] = str(refusal.retry_after_s)
    message = _first(refusal.items) if isinstance(refusal, Invalid) else refusal.message
    return json_response({"error": message}, 400 if refusal.status == 422 else refusal.status, headers)


def _first(items: list[dict[str, Any]]) -> str:
    found = items[0]
    place = ".".join(str(part) for part in found["loc"] if part not in {"body", "query", "path"})
    return f"{place}: {found['msg']}" if place else str(found["msg"])
