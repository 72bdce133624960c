"""Parquet and Arrow IPC: wide (a column of dates, a column per symbol) or long (date, symbol, value).

In a wide file an empty cell, or NaN, is a symbol without a value that day; in a long one the row is left out, and
a row without a value is refused. Dates are days: a date column, timestamps at midnight, or texts YYYY-MM-DD. The
file is read batch by batch, after its columns' types and what it unpacks to have been looked at (`unpacking`). A
text is never repeated for each row that has it: a column of texts is read as a dictionary and numbers.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from quantos.errors import Invalid
from quantos.factors.refusals import UploadTooLarge
from quantos.factors.uploads.panel import (
    CELLS_MAX,
    SYMBOLS_MAX,
    Dates,
    Panel,
    Values,
    check_size,
    invalid,
    is_symbol,
)
from quantos.factors.uploads.unpacking import (
    UnboundedTexts,
    UnpacksToTooMuch,
    Unreadable,
    check_footer,
    check_pages,
    check_stream,
)
from quantos.kit.web import parse_date

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["parquet", "stream", "file"]

NAMES: Final = {"parquet": "Parquet file", "stream": "Arrow IPC stream", "file": "Arrow IPC file"}
DATE_NAMES: Final = ("date", "trade_date", "__index_level_0__")
ROW_NUMBERS: Final = re.compile(r"__index_level_[0-9]+__")
"""As pandas names the index of a frame: the dates where it has no other column of them, else numbers of rows."""

SYMBOL: Final = "symbol"
VALUE: Final = "value"
LONG: Final = "a long file has the columns date, symbol, value; a wide one date and a column per symbol"
BATCH_ROWS: Final = 65_536
ARROW_FILE: Final = b"ARROW1"
"""An Arrow IPC file begins and ends with it; behind the first and two empty bytes is a stream."""

FIRST_YEAR: Final = np.datetime64("1900-01-01", "D")
LAST_YEAR: Final = np.datetime64("2200-01-01", "D")


def read_arrow(file: IO[bytes], kind: Format) -> Panel:
    """Raises Invalid with the row and column of the first error, UploadTooLarge."""
    with _readable(kind):
        schema, batches = _opened(file, kind)
        names = schema.names
        date_name = _date_column(names)
        if len(set(names)) < len(names):
            raise invalid("two columns have the same name: a symbol has one column")
        _check_date(schema.field(date_name).type, date_name)
        is_long = SYMBOL in names or VALUE in names
        reader: _Long | _Wide = _Long(schema, date_name) if is_long else _Wide(schema, date_name)
        row = 0
        for batch in batches:
            reader.add(batch, row)
            row += batch.num_rows
    return reader.panel()


@contextmanager
def _readable(kind: Format) -> Iterator[None]:
    """What Arrow cannot read, in one clear message that says nothing of Arrow's inside."""
    import pyarrow as pa  # noqa: PLC0415 - a tenth of a second that only such an upload needs

    try:
        yield
    except UnpacksToTooMuch:
        raise _too_large() from None
    except UnboundedTexts:
        raise invalid("holds texts as DELTA_BYTE_ARRAY: write them plain, or with a dictionary") from None
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, Unreadable) as error:
        raise invalid(
            f"is no {NAMES[kind]} that can be read: it is cut off, damaged or of another format;"
            " write it again and send all of it"
        ) from error


