"""Two questions of whatever keeps the process running: is it alive, and may it be sent requests.

`/livez` asks nothing: no answer means that the process hangs and is better started again. `/readyz` looks at the stores:
503 means that requests are better sent elsewhere, or later, and says why; starting again would mend nothing.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from quantos.errors import QuantosError
from quantos.kit.routing import Routes
from quantos.kit.web import json_response
from quantos.storage.records import Records
from quantos.storage.series import Series

DISK_FREE_MIN: Final = 64 * 2**20
"""Below it a commit may fail."""


class Stores(NamedTuple):
    """What the platform cannot work without; `folder`: where they lie."""

    records: Records
    series: Series
    folder: Path


def router(stores: Stores, leaving: Callable[[], bool], limited: Callable[[], str | None]) -> APIRouter:
    """`leaving`: whether the platform has been asked to stop. `limited`: why uploads are refused, where they are."""
    public = Routes(None, "health", prefix="")

    @public.get("/livez", include_in_schema=False)
    async def get_liveness() -> Response:
        """Asks nothing of the stores."""
        return json_response({"status": "alive"})

    @public.get("/readyz", include_in_schema=False)
    async def get_readiness() -> Response:
        """Reads a row of each store, and looks whether the disk has room for a commit.

        `limited`: what a platform that is ready refuses for now.
        """
        reasons = ["the platform is stopping"] if leaving() else []
        reasons += await asyncio.to_thread(against, stores)
        answer: dict[str, Any] = {"status": "not_ready" if reasons else "ready", "reasons": reasons}
        with suppress(OSError):  # a folder that is gone is among the reasons
            said = await asyncio.to_thread(limited)
            answer["limited"] = [said] if said is not None else []
        return json_response(answer, 503 if reasons else 200)

    return public


def against(stores: Stores) -> list[str]:
    """What keeps the stores from working; empty: nothing."""
    found = []
    try:
        with stores.records.look() as connection:
            connection.execute(text("SELECT count(*) FROM alembic_version"))
            connection.rollback()
    except (QuantosError, SQLAlchemyError) as error:
        found.append(f"the records store cannot be read: {_first_line(error)}")
    try:
        with stores.series.read() as cursor:
            cursor.execute("SELECT 1")
    except (QuantosError, duckdb.Error) as error:
        found.append(f"the series store cannot be read: {_first_line(error)}")
    else:
        if stores.series.damage is not None:
            found.append(f"{stores.series.path.name} is damaged: {stores.series.damage}")
    try:
        free = shutil.disk_usage(stores.folder).free
    except OSError as error:
        found.append(f"the data directory cannot be read: {error.strerror}")
    else:
        if free < DISK_FREE_MIN:
            found.append(f"the disk of the data directory has {free // 2**20} MiB free: make room")
    return found


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
