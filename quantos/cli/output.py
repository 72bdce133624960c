"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_OF_A_PIPE = 160


def print_json(content: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, default=_plain) + "\n")


def print_line(text: str) -> None:
    """One line, at once: whoever waits for it may be reading a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "none") -> None:
    """Columns whose name ends in `>` are aligned to the right."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - loaded where it is used
    from rich.table import Table  # noqa: PLC0415

    rows = list(rows)
    if not rows:
        print_line(empty)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(
            name.removesuffix(">"), justify="right" if name.endswith(">") else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*map(shown, row))
    console().print(table)


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Names and values, one pair a line."""
    pairs = [(name, shown(value)) for name, value in facts]
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        print_line(f"{name:<{width}}  {value}")


def shown(value: Any) -> str:
    """A value as a person reads it; nothing is a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items()) or "-"
    return str(value)


def console() -> Console:
    """The terminal; a pipe gets wide lines, so that nothing is cut."""
    from rich.console import Console  # noqa: PLC0415

    return Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE, highlight=False)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
