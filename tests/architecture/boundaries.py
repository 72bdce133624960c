"""What import-linter cannot say, said by walking the import graph.

import-linter has no word for "any feature but my own" nor for "nothing of quantos but quantos.client"; each
function here lists the imports that break one such rule.
"""

from __future__ import annotations

from collections.abc import Iterator

import grimp

SHARED = {"kit", "storage", "client"}
DOORS = {"service", "core"}
EXTRA_DOORS = {
    "app": {"routes"},
    "platform": {"jobs"},
    "scheduler": {"jobs"},
    "cli": {"offline", "providers"},
}
"""The composition root wires routes and jobs; the scheduler's timetable names jobs; `quantos verify` runs the
verifier's program, `quantos market fetch` asks the live sources."""
CLIENT_USERS = {"quantos.cli"}


def past_the_front_door(graph: grimp.ImportGraph) -> list[str]:
    """Imports that enter another feature elsewhere than by its `service` or `core`."""
    return [
        f"{module} must not import {target}"
        for module, target in _imports(graph)
        if _enters_another_feature(module, target)
        and target.split(".")[2] not in DOORS | EXTRA_DOORS.get(module.split(".")[1], set())
    ]


def dashboard_beyond_the_client(graph: grimp.ImportGraph) -> list[str]:
    """Imports of `tui` that reach anything of quantos but `quantos.client`."""
    return [
        f"{module} must not import {target}"
        for module, target in _imports(graph)
        if _under(module, "tui") and _under(target, "quantos") and not _under(target, "quantos.client")
    ]


def client_beyond_itself(graph: grimp.ImportGraph) -> list[str]:
    """Imports of `quantos.client` that reach the rest of quantos."""
    return [
        f"{module} must not import {target}"
        for module, target in _imports(graph)
        if _under(module, "quantos.client")
        and _under(target, "quantos")
        and not _under(target, "quantos.client")
    ]


def client_used_by_the_server(graph: grimp.ImportGraph) -> list[str]:
    """Imports of `quantos.client` from the platform itself; only the command line speaks through it."""
    return [
        f"{module} must not import {target}"
        for module, target in _imports(graph)
        if _under(target, "quantos.client")
        and _under(module, "quantos")
        and not any(_under(module, user) for user in (*CLIENT_USERS, "quantos.client"))
    ]


def _imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    for module in sorted(graph.modules):
        for target in sorted(graph.find_modules_directly_imported_by(module)):
            yield module, target


def _enters_another_feature(module: str, target: str) -> bool:
    package, *here = module.split(".")
    other, *there = target.split(".")
    return (
        package == other == "quantos" and len(there) >= 2 and there[0] not in SHARED and here[:1] != there[:1]
    )


def _under(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
