"""`/deploy-kit/` and `/guides/private-deploy`: what somebody needs who is about to install the platform.

The files are those of the folder `deploy-kit`, with install.sh and fingerprint.sh; the images are those that the
operator has placed in the data directory. Only names that were found at the start are served, so no request leads out
of these folders. All pages are whole in themselves and name each other by relative addresses.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from quantos.kit.notice import Notice, shown, silent

KIT: Final = "/deploy-kit"
GUIDE: Final = "/guides/private-deploy"
LANGUAGES: Final = ("zh", "en")
IMAGES: Final = (
    "SHA256SUMS",
    "SHA256SUMS.sig",
    *(
        name.format(arch=arch)
        for arch in ("amd64", "arm64")
        for name in ("quantos-{arch}.tar.gz", "quantos-{arch}.cdx.json", "quantos-offline-{arch}.tar")
    ),
)
"""What is served below `/deploy-kit/images/` once it lies there, as `images/build` names it."""

_GUIDES: Final = {
    f"private-deploy.{lang}.md": f"private-deploy{query}" for lang, query in (("zh", ""), ("en", "?lang=en"))
}
_PACKAGE: Final = Path(__file__).parents[1]
_BESIDE: Final = ("install.sh", "fingerprint.sh")
_KINDS: Final = {".json": "application/json", ".gz": "application/gzip", ".tar": "application/x-tar"}
_STYLE: Final = """
:root{color-scheme:light dark}
body{margin:0 auto;max-width:46rem;padding:1.5rem;font:16px/1.65 system-ui,"PingFang SC","Microsoft YaHei",sans-serif}
nav{border-left:3px solid #8884;padding-left:1rem}nav li{list-style:none}nav ul{padding-left:1rem;margin:.2rem 0}
pre{overflow-x:auto;padding:.8rem;background:#8882;border-radius:4px}code{font-size:.92em}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left}
"""
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE: Final = """\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def add_deploy_kit(app: FastAPI, images: Path, notice: Notice = silent) -> None:
    """Serve the kit, the guide and, where `images` holds any, the images. None of it is part of the API."""
    files = kit_files()

    async def listing(_: Request) -> Response:
        return Response(
            noticed(_listing(files, images), shown(notice, "en")), headers=HEADERS, media_type="text/html"
        )

    async def kit_file(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        return _file(path)

    async def image(request: Request) -> Response:
        name = request.path_params["name"]
        return _file(images / name if name in IMAGES else None)

    async def guide(request: Request) -> Response:
        lang = request.query_params.get("lang", LANGUAGES[0])
        path = files.get(f"private-deploy.{lang}.md") if lang in LANGUAGES else None
        if path is None:
            raise HTTPException(404)
        return Response(
            noticed(rendered(path, lang, _as_served), shown(notice, lang)),
            headers=HEADERS,
            media_type="text/html",
        )

    async def into_the_folder(_: Request) -> Response:
        return RedirectResponse(f"{KIT.removeprefix('/')}/", headers=HEADERS)

    app.add_route(KIT, into_the_folder, include_in_schema=False)
    app.add_route(f"{KIT}/", listing, include_in_schema=False)
    app.add_route(f"{KIT}/images/{{name}}", image, include_in_schema=False)
    app.add_route(f"{KIT}/{{name}}", kit_file, include_in_schema=False)
    app.add_route(GUIDE, guide, include_in_schema=False)


def page(title: str, body: str, lang: str = "en") -> str:
    """A whole page that loads nothing; `body` is HTML, the title is not."""
    return _PAGE.format(lang=lang, title=html.escape(title), style=_STYLE, body=body)


def noticed(text: str, notice: str) -> str:
    """A page with a line at the head of its body."""
    return text.replace("<body>\n", f"<body>\n{notice}", 1) if notice else text


def kit_files() -> dict[str, Path]:
    """Name as served to file. In a checkout and in the image the folder stands beside the package, else within it."""
    root = _PACKAGE.parent if (_PACKAGE.parent / "deploy-kit").is_dir() else _PACKAGE
    kit = root / "deploy-kit"
    found = [path for folder in (kit, kit / "guides") if folder.is_dir() for path in folder.iterdir()]
    found += [path for name in _BESIDE for path in (root / name, kit / name) if path.is_file()]
    return {path.name: path for path in found if path.is_file()}


@cache
def rendered(path: Path, lang: str, as_served: Callable[[str], str | None]) -> str:
    """A Markdown document as a page, with a list of its own sections before them.

    `as_served` says where a link leads on the platform; one that it gives no address is shown as its words alone.
    """
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loaded with the first reader

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(path.read_text(encoding="utf-8"))
    for token in tokens:
        if token.children:
            token.children = _led(token.children, as_served)
    sections = _sections(tokens)
    first = next(
        (at for at, token in enumerate(tokens) if (token.type, token.tag) == ("heading_open", "h2")), 0
    )
    render = reader.renderer.render
    body = "\n".join(
        (
            render(tokens[:first], reader.options, {}),
            _contents(sections, lang),
            render(tokens[first:], reader.options, {}),
        )
    )
    title = next((token.content for token in tokens if token.type == "inline"), "QuantOS")
    return page(title, body, lang)


def _led(children: list[Any], as_served: Callable[[str], str | None]) -> list[Any]:
    """The parts of a paragraph, their links leading to where they are served."""
    kept, dropped = [], False
    for child in children:
        if child.type == "link_open":
            href = as_served(str(child.attrGet("href")))
            dropped = href is None
            if href is not None:
                child.attrSet("href", href)
        if not (dropped and child.type in {"link_open", "link_close"}):
            kept.append(child)
    return kept


def _as_served(href: str) -> str:
    """Where a link of a guide leads when it is served: in the folder it names the file beside it."""
    if href in _GUIDES:
        return _GUIDES[href]
    return href.replace("../", f"..{KIT}/", 1) if href.startswith("../") else href


def _sections(tokens: list[Any]) -> list[tuple[str, str, str]]:
    """Of each section: its tag, its anchor (which is set), its title."""
    found: list[tuple[str, str, str]] = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag in {"h2", "h3"}:
            anchor = f"s{len(found) + 1}"
            opening.attrSet("id", anchor)
            found.append((opening.tag, anchor, inline.content))
    return found


def _contents(sections: list[tuple[str, str, str]], lang: str) -> str:
    lines, open_ = [], False
    for tag, anchor, title in sections:
        if (tag == "h3") != open_:
            lines.append("<ul>" if tag == "h3" else "</ul>")
            open_ = tag == "h3"
        lines.append(f'<li><a href="#{anchor}">{html.escape(title)}</a></li>')
    heading = "目录" if lang == "zh" else "Contents"
    return f'<nav aria-label="{heading}"><p>{heading}</p><ul>{"".join(lines)}{"</ul>" if open_ else ""}</ul></nav>'


def _listing(files: dict[str, Path], images: Path) -> str:
    there = [f"images/{name}" for name in IMAGES if (images / name).is_file()]
    items = "".join(f'<li><a href="{name}">{name}</a></li>' for name in [*sorted(files), *there])
    guides = (
        '<p><a href="../guides/private-deploy">私有化部署指南</a> ·'
        ' <a href="../guides/private-deploy?lang=en">Deployment guide</a></p>'
    )
    title = "QuantOS deploy kit"
    return page(title, f"<h1>{title}</h1>{guides}<ul>{items}</ul>")


def _file(path: Path | None) -> Response:
    """Raises HTTPException 404 where there is none."""
    if path is None or not path.is_file():
        raise HTTPException(404)
    kind = _KINDS.get(path.suffix, "text/plain")
    name = path.name if kind != "text/plain" or path.suffix == ".bat" else None
    return FileResponse(path, headers=HEADERS, media_type=kind, filename=name)
