"""A feature's routes as an application of their own, with every refusal in its shape."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from quantos.kit.openapi import describe
from quantos.kit.routing import place
from quantos.kit.web import answer_refusals


async def _open() -> None:
    """The gate of submissions, where no licence is asked for."""


def application(*routers: APIRouter) -> FastAPI:
    """The routes, with none of the platform's middleware."""
    app = FastAPI(redirect_slashes=False)
    place(app, *routers)
    app.state.admit = _open
    describe(app)
    answer_refusals(app)
    return app
