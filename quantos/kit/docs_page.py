"""`/docs`: the API to read and to try in a browser, without a request to anywhere but this server.

Swagger UI's files are those that the package fastapi-offline carries. It is found, not imported: nothing of it
runs here. The page names its files relative to itself, so it works behind a proxy's prefix too.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from quantos.kit.notice import Notice, shown, silent

PATH: Final = "/docs"
PACKAGE: Final = "fastapi_offline"
FILES: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_KEPT: Final = {**_HEADERS, "Cache-Control": "max-age=86400"}

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>QuantOS API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
{notice}<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START: Final = """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  syntaxHighlight: { theme: "idea" },
  validatorUrl: null,
});
"""


def add_docs_page(app: FastAPI, notice: Notice = silent) -> None:
    """Serve the page and its files, and lead there from the root; none of them is part of the API that it describes."""

    async def page(_: Request) -> Response:
        return Response(_PAGE.format(notice=shown(notice, "en")), headers=_HEADERS, media_type="text/html")

    async def start(_: Request) -> Response:
        return Response(_START, headers=_HEADERS, media_type="text/javascript")

    async def file(request: Request) -> Response:
        name = request.scope["path"].rpartition("/")[2]
        return FileResponse(_folder() / name, headers=_KEPT, media_type=FILES[name])

    async def start_page(_: Request) -> Response:
        return RedirectResponse(PATH.removeprefix("/"), headers=_HEADERS)  # relative, as everything here

    app.add_route("/", start_page, include_in_schema=False)
    app.add_route(PATH, page, include_in_schema=False)
    app.add_route(f"{PATH}/start.js", start, include_in_schema=False)
    for name in FILES:
        app.add_route(f"{PATH}/{name}", file, include_in_schema=False)


def add_text(app: FastAPI, path: str, file: Path) -> None:
    """Serve a text to whoever reads before calling: programs that find their way by `/llms.txt`."""

    async def text(_: Request) -> Response:
        return FileResponse(file, headers=_KEPT, media_type="text/plain")

    app.add_route(path, text, include_in_schema=False)


def _folder() -> Path:
    found = find_spec(PACKAGE)
    assert found is not None and found.submodule_search_locations, f"{PACKAGE} is a dependency"  # noqa: PT018
    return Path(found.submodule_search_locations[0]) / "static"
