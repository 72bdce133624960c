"""A feature's routes as an application of their own, with every refusal in its shape."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from quantos.errors import QuantosError
from quantos.kit import web
from quantos.kit.openapi import describe
from quantos.kit.routing import place


async def _open() -> None:
    """The gate of submissions, where no licence is asked for."""


def application(*routers: APIRouter) -> FastAPI:
    """The routes, with none of the platform's middleware."""
    app = FastAPI(redirect_slashes=False)
    place(app, *routers)
    app.state.admit = _open
    describe(app)
    app.add_exception_handler(QuantosError, web.quantos_error)
    app.add_exception_handler(RequestValidationError, web.validation_error)
    app.add_exception_handler(HTTPException, web.http_error)
    app.add_exception_handler(Exception, web.server_error)
    return app
