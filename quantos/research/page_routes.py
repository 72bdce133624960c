"""`/copilot`: the Copilot for people. A page, its script and style, and plotly.js (MIT), all served from here.

The page names its files and calls relative to itself, so it works behind a proxy's prefix; nothing is asked of another
server. Styles may stand inline, because plotly.js sets them so; scripts may not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response

PATH: Final = "/copilot"
FOLDER: Final = Path(__file__).with_name("page")
FILES: Final = {
    "copilot.css": "text/css",
    "copilot.js": "text/javascript",
    "research.js": "text/javascript",
    "texts.js": "text/javascript",
    "plotly-finance.min.js": "text/javascript",
    "plotly-LICENSE.txt": "text/plain",
}

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_KEPT: Final = {**_HEADERS, "Cache-Control": "max-age=86400"}
_ASKED: Final = {**_HEADERS, "Cache-Control": "no-cache"}
"""Small files that change with a release: the browser asks whether they have."""


def add_copilot_page(app: FastAPI) -> None:
    """Serve the page and its files; none of them is part of the API that is described."""

    async def page(_: Request) -> Response:
        return FileResponse(FOLDER / "index.html", headers=_ASKED, media_type="text/html")

    async def file(request: Request) -> Response:
        name = request.scope["path"].rpartition("/")[2]
        kept = _KEPT if name.startswith("plotly") else _ASKED
        return FileResponse(FOLDER / name, headers=kept, media_type=FILES[name])

    app.add_route(PATH, page, include_in_schema=False)
    for name in FILES:
        app.add_route(f"{PATH}/{name}", file, include_in_schema=False)
