"""The guide itself, read line by line: every call, query, body and field that it names is in the description."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.openapi import operations
from tests.support.platforms import stage

ROOT: Final = Path(__file__).parents[3]
CALL: Final = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) /api/v1(/[^\s|)`,\]]*)")
"""What follows a method; a table's bar, a bracket or a comma ends it."""

NOT_FIELDS: Final = {"detail", "type", "loc", "msg"} | {"pending", "active", "paused"}
"""Of refusals, which have shapes of their own, and of the table of statuses."""

REF: Final = "#/components/schemas/"


@dataclass(frozen=True)
class Mentioned:
    """A call of the guide, the number of its section, and what the guide says until the next call."""

    section: int
    method: str
    path: str
    query: list[tuple[str, str]]
    text: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture(scope="module")
def guide() -> list[Mentioned]:
    shared = Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared")
    file = shared / "spec/quantgpt-api.md"
    if not file.exists():
        pytest.skip("no guide beside the project")
    text = file.read_text()
    found = list(CALL.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return [
        _mentioned(each, text[each.end() : end], text.count("\n##", 0, each.start()))
        for each, end in zip(found, ends, strict=True)
    ]


def _mentioned(call: re.Match[str], text: str, section: int) -> Mentioned:
    path, _, query = call[2].partition("?")
    pairs = [tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair]
    return Mentioned(section, call[1], re.sub(r"\{[^}]*\}", "{}", path), pairs, text)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("guide") / "data"
    with stage(folder, parse_instant("2026-05-14T07:00+08:00")) as on:
        return build_app(on.platform).openapi()


@pytest.fixture(scope="module")
def offered(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/api/v1"))): each
        for method, path, each in operations(document)
    }


def test_every_call_of_the_guide_is_offered(
    guide: list[Mentioned], offered: dict[tuple[str, str], dict[str, Any]]
) -> None:
    assert len({str(each) for each in guide}) > 55
    assert {str(each) for each in guide if (each.method, each.path) not in offered} == set()


def test_every_query_of_the_guide_is_taken(
    guide: list[Mentioned], offered: dict[tuple[str, str], dict[str, Any]]
) -> None:
    asked = [(each, name, value) for each in guide for name, value in each.query]
    assert len(asked) > 15
    for each, name, value in asked:
        taken = {one["name"]: one["schema"] for one in offered[each.method, each.path]["parameters"]}
        assert name in taken, (str(each), name)
        choices = [choice for one in _either(taken[name]) for choice in one.get("enum", ())]
        assert value in choices or not choices, (str(each), name, value)


def _either(schema: dict[str, Any]) -> list[dict[str, Any]]:
    either: list[dict[str, Any]] = schema.get("anyOf", [schema])
    return either


def test_every_field_that_the_guide_lists_behind_an_arrow_is_answered(
    guide: list[Mentioned], document: dict[str, Any], offered: dict[tuple[str, str], dict[str, Any]]
) -> None:
    looked_at = 0
    for each in guide:
        known = set(_fields(document, offered[each.method, each.path]["responses"]))
        for listed in _listed(each.text.split("```", 1)[0]):
            looked_at += 1
            assert listed - known == set(), str(each)
    assert looked_at > 24


def _listed(text: str) -> Iterator[set[str]]:
    """The names in `-> { id, "status": "pending", records: [{ date }] }`, whose lines may begin with a #."""
    plain = re.sub(r'\["[^\]]*\]', "[]", re.sub(r"\n#\s*", " ", text))
    for found in re.finditer(r"-> (?:\d{3} )?(?=\{)", plain):
        depth, inside = 0, ""
        for letter in plain[found.end() :]:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            inside += letter
            if depth == 0:
                break
        yield set(re.findall(r'[{,]\s*"?([a-z]\w*)"?(?=\s*[,:}])', inside))


def test_every_field_of_the_guides_bodies_and_answers_is_described(
    guide: list[Mentioned], document: dict[str, Any], offered: dict[tuple[str, str], dict[str, Any]]
) -> None:
    looked_at = 0
    for each in guide:
        beside = [offered[one.method, one.path] for one in guide if one.section == each.section]
        known = NOT_FIELDS | set(_fields(document, beside))
        for block in _blocks(each.text):
            looked_at += 1
            assert _names(block) - known == set(), str(each)
    assert looked_at > 18


def test_every_body_of_the_guide_has_what_is_required(
    guide: list[Mentioned], document: dict[str, Any], offered: dict[tuple[str, str], dict[str, Any]]
) -> None:
    looked_at = 0
    for each in guide:
        operation, body = offered[each.method, each.path], _body(each.text)
        if body is None or "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        shape = document["components"]["schemas"][_reference(schema)] if _reference(schema) else schema
        looked_at += 1
        assert set(shape.get("required", ())) <= set(body) <= set(shape["properties"]), (str(each), body)
    assert looked_at > 12


def _body(text: str) -> Any:
    """What is sent: on the call's own line, below it as `Body:`, or as the first block below its credentials."""
    for pattern in (
        r"\A ?(\{[^\n]*?\})(?:$|\n| ->)",
        r"\A\s*(\{.*?\})\s*\n```",
        r"\ABody: (\{[^\n]*\})",
        r"\A\nBody: (\{[^\n]*\})",
        r"\A\nHeaders:[^\n]*\n(?:Body: (\{[^\n]*\})|```\s*```json\n(.*?)```)",
    ):
        found = re.match(pattern, text, re.DOTALL)
        if found:
            try:
                return json.loads(next(filter(None, found.groups())))
            except ValueError:
                return None
    return None


def _blocks(text: str) -> Iterator[Any]:
    """JSON that stands by itself in the text, as far as it is JSON."""
    for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        yield json.loads(found)


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        plain = {name for name in value if not re.fullmatch(r"\d{6}\.\w\w", name)}
        return plain.union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _reference(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(REF)


def _fields(document: dict[str, Any], part: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every field that an operation's body and answers may have, at any depth."""
    if isinstance(part, list):
        for one in part:
            yield from _fields(document, one, seen)
    if not isinstance(part, dict):
        return
    name = _reference(part)
    if name and name not in seen:
        yield from _fields(document, document["components"]["schemas"][name], seen | {name})
    if isinstance(part.get("properties"), dict):
        yield from part["properties"]
    for inner in part.values():
        yield from _fields(document, inner, seen)
