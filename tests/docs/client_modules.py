"""The generated part of `quantos.client`: one function an operation, one shape a schema, one error a code.

They are read off the OpenAPI document and the tree of refusals, so that the client covers what the platform offers by
construction. `python -m tests.docs.regenerate` writes them; a test fails where one is out of date.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from quantos.app import Platform, build_app
from quantos.errors import QuantosError
from quantos.kit.openapi import operations
from quantos.settings import Settings
from tests.docs.documents import error_classes

ROOT: Final = Path(__file__).parents[2]
CLIENT: Final = ROOT / "quantos" / "client"
HEADER: Final = '"""{title}\n\nGenerated from the platform\'s own description by `python -m tests.docs.regenerate`.\n"""\n\n'
STREAM: Final = "text/event-stream"
JSON: Final = "application/json"
CHECK: Final = "validate_only"
SCALARS: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
DATES: Final = {"date": "date | str", "date-time": "datetime | str"}

Schema = dict[str, Any]


def openapi() -> Schema:
    """The description of a platform that holds nothing."""
    with TemporaryDirectory() as folder:
        platform = Platform.open(Settings(data_dir=Path(folder)))
        try:
            return build_app(platform).openapi()
        finally:
            platform.close()


def written() -> dict[Path, str]:
    """File and text of every generated module."""
    document = openapi()
    modules = {
        "calls": calls(document),
        "shapes": shapes(document),
        "refusals": refusals(),
    }
    return {CLIENT / f"{name}.py": formatted(text) for name, text in modules.items()}


def formatted(text: str) -> str:
    """As the project's formatter leaves it."""
    for step in (("check", "--fix", "--quiet", "--exit-zero"), ("format", "--quiet")):
        command = [
            str(Path(sys.executable).parent / "ruff"),
            *step,
            "--stdin-filename",
            "quantos/client/generated.py",
            "-",
        ]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


# Types


def class_name(reference: str) -> str:
    """`#/components/schemas/quantos__market__schemas__AcceptedOut` → `MarketAcceptedOut`."""
    name = reference.rpartition("/")[2]
    *module, last = name.split("__")
    feature = module[1].title() if len(module) > 1 else ""
    return f"{feature}{last}"


def type_of(schema: Schema, prefix: str = "", *, taken: bool = False) -> str:
    """A Python type. `taken`: what a caller gives, where dates may be dates."""

    def of(part: Schema) -> str:
        return type_of(part, prefix, taken=taken)

    if "$ref" in schema:
        return prefix + class_name(schema["$ref"])
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(dict.fromkeys(of(part) for part in schema[union]))
    kind = schema.get("type")
    if kind == "array":
        return f"list[{of(schema.get('items', {}))}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {of(values)}]" if isinstance(values, dict) and values else "dict[str, Any]"
    if taken and kind == "string" and schema.get("format") in DATES:
        return DATES[schema["format"]]
    return SCALARS.get(str(kind), "Any")


# Shapes


def shapes(document: Schema) -> str:
    head = HEADER.format(title="What the API takes and answers, as typed dictionaries.")
    parts = [
        head
        + "from __future__ import annotations\n\nfrom typing import Any, Literal, NotRequired, TypedDict\n"
    ]
    schemas = sorted(document["components"]["schemas"].items(), key=lambda item: class_name(item[0]))
    parts += [_shape(class_name(name), schema) for name, schema in schemas]
    return "\n\n".join(parts)


