"""What a table shows of a record, and how wide that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len
from rich.text import Text

Record = Mapping[str, Any]

FEW: Final = 48
"""So many different values of a column are all measured."""


def _plain(value: Any) -> Text:
    return Text("" if value is None else str(value))


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `of`: the value that is sorted, exported and shown; `shown`: how a person reads it."""

    key: str
    of: Callable[[Record], Any]
    shown: Callable[[Any], Text] = _plain
    right: bool = False

    def cell(self, record: Record) -> Text:
        return self.shown(self.of(record))


def width_of(column: Column, records: Sequence[Record]) -> int:
    """Columns that the widest value takes. Only the extremes are drawn: ten thousand would take a second."""
    return max((column.shown(value).cell_len for value in _extremes(column, records)), default=0)


def _extremes(column: Column, records: Sequence[Record]) -> list[Any]:
    """Of few different values all, of numbers the ends, of texts the longest."""
    values = [value for value in map(column.of, records) if value is not None]
    found: list[Any] = [None] if len(values) < len(records) else []
    if not values:
        return found
    if isinstance(values[0], str):
        different = set(values)
        return found + (list(different) if len(different) <= FEW else [max(different, key=_length)])
    if isinstance(values[0], int | float):
        return [*found, min(values), max(values)]
    return found + values


def _length(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
