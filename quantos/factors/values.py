"""Factor values: two files a factor, an index in the series store.

`values` holds float64 rows, `codes` their rank codes; a row is one day, its columns are the first `width` symbols
of the factor's axis, which grows at its end. Files are only appended to. A day is stored exactly when its row of
`factor_day` is committed: the files are synced before, whatever they hold beyond the committed end is written
over, and each row's checksum stands in the index. A replaced day leaves its old row behind; once more than half of
a file is such rows, the days are copied to the next generation of files.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.errors import TooLarge
from quantos.factors.core.panel import Dates, Panel
from quantos.factors.core.ranks import NAMES_MAX, Codes, compacted, rank_codes
from quantos.factors.value_files import (
    CODES,
    PARTS,
    REMEDY,
    VALUES,
    Block,
    Part,
    ValuesDamaged,
    check_rows,
    checksums,
    read_rows,
    write_rows,
)

Cursor = duckdb.DuckDBPyConnection
Symbols = tuple[str, ...]

RUN_BYTES_MAX: Final = 1 << 20
"""Read at once, and summed up while they lie in the processor's cache."""

AXES_KEPT_MAX: Final = 64

COMPACT_FROM: Final = 1 << 20
"""Bytes of values below which replaced rows are left where they are."""


class TooManySymbols(TooLarge):
    code = "factor_symbols_too_many"


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole days of a factor: what stood for one of them before is replaced."""

    dates: Dates  # ascending, each once
    symbols: Symbols  # each once
    values: Panel  # [day, symbol], finite; NaN: no value


@dataclass(frozen=True, slots=True)
class Days:
    """What is stored of a factor, ascending."""

    dates: Dates
    received_at: NDArray[np.datetime64]  # microseconds, UTC
    covered: NDArray[np.int64]  # symbols with a value


@dataclass(frozen=True, slots=True)
class _File:
    """The row of `factor_file`."""

    generation: int
    axis: str
    ends: tuple[int, int]  # of PARTS, in bytes


class ValueStore:
    """The values of all factors, under one folder. Cursors are the caller's, and so is the commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # ------------------------------------------------------------ reading

    def days(self, cursor: Cursor, factor: int) -> Days:
        rows = cursor.execute(
            "SELECT trade_date, received_at, covered FROM factor_day WHERE factor = ? ORDER BY trade_date",
            [factor],
        ).fetchnumpy()
        return Days(
            _plain(rows["trade_date"]).astype("datetime64[D]"),
            _plain(rows["received_at"]).astype("datetime64[us]"),
            _plain(rows["covered"]).astype(np.int64),
        )

    def version(self, cursor: Cursor, factor: int) -> tuple[int, int]:
        """Another one after each upload: files are appended to, or followed by those of the next generation."""
        file = _file(cursor, factor)
        return (0, 0) if file is None else (file.generation, file.ends[0])

    def stored(self, cursor: Cursor) -> list[int]:
        """The factors that have values."""
        return [
            int(row[0]) for row in cursor.execute("SELECT factor FROM factor_file ORDER BY factor").fetchall()
        ]

    def symbols(self, cursor: Cursor, factor: int) -> Symbols:
        """Every symbol that ever had a value, ascending."""
        file = _file(cursor, factor)
        return () if file is None else tuple(sorted(_axis(cursor, file.axis)))

    def values(self, cursor: Cursor, factor: int, dates: Dates, symbols: Symbols) -> Panel:
        """Values [date, symbol]; NaN where there is none. Raises ValuesDamaged."""
        return self._panel(cursor, factor, VALUES, dates, symbols, None)

    def codes(
        self, cursor: Cursor, factor: int, dates: Dates, symbols: Symbols, out: Codes | None = None
    ) -> Codes:
        """Rank codes of each day over its values for the symbols asked for; 0 where there is none.

        `out`: an array to fill in place of a new one. Raises ValuesDamaged.
        """
        found: Codes = self._panel(cursor, factor, CODES, dates, symbols, out)
        file = _file(cursor, factor)
        axis = () if file is None else _axis(cursor, file.axis)
        whole = np.count_nonzero(_places(axis, symbols) >= 0) == len(axis)
        return found if whole else compacted(found)

    def _panel(
        self, cursor: Cursor, factor: int, part: Part, dates: Dates, symbols: Symbols, out: Any
    ) -> Block:
        if out is None:
            out = np.empty((len(dates), len(symbols)), part.dtype)
        try:
            self._fill(out, cursor, factor, part, dates, symbols)
        except FileNotFoundError:  # compacted since the index was read: the index of now names its successor
            try:
                self._fill(out, cursor, factor, part, dates, symbols)
            except FileNotFoundError as error:
                raise ValuesDamaged(f"{Path(error.filename).name} is missing: {REMEDY}") from error
        filled: Block = out
        return filled

    def _fill(
        self, out: NDArray[Any], cursor: Cursor, factor: int, part: Part, dates: Dates, symbols: Symbols
    ) -> None:
        at_hand = _current(cursor, factor, part, dates)
        if at_hand is None:
            out[:] = part.empty
            return
        file, index = at_hand
        if len(index.row) < len(dates):
            out[:] = part.empty
        axis = _axis(cursor, file.axis)
        path = self._path(factor, file.generation, part)
        with path.open("rb", buffering=0) as opened:
            for run in index.runs(part):
                rows, width = index.row[run], int(index.width[run.start])
                first, count = int(rows[0]), len(rows)
                as_asked = symbols == axis[:width] and part.width(width) == width and out.flags.c_contiguous
                in_place = as_asked and bool((np.diff(rows) == 1).all())
                block = out[first : first + count] if in_place else part.rows(count, width)
                read_rows(opened.fileno(), block, int(index.at[run.start]), path)
                check_rows(block, index.sums[run], dates[rows], path)
                if not in_place:
                    _spread(out, rows, block[:, :width], axis[:width], symbols, part.empty)

    # ------------------------------------------------------------ writing

    def put(self, cursor: Cursor, factor: int, batch: Batch, received_at: datetime) -> int:
        """Store whole days in an open transaction; how many. Raises TooManySymbols."""
        self._drop_old_generations(cursor, factor)
        columns = np.flatnonzero(np.isfinite(batch.values).any(axis=0)).tolist()
        used = [batch.symbols[column] for column in columns]
        file = _file(cursor, factor)
        axis = () if file is None else _axis(cursor, file.axis)
        axis += tuple(sorted(set(used) - set(axis)))
        if len(axis) > NAMES_MAX:
            raise TooManySymbols(f"a factor's values name at most {NAMES_MAX:,} symbols in all")
        dense = np.full((len(batch.dates), VALUES.width(len(axis))), np.nan)
        place = {symbol: at for at, symbol in enumerate(axis)}
        dense[:, [place[symbol] for symbol in used]] = batch.values[:, columns]
        cursor.execute(
            "DELETE FROM factor_day WHERE factor = ? AND trade_date IN (SELECT unnest(?::DATE[]))",
            [factor, batch.dates.astype(object).tolist()],
        )
        if file is None:
            file = _File(1, "", (0, 0))
        file = self._append(cursor, factor, file, batch.dates, [received_at] * len(dense), dense, len(axis))
        file = _File(file.generation, _keep_axis(cursor, axis), file.ends)
        _keep_file(cursor, factor, file)
        if file.ends[0] > COMPACT_FROM and 2 * _live(cursor, factor) < file.ends[0]:
            self._compact(cursor, factor, file)
        return len(dense)

    def _append(
        self,
        cursor: Cursor,
        factor: int,
        file: _File,
        dates: Dates,
        received_at: Sequence[datetime],
        dense: Panel,
        columns: int,
    ) -> _File:
        """Write rows behind the committed end, sync, and name them in the index."""
        codes = np.zeros((len(dense), CODES.width(columns)), np.uint16)
        codes[:, :columns] = rank_codes(dense[:, :columns])
        blocks: tuple[Block, Block] = (dense, codes)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part, block, end in zip(PARTS, blocks, file.ends, strict=True):
            write_rows(self._path(factor, file.generation, part), block, end)
        at = [
            (end + np.arange(len(block)) * block.strides[0]).tolist()
            for block, end in zip(blocks, file.ends, strict=True)
        ]
        cursor.execute(
            "INSERT INTO factor_day SELECT ?, unnest(?::DATE[]), unnest(?::TIMESTAMP[]), unnest(?::INTEGER[]), ?,"
            " unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::BIGINT[])",
            [
                factor,
                dates.astype("datetime64[D]").astype(object).tolist(),
                [one.astimezone(UTC).replace(tzinfo=None) for one in received_at],
                np.isfinite(dense).sum(axis=1).tolist(),
                columns,
                at[0],
                checksums(dense).tolist(),
                at[1],
                checksums(codes).tolist(),
            ],
        )
        ends = (file.ends[0] + dense.nbytes, file.ends[1] + codes.nbytes)
        return _File(file.generation, file.axis, ends)

    def _compact(self, cursor: Cursor, factor: int, file: _File) -> None:
        """Copy the live rows, in date order, to files of the next generation."""
        days = self.days(cursor, factor)
        axis = _axis(cursor, file.axis)
        fresh = _File(file.generation + 1, file.axis, (0, 0))
        for part in PARTS:
            self._path(factor, fresh.generation, part).unlink(missing_ok=True)
        dense = np.full((len(days.dates), VALUES.width(len(axis))), np.nan)
        dense[:, : len(axis)] = self.values(cursor, factor, days.dates, axis)
        cursor.execute("DELETE FROM factor_day WHERE factor = ?", [factor])
        received_at = [one.replace(tzinfo=UTC) for one in days.received_at.astype(object)]
        fresh = self._append(cursor, factor, fresh, days.dates, received_at, dense, len(axis))
        _keep_file(cursor, factor, fresh)

    def remove(self, cursor: Cursor, factor: int) -> None:
        """Forget a factor's values in an open transaction; `sweep` gives the space back."""
        cursor.execute("DELETE FROM factor_day WHERE factor = ?", [factor])
        cursor.execute("DELETE FROM factor_file WHERE factor = ?", [factor])

    def sweep(self, cursor: Cursor) -> int:
        """Delete the files and axes that no committed row refers to; how many files.

        In a write transaction that has written nothing of factors: no upload is under way then.
        """
        rows = cursor.execute("SELECT factor, generation FROM factor_file").fetchall()
        kept = {self._path(factor, generation, part).name for factor, generation in rows for part in PARTS}
        names = [path.name for part in PARTS for path in self.folder.glob(f"[0-9]*-[0-9]*.{part.name}")]
        stale = [name for name in names if name not in kept]
        for name in stale:
            (self.folder / name).unlink(missing_ok=True)
        cursor.execute("DELETE FROM factor_axis WHERE id NOT IN (SELECT axis FROM factor_file)")
        return len(stale)

    def _drop_old_generations(self, cursor: Cursor, factor: int) -> None:
        file = _file(cursor, factor)
        if file is not None and file.generation > 1:
            for part in PARTS:
                self._path(factor, file.generation - 1, part).unlink(missing_ok=True)

    def _path(self, factor: int, generation: int, part: Part) -> Path:
        return self.folder / f"{factor}-{generation}.{part.name}"


