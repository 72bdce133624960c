"""The description at `/openapi.json`: what its operations have in common, said once.

Each operation says for itself what it does, takes and answers. Added here, from the document as it stands, is
what belongs to them all: which credentials a guarded one takes, and the refusals that come before any route.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from quantos.kit.refusal import is_of_copilot
from quantos.kit.routing import API, USER_BEARER, ServedRoute

OPERATOR_BEARER: Final = "operator"
OPERATORS: Final = "/admin/"
"""Whatever lies below is the operator's (OPS-02)."""

SECURITY_SCHEMES: Final = {
    USER_BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token (eyJ...) or an API key (qgpt_...).",
    },
    OPERATOR_BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "The operator's token, which stands in the data directory.",
    },
}
TAGS: Final = [
    {"name": "accounts", "description": "Registration, tokens, API keys, tiers."},
    {"name": "calendar", "description": "Trading days of the Shanghai exchange. No credentials."},
    {"name": "strategies", "description": "The caller's strategies and their daily signals."},
    {"name": "claimed performance", "description": "A historical NAV curve beside the platform's own."},
    {"name": "factors", "description": "Alpha factors: values in, validation and out-of-sample tracking."},
    {"name": "portfolios", "description": "Factors put together into strategies that signal by themselves."},
    {"name": "public verification", "description": "What anyone may read and recompute. No credentials."},
    {"name": "tickets", "description": "What the caller has to say to the operator, and the replies."},
    {"name": "notifications", "description": "What happened to what is the caller's."},
    {"name": "licences", "description": "Licences of the self-hosted edition, and its images."},
    {
        "name": "copilot",
        "description": "The Copilot guide's calls: log in by e-mail, write and test strategies.",
    },
    {
        "name": "research",
        "description": "Longer backtests of written strategies, and their way into tracking.",
    },
    {"name": "health", "description": "Whether the platform answers. No credentials."},
    {"name": "operator", "description": "The operator's calls; a user's credentials are refused with 403."},
]

_TAGGED: Final = (f"{API}/public/", f"{API}/calendar")
"""Whatever anyone may read has a tag."""

_ETAG: Final = {"description": "Digest of the answer, in quotes.", "schema": {"type": "string"}}
_RETRY_AFTER: Final = {
    "headers": {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
    }
}


def _header(name: str, description: str, **bounds: Any) -> dict[str, Any]:
    schema = {"type": "string", **bounds, "title": name, "description": description}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


_IDEMPOTENCY_KEY: Final = _header(
    "Idempotency-Key",
    "Of this request alone, such as a UUID: sent again with it within 24 hours, the request is done once and"
    " answered as the first time.",
    minLength=1,
    maxLength=255,
    pattern="^[!-~]+$",
)
_PREFER: Final = _header(
    "Prefer",
    "`handling=strict`: a field that the call does not know is refused (422) and nothing is done; otherwise it is"
    " ignored, and named in the answer's `QuantOS-Ignored-Fields`.",
)
_IF_NONE_MATCH: Final = _header("If-None-Match", "The ETag of an answer that the caller has.")
EXAMPLES: Final = Path(__file__).with_name("examples.json")
"""By operation and status; made by `tests.docs.examples`."""

_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete", "head", "options"})
_FRAMEWORKS: Final = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Have the application's description made of what its routes say of themselves, and complete."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            routes = [route.described() if isinstance(route, ServedRoute) else route for route in app.routes]
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=routes,
                tags=app.openapi_tags,
            )
            _complete(document, f"{API}{OPERATORS}")
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of everything that is described."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield method, path, operation


def _complete(document: dict[str, Any], operators: str) -> None:
    components = document["components"]
    components["securitySchemes"] = SECURITY_SCHEMES
    for name in _FRAMEWORKS:
        components["schemas"].pop(name, None)
    examples = orjson.loads(EXAMPLES.read_bytes())
    for method, path, operation in operations(document):
        responses = operation["responses"]
        shape = "CopilotError" if is_of_copilot(path) else "ErrorMessage"
        _show_examples(responses, examples.get(operation["operationId"], {}))
        if operation.get("security") and path.startswith(operators):
            operation["security"] = [{OPERATOR_BEARER: []}]
        if "requestBody" in operation:
            responses.setdefault("413", _refusal("the body is larger than the server takes", shape))
        if "health" not in operation.get("tags", ()):
            responses.setdefault(
                "503", _refusal("the storage cannot answer now: nothing was changed, try again", shape)
            )
            responses.setdefault(
                "429", {**_refusal("too many calls: Retry-After says when", shape), **_RETRY_AFTER}
            )
        if _FRAMEWORKS[0] in str(responses.get("422")):
            del responses[
                "422"
            ]  # added to every route that reads anything; ours are declared where they occur
        if method == "post":
            _take_keys(operation, shape)
        if method == "get" and path.startswith(_TAGGED):
            _take_tags(operation)
        operation["responses"] = dict(sorted(operation["responses"].items()))


def _show_examples(responses: dict[str, Any], examples: dict[str, Any]) -> None:
    """An answer that was really given, where a route says none of its own."""
    for status, example in examples.items():
        responses[status]["content"]["application/json"].setdefault("example", example)


def _take_keys(operation: dict[str, Any], shape: str) -> None:
    """What every POST takes for a retry that is done once, and what it refuses for it."""
    parameters = operation.setdefault("parameters", [])
    parameters.append(_IDEMPOTENCY_KEY)
    responses = operation["responses"]
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        parameters.append(_PREFER)
    responses.setdefault("400", _refusal("an Idempotency-Key that is no key", shape))
    responses.setdefault(
        "409",
        _refusal("the first request with this Idempotency-Key is under way, or its answer was lost", shape),
    )
    if shape == "ErrorMessage":
        responses.setdefault("422", _refusal("the Idempotency-Key was used for another request", "Findings"))


def _take_tags(operation: dict[str, Any]) -> None:
    """What anyone may read is not sent again to who has it."""
    operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
    responses = operation["responses"]
    if "200" in responses:
        responses["200"].setdefault("headers", {})["ETag"] = _ETAG
        responses["304"] = {"description": "The caller has it already.", "headers": {"ETag": _ETAG}}


def _refusal(reason: str, shape: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {"description": reason, "content": {"application/json": {"schema": schema}}}