def _shape(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"{name} = {type_of(schema)}\n"
    required = set(schema.get("required", ()))
    fields = {
        field: type_of(of) if field in required else f"NotRequired[{type_of(of)}]"
        for field, of in schema["properties"].items()
    }
    if all(field.isidentifier() and not keyword.iskeyword(field) for field in fields):
        lines = [f"class {name}(TypedDict):", *_docstring(schema.get("description", ""))]
        lines += [f"    {field}: {kind}" for field, kind in fields.items()]
        return "\n".join(lines) + "\n"
    inside = ", ".join(f"{field!r}: {kind!r}" for field, kind in fields.items())
    return f"{name} = TypedDict({name!r}, {{{inside}}})\n"


def _docstring(text: str) -> list[str]:
    """A description as a docstring, one space deep in a class or function."""
    lines = [line.strip() for line in text.replace("\\", "\\\\").strip().splitlines()]
    if not lines:
        return []
    last = lines[-1].endswith('"')
    return [
        f'    """{lines[0]}' + ('"""' if len(lines) == 1 and not last else ""),
        *(f"    {line}".rstrip() for line in lines[1:]),
        *(['    """'] if len(lines) > 1 or last else []),
    ]


# Calls


def calls(document: Schema) -> str:
    head = HEADER.format(
        title="Every operation of the API, a function each: arguments in, a `Call` to be sent out."
    )
    head += (
        "from __future__ import annotations\n\nfrom datetime import date, datetime\nfrom typing import Any, Literal\n\n"
        "from quantos.client import shapes\nfrom quantos.client.call import UNSET, Call, Unset, given, segment\n"
    )
    found = sorted(
        (operation["operationId"], method, path, operation)
        for method, path, operation in operations(document)
        if not _streams(operation) and not _moved(operation)
    )
    return "\n\n".join([head, *(text for one in found for text in _functions(document, *one))])


def _functions(document: Schema, name: str, method: str, path: str, operation: Schema) -> Iterator[str]:
    """One; two where the operation can also be asked only to check, which answers with another shape."""
    parameters = operation.get("parameters", [])
    others = [found for found in parameters if found["name"] != CHECK]
    done = dict(operation, parameters=others)
    if len(others) == len(parameters):
        yield _function(document, name, method, path, done)
        return
    answers = operation["responses"]
    yield _function(document, name, method, path, dict(done, responses={"201": answers["201"]}))
    only = dict(
        done, responses={"200": answers["200"]}, summary=f"{operation['summary']}: check it, store nothing"
    )
    yield _function(document, f"{name}_{CHECK}", method, f"{path}?{CHECK}=true", only)


def _streams(operation: Schema) -> bool:
    return any(STREAM in response.get("content", {}) for response in operation["responses"].values())


def _moved(operation: Schema) -> bool:
    """A redirect to where the same is found under its present name."""
    return min(operation["responses"]) in {"301", "308"}


def _function(document: Schema, name: str, method: str, path: str, operation: Schema) -> str:
    parameters = operation.get("parameters", [])
    in_path = [found for found in parameters if found["in"] == "path"]
    in_query = [found for found in parameters if found["in"] == "query"]
    positional = [f"{found['name']}: {type_of(found['schema'], 'shapes.', taken=True)}" for found in in_path]
    named = [
        _argument(found["name"], found["schema"], required=found.get("required", False)) for found in in_query
    ]
    arguments = [f'"{method.upper()}"', _path(path)]
    if in_query:
        arguments.append(f"query={_given(found['name'] for found in in_query)}")
    taken, sent = _body(document, operation)
    named += taken
    arguments += sent
    answer, more = _answer(document, operation)
    arguments += more
    signature = ", ".join(
        positional + (["*", *sorted(named, key=lambda one: " = UNSET" in one)] if named else [])
    )
    lines = [
        f"def {name}({signature}) -> Call[{answer}]:",
        *_docstring(operation.get("summary", "")),
        f"    return Call({', '.join(arguments)})",
    ]
    return "\n".join(lines) + "\n"


def _path(path: str) -> str:
    if "{" not in path:
        return f'"{path}"'
    return 'f"' + re.sub(r"\{(\w+)\}", r"{segment(\1)}", path) + '"'


def _argument(name: str, schema: Schema, *, required: bool) -> str:
    kind = type_of(schema, "shapes.", taken=True)
    return f"{_identifier(name)}: {kind}" if required else f"{_identifier(name)}: {kind} | Unset = UNSET"


def _identifier(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _given(names: Iterator[str]) -> str:
    return f"given({', '.join(f'{_identifier(name)}={_identifier(name)}' for name in names)})"


def _body(document: Schema, operation: Schema) -> tuple[list[str], list[str]]:
    """Arguments that make the body, and how it goes into the call."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return [], []
    needed = operation["requestBody"].get("required", False)
    schema = content[JSON]["schema"]
    if not needed:
        schema = next((part for part in schema.get("anyOf", ()) if "$ref" in part), schema)
    resolved = _resolved(document, schema)
    taken, sent = [], []
    if "properties" in resolved:
        required = set(resolved.get("required", ()))
        taken = [
            _argument(name, of, required=name in required) for name, of in resolved["properties"].items()
        ]
        sent = [f"body={_given(iter(resolved['properties']))}"]
    else:
        taken, sent = [f"body: {type_of(schema, 'shapes.', taken=True)}"], ["body=body"]
    others = sorted(set(content) - {JSON})
    if others:
        taken = [one if " = UNSET" in one else f"{one} | Unset = UNSET" for one in taken]
        taken += ["content: bytes | Unset = UNSET", f"content_type: str = {others[0]!r}"]
        sent = [f"body=content if not isinstance(content, Unset) else {sent[0].removeprefix('body=')}"]
        sent += ['headers={"Content-Type": content_type} if not isinstance(content, Unset) else {}']
    return taken, sent


def _resolved(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _answer(document: Schema, operation: Schema) -> tuple[str, list[str]]:
    """The type of what comes back, and what the call must know of it."""
    for status, response in sorted(operation["responses"].items()):
        if not status.startswith("2"):
            continue
        content = response.get("content", {})
        if JSON not in content:
            return "bytes", ["raw=True"]
        schema = content[JSON].get("schema", {})
        if not schema:
            return "Any", []
        paged = {found["name"] for found in operation.get("parameters", [])} >= {"limit", "offset"}
        items = _items(_resolved(document, schema)) if paged else None
        return type_of(schema, "shapes."), [f"items={items!r}"] if items else []
    return "bytes", ["raw=True"]


def _items(schema: Schema) -> str | None:
    """The one list of a page."""
    lists = [name for name, of in schema.get("properties", {}).items() if of.get("type") == "array"]
    return lists[0] if len(lists) == 1 else None


# Refusals


def refusals() -> str:
    """One class a code, below the class of its status."""
    head = HEADER.format(title="Every refusal of the platform by its code: what `except` can name.")
    head += "from __future__ import annotations\n\nfrom typing import ClassVar\n\nfrom quantos.client import errors\n"
    parts, codes = [head], {}
    for error in error_classes():
        if not error.__module__.startswith("quantos."):
            continue  # a test's own
        if error.__module__ == QuantosError.__module__ or _family(error) is QuantosError:
            continue  # a family of its own, or one that no route answers with
        codes[error.code] = error.__name__
        parts.append(
            f"class {error.__name__}(errors.{_family(error).__name__}):\n"
            + "\n".join(_docstring((error.__doc__ or "").strip().split("\n\n")[0]))
            + f'\n\n    code: ClassVar[str] = "{error.code}"\n'
        )
    table = ", ".join(f"{code!r}: {name}" for code, name in sorted(codes.items()))
    parts.append(f"BY_CODE: dict[str, type[errors.ApiError]] = {{{table}}}\n")
    return "\n\n".join(parts)


def _family(error: type[QuantosError]) -> type[QuantosError]:
    """The refusal of quantos.errors that it is a kind of."""
    return next(base for base in error.__mro__ if base.__module__ == QuantosError.__module__)
