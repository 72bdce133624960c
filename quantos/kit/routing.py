"""Routes as all features build them: below one prefix, behind a guard, each analysed by the framework once.

An endpoint answers with a finished Response. What a route says of its answers (`response_model`, `responses`) is
therefore of use to the description alone, and is handed to the framework when the description is asked for: it
would make validators of all of it, a third of the platform's start-up time.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import compile_path, get_name

from quantos.kit import ignored
from quantos.kit.route_index import RouteIndex
from quantos.kit.web import StrictRequest

API: Final = "/api/v1"
"""Every path of the API begins with it; only the Copilot guide's stand at the root."""

USER_BEARER: Final = "bearer"
"""What the description calls a user's credentials."""

IDEMPOTENCY_KEY: Final = b"idempotency-key"

Guard = Callable[[Request], Any]
Handler = Callable[[Request], Awaitable[Response]]
Answers = dict[int | str, dict[str, Any]]
"""OpenAPI `responses`, as `refusals` gives them."""


class Routes(APIRouter):
    """Routes that share a guard, a tag and refusals. `guard`: what authenticates the caller; None where anyone may call.

    `prefix`: empty for the calls of the Copilot guide, which stand at the root.
    """

    def __init__(
        self, guard: Guard | None, tag: str, responses: Answers | None = None, prefix: str = API
    ) -> None:
        super().__init__(prefix=prefix, route_class=guarded(guard), tags=[tag], responses=responses)


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def submission(endpoint: Endpoint) -> Endpoint:
    """Marks an endpoint that takes in something new, below the decorator that makes it a route.

    A platform whose licence has run out takes no more of it (`app.state.admit`); everything else goes on.
    """
    endpoint.takes_in = True  # type: ignore[attr-defined]
    return endpoint


def takes_in(endpoint: Callable[..., Any]) -> bool:
    """Whether it was marked so."""
    return getattr(endpoint, "takes_in", False) is True


def upload(endpoint: Endpoint) -> Endpoint:
    """Marks an endpoint that stores much, below the decorator that makes it a route.

    A platform whose disk is nearly full takes no more of it (`app.state.admit_upload`); everything else goes on.
    """
    endpoint.stores_much = True  # type: ignore[attr-defined]
    return endpoint


def stores_much(endpoint: Callable[..., Any]) -> bool:
    """Whether it was marked so."""
    return getattr(endpoint, "stores_much", False) is True


def gated(endpoint: Callable[..., Any], handler: Handler) -> Handler:
    """The handler of an endpoint; of a submission or an upload, behind the gates of the composition root."""
    is_submission, is_upload = takes_in(endpoint), stores_much(endpoint)
    if not (is_submission or is_upload):
        return handler

    async def admitted(request: Request) -> Response:
        if is_submission:
            await request.app.state.admit()
        if is_upload:
            await request.app.state.admit_upload()
        return await handler(request)

    return admitted


def joined(*parts: APIRouter) -> APIRouter:
    """The routes of all parts, in one router."""
    return APIRouter(routes=[route for part in parts for route in part.routes])


def place(app: FastAPI, *routers: APIRouter) -> None:
    """Put the routes into the application's own table, where they are tried in this order.

    `app.include_router` would have the framework analyse each of them again at the first request.
    """
    routes = [route for router in routers for route in router.routes]
    app.router.routes.extend([RouteIndex(routes), *routes])


class ServedRoute(APIRoute):
    """A route that serves, and knows the route that describes it.

    The framework analyses an endpoint when its first request comes, not at start: of 150 endpoints, a day asks few.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        response_model: Any = None,
        responses: Answers | None = None,
        **options: Any,
    ) -> None:
        # As much as a request is matched by; `__getattr__` brings the rest.
        self.path, self.endpoint, self.name = path, endpoint, options["name"] or get_name(endpoint)
        self.methods = {method.upper() for method in options["methods"] or ("GET",)}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.openapi_extra = options.pop("openapi_extra", None)
        self._options = options
        self._described = {"response_model": response_model, "responses": responses}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "app" in self.__dict__:
            raise AttributeError(name, name=name, obj=self)
        super().__init__(self.path, self.endpoint, response_model=None, **self._shared())
        return getattr(self, name)

    def described(self) -> APIRoute:
        """The same route with its answers, as the framework wants it for the description."""
        return APIRoute(self.path, self.endpoint, **self._shared(), **self._described)

    def _shared(self) -> dict[str, Any]:
        return {**self._options, "openapi_extra": self.openapi_extra}


class BearerRoute(ServedRoute):
    """A route whose description says that it needs credentials."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.openapi_extra = {**(self.openapi_extra or {}), "security": [{USER_BEARER: []}]}


async def once(request: Request, handler: Handler) -> Response:
    """The handler's answer; to a POST with an `Idempotency-Key` that was answered before, the same again.

    `app.state.once` is the memory of answers, which the composition root plugs in. Call it behind the guard.
    """
    if request.scope["method"] != "POST":
        return await handler(request)
    keys = [value for name, value in request.scope["headers"] if name == IDEMPOTENCY_KEY]
    if not keys:
        return await handler(request)
    key = b" ".join(keys).decode("latin-1")  # two keys are none: a space is in no key
    remembered: Response = await request.app.state.once(key, request, handler)
    return remembered


def tell_ignored(response: Response, model: Any, body: Any) -> None:
    """Name what of a body its call does not know, where the call succeeded. `body`: as it was read, or None."""
    if body is None or response.status_code >= HTTPStatus.BAD_REQUEST:
        return
    if isinstance(model, type) and issubclass(model, BaseModel) and (named := ignored.header_of(model, body)):
        response.headers[ignored.HEADER] = named


def refuse_unknown(request: Request, model: Any, body: Any) -> None:
    """Raises Invalid where the caller would rather be refused than have a field ignored (`Prefer: handling=strict`)."""
    asked = ignored.asked_strictly(request.headers.getlist("prefer"))
    if asked and isinstance(model, type) and issubclass(model, BaseModel):
        ignored.refuse(model, body)


async def _read(request: Request) -> Any:
    """The body as JSON; None where it is none, which its handler refuses."""
    with suppress(json.JSONDecodeError):
        return await request.json()


def guarded(guard: Guard | None) -> type[ServedRoute]:
    """A route class that runs `guard` first and leaves what it returns in `request.state.caller`."""
    base: type[ServedRoute] = ServedRoute if guard is None else BearerRoute

    class GuardedRoute(base):  # type: ignore[misc,valid-type]
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = gated(self.endpoint, super().get_route_handler())

            async def handle(request: Request) -> Response:
                request = StrictRequest(request.scope, request.receive, guard)
                if guard is not None:
                    request.state.caller = guard(request)
                if self.body_field is not None and "prefer" in request.headers:
                    refuse_unknown(request, self.body_field.field_info.annotation, await _read(request))
                response = await once(request, handler)
                if self.body_field is not None:
                    tell_ignored(response, self.body_field.field_info.annotation, request.read_json)
                return response

            return handle

    return GuardedRoute
