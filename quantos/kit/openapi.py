"""The description at `/openapi.json`: what its operations have in common, said once.

Each operation says for itself what it does, takes and answers. Added here, from the document as it stands, is
what belongs to them all: which credentials a guarded one takes, and the refusals that come before any route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

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
    {"name": "public verification", "description": "What anyone may read and recompute. No credentials."},
    {"name": "tickets", "description": "What the caller has to say to the operator, and the replies."},
    {"name": "notifications", "description": "What happened to what is the caller's."},
    {"name": "licences", "description": "Licences of the self-hosted edition, and its images."},
    {"name": "health", "description": "Whether the platform answers. No credentials."},
    {"name": "operator", "description": "The operator's calls; a user's credentials are refused with 403."},
]

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
    for _, path, operation in operations(document):
        responses = operation["responses"]
        if operation.get("security") and path.startswith(operators):
            operation["security"] = [{OPERATOR_BEARER: []}]
        if "requestBody" in operation:
            responses.setdefault("413", _refusal("the body is larger than the server takes"))
        if "health" not in operation.get("tags", ()):
            responses.setdefault(
                "503", _refusal("the storage cannot answer now: nothing was changed, try again")
            )
        if _FRAMEWORKS[0] in str(responses.get("422")):
            del responses[
                "422"
            ]  # added to every route that reads anything; ours are declared where they occur
        operation["responses"] = dict(sorted(responses.items()))


def _refusal(reason: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ErrorMessage"}
    return {"description": reason, "content": {"application/json": {"schema": schema}}}
