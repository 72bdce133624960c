"""What the reference documents must say, read off the code they describe.

A document in docs/ has one generated section, between `<!-- generated: NAME -->` and `<!-- end -->`; the prose
around it is written by hand. `python -m tests.docs.regenerate` writes the sections anew, and the tests fail
where one is out of date: a setting, an error, a route, a command or a job cannot exist undocumented.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Final
from unittest.mock import MagicMock

import typer
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import SecretStr

import quantos
from quantos.errors import QuantosError
from quantos.settings import Settings, default_data_dir
from tests.docs.requirements import requirements

DOCS: Final = Path(__file__).parents[2] / "docs"
NOT_MODULES: Final = re.compile(r"\.(__main__|migrations|client)(\.|$)")
"""Programs and Alembic scripts act when they are imported; the client is generated from what is read here."""

GUARDS: Final = {
    None: "anyone",
    "user": "user",
    "user_even_disabled": "user, even disabled",
    "operator": "operator",
}


def modules() -> Iterator[ModuleType]:
    """Every module of the platform, imported."""
    for found in pkgutil.walk_packages(quantos.__path__, "quantos."):
        if not NOT_MODULES.search(found.name):
            yield importlib.import_module(found.name)


def optional_module(name: str) -> ModuleType | None:
    """A module that may not exist; one that exists and cannot be imported is an error."""
    parent, _, _ = name.rpartition(".")
    if parent and optional_module(parent) is None:
        return None
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.get_default(call_default_factory=True, validated_data={})
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        shown = "the user data folder" if value == default_data_dir() else f"`{value}`" if value != "" else ""
        rows.append((f"`QUANTOS_{name.upper()}`", shown, field.description or ""))
    return table(("variable", "default", "meaning"), rows)


def error_classes() -> list[type[QuantosError]]:
    """The tree of refusals with everything that the features add to it."""
    for _ in modules():
        continue
    return sorted(_subclasses(QuantosError), key=lambda error: (error.status, error.code))


def errors() -> str:
    rows = [
        (
            f"`{error.code}`",
            str(error.status),
            f"`{error.__name__}`",
            error.__module__,
            _first_line(error.__doc__) or error.code.replace("_", " "),
        )
        for error in error_classes()
        if error.__module__.startswith("quantos.")
    ]
    return table(("code", "status", "class", "where", "meaning"), rows)


Placed = tuple[str, APIRoute]
"""A route and the path at which it stands in the application."""


def routes() -> list[Placed]:
    """Every route of the platform; before there is a composition root, those of the features."""
    root = optional_module("quantos.app")
    found = _routes_of_the_features() if root is None else _routes_of_the_platform(root)
    return sorted(found, key=lambda placed: (placed[0], sorted(placed[1].methods or ())))


def _routes_of_the_platform(root: ModuleType) -> list[Placed]:
    """Raises AssertionError where a path of the OpenAPI document was not found among the routes."""
    with TemporaryDirectory() as folder:
        platform = root.Platform.open(Settings(data_dir=Path(folder)))
        try:
            app = root.build_app(platform)
            found = list(leaves(app.router))
            missing = set(app.openapi()["paths"]) - {path for path, _ in found}
            assert not missing, missing
            return found
        finally:
            platform.close()


def _routes_of_the_features() -> list[Placed]:
    """The routes of each feature, on services that do nothing."""
    found: list[Placed] = []
    for module in modules():
        for name, build in inspect.getmembers(module, inspect.isfunction):
            if (
                build.__module__ == module.__name__
                and module.__name__.endswith(".routes")
                and _builds_routes(name)
            ):
                services = (MagicMock() for _ in inspect.signature(build).parameters)
                found += leaves(build(*services))
    return found


def api() -> str:
    rows = [
        (
            method,
            f"`{path}`",
            f"`{route.operation_id}`",
            caller_of(route),
            route.summary or "",
        )
        for path, route in routes()
        if route.include_in_schema
        for method in sorted(route.methods or ())
    ]
    return table(("method", "path", "operation", "for", "what"), rows)


def caller_of(route: APIRoute) -> str:
    """Who may call: the guard that the route's class holds."""
    handler = type(route).get_route_handler
    held = inspect.getclosurevars(handler).nonlocals
    if "guard" not in held:
        return GUARDS[None]
    guard = held["guard"]
    name = getattr(guard, "_mock_name", None) or getattr(guard, "__name__", None)
    return GUARDS.get(name, str(name))


def command_rows() -> list[tuple[str, str, str]]:
    """Command, options, meaning: as the command line itself shows them."""
    cli = optional_module("quantos.cli.app")
    return [] if cli is None else rows_of(typer.main.get_command(cli.app), "quantos")


def rows_of(command: Any, name: str) -> list[tuple[str, str, str]]:
    """The rows of a command, or of everything below a group of commands."""
    below = getattr(command, "commands", None)
    rows = []
    if below is not None:
        rows = [row for part, child in sorted(below.items()) for row in rows_of(child, f"{name} {part}")]
        if not command.invoke_without_command:
            return rows
    pieces = [
        max(parameter.opts, key=len)
        if parameter.param_type_name == "option"
        else (parameter.name or "").upper()
        for parameter in command.params
        if not parameter.hidden
    ]
    options = ", ".join(f"`{piece}`" for piece in pieces if piece != "--help")
    return [(f"`{name}`", options, _first_line(command.help)), *rows]


def commands() -> str:
    return table(("command", "options", "does"), command_rows())


SECTIONS: Final[dict[str, Callable[[], str]]] = {
    "settings": settings,
    "errors": errors,
    "commands": commands,
    "api": api,
    "requirements": requirements,
}


def document(name: str) -> Path:
    return DOCS / f"{name}.md"


def with_section(text: str, name: str, section: str) -> str:
    """The document's text with its generated section replaced. Raises ValueError where it has none."""
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"docs/{name}.md has no section <!-- generated: {name} --> ... <!-- end -->")
    return pattern.sub(lambda match: f"{match[1]}{section}{match[2]}", text)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table; pipes inside cells escaped."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *lines]) + "\n"


def _subclasses(error: type[QuantosError]) -> set[type[QuantosError]]:
    return {error}.union(*map(_subclasses, error.__subclasses__()))


def _builds_routes(name: str) -> bool:
    return not name.startswith("_") and (name == "router" or name.endswith("_router"))


def leaves(router: APIRouter) -> Iterator[Placed]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route.path, route


def _first_line(text: str | None) -> str:
    return inspect.cleandoc(text).split("\n", 1)[0] if text else ""
