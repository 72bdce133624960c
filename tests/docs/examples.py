"""Makes the examples of the API's description of answers that were really given.

    QUANTOS_RECORDED=/tmp/answers python -m pytest -p tests.plugins.recorded_answers tests/feature/guide ...
    python -m tests.docs.examples /tmp/answers

Of each operation and status the answer that leaves least empty; without credentials, and with long lists cut short.
What was not answered keeps the example that it has.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.openapi import EXAMPLES
from tests.support.described import Described, Operation
from tests.support.platforms import stage

ITEMS_MAX: Final = 5
SHOWN: Final = 2
FINGERPRINT: Final = "3f1a" * 16
SECRETS: Final = {
    "access_token": "eyJhbGciOiJIUzI1NiIs...",
    "refresh_token": "eyJhbGciOiJIUzI1NiIs...",
    "api_key": "qgpt_...",
    "invite_code": "qinv_...",
}
_FOLDERS: Final = re.compile(r"/tmp/(?:pytest-of-[^/]+/pytest-\d+/)?[^/]+")


def main() -> None:
    described = _described()
    kept: dict[str, dict[str, Any]] = orjson.loads(EXAMPLES.read_bytes()) if EXAMPLES.exists() else {}
    best: dict[tuple[str, str], tuple[int, Any]] = {}
    for name, status, schema, body in _answers(Path(sys.argv[1]), described):
        example = _shown(body)
        if described.departures(schema, example):
            continue
        score = _lack(example)
        if (name, status) not in best or score < best[name, status][0]:
            best[name, status] = score, example
    for (name, status), (_, example) in best.items():
        kept.setdefault(name, {})[status] = example
    EXAMPLES.write_bytes(orjson.dumps(dict(sorted(kept.items())), option=orjson.OPT_INDENT_2) + b"\n")
    for each in described.operations:
        for status, _ in _shapes(each.described):
            if status not in kept.get(each.name, {}):
                sys.stdout.write(f"no example: {each.name} {status}\n")


def _described() -> Described:
    with (
        tempfile.TemporaryDirectory() as folder,
        stage(Path(folder) / "data", parse_instant("2024-01-02T08:00+08:00")) as on,
    ):
        return Described(build_app(on.platform).openapi(), {})


def _shapes(operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for status, answer in operation["responses"].items():
        if status < "300" and "application/json" in answer.get("content", {}):
            yield status, answer["content"]["application/json"]["schema"]


def _whole(operation: Operation) -> str:
    """The path at which it is served."""
    return urlsplit(operation.path).path if operation.is_copilots else f"/api/v1{operation.path}"


def _answers(recorded: Path, described: Described) -> Iterator[tuple[str, str, Any, Any]]:
    routes = [
        (each, re.compile(re.sub(r"\{[^/]+?\}", "[^/]+", _whole(each))))
        for each in sorted(described.operations, key=lambda each: each.path.count("{"))
    ]
    for line in recorded.read_bytes().splitlines():
        method, path, status, body = orjson.loads(line)
        found = next((each for each, form in routes if each.method == method and form.fullmatch(path)), None)
        if found is not None:
            for known, schema in _shapes(found.described):
                if known == str(status):
                    yield found.name, known, schema, body


def _shown(value: Any, name: str = "") -> Any:
    """Without credentials, folders of tests and this machine; a long list by its first items."""
    if isinstance(value, dict):
        return {key: _shown(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shown(inner) for inner in (value if len(value) <= ITEMS_MAX else value[:SHOWN])]
    if isinstance(value, str):
        if "fingerprint" in name and re.fullmatch("[0-9a-f]{64}", value):
            return FINGERPRINT
        return SECRETS.get(name, _FOLDERS.sub("/var/lib/quantos", value))
    return value


def _lack(value: Any) -> int:
    """How much of an example says nothing, and then how long it is."""
    text = orjson.dumps(value)
    empty = sum(map(text.count, (b"null", b'""'))) + 20 * sum(map(text.count, (b"[]", b"{}")))
    return empty * 1_000_000 + len(text)


if __name__ == "__main__":
    main()
