"""Rules on the source text that neither ruff nor mypy holds, each a function from one file to its findings.

An exemption names its file and its reason, in EXEMPT or OVERSIZED; nothing is exempt in silence.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("quantos", "tui", "licensing", "strategy_worker")

FILE_LINES_MAX: Final = 450
FUNCTION_LINES_MAX: Final = 80

GENERATED: Final = (
    "quantos/storage/migrations/versions/",  # written once, in the form Alembic reads
    "quantos/client/calls.py",  # read off the API's description
    "quantos/client/shapes.py",
    "quantos/client/refusals.py",
)

EXEMPT: Final[dict[str, dict[str, str]]] = {
    "one_clock": {
        "quantos/kit/clock.py": "the one source of time",
        "licensing/": "a licence is judged by the system's time, also in simulation",
        "tui/link.py": "since when a server is silent is the time of whoever waits for it",
    },
    "no_print": {
        "quantos/cli/": "the command line speaks to a person",
    },
}

OVERSIZED: Final[dict[str, str]] = {
    "quantos/settlement/core/kernel.py::settle_strategies": "compiled as one loop: one strategy-day in one pass",
}
"""`path` or `path::function` of what is larger than the rule, with the reason."""

READS_TIME: Final = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "clock_gettime"},
}


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file, parsed."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)


Rule = Callable[[Source], list[str]]


def project_sources() -> list[Source]:
    """Every module of the packages."""
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def sources_of_tests() -> list[Source]:
    """Every module of the tests."""
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text())
        for path in sorted((ROOT / "tests").rglob("*.py"))
    ]


def one_clock(source: Source) -> list[str]:
    """The system's time is read in kit/clock.py alone."""
    if _exempt("one_clock", source):
        return []
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in READS_TIME.get(_last_name(node.value), set()):
            found.append(_at(source, node, f"{_last_name(node.value)}.{node.attr} reads the system's time"))
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            taken = [name.name for name in node.names if name.name in READS_TIME["time"]]
            found += [_at(source, node, f"time.{name} reads the system's time") for name in taken]
        if _is_numpy_present(node):
            found.append(_at(source, node, "datetime64 of the present reads the system's time"))
    return found


def no_print(source: Source) -> list[str]:
    """Only the command line prints."""
    if _exempt("no_print", source):
        return []
    return [
        _at(source, node, "print outside the command line")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def no_swallowed_error(source: Source) -> list[str]:
    """No bare except, no handler that does nothing, no broad one that neither raises nor uses what it caught."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                found.append(_at(source, node, "bare except"))
            elif all(_does_nothing(statement) for statement in node.body):
                found.append(_at(source, node, "the handler does nothing"))
            elif _is_broad(node.type) and not _uses_error(node):
                found.append(_at(source, node, "everything is caught and forgotten"))
        if (
            isinstance(node, ast.Call)
            and _last_name(node.func) == "suppress"
            and any(map(_is_broad, node.args))
        ):
            found.append(_at(source, node, "everything is suppressed"))
    return found


def states_the_facts(source: Source) -> list[str]:
    """Every module opens with a docstring."""
    return [] if ast.get_docstring(source.tree) else [f"{source.path}:1 no module docstring"]


def fits_a_screenful(source: Source) -> list[str]:
    """Files and functions stay of a size that one reads at a sitting."""
    if source.path.startswith(GENERATED):
        return []
    found = []
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX and source.path not in OVERSIZED:
        found.append(f"{source.path}:1 the file has {lines} lines")
    found += [
        f"{source.path}: {function} has {length} lines"
        for function, length in _oversized_functions(source).items()
        if f"{source.path}::{function}" not in OVERSIZED
    ]
    return found


def core_takes_time_as_an_argument(source: Source) -> list[str]:
    """A core never holds a clock: instants and dates come in as values."""
    if "/core/" not in source.path:
        return []
    clocks = {"Clock", "SystemClock", "SimulatedClock", "today"}
    return [
        _at(source, node, f"the core imports {name.name}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "quantos.kit.clock"
        for name in node.names
        if name.name in clocks
    ]


def shapes_hold_their_annotations(source: Source) -> list[str]:
    """A postponed annotation is text that Pydantic compiles for each field, at every start of the server."""
    name = source.path.rpartition("/")[2]
    if not source.path.startswith("quantos/") or not (name.endswith("tables.py") or "schemas" in name):
        return []
    return [
        _at(source, node, "shapes and tables import no annotations from __future__")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]


RULES: Final[tuple[Rule, ...]] = (
    one_clock,
    no_print,
    no_swallowed_error,
    states_the_facts,
    fits_a_screenful,
    core_takes_time_as_an_argument,
    shapes_hold_their_annotations,
)


def stale_exemptions(sources: list[Source]) -> Iterator[str]:
    """Exemptions whose file or function is gone, or is no longer larger than the rule."""
    by_path = {source.path: source for source in sources}
    for entry in OVERSIZED:
        path, _, function = entry.partition("::")
        source = by_path.get(path)
        if source is None:
            yield f"{entry}: no such file"
        elif function not in _oversized_functions(source) and not (
            function == "" and source.text.count("\n") > FILE_LINES_MAX
        ):
            yield f"{entry}: fits by now"


def _oversized_functions(source: Source) -> dict[str, int]:
    lengths = {
        node.name: (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {name: length for name, length in lengths.items() if length > FUNCTION_LINES_MAX}


def _exempt(rule: str, source: Source) -> bool:
    return any(source.path.startswith(path) for path in EXEMPT[rule])


def _at(source: Source, node: ast.AST, finding: str) -> str:
    return f"{source.path}:{getattr(node, 'lineno', 1)} {finding}"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_numpy_present(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and _last_name(node.func) == "datetime64"
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value in {"now", "today"}
    )


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_broad(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return any(map(_is_broad, node.elts))
    return _last_name(node) in {"Exception", "BaseException"}


def _uses_error(handler: ast.ExceptHandler) -> bool:
    for node in ast.walk(ast.Module(body=handler.body, type_ignores=[])):
        if isinstance(node, ast.Raise):
            return True
        if handler.name and isinstance(node, ast.Name) and node.id == handler.name:
            return True
        if isinstance(node, ast.Call) and _last_name(node.func) == "exception":
            return True
    return False
