"""The API by its own description: calls that it invites, and where an answer departs from what it promises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from quantos.kit.openapi import operations

Schema = Mapping[str, Any]
Place = tuple[str | int, ...]

TYPES: Final[dict[str, Any]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
ANYTHING: Final = re.compile(r".*", re.DOTALL)
FORMATS: Final = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"),
}
REF: Final = "#/components/schemas/"


COPILOTS: Final = re.compile(
    "/(auth|generate|builder|strategy|backtest|plot|explain|export|leaderboard)(/.*)?", re.DOTALL
)
"""The paths of the Copilot's guide."""


def shape_of(path: str) -> str:
    """What the guide that a path belongs to calls the text of a refusal."""
    return "error" if COPILOTS.fullmatch(path) else "detail"


@dataclass(frozen=True)
class Operation:
    """One operation, `name` being its operationId."""

    name: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def is_operators(self) -> bool:
        return "/admin/" in self.path

    @property
    def is_copilots(self) -> bool:
        return self.path.startswith("http://")

    def parameters(self, where: str) -> list[dict[str, Any]]:
        return [each for each in self.described.get("parameters", []) if each["in"] == where]

    @property
    def body(self) -> Schema | None:
        if "requestBody" not in self.described:
            return None
        schema: Schema = self.described["requestBody"]["content"]["application/json"]["schema"]
        return schema


def target(path: str) -> str:
    """Where it is called: below the API's prefix, or, of the Copilot's guide, at the root."""
    return path.removeprefix("/api/v1") if path.startswith("/api/v1/") else f"http://platform{path}"


class Described:
    """A description, and the values that its shapes allow."""

    def __init__(self, document: dict[str, Any], known: Mapping[str, Any]) -> None:
        """`known`: by the name of a field, a value that makes sense there."""
        self._shapes: dict[str, Schema] = document["components"]["schemas"]
        self._known = known
        self.operations = [
            Operation(each["operationId"], method.upper(), target(path), each)
            for method, path, each in operations(document)
        ]

    def example(self, schema: Schema, name: str = "") -> Any:
        """A value of a shape: every field given, one item in every list."""
        schema = self._resolved(schema)
        if name in self._known:
            return self._known[name]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0], name)
        if "default" in schema:
            return schema["default"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0]
        if kind == "object":
            return {field: self.example(inner, field) for field, inner in schema["properties"].items()}
        if kind == "array":
            return [self.example(schema["items"], name) for _ in range(schema.get("minItems", 1))]
        if kind in {"integer", "number"}:
            return schema.get("minimum", schema.get("maximum", 1))
        return {"boolean": False, "null": None}.get(str(kind), "text")

    def places(self, value: Any, above: Place = ()) -> Iterator[Place]:
        """Every place in a value, itself first."""
        yield above
        if isinstance(value, dict):
            for field, inner in value.items():
                yield from self.places(inner, (*above, field))
        elif isinstance(value, list) and value:
            yield from self.places(value[0], (*above, 0))

    def departures(self, schema: Schema, value: Any, above: str = "answer") -> list[str]:
        """Where a value is not what its schema says; a field that is not described is a departure too."""
        schema = self._resolved(schema)
        if "anyOf" in schema:
            tried = [self.departures(one, value, above) for one in schema["anyOf"]]
            return min(tried, key=len)
        found = []
        if "type" in schema and not _is_of(schema["type"], value):
            return [f"{above} is no {schema['type']}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{above} is none of {schema['enum']}")
        if "const" in schema and value != schema["const"]:
            found.append(f"{above} is not {schema['const']}")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{above} is not of the form {schema['pattern']}")
        if "format" in schema and not FORMATS.get(schema["format"], ANYTHING).fullmatch(value):
            found.append(f"{above} is no {schema['format']}")
        if isinstance(value, dict):
            found += self._fields(schema, value, above)
        if isinstance(value, list):
            found += [
                each
                for place, item in enumerate(value)
                for each in self.departures(schema["items"], item, f"{above}[{place}]")
            ]
        return found

    def _fields(self, schema: Schema, value: dict[str, Any], above: str) -> list[str]:
        fields, more = schema.get("properties"), schema.get("additionalProperties", fields_open(schema))
        found = [f"{above} lacks {name}" for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            if fields is not None and name in fields:
                found += self.departures(fields[name], inner, f"{above}.{name}")
            elif isinstance(more, dict):
                found += self.departures(more, inner, f"{above}.{name}")
            elif not more:
                found.append(f"{above}.{name} is not described")
        return found

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._shapes[schema["$ref"].removeprefix(REF)]
        return schema


def fields_open(schema: Schema) -> bool:
    """An object without a word on its fields has any."""
    return "properties" not in schema


def replaced(value: Any, place: Place, by: Any) -> Any:
    """A copy of a value with something else in a place."""
    if not place:
        return by
    first, *rest = place
    inner = replaced(value[first], tuple(rest), by)
    if isinstance(value, dict):
        return {**value, first: inner}
    assert isinstance(first, int)
    return [*value[:first], inner, *value[first + 1 :]]


def without(value: Any, place: Place) -> Any:
    """A copy of a value without the field or item in a place."""
    *above, last = place
    parent = value
    for part in above:
        parent = parent[part]
    rest = (
        {name: inner for name, inner in parent.items() if name != last}
        if isinstance(parent, dict)
        else [item for number, item in enumerate(parent) if number != last]
    )
    return replaced(value, tuple(above), rest)


def _is_of(kind: str | list[str], value: Any) -> bool:
    if isinstance(kind, list):
        return any(_is_of(one, value) for one in kind)
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])
