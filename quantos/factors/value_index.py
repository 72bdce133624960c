"""What the series store says of the files of factor values: how far they are written, and where each day stands."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.panel import Dates
from quantos.factors.value_files import REMEDY, Part, ValuesDamaged

Cursor = duckdb.DuckDBPyConnection
Symbols = tuple[str, ...]

RUN_BYTES_MAX: Final = 1 << 20
"""Read at once, and summed up while they lie in the processor's cache."""

AXES_KEPT_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class File:
    """The row of `factor_file`."""

    generation: int
    axis: str
    ends: tuple[int, int]  # of PARTS, in bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """Days of a factor in one of its files, in the order in which they stand there."""

    file: File
    dates: Dates
    width: NDArray[np.int64]
    at: NDArray[np.int64]
    sums: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Index:
    """Rows for some dates, in the order in which they stand in the file."""

    row: NDArray[np.int64]  # the position of each among the dates asked for
    width: NDArray[np.int64]
    at: NDArray[np.int64]
    sums: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows, dates: Dates) -> Index:
        row = np.searchsorted(dates, rows.dates)
        row[row == len(dates)] = 0
        wanted = dates[row] == rows.dates if len(dates) else np.zeros(len(rows.dates), np.bool_)
        return cls(row[wanted], rows.width[wanted], rows.at[wanted], rows.sums[wanted])

    def runs(self, part: Part) -> Iterator[slice]:
        """Rows of one width that stand behind one another, RUN_BYTES_MAX at the most."""
        if not len(self.row):
            return
        size = part.row_bytes(self.width)
        breaks = (np.diff(self.width) != 0) | (np.diff(self.at) != size[:-1])
        edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(self.row)]
        for a, b in itertools.pairwise(edges):
            step = max(RUN_BYTES_MAX // max(int(size[a]), 1), 1)
            for start in range(a, b, step):
                yield slice(start, min(start + step, b))


def rows_of(cursor: Cursor, factors: Sequence[int], part: Part, dates: Dates) -> dict[int, Rows]:
    """From the first of the dates to the last, by factor, those without any left out.

    One query, and so of one commit: a file and the rows in it belong together.
    """
    if not len(dates) or not len(factors):
        return {}
    found = cursor.execute(
        f"SELECT d.factor, d.trade_date, d.width, d.{part.name}_at AS at, d.{part.name}_sum AS sum,"  # noqa: S608
        " f.generation, f.axis, f.values_end, f.codes_end"
        " FROM factor_day d JOIN factor_file f ON f.factor = d.factor"
        f" WHERE {_among('d.factor', factors)} AND d.trade_date BETWEEN ? AND ? ORDER BY d.factor, d.{part.name}_at",
        [dates[0].astype(object), dates[-1].astype(object)],
    ).fetchnumpy()
    whose = plain(found["factor"])
    columns = [plain(found[name]).astype(np.int64) for name in ("width", "at", "sum")]
    days = plain(found["trade_date"]).astype("datetime64[D]")
    edges = [0, *(np.flatnonzero(np.diff(whose)) + 1).tolist(), len(whose)]
    by_factor = {}
    for a, b in itertools.pairwise(edges):
        if a == b:
            continue
        generation, axis, *ends = (
            plain(found[name])[a] for name in ("generation", "axis", "values_end", "codes_end")
        )
        file = File(int(generation), str(axis), (int(ends[0]), int(ends[1])))
        by_factor[int(whose[a])] = Rows(file, days[a:b], *(column[a:b] for column in columns))
    return by_factor


def files_of(cursor: Cursor, factors: Sequence[int]) -> dict[int, File]:
    """Those that have one."""
    rows = cursor.execute(
        "SELECT factor, generation, axis, values_end, codes_end FROM factor_file"  # noqa: S608
        f" WHERE {_among('factor', factors)}"
    ).fetchall()
    return {row[0]: File(row[1], row[2], (row[3], row[4])) for row in rows}


def file_of(cursor: Cursor, factor: int) -> File | None:
    return files_of(cursor, [factor]).get(factor)


def keep_file(cursor: Cursor, factor: int, file: File, before: File | None) -> None:
    """`before`: what stands there."""
    if before is None:
        cursor.execute(
            "INSERT INTO factor_file VALUES (?, ?, ?, ?, ?)", [factor, file.generation, file.axis, *file.ends]
        )
        return
    cursor.execute(
        "UPDATE factor_file SET generation = ?, axis = ?, values_end = ?, codes_end = ? WHERE factor = ?",
        [file.generation, file.axis, *file.ends, factor],
    )


def axis_of(cursor: Cursor, axis: str) -> Symbols:
    """An axis never changes under its id: read once."""
    found = _AXES.get(axis)
    if found is None:
        row = cursor.execute("SELECT symbols FROM factor_axis WHERE id = ?", [axis]).fetchone()
        if row is None:
            raise ValuesDamaged(f"the series store has lost the symbols of factor values: {REMEDY}")
        found = tuple(row[0].split(" "))
        while len(_AXES) >= AXES_KEPT_MAX:
            _AXES.pop(next(iter(_AXES)))
        _AXES[axis] = found
    return found


def keep_axis(cursor: Cursor, symbols: Symbols) -> str:
    text = " ".join(symbols)
    axis = hashlib.sha256(text.encode()).hexdigest()
    if cursor.execute("SELECT 1 FROM factor_axis WHERE id = ?", [axis]).fetchone() is None:
        cursor.execute("INSERT INTO factor_axis VALUES (?, ?)", [axis, text])
    return axis


def plain(column: Any) -> NDArray[Any]:
    return np.ma.getdata(column)


def _among(column: str, factors: Sequence[int]) -> str:
    """A condition that DuckDB compares with what a block of rows holds at all; a list of parameters it does not."""
    return f"{column} IN ({', '.join(str(int(each)) for each in factors) or 'NULL'})"


_AXES: dict[str, Symbols] = {}
