"""Which tests hold each requirement of the specification, by its id.

A test says so by its name (`test_sig_09_and_10_...`, `test_claim_04_to_06_...`), or `tests/requirements.toml` says it
of a test whose name tells something else.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
TESTS: Final = ROOT / "tests"

Held = dict[str, list[tuple[str, str]]]
"""By id: a file below tests/ and a test in it, `Class::test_name` or `test_name`."""


@cache
def table() -> dict[str, Any]:
    return tomllib.loads((TESTS / "requirements.toml").read_text())


def ids() -> list[str]:
    """Every requirement there is, in the order of the specification."""
    counts: dict[str, int] = table()["counts"]
    return [f"{chapter}-{number:02}" for chapter, count in counts.items() for number in range(1, count + 1)]


def named(test: str) -> Iterator[str]:
    """The ids that a test's name has: `sig_01_and_16_`, `claim_16_to_18_`, `port_04_09_12_`."""
    for found in _form().finditer(test):
        numbers = [int(found[2])]
        for joint, number in re.findall(r"_(and_|to_)?(\d\d)", found[3]):
            numbers += range(numbers[-1] + 1, int(number)) if joint == "to_" else ()
            numbers.append(int(number))
        yield from (f"{found[1].upper()}-{number:02}" for number in numbers)


@cache
def _form() -> re.Pattern[str]:
    chapters = "|".join(sorted((chapter.lower() for chapter in table()["counts"]), key=len, reverse=True))
    return re.compile(rf"_({chapters})_(\d\d)((?:_(?:and_|to_)?\d\d)*)(?=_)")


def tests_of(file: Path) -> list[str]:
    """The tests of a file, as pytest writes them."""

    def below(body: list[ast.stmt], above: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from below(node.body, f"{above}{node.name}::")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield above + node.name

    return list(below(ast.parse(file.read_text()).body, ""))


@cache
def held() -> Held:
    """Raises AssertionError where the table names a test that there is not."""
    found: Held = {each: [] for each in ids()}
    listed: dict[str, dict[str, list[str]]] = table()["held_by"]
    for file in sorted(TESTS.rglob("test_*.py")):
        place = file.relative_to(TESTS).as_posix()
        if place not in listed and not _form().search(file.read_text()):
            continue
        there = tests_of(file)
        for test in there:
            for each in dict.fromkeys(named(test)):
                found.setdefault(each, []).append((place, test))
        for each, tests in listed.get(place, {}).items():
            assert set(tests) <= set(there), (place, set(tests) - set(there))
            found.setdefault(each, []).extend((place, test) for test in tests)
    return found


def requirements() -> str:
    """The section of docs/requirements.md: a line for each id."""
    measured: dict[str, str] = table()["measured"]
    lines = []
    for each, tests in held().items():
        files = [
            f"`{file}` " + ", ".join(test.rpartition("::")[2].removeprefix("test_") for _, test in inside)
            for file, inside in groupby(sorted(set(tests)), key=lambda test: test[0])
        ]
        if each in measured:
            files.append(f"measured: {measured[each]}")
        lines.append(f"- **{each}** " + "; ".join(files or ["no test"]))
    return "\n".join(lines) + "\n"
