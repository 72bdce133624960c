"""`/guides/` and `/guides/NAME`: the pages of `docs/` that somebody reads who runs the platform or works with it.

A message names them as `/guides/NAME`, since where the platform runs in a container there is no checkout to look into.
Pages on how the platform itself is built stay in the checkout; a link to one of them is shown as its words alone.
"""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from quantos.kit.deploy_kit import HEADERS, noticed, page, rendered
from quantos.kit.notice import Notice, shown, silent

GUIDES: Final = "/guides"
PAGES: Final = (
    "operator",
    "security",
    "commands",
    "settings",
    "license",
    "attestation",
    "market-data",
    "jobs",
    "events",
    "dashboard",
    "agents",
    "api",
    "client",
    "errors",
    "accounts",
    "settlement",
    "verification",
    "verify",
    "claims",
    "factors",
    "portfolios",
    "copilot",
    "glossary",
)
EXAMPLES: Final = ("daily_loop.py",)
_PACKAGE: Final = Path(__file__).parents[1]


def add_handbook(app: FastAPI, notice: Notice = silent) -> None:
    """Serve the pages, their list and the examples that they name. None of it is part of the API."""

    async def listing(_: Request) -> Response:
        return _html(noticed(_listing(), shown(notice, "en")))

    async def one(request: Request) -> Response:
        name = request.path_params["name"]
        path = handbook_file(name)
        if path is None:
            raise HTTPException(404)
        return _html(noticed(rendered(path, "en", _as_served), shown(notice, "en")))

    async def example(request: Request) -> Response:
        name = request.path_params["name"]
        path = _folder() / "examples" / name
        if name not in EXAMPLES or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, headers=HEADERS, media_type="text/plain")

    async def into_the_folder(_: Request) -> Response:
        return RedirectResponse(f"{GUIDES.removeprefix('/')}/", headers=HEADERS)

    app.add_route(GUIDES, into_the_folder, include_in_schema=False)
    app.add_route(f"{GUIDES}/", listing, include_in_schema=False)
    app.add_route(f"{GUIDES}/examples/{{name}}", example, include_in_schema=False)
    app.add_route(f"{GUIDES}/{{name}}", one, include_in_schema=False)


def handbook_file(name: str) -> Path | None:
    """The document that is served by this name; None where there is none."""
    path = _folder() / f"{name}.md"
    return path if name in PAGES and path.is_file() else None


def _folder() -> Path:
    """In a checkout and in the image the documents stand beside the package, else within it."""
    beside = _PACKAGE.parent / "docs"
    return beside if beside.is_dir() else _PACKAGE / "docs"


def _as_served(href: str) -> str | None:
    """Where a link of a document leads when it is served; None: nowhere, since that is not served."""
    if href.startswith(("https://", "#")):
        return href
    file, mark, anchor = href.partition("#")
    if file.removeprefix("examples/") in EXAMPLES:
        return file
    name = file.removesuffix(".md")
    return f"{name}{mark}{anchor}" if name in PAGES else None


@cache
def _listing() -> str:
    guide = (
        '<p><a href="private-deploy">私有化部署指南</a> ·'
        ' <a href="private-deploy?lang=en">Deployment guide</a> · <a href="../docs">API</a></p>'
    )
    found = [(name, path) for name in PAGES if (path := handbook_file(name)) is not None]
    items = "".join(f'<li><a href="{name}">{html.escape(_title(path))}</a></li>' for name, path in found)
    return page("QuantOS handbook", f"<h1>QuantOS handbook</h1>{guide}<ul>{items}</ul>")


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next((line for line in lines if line.startswith("# ")), path.stem).lstrip("# ").strip()


def _html(text: str) -> Response:
    return Response(text, headers=HEADERS, media_type="text/html")
