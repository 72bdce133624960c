"""`quantos support-bundle`: what somebody who helps needs to know, in one file, without a secret.

Each part is asked for by itself: a platform that does not answer, or stores that do not open, are left out and named. No
part holds what users said: no signal, no name, no address. Every text goes through the redaction that the log goes
through, and the reader is told to look through the file before it is sent.
"""

from __future__ import annotations

import io
import json
import os
import platform as system
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from quantos import __version__
from quantos.cli import directories
from quantos.cli.configuration import load
from quantos.cli.doctor import examine
from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_json, print_line, print_text
from quantos.cli.reach import Reach, reach
from quantos.cli.texts import say
from quantos.errors import Conflict, QuantosError
from quantos.kit.clock import SystemClock
from quantos.kit.durable import create_private
from quantos.kit.masking import Redaction
from quantos.storage.directory import secrets_in

if TYPE_CHECKING:
    from quantos.settings import Settings

ASKED: Final = {
    "overview": ("/admin/overview", {}),
    "jobs": ("/admin/jobs", {}),
    "settlement-runs": ("/admin/settlement-runs", {"limit": 50}),
    "coverage": ("/admin/market/coverage", {}),
    "attestation": ("/admin/attestation", {}),
    "license": ("/admin/license", {}),
}
"""Of the operator's API, by the name of the part."""
FILES_MAX: Final = 5000
LOG_LINES: Final = 1000
PAGE: Final = 200
FOLDERS: Final = frozenset({"secrets", "outbox"})
"""Of the data directory: how many files they have is told, and not their names."""

Part = Callable[[], Any]


class BundleExists(Conflict):
    code = "support_bundle_exists"


def support_bundle(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where to; default: quantos-support-DATE.zip in this folder."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Collect what a helper needs to know of this platform, without secrets, in one zip file."""
    from quantos.settings import secrets_of  # noqa: PLC0415 - --help needs no pydantic

    settings = load(data_dir)
    directories.require(settings.data_dir)
    target = file or Path(f"quantos-support-{SystemClock().now():%Y%m%d-%H%M%S}.zip")
    if target.exists():
        raise BundleExists(say("support_bundle.exists", path=target))
    redact = Redaction([*secrets_in(settings.data_dir), *secrets_of(settings)])
    parts, left_out = {}, {}
    with ExitStack() as opened:
        for name, part in _parts(settings, data_dir, opened):
            try:
                parts[name] = part()
            except (QuantosError, OSError) as error:
                left_out[name] = redact(str(error))
    content = _zipped(parts, left_out, redact)
    create_private(target, content)
    if as_json:
        print_json({"file": str(target), "bytes": len(content), "parts": sorted(parts), "left_out": left_out})
        return
    print_line(say("support_bundle.written", path=target, size=f"{len(content) / 1024:.0f}"))
    for name, why in left_out.items():
        print_line(say("support_bundle.left_out", part=name, why=why))
    print_text(say("support_bundle.look"))


def _parts(settings: Settings, data_dir: Path | None, opened: ExitStack) -> Iterator[tuple[str, Part]]:
    from quantos.settings import listed  # noqa: PLC0415 - --help needs no pydantic

    yield "system", _system
    yield "packages", _packages
    yield "settings", lambda: listed(settings)
    yield "data-directory", lambda: _files(settings.data_dir)
    yield "doctor", lambda: [asdict(finding) for finding in examine(data_dir)]
    asked: list[Reach] = []

    def answer(path: str, params: dict[str, Any]) -> Any:
        if not asked:
            asked.append(opened.enter_context(reach(data_dir)))
        return asked[0].get(path, **params)

    for name, (path, params) in ASKED.items():
        yield name, lambda path=path, params=params: answer(path, params)  # type: ignore[misc]
    yield "log", lambda: list(_log(lambda **params: answer("/admin/logs", params)["logs"]))


def _log(lines: Callable[..., list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The last lines, page by page."""
    newest = max((line["number"] for line in lines(limit=1)), default=0)
    if newest <= PAGE:
        yield from lines(limit=PAGE)
        return
    read = max(newest - LOG_LINES, 1)
    while read < newest and (page := lines(limit=PAGE, after=read)):
        yield from page
        read = page[-1]["number"]


def _system() -> dict[str, Any]:
    return {
        "version": __version__,
        "collected_at": SystemClock().now().isoformat(timespec="seconds"),
        "python": sys.version,
        "system": system.platform(),
        "machine": system.machine(),
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "encoding": sys.getfilesystemencoding(),
        "language": os.environ.get("LANG", ""),
        "time_zone": SystemClock().now().astimezone().tzname(),
        "git": shutil.which("git") or "",
    }


def _packages() -> dict[str, str]:
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _files(folder: Path) -> list[dict[str, Any]]:
    """Names, sizes, modes and times; of secrets and of mail that waits only how many there are."""
    rows: list[dict[str, Any]] = []
    for below, folders, names in os.walk(folder):
        folders.sort()
        for closed in FOLDERS.intersection(folders) if Path(below) == folder else ():
            folders.remove(closed)
            rows.append({"path": f"{closed}/", "files": sum(1 for _ in (folder / closed).iterdir())})
        for name in sorted(names):
            if len(rows) >= FILES_MAX:
                return [*rows, {"path": "...", "more": True}]
            rows.append(_file(folder, Path(below, name)))
    return rows


def _file(folder: Path, path: Path) -> dict[str, Any]:
    found = path.lstat()
    return {
        "path": path.relative_to(folder).as_posix(),
        "bytes": found.st_size,
        "mode": stat.filemode(found.st_mode),
        "changed_at": datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds"),
    }


def _zipped(parts: dict[str, Any], left_out: dict[str, str], redact: Redaction) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.txt", redact(_readme(parts, left_out)))
        for name, content in parts.items():
            text = json.dumps(_redacted(content, redact), ensure_ascii=False, indent=1, default=str)
            bundle.writestr(f"{name}.json", text)
    return held.getvalue()


def _redacted(content: Any, redact: Redaction) -> Any:
    """Text by text: cut out of the whole, a secret might take a quotation mark with it."""
    match content:
        case str():
            return redact(content)
        case dict():
            return {redact(str(name)): _redacted(value, redact) for name, value in content.items()}
        case list() | tuple():
            return [_redacted(each, redact) for each in content]
    return content


def _readme(parts: dict[str, Any], left_out: dict[str, str]) -> str:
    lines = [
        f"QuantOS {__version__}: what a helper needs to know of this platform.",
        "Secrets are cut out. Look through the files before you send them.",
        "",
        *(f"{name}.json" for name in parts),
        *(f"left out: {name}: {why}" for name, why in left_out.items()),
    ]
    return "\n".join(lines) + "\n"
