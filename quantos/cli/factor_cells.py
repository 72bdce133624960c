"""Cells of a file of factor values that cannot be taken, by row, date and column, before anything is sent.

Rows are counted from 1, below the names of the columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from quantos.cli.texts import say
from quantos.market.core.symbols import SYMBOL_PATTERN

EMPTY: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
"""Texts that stand for no value, in lower case."""

SHOWN_MAX: Final = 40


class BadCell(NamedTuple):
    """`row` from 0. `why`: a word of `factor.cell.*`."""

    row: int
    column: str
    why: str
    content: Any


def bad_cell(table: Any, date_name: str) -> BadCell | None:
    """The first cell, column by column, that the platform would not take; None where all can be sent."""
    names = table.column_names  # made anew each time that it is asked for
    long = "symbol" in names
    columns = [name for name in names if name == "value"] if long else [n for n in names if n != date_name]
    found = [_bad_date(table, date_name), *([_bad_symbol(table)] if long else [])]
    found += [_bad_number(table, name, needed=long) for name in columns]
    return next((each for each in found if each is not None), None)


def told(name: str, table: Any, date_name: str, bad: BadCell) -> str:
    """Where it is and what is wrong with it."""
    where = say("comma").join([f"{bad.row + 1:,}", *map(str, _place(table, date_name, bad))])
    why = say(f"factor.cell.{bad.why}", content=repr(bad.content)[:SHOWN_MAX])
    return say("factor.bad_cell", name=name, where=where, column=bad.column, why=why)


def _place(table: Any, date_name: str, bad: BadCell) -> Iterator[Any]:
    """The date and, in a long file, the symbol of the row, unless they are the bad cell themselves."""
    for name in (date_name, "symbol"):
        if name in table.column_names and name != bad.column:
            content = table[name][bad.row].as_py()
            yield content.date() if isinstance(content, datetime) else content


def _bad_date(table: Any, name: str) -> BadCell | None:
    for row, content in _texts(table[name]):
        try:
            date.fromisoformat(content or "")
        except ValueError:
            return BadCell(row, name, "no_date", content)
    return None


def _bad_symbol(table: Any) -> BadCell | None:
    for row, content in _texts(table["symbol"]):
        if content is None or not SYMBOL_PATTERN.fullmatch(content):
            return BadCell(row, "symbol", "no_symbol", content)
    return None


def _bad_number(table: Any, name: str, *, needed: bool) -> BadCell | None:
    """`needed`: a row without a value is left out of the file, not left empty."""
    import pyarrow as pa  # noqa: PLC0415 - --help needs none of it
    import pyarrow.compute as pc  # noqa: PLC0415

    column = table[name]
    if pa.types.is_floating(column.type):
        wrong = pc.invert(pc.is_finite(column)) if needed else pc.is_inf(column)
        row = pc.index(pc.fill_null(wrong, needed), value=True).as_py()
        return None if row < 0 else BadCell(row, name, "not_finite", column[row].as_py())
    for row, content in _texts(column):
        if content is None or content.strip().lower() in EMPTY:
            if needed:
                return BadCell(row, name, "not_finite", content)
        elif not _is_number(content):
            return BadCell(row, name, "no_number", content)
    return None


def _texts(column: Any) -> Sequence[tuple[int, str | None]]:
    """(first row, content) of each different text; nothing where the column is not one of texts."""
    import pyarrow as pa  # noqa: PLC0415

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.cast(kind.value_type))
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return []
    first: dict[str | None, int] = {}
    for row, content in enumerate(column.to_pylist()):
        first.setdefault(content, row)
    return [(row, content) for content, row in first.items()]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