def _opened(file: IO[bytes], kind: Format) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Columns, and the batches of rows; nothing of the rows is read or unpacked yet."""
    import pyarrow as pa  # noqa: PLC0415

    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if kind == "parquet":
            return _opened_parquet(file, content)
        at = 8 if kind == "file" else 0
        if at and (content[:6] != ARROW_FILE or content[-6:] != ARROW_FILE):
            raise Unreadable
        check_stream(content, at)
    file.seek(at)
    reader = pa.ipc.open_stream(file)
    return reader.schema, _whole(reader)


def _whole(reader: Any) -> Iterator[pa.RecordBatch]:
    """Batches whose buffers hold as many rows as they say: Arrow itself would read on behind the end of one."""
    for batch in reader:
        batch.validate(full=True)
        yield batch


def _opened_parquet(file: IO[bytes], content: mmap.mmap) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    footer = check_footer(content)
    if footer.cells > 3 * CELLS_MAX:
        raise _too_large()
    check_pages(content, footer)
    opened = pq.ParquetFile(file)
    texts = [name for name in (*DATE_NAMES, SYMBOL) if name in opened.schema_arrow.names]
    parquet = pq.ParquetFile(file, read_dictionary=texts, metadata=opened.metadata)
    narrow = opened.metadata.num_columns < 16
    batches = parquet.iter_batches(BATCH_ROWS if narrow else 256, use_threads=False)
    return parquet.schema_arrow, batches


def _date_column(names: list[str]) -> str:
    found = [name for name in DATE_NAMES if name in names]
    if not found:
        raise invalid(f"has no column named date: {LONG}")
    return found[0]


def _beside(names: list[str], date_name: str) -> list[str]:
    """The columns that hold no date and no number of a row."""
    return [name for name in names if name != date_name and not ROW_NUMBERS.fullmatch(name)]


class _Long:
    """Rows of (date, symbol, value)."""

    def __init__(self, schema: pa.Schema, date_name: str) -> None:
        names = schema.names
        for needed in (SYMBOL, VALUE):
            if needed not in names:
                raise invalid(f"has no column named {needed}: {LONG}")
        more = [name for name in _beside(names, date_name) if name not in {SYMBOL, VALUE}]
        if more:
            raise invalid(f"is no column of values: {LONG}", more[0])
        if not _is_text(schema.field(SYMBOL).type):
            raise invalid("must be a column of texts", SYMBOL)
        _check_numbers(schema.field(VALUE).type, VALUE)
        self._date_name = date_name
        self._number: dict[str, int] = {}
        self._parts: list[
            tuple[NDArray[np.int32], NDArray[np.int32], Values]
        ] = []  # days since 1970, columns
        self._rows = 0

    def add(self, batch: pa.RecordBatch, before: int) -> None:
        self._rows += batch.num_rows
        if self._rows > CELLS_MAX:
            raise _too_large()
        days = _days(batch.column(self._date_name), self._date_name, before)
        symbols = self._symbols(batch.column(SYMBOL), before)
        values = _floats(batch.column(VALUE))
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise invalid(
                "must be a finite number: leave out the rows that have none", before + int(wrong[0]), VALUE
            )
        self._parts.append((days.astype(np.int32), symbols.astype(np.int32), values))

    def panel(self) -> Panel:
        if not self._rows:
            raise _empty()
        days = np.unique(np.concatenate([np.unique(part) for part, _, _ in self._parts]))
        width = len(self._number)
        check_size(len(days), width)
        values = np.full(len(days) * width, np.nan)
        row_of = np.full(len(values), -1, np.int32)
        before = 0
        for some_days, columns, given in self._parts:
            cells = np.searchsorted(days, some_days) * width + columns
            rows = np.arange(before, before + len(cells), dtype=np.int32)
            again = row_of[cells] >= 0
            row_of[cells[::-1]] = rows[::-1]  # of two rows of one cell, the earlier one is written last
            again |= row_of[cells] != rows
            if again.any():
                raise invalid("this date and symbol stand in an earlier row already", int(rows[again][0]))
            values[cells] = given
            before += len(cells)
        return Panel(days.astype("datetime64[D]"), tuple(self._number), values.reshape(len(days), width))

    def _symbols(self, column: pa.Array, before: int) -> NDArray[np.int64]:
        if column.null_count:
            raise invalid("names no symbol", before + _first_null(column), SYMBOL)
        texts, rows, codes = _distinct(column, before)
        known = texts.to_pylist()
        wrong = [
            int(row)
            for name, row in zip(known, rows, strict=True)
            if name not in self._number and not is_symbol(name)
        ]
        if wrong:
            raise _no_symbol(min(wrong), SYMBOL)
        for name in known:
            self._number.setdefault(name, len(self._number))
        check_size(1, len(self._number))
        return _taken(np.array([self._number[name] for name in known], np.int64), codes)


class _Wide:
    """Rows of days, columns of symbols."""

    def __init__(self, schema: pa.Schema, date_name: str) -> None:
        self._date_name = date_name
        self._symbols = _beside(schema.names, date_name)
        if len(self._symbols) > SYMBOLS_MAX:
            raise _too_large()
        if not self._symbols:
            raise invalid(f"has no column of values: {LONG}")
        for name in self._symbols:
            if not is_symbol(name):
                raise _no_symbol(name)
            _check_numbers(schema.field(name).type, name)
        self._is_plain = {str(schema.field(name).type) for name in self._symbols} == {"double"}
        self._days: list[Dates] = []
        self._values: list[Values] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch, before: int) -> None:
        self._rows += batch.num_rows
        check_size(self._rows, len(self._symbols))
        if not batch.num_rows:
            return
        self._days.append(_days(batch.column(self._date_name), self._date_name, before))
        values = self._numbers(batch)
        wrong = np.argwhere(np.isinf(values))
        if len(wrong):
            row, column = wrong[0]
            raise invalid("must be a finite number", before + int(row), self._symbols[column])
        empty = np.flatnonzero(np.isnan(values).all(axis=1))
        if len(empty):
            raise invalid("this day has no value at all: leave it out", before + int(empty[0]))
        self._values.append(values)

    def _numbers(self, batch: pa.RecordBatch) -> Values:
        """[row, symbol]; NaN where there is none."""
        if self._is_plain:  # in one call, as it mostly is
            return np.asarray(batch.select(self._symbols).to_tensor(null_to_nan=True).to_numpy(), np.float64)
        values = np.empty((batch.num_rows, len(self._symbols)))
        for place, name in enumerate(self._symbols):
            values[:, place] = _floats(batch.column(name))
        return values

    def panel(self) -> Panel:
        if not self._rows:
            raise _empty()
        days = np.concatenate(self._days)
        order = np.argsort(days, kind="stable")
        twice = np.flatnonzero(days[order][1:] == days[order][:-1])
        if len(twice):
            raise invalid("this date stands in an earlier row already", int(order[twice[0] + 1]))
        values = np.concatenate(self._values)[order]
        named = np.asarray(~np.isnan(values).all(axis=0))
        symbols = tuple(name for name, has in zip(self._symbols, named, strict=True) if has)
        return Panel(days[order], symbols, values[:, named])


def _check_date(kind: pa.DataType, name: str) -> None:
    import pyarrow as pa  # noqa: PLC0415

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (_is_text(kind) or pa.types.is_date(plain) or pa.types.is_timestamp(plain)):
        raise invalid("must be a column of dates, or of texts YYYY-MM-DD", name)


def _check_numbers(kind: pa.DataType, name: str) -> None:
    import pyarrow as pa  # noqa: PLC0415

    types = pa.types
    if not (
        types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind) or types.is_null(kind)
    ):
        raise invalid("must be a column of numbers", name)


def _is_text(kind: pa.DataType) -> bool:
    """A column of texts, also one that numbers them."""
    import pyarrow as pa  # noqa: PLC0415

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def _distinct(column: pa.Array, before: int) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int64]]:
    """What a column holds, the row in which each of it stands first, and the number of each row's."""
    import pyarrow as pa  # noqa: PLC0415

    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    used, first, codes = np.unique(
        coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), return_index=True, return_inverse=True
    )
    return coded.dictionary.take(pa.array(used)), before + first, codes


