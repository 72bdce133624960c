"""Factor values: two files a factor, an index in the series store.

`values` holds float64 rows, `codes` their rank codes; a row is one day, its columns are the first `width` symbols
of the factor's axis, which grows at its end. Files are only appended to. A day is stored exactly when its row of
`factor_day` is committed: the files are synced before, whatever they hold beyond the committed end is written
over, and each row's checksum stands in the index. A replaced day leaves its old row behind; once more than half of
a file is such rows, the days are copied to the next generation of files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

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
from quantos.factors.value_index import (
    Cursor,
    File,
    Index,
    Rows,
    Symbols,
    axis_of,
    file_of,
    files_of,
    keep_axis,
    keep_file,
    plain,
    rows_of,
)

Valued = tuple[Symbols, Panel]
"""Symbols, ascending, and values [factor, symbol]; NaN where there is none."""

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
class Received:
    """Days of several factors, row by row."""

    factor: NDArray[np.int64]
    dates: Dates
    received_at: NDArray[np.datetime64]  # microseconds, UTC


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
            plain(rows["trade_date"]).astype("datetime64[D]"),
            plain(rows["received_at"]).astype("datetime64[us]"),
            plain(rows["covered"]).astype(np.int64),
        )

    def stored_among(self, cursor: Cursor, factor: int, dates: Dates) -> tuple[int, Dates]:
        """How many days are stored of a factor, and which of these (ascending) are among them."""
        row = cursor.execute(
            "SELECT count(*), list(trade_date) FILTER (trade_date BETWEEN ? AND ?) FROM factor_day WHERE factor = ?",
            [dates[0].astype(object), dates[-1].astype(object), factor],
        ).fetchone()
        count, found = row or (0, None)
        return int(count), np.array(found or [], "datetime64[D]")

    def received_after(self, cursor: Cursor, since: Mapping[int, date]) -> Received:
        """The days of several factors, each after a day of its own, by factor and date."""
        if not since:
            return Received(
                np.zeros(0, np.int64), np.zeros(0, "datetime64[D]"), np.zeros(0, "datetime64[us]")
            )
        rows = cursor.execute(
            "SELECT d.factor, trade_date, received_at FROM factor_day d"
            " JOIN (SELECT unnest(?::INTEGER[]) AS factor, unnest(?::DATE[]) AS last) s ON s.factor = d.factor"
            " WHERE trade_date > last ORDER BY d.factor, trade_date",
            [list(since), list(since.values())],
        ).fetchnumpy()
        return Received(
            plain(rows["factor"]).astype(np.int64),
            plain(rows["trade_date"]).astype("datetime64[D]"),
            plain(rows["received_at"]).astype("datetime64[us]"),
        )

    def version(self, cursor: Cursor, factor: int) -> tuple[int, int]:
        """Another one after each upload: files are appended to, or followed by those of the next generation."""
        file = file_of(cursor, factor)
        return (0, 0) if file is None else (file.generation, file.ends[0])

    def stored(self, cursor: Cursor) -> list[int]:
        """The factors that have values."""
        return [
            int(row[0]) for row in cursor.execute("SELECT factor FROM factor_file ORDER BY factor").fetchall()
        ]

    def symbols(self, cursor: Cursor, factor: int) -> Symbols:
        """Every symbol that ever had a value, ascending."""
        file = file_of(cursor, factor)
        return () if file is None else tuple(sorted(axis_of(cursor, file.axis)))

    def values(self, cursor: Cursor, factor: int, dates: Dates, symbols: Symbols) -> Panel:
        """Values [date, symbol]; NaN where there is none. Raises ValuesDamaged."""
        at_hand = rows_of(cursor, [factor], VALUES, dates).get(factor)
        return self._panel(cursor, factor, VALUES, at_hand, dates, symbols, None)

    def values_of_day(self, cursor: Cursor, factors: Sequence[int], day: np.datetime64) -> Valued:
        """The values of several factors on a day, on all symbols that any of them ever had a value for."""
        dates = np.array([day], "datetime64[D]")
        files, at_hand = files_of(cursor, factors), rows_of(cursor, factors, VALUES, dates)
        axes = {file.axis: axis_of(cursor, file.axis) for file in files.values()}
        symbols = tuple(sorted(set().union(*axes.values())))
        rows = [
            self._panel(cursor, factor, VALUES, at_hand.get(factor), dates, symbols, None)[0]
            for factor in factors
        ]
        return symbols, np.array(rows, np.float64).reshape(len(factors), len(symbols))

    def codes(
        self, cursor: Cursor, factor: int, dates: Dates, symbols: Symbols, out: Codes | None = None
    ) -> Codes:
        """Rank codes of each day over its values for the symbols asked for; 0 where there is none.

        `out`: an array to fill in place of a new one. Raises ValuesDamaged.
        """
        at_hand = rows_of(cursor, [factor], CODES, dates).get(factor)
        return self.codes_at(cursor, factor, at_hand, dates, symbols, out)

    def codes_at_hand(self, cursor: Cursor, factors: Sequence[int], dates: Dates) -> dict[int, Rows]:
        """Where the codes of several factors stand, for `codes_at`."""
        return rows_of(cursor, factors, CODES, dates)

    def codes_at(
        self,
        cursor: Cursor,
        factor: int,
        at_hand: Rows | None,
        dates: Dates,
        symbols: Symbols,
        out: Codes | None = None,
    ) -> Codes:
        """The same, of rows that were found already with those of others."""
        found: Codes = self._panel(cursor, factor, CODES, at_hand, dates, symbols, out)
        axis = () if at_hand is None else axis_of(cursor, at_hand.file.axis)
        whole = np.count_nonzero(_places(axis, symbols) >= 0) == len(axis)
        return found if whole else compacted(found)

    def _panel(
        self,
        cursor: Cursor,
        factor: int,
        part: Part,
        at_hand: Rows | None,
        dates: Dates,
        symbols: Symbols,
        out: Any,
    ) -> Block:
        if out is None:
            out = np.empty((len(dates), len(symbols)), part.dtype)
        try:
            self._fill(out, cursor, factor, part, at_hand, dates, symbols)
        except FileNotFoundError:  # compacted since the index was read: the index of now names its successor
            at_hand = rows_of(cursor, [factor], part, dates).get(factor)
            try:
                self._fill(out, cursor, factor, part, at_hand, dates, symbols)
            except FileNotFoundError as error:
                raise ValuesDamaged(f"{Path(error.filename).name} is missing: {REMEDY}") from error
        filled: Block = out
        return filled

    def _fill(
        self,
        out: NDArray[Any],
        cursor: Cursor,
        factor: int,
        part: Part,
        at_hand: Rows | None,
        dates: Dates,
        symbols: Symbols,
    ) -> None:
        if at_hand is None:
            out[:] = part.empty
            return
        file, index = at_hand.file, Index.of(at_hand, dates)
        if len(index.row) < len(dates):
            out[:] = part.empty
        axis = axis_of(cursor, file.axis)
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

    def put(
        self, cursor: Cursor, factor: int, batch: Batch, received_at: datetime, *, fresh: bool = False
    ) -> int:
        """Store whole days in an open transaction; how many. Raises TooManySymbols.

        `fresh`: none of them is stored, as the caller has seen in this transaction.
        """
        columns = np.flatnonzero(np.isfinite(batch.values).any(axis=0)).tolist()
        used = [batch.symbols[column] for column in columns]
        before = file_of(cursor, factor)
        self._drop_old_generation(factor, before)
        known = () if before is None else axis_of(cursor, before.axis)
        axis = known + tuple(sorted(set(used) - set(known)))
        if len(axis) > NAMES_MAX:
            raise TooManySymbols(f"a factor's values name at most {NAMES_MAX:,} symbols in all")
        dense = np.full((len(batch.dates), VALUES.width(len(axis))), np.nan)
        place = {symbol: at for at, symbol in enumerate(axis)}
        dense[:, [place[symbol] for symbol in used]] = batch.values[:, columns]
        replaced = 0 if fresh else _forget_days(cursor, factor, batch.dates)
        file = before or File(1, "", (0, 0))
        file = self._append(cursor, factor, file, batch.dates, [received_at] * len(dense), dense, len(axis))
        if before is None or axis != known:
            file = File(file.generation, keep_axis(cursor, axis), file.ends)
        keep_file(cursor, factor, file, before)
        if replaced and file.ends[0] > COMPACT_FROM and 2 * _live(cursor, factor) < file.ends[0]:
            self._compact(cursor, factor, file)
        return len(dense)

    def _append(
        self,
        cursor: Cursor,
        factor: int,
        file: File,
        dates: Dates,
        received_at: Sequence[datetime],
        dense: Panel,
        columns: int,
    ) -> File:
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
        return File(file.generation, file.axis, ends)

    def _compact(self, cursor: Cursor, factor: int, file: File) -> None:
        """Copy the live rows, in date order, to files of the next generation."""
        days = self.days(cursor, factor)
        axis = axis_of(cursor, file.axis)
        fresh = File(file.generation + 1, file.axis, (0, 0))
        for part in PARTS:
            self._path(factor, fresh.generation, part).unlink(missing_ok=True)
        dense = np.full((len(days.dates), VALUES.width(len(axis))), np.nan)
        dense[:, : len(axis)] = self.values(cursor, factor, days.dates, axis)
        cursor.execute("DELETE FROM factor_day WHERE factor = ?", [factor])
        received_at = [one.replace(tzinfo=UTC) for one in days.received_at.astype(object)]
        fresh = self._append(cursor, factor, fresh, days.dates, received_at, dense, len(axis))
        keep_file(cursor, factor, fresh, file)

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

    def _drop_old_generation(self, factor: int, file: File | None) -> None:
        if file is not None and file.generation > 1:
            for part in PARTS:
                self._path(factor, file.generation - 1, part).unlink(missing_ok=True)

    def _path(self, factor: int, generation: int, part: Part) -> Path:
        return self.folder / f"{factor}-{generation}.{part.name}"


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


def _forget_days(cursor: Cursor, factor: int, dates: Dates) -> int:
    """How many of them there were."""
    row = cursor.execute(
        "DELETE FROM factor_day WHERE factor = ? AND trade_date IN (SELECT unnest(?::DATE[]))",
        [factor, dates.astype(object).tolist()],
    ).fetchone()
    return int(row[0]) if row else 0


def _live(cursor: Cursor, factor: int) -> int:
    """Bytes of values that the index names."""
    row = cursor.execute("SELECT coalesce(sum(width), 0)::BIGINT FROM factor_day WHERE factor = ?", [factor])
    found = row.fetchone()
    return VALUES.dtype.itemsize * int(found[0]) if found else 0
