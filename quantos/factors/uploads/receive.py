"""A body on its way in: JSON is kept in memory, a file goes to disk as it arrives."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from starlette.requests import Request

from quantos.factors.uploads.arrow_file import Format, read_arrow
from quantos.factors.uploads.json_body import read_json
from quantos.factors.uploads.panel import Panel, invalid, refused

ARROW_TYPES: Final[dict[str, Format]] = {
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "stream",
    "application/vnd.apache.arrow.file": "file",
}

Read = Callable[[], Panel]
"""Reads the body that has arrived, in whatever thread it is called."""


@asynccontextmanager
async def received(request: Request, folder: Path) -> AsyncIterator[Read]:
    """The body, once all of it is here. Raises RequestValidationError for a content type that is none of ours."""
    kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind in ARROW_TYPES:
        with tempfile.TemporaryFile(dir=folder) as file:
            length = 0
            async for chunk in request.stream():
                file.write(chunk)
                length += len(chunk)
            if not length:
                raise refused("missing")
            file.seek(0)
            yield partial(read_arrow, file, ARROW_TYPES[kind])
        return
    body = await request.body()
    if not body:
        raise refused("missing")
    if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise invalid(f"must be sent as application/json, or as one of {', '.join(ARROW_TYPES)}")
    yield partial(read_json, body)