@dataclass(frozen=True, slots=True)
class _Index:
    """Rows of `factor_day` for some dates, in the order in which they stand in one of the files."""

    row: NDArray[np.int64]  # the position of each among the dates asked for
    width: NDArray[np.int64]
    at: NDArray[np.int64]
    sums: NDArray[np.int64]

    @classmethod
    def read(cls, cursor: Cursor, factor: int, part: Part, dates: Dates, file: _File) -> _Index | None:
        """None where the rows are not of this file."""
        found = cursor.execute(
            f"SELECT trade_date, width, {part.name}_at AS at, {part.name}_sum AS sum,"  # noqa: S608
            " f.generation = ? AND f.axis = ? AS of_file FROM factor_day d JOIN factor_file f ON f.factor = d.factor"
            f" WHERE d.factor = ? ORDER BY {part.name}_at",
            [file.generation, file.axis, factor],
        ).fetchnumpy()
        if not _plain(found["of_file"]).all():
            return None
        stored = _plain(found["trade_date"]).astype("datetime64[D]")
        row = np.searchsorted(dates, stored)
        row[row == len(dates)] = 0
        wanted = dates[row] == stored if len(dates) else np.zeros(len(stored), np.bool_)
        width, at, sums = (_plain(found[name]).astype(np.int64)[wanted] for name in ("width", "at", "sum"))
        return cls(row[wanted], width, at, sums)

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


