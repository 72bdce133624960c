"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantos.cli.layout import clean, listed, screen_width, wrapped
from quantos.cli.texts import say
from quantos.kit.clock import SHANGHAI, parse_instant

if TYPE_CHECKING:
    from rich.console import Console


def print_json(content: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, default=_plain) + "\n")


def print_line(text: str) -> None:
    """One line, at once: whoever waits for it may be reading a pipe."""
    sys.stdout.write(clean(text) + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "") -> None:
    """Columns whose name ends in `>` hold numbers: aligned to the right and never parted. Text is wrapped."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - loaded where it is used
    from rich.table import Table  # noqa: PLC0415

    rows = list(rows)
    if not rows:
        if empty:
            print_line(empty)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        number = name.endswith(">")
        table.add_column(
            name.removesuffix(">"), justify="right" if number else "left", no_wrap=number, overflow="fold"
        )
    for row in rows:
        table.add_row(*map(shown, row))
    console().print(table)


def print_text(text: str) -> None:
    """A sentence, wrapped to the screen."""
    for line in wrapped(text, screen_width()):
        print_line(line)


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Names and values, one pair a line; long values go on below where they began."""
    pairs = [(name, shown(value)) for name, value in facts]
    for line in listed(pairs, screen_width(), indent=0):
        print_line(line)


def in_shanghai(instant: str) -> str:
    """An instant of the API as the exchange's wall clock shows it."""
    return f"{parse_instant(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def shown(value: Any) -> str:
    """A value as a person reads it; nothing is a dash."""
    if isinstance(value, bool):
        return say("yes" if value else "no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"  # 0.1 + 0.2 is 0.3
    if isinstance(value, dict):
        value = [f"{name} {shown(item)}" for name, item in value.items()]
    text = ", ".join(map(shown, value)) if isinstance(value, list | tuple) else str(value or "")
    return clean(text) or "-"


def console() -> Console:
    """The terminal; a pipe gets wide lines, so that nothing is cut."""
    from rich.console import Console  # noqa: PLC0415

    return Console(width=screen_width(), highlight=False, markup=False, emoji=False)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
