"""What strategy code may be, judged from its text before anything of it runs (COP-22, COP-23).

1. It is small, flat and compiles, as Python of this interpreter.
2. It has a subclass of backtrader's Strategy at its top level.
3. It imports no module but the ten of ALLOWED_MODULES, each name by itself.
4. It names no builtin that runs text, asks, opens or looks around.
5. It reaches no attribute of the interpreter (dunders, frames), no module of the system through another module, and
   no function of numpy or pandas that reads or writes files or runs text. `super().__init__` alone is let through.
6. getattr and its kin are called directly, with the attribute written out; no format text reaches a dunder.

Names are judged wherever they stand, whatever they are bound to: an alias hides nothing, and a harmless attribute
`.load` is refused with the dangerous one. This is a gate against what is plainly wrong, not the wall: whatever passes
still runs without rights, network and more than its share of time and memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from quantos.errors import WrongState

CODE_BYTES_MAX: Final = 65_536
NODES_MAX: Final = 20_000
DEPTH_MAX: Final = 100
NUMBER_BITS_MAX: Final = 1_024
FINDINGS_MAX: Final = 20


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALLOWED_MODULES: Final = (
    "backtrader",
    "collections",
    "datetime",
    "functools",
    "itertools",
    "math",
    "numpy",
    "pandas",
    "statistics",
    "typing",
)
FORBIDDEN_BUILTINS: Final = _words(
    """
    open eval exec compile input breakpoint globals locals vars help exit quit __import__
    """
)
BY_NAME: Final = frozenset({"getattr", "setattr", "delattr", "hasattr"})
SYSTEM_MODULES: Final = _words(
    """
    os sys _os _sys io posix subprocess multiprocessing threading socket shutil pathlib tempfile builtins importlib
    ctypes ctypeslib f2py distutils inspect gc pickle urllib urlopen py3
    """
)
FRAMES: Final = _words(
    """
    gi_frame gi_code cr_frame cr_code ag_frame ag_code tb_frame f_back f_globals f_locals f_builtins f_code
    """
)
FILES_AND_TEXT: Final = _words(
    """
    load loads save savez savez_compressed savetxt loadtxt genfromtxt fromfile fromregex tofile memmap open_memmap
    DataSource dump runstring eval query ExcelFile ExcelWriter HDFStore
    to_csv to_excel to_feather to_gbq to_hdf to_html to_json to_latex to_markdown to_orc to_parquet to_pickle to_sql
    to_stata to_string to_xml to_clipboard
    """
)
STRATEGY_BASES: Final = frozenset({"Strategy", "SignalStrategy"})
DUNDER: Final = re.compile(r"__\w*__")
DUNDER_IN_FORMAT: Final = re.compile(r"\{[^{}]*__\w+__")
LINE_END: Final = re.compile(r"\r\n|\r|\n")


class Rule(StrEnum):
    """Which rule a finding breaks."""

    SIZE = "size"
    SYNTAX = "syntax"
    NO_STRATEGY = "no_strategy"
    IMPORT = "import"
    BUILTIN = "builtin"
    ATTRIBUTE = "attribute"
    COMPUTED = "computed_attribute"


@dataclass(frozen=True, slots=True)
class Finding:
    """Number from 1 in the order of the text; line and column count from 1, columns in characters."""

    number: int
    line: int
    column: int
    rule: Rule
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class StrategyCodeRefused(WrongState):
    """Strategy code that is not run; it carries its findings, one at least."""

    code = "strategy_code_refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        first, *others = findings
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(f"{first}{more}")
        self.findings = findings


class _Place(NamedTuple):
    """Line from 1, column in bytes from 0, as the parser counts them."""

    line: int
    offset: int


_Raw = tuple[_Place, Rule, str]


def admit(code: str) -> ast.Module:
    """The tree of code that may run. Raises StrategyCodeRefused."""
    tree, found = _judged(code)
    if tree is None or found:
        raise StrategyCodeRefused(tuple(found))
    return tree


def findings(code: str) -> list[Finding]:
    """Everything that the policy finds, FINDINGS_MAX at the most; empty: it may run."""
    return _judged(code)[1]


def strategy_classes(tree: ast.Module) -> list[ast.ClassDef]:
    """The strategies at the top level, in their order; one may derive from another."""
    modules, names = {"backtrader"}, set[str]()
    found = []
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            modules |= {each.asname or each.name for each in statement.names if each.name == "backtrader"}
        elif isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("backtrader"):
            names |= {each.asname or each.name for each in statement.names if each.name in STRATEGY_BASES}
        elif isinstance(statement, ast.ClassDef) and any(
            _is_strategy(base, modules, names) for base in statement.bases
        ):
            names.add(statement.name)
            found.append(statement)
    return found


def _is_strategy(base: ast.expr, modules: set[str], names: set[str]) -> bool:
    if isinstance(base, ast.Name):
        return base.id in names
    return isinstance(base, ast.Attribute) and base.attr in STRATEGY_BASES and _root(base) in modules


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _judged(code: str) -> tuple[ast.Module | None, list[Finding]]:
    tree, raw = _parsed(code)
    if tree is not None:
        raw = [found for node in ast.walk(tree) for found in _of_node(node)]
        if not strategy_classes(tree):
            raw.append(
                (
                    _Place(1, 0),
                    Rule.NO_STRATEGY,
                    "there is no class that has backtrader's Strategy as its base",
                )
            )
    lines = LINE_END.split(code)
    ordered = sorted(dict.fromkeys(raw))[:FINDINGS_MAX]
    return tree, [
        Finding(number, place.line, _column(lines, place), rule, message)
        for number, (place, rule, message) in enumerate(ordered, 1)
    ]


def _column(lines: list[str], place: _Place) -> int:
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return len(line.encode("utf-8", "replace")[: place.offset].decode("utf-8", "ignore")) + 1


def _parsed(code: str) -> tuple[ast.Module | None, list[_Raw]]:
    start = _Place(1, 0)
    if len(code.encode("utf-8", "replace")) > CODE_BYTES_MAX:
        return None, [(start, Rule.SIZE, f"the code must have at most {CODE_BYTES_MAX} bytes")]
    if "\0" in code or any("\ud800" <= char <= "\udfff" for char in code):
        return None, [(start, Rule.SYNTAX, "the code has characters that are no text")]
    try:
        tree = ast.parse(code)
        if (too_large := _too_large(tree)) is not None:
            return None, [(start, Rule.SIZE, too_large)]
        compile(code, "strategy.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        offset = len((error.text or "")[: max(0, (error.offset or 1) - 1)].encode("utf-8", "replace"))
        place = _Place(max(1, error.lineno or 1), offset)
        return None, [(place, Rule.SYNTAX, f"the code is not valid Python: {error.msg}")]
    except (RecursionError, MemoryError):
        return None, [(start, Rule.SIZE, "the code is nested too deeply")]
    return tree, []


def _too_large(tree: ast.Module) -> str | None:
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > NODES_MAX:
            return f"the code must have at most {NODES_MAX} parts"
        if depth > DEPTH_MAX:
            return f"the code must be nested {DEPTH_MAX} deep at the most"
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return None


def _of_node(node: ast.AST) -> Iterator[_Raw]:
    match node:
        case ast.Import():
            yield from _imports(node)
        case ast.ImportFrom():
            yield from _imports_from(node)
        case ast.Name():
            yield from _name(node)
        case ast.Attribute():
            if not _is_super_init(node):
                yield from _attribute(node.attr, _end_of(node))
        case ast.MatchClass():
            for name in node.kwd_attrs:
                yield from _attribute(name, _at(node))
        case ast.Call(func=ast.Name(id=called)) if called in BY_NAME:
            yield from _by_name(node, called)
            yield from _handed_on(node.args)
        case ast.Constant():
            yield from _constant(node)
        case _:
            yield from _handed_on(ast.iter_child_nodes(node))


def _constant(node: ast.Constant) -> Iterator[_Raw]:
    if isinstance(node.value, str) and DUNDER_IN_FORMAT.search(node.value):
        yield _at(node), Rule.COMPUTED, "a format text must not reach dunder attributes"
    if isinstance(node.value, int) and node.value.bit_length() > NUMBER_BITS_MAX:
        yield _at(node), Rule.SIZE, f"a number must have at most {NUMBER_BITS_MAX} bits"


def _imports(node: ast.Import) -> Iterator[_Raw]:
    for each in node.names:
        module, *parts = each.name.split(".")
        if module not in ALLOWED_MODULES:
            yield _at(each), Rule.IMPORT, _not_allowed(each.name)
        for part in parts:
            yield from _attribute(part, _at(each))


def _imports_from(node: ast.ImportFrom) -> Iterator[_Raw]:
    module, *parts = (node.module or "").split(".")
    if node.level:
        yield _at(node), Rule.IMPORT, "relative imports are not allowed"
    elif module not in ALLOWED_MODULES:
        yield _at(node), Rule.IMPORT, _not_allowed(node.module or "")
    for part in parts:
        yield from _attribute(part, _at(node))
    for each in node.names:
        if each.name == "*":
            yield _at(each), Rule.IMPORT, "import * is not allowed: name what is imported"
        else:
            yield from _attribute(each.name, _at(each))


def _not_allowed(module: str) -> str:
    return f"import of {module} is not allowed; allowed are {', '.join(ALLOWED_MODULES)}"


def _name(node: ast.Name) -> Iterator[_Raw]:
    if node.id in FORBIDDEN_BUILTINS or (DUNDER.fullmatch(node.id) and node.id != "__name__"):
        yield _at(node), Rule.BUILTIN, f"{node.id} is not allowed"


def _attribute(name: str, place: _Place) -> Iterator[_Raw]:
    if DUNDER.fullmatch(name):
        yield place, Rule.ATTRIBUTE, f"the dunder attribute {name} is not allowed"
    elif name in SYSTEM_MODULES:
        yield place, Rule.ATTRIBUTE, f"{name} must not be reached through another module"
    elif name in FRAMES:
        yield place, Rule.ATTRIBUTE, f"{name} is not allowed: it reaches the interpreter"
    elif name in FILES_AND_TEXT or name.startswith("read_"):
        yield place, Rule.ATTRIBUTE, f"{name} is not allowed: strategies use no files and run no text"


def _is_super_init(node: ast.Attribute) -> bool:
    match node:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return True
    return False


def _by_name(node: ast.Call, called: str) -> Iterator[_Raw]:
    match node.args:
        case [_, ast.Constant(value=str(name)), *_]:
            yield from _attribute(name, _at(node))
        case _:
            yield _at(node), Rule.COMPUTED, f"{called} needs its attribute written out as a text"


def _handed_on(children: Iterable[ast.AST]) -> Iterator[_Raw]:
    """getattr as a value: an argument, another name's."""
    for child in children:
        if isinstance(child, ast.Name) and child.id in BY_NAME:
            yield _at(child), Rule.COMPUTED, f"{child.id} must be called directly"


def _at(node: ast.AST) -> _Place:
    return _Place(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))


def _end_of(node: ast.Attribute) -> _Place:
    """Where the attribute itself stands, at the end of its expression."""
    end = node.end_col_offset or 0
    return _Place(node.end_lineno or node.lineno, max(0, end - len(node.attr.encode())))