def _days(column: pa.Array, name: str, before: int) -> Dates:
    """The days of a column, [n]."""
    import pyarrow as pa  # noqa: PLC0415

    if column.null_count:
        raise invalid("has no date", before + _first_null(column), name)
    if pa.types.is_dictionary(column.type) or _is_text(column.type):
        known, rows, codes = _distinct(column, before)
        return _taken(_plain_days(known, name, rows), codes)
    return _plain_days(column, name, np.arange(before, before + len(column)))


def _plain_days(column: pa.Array, name: str, rows: NDArray[np.int64]) -> Dates:
    """The days of values that stand in these rows."""
    import pyarrow as pa  # noqa: PLC0415

    if column.null_count:  # a dictionary may hold nothing too
        raise invalid("has no date", int(rows[_first_null(column)]), name)
    if _is_text(column.type):
        return _days_of_texts(column.to_pylist(), name, rows)
    if pa.types.is_timestamp(column.type):
        import pyarrow.compute as pc  # noqa: PLC0415

        local = pc.local_timestamp(column) if column.type.tz else column
        instants = local.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[us]")
        days = instants.astype("datetime64[D]")
        wrong = np.flatnonzero(days.astype("datetime64[us]") != instants)
        if len(wrong):
            raise invalid("must be a day, without a time of the day", int(rows[wrong[0]]), name)
    else:
        days = column.cast(pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    wrong = np.flatnonzero((days < FIRST_YEAR) | (days >= LAST_YEAR))
    if len(wrong):
        raise invalid("must lie between the years 1900 and 2200", int(rows[wrong[0]]), name)
    return np.asarray(days)


def _days_of_texts(texts: list[str], name: str, rows: NDArray[np.int64]) -> Dates:
    known = []
    for text, row in zip(texts, rows, strict=True):
        try:
            known.append(np.datetime64(parse_date(text), "D"))
        except ValueError as error:
            raise invalid(str(error), int(row), name) from None
    return np.array(known, "datetime64[D]")


def _floats(column: pa.Array) -> Values:
    """A column of numbers, [n]; NaN where there is none."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _taken(known: NDArray[Any], codes: NDArray[np.int64]) -> NDArray[Any]:
    found: NDArray[Any] = known[codes]
    return found


def _first_null(column: pa.Array) -> int:
    return int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])


def _no_symbol(*loc: str | int) -> Invalid:
    return invalid(f"must be a symbol such as 600519.SH, 000001.SZ or 920002.BJ; {LONG}", *loc)


def _empty() -> Invalid:
    return invalid("has no rows: an upload holds at least one day")


def _too_large() -> UploadTooLarge:
    return UploadTooLarge(
        f"the file holds more than the {CELLS_MAX:,} values that one upload may: send it in parts"
    )