def _current(cursor: Cursor, factor: int, part: Part, dates: Dates) -> tuple[_File, _Index] | None:
    """A factor's file and the rows in it, of one commit; None without any."""
    while True:
        file = _file(cursor, factor)
        if file is None:
            return None
        index = _Index.read(cursor, factor, part, dates, file)
        if index is not None:  # otherwise an upload was committed between the two queries
            return file, index


def _spread(
    out: NDArray[Any],
    rows: NDArray[np.int64],
    block: NDArray[Any],
    axis: Symbols,
    symbols: Symbols,
    empty: float,
) -> None:
    """Rows of the file's columns into the columns asked for."""
    places = _places(axis, symbols)
    here = places >= 0
    if here.all():
        out[rows] = np.take(block, places, axis=1)
        return
    spread = np.full((len(rows), len(symbols)), empty, out.dtype)
    spread[:, here] = np.take(block, places[here], axis=1)
    out[rows] = spread


@lru_cache(maxsize=32)
def _places(axis: Symbols, symbols: Symbols) -> NDArray[np.int64]:
    place = {symbol: at for at, symbol in enumerate(axis)}
    return np.array([place.get(symbol, -1) for symbol in symbols], np.int64)


def _file(cursor: Cursor, factor: int) -> _File | None:
    row = cursor.execute(
        "SELECT generation, axis, values_end, codes_end FROM factor_file WHERE factor = ?", [factor]
    ).fetchone()
    return None if row is None else _File(row[0], row[1], (row[2], row[3]))


def _keep_file(cursor: Cursor, factor: int, file: _File) -> None:
    cursor.execute("DELETE FROM factor_file WHERE factor = ?", [factor])
    cursor.execute(
        "INSERT INTO factor_file VALUES (?, ?, ?, ?, ?)", [factor, file.generation, file.axis, *file.ends]
    )


def _axis(cursor: Cursor, axis: str) -> Symbols:
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


def _keep_axis(cursor: Cursor, symbols: Symbols) -> str:
    text = " ".join(symbols)
    axis = hashlib.sha256(text.encode()).hexdigest()
    if cursor.execute("SELECT 1 FROM factor_axis WHERE id = ?", [axis]).fetchone() is None:
        cursor.execute("INSERT INTO factor_axis VALUES (?, ?)", [axis, text])
    return axis


def _live(cursor: Cursor, factor: int) -> int:
    """Bytes of values that the index names."""
    row = cursor.execute("SELECT coalesce(sum(width), 0)::BIGINT FROM factor_day WHERE factor = ?", [factor])
    found = row.fetchone()
    return VALUES.dtype.itemsize * int(found[0]) if found else 0


def _plain(column: Any) -> NDArray[Any]:
    return np.ma.getdata(column)


_AXES: dict[str, Symbols] = {}
