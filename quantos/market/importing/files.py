"""Which files a path holds, what each is, and reading them.

A file is what its columns say; only bars and indices, which share their columns, are told apart by the name
of the file (`bars`, `index` or `indices` in it) or of a folder called so. CSV files of one folder with the same header are read together, because a
file per symbol is a usual form; they stand or fall together.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quantos.market.importing.report import FileRefused, PathNotFound

SUFFIXES: Final = frozenset({".parquet", ".pq", ".csv"})
BATCH_BYTES: Final = 16 * 2**20
HEADER_BYTES_MAX: Final = 64 * 2**10

_INDEX_WORDS: Final = ("index", "indices")
_OHLC: Final = frozenset({"symbol", "open", "high", "low", "close", "volume"})
_OURS: Final = frozenset({"pre_close", "adj_factor", "trade_status", "is_st"})
_OTHER_MARKS: Final = {";": "semicolons", "\t": "tabs", "|": "bars (|)"}
_LENGTHS: Final = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")
_DATES: Final = ("date", "trade_date")

TYPES: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(("symbol", "index_symbol", "source", "into_symbol"), pa.string()),
    **dict.fromkeys(("date", "trade_date", "asof_date", "start_date", "end_date"), pa.date32()),
    **dict.fromkeys(("ex_date", "list_date", "delist_date"), pa.date32()),
    **dict.fromkeys(("open", "high", "low", "close", "pre_close", "amount", "adj_factor"), pa.float64()),
    **dict.fromkeys(("volume", "bonus_per_million", "cash_mills_per_million"), pa.int64()),
    **dict.fromkeys(("trade_status", "is_st"), pa.int8()),
    **dict.fromkeys(("is_open", "wide_fund"), pa.bool_()),
    **dict.fromkeys(("name", "note"), pa.string()),
    "amount_source": pa.string(),
}
"""Declared, because guessing the types of a CSV file costs 20 times the reading."""

KIND_ORDER: Final = (
    "calendar",
    "instruments",
    "corporate_actions",
    "bars",
    "indices",
    "constituents",
    "unknown",
)
"""What explains goes before what is explained: ex-dates before the bars that jump."""


UNDERSTOOD: Final = (
    "Understood are, as CSV or Parquet: bars (symbol, date, open, high, low, close, volume, with pre_close,"
    " adj_factor, trade_status or is_st, or `bars` in the file's name); indices (symbol, date, close; where there are"
    " more columns, `index` in the file's name); constituents (index_symbol, symbol, start_date or asof_date);"
    " instruments (symbol, list_date); corporate actions (symbol, ex_date, bonus_per_million,"
    " cash_mills_per_million); a calendar (date, is_open); and files of BaoStock, Tushare, akshare and quote sites"
)
NAMED_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or the CSV files of one folder with the same header."""

    name: str
    kind: str  # one of KIND_ORDER; unknown: ask the providers
    columns: tuple[str, ...]
    paths: tuple[Path, ...]
    broken: str = ""  # why not even the columns can be read


def kind_of(columns: tuple[str, ...], path: Path) -> str:
    """What a file with these columns is; `unknown` where they are none of ours.

    Providers use our names too: without a column of ours, or `bars` or `index` in the file's name or a
    folder's, prices and volumes are a provider's until none claims them.
    """
    names = set(columns)
    dated = any(name in names for name in _DATES)
    ohlc = dated and names >= _OHLC
    named = _named(path)
    ours = bool(names & _OURS) or named == "bars"
    tests = (
        ("constituents", {"index_symbol", "symbol"} <= names and names & {"start_date", "asof_date"}),
        ("corporate_actions", {"symbol", "ex_date", "bonus_per_million", "cash_mills_per_million"} <= names),
        ("indices", ohlc and named == "indices"),
        ("bars", ohlc and ours),
        ("indices", dated and {"symbol", "close"} == names - {"name", "source", *_DATES}),
        ("instruments", {"symbol", "list_date"} <= names and "ts_code" not in names),
        ("calendar", dated and "is_open" in names),
    )
    return next((kind for kind, holds in tests if holds), "unknown")


def why_unknown(columns: tuple[str, ...]) -> str:
    """What is wrong with a file whose kind is not known and that no provider claims."""
    if set(columns) >= _OHLC and any(name in columns for name in _DATES):
        return "its columns are those of bars and of indices: put `bars` or `index` into the file's name"
    shown = ", ".join(columns[:NAMED_MAX]) + (", ..." if len(columns) > NAMED_MAX else "")
    return f"its columns ({shown}) are none that the market stores"


def _is_there(path: Path) -> bool:
    """False too for what the system takes for no path at all, such as a name of thousands of characters."""
    try:
        return path.exists()
    except OSError:
        return False


def sources(path: Path) -> list[Source]:
    """The importable files at or below a path, in the order in which to import them.

    Raises PathNotFound where there is nothing to import.
    """
    if not _is_there(path):
        raise PathNotFound("there is no such file or folder on this machine")
    files = [path] if path.is_file() else list(_walk(path))
    if not files:
        raise PathNotFound("the folder holds no Parquet or CSV file")
    base = path.parent if path.is_file() else path
    groups: dict[tuple[Any, ...], list[Path]] = {}
    broken: list[Source] = []
    for file in files:
        try:
            columns = header(file)
        except FileRefused as refusal:
            broken.append(Source(_name(base, file.parent, [file]), "unknown", (), (file,), refusal.message))
            continue
        kind = kind_of(columns, file.relative_to(base.parent))
        alone = file.suffix.lower() != ".csv" or kind == "unknown"
        groups.setdefault((kind, columns, file.parent, file if alone else None), []).append(file)
    found = [
        Source(_name(base, parent, members), kind, columns, tuple(members))
        for (kind, columns, parent, _), members in groups.items()
    ]
    return sorted(found + broken, key=lambda source: (KIND_ORDER.index(source.kind), source.name))


def header(path: Path) -> tuple[str, ...]:
    """The names of a file's columns. Raises FileRefused where it is no Parquet or CSV file."""
    try:
        if path.suffix.lower() != ".csv":
            return tuple(pq.read_schema(path).names)
        with path.open("rb") as file:
            line = file.readline(HEADER_BYTES_MAX)
        names = tuple(name.strip() for name in next(csv.reader([line.decode("utf-8-sig")]), []))
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise _broken(path, error) from error
    if not line:
        raise FileRefused(f"{path.name} is empty: fetch it again")
    if not any(names):
        raise FileRefused(f"{path.name} begins with an empty line: its first line must name the columns")
    if len(names) == 1 and (mark := next((mark for mark in _OTHER_MARKS if mark in names[0]), None)):
        raise FileRefused(
            f"{path.name} is separated by {_OTHER_MARKS[mark]}, not by commas: write it as comma-separated CSV"
        )
    return names


def read(source: Source, progress: Callable[[int], None] | None = None) -> pa.Table:
    """The rows of a source, only the columns that we know, with their declared types.

    Text that is no value of its type makes the file be read again as text; see `read_text`. Raises
    FileRefused on a broken file.
    """
    wanted = [name for name in source.columns if name in TYPES]
    if source.paths[0].suffix.lower() != ".csv":
        return _read_parquet(source.paths[0], wanted)
    types = {name: TYPES[name] for name in wanted}
    for name in ("symbol", "amount_source"):
        if name in types:
            types[name] = pa.dictionary(pa.int32(), pa.string())
    return _read_csv(source, types, progress)


def read_text(source: Source) -> pa.Table:
    """The rows of CSV files as text."""
    wanted = [name for name in source.columns if name in TYPES]
    return _read_csv(source, dict.fromkeys(wanted, pa.string()), None)


def provider_frame(source: Source, known: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The columns of a provider's file that the provider reads, as arrays by name.

    `known`: DuckDB types by name, of which the file may lack some (see NormalisedBars).
    """
    import duckdb  # noqa: PLC0415 - only provider files are read with it

    from quantos.storage.confined import reader  # noqa: PLC0415

    types = {name: type_ for name, type_ in known.items() if name in source.columns}
    path = str(source.paths[0])
    selected = ", ".join(f'"{name}"' for name in types)
    with reader(source.paths[0]) as connection:
        try:
            if source.paths[0].suffix.lower() == ".csv":
                declared = {name: types.get(name, "VARCHAR") for name in source.columns}
                rows = connection.execute(
                    f"SELECT {selected} FROM read_csv(?, columns=?, header=true, auto_detect=false,"  # noqa: S608
                    " delim=',', quote='\"')",
                    [path, declared],
                )
            else:
                rows = connection.execute(f"SELECT {selected} FROM read_parquet(?)", [path])  # noqa: S608
            return {name: np.ma.asarray(column) for name, column in rows.fetchnumpy().items()}
        except duckdb.Error as error:
            raise _broken(source.paths[0], error) from error


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(root) / name


def _named(path: Path) -> str:
    """`bars` or `indices` by the file's own name, else by the nearest folder that is called so; else nothing."""
    stem = path.stem.lower()
    if "bars" in stem:
        return "bars"
    if any(word in stem for word in _INDEX_WORDS):
        return "indices"
    for folder in reversed(path.parent.parts):
        if folder.lower() in {"bars", *_INDEX_WORDS}:
            return "bars" if folder.lower() == "bars" else "indices"
    return ""


def _name(base: Path, parent: Path, members: list[Path]) -> str:
    if len(members) == 1:
        return str(members[0].relative_to(base)) if members[0] != base else members[0].name
    folder = str(parent.relative_to(base))
    return f"{base.name if folder == '.' else folder}/ ({len(members)} files)"


def _read_parquet(path: Path, wanted: list[str]) -> pa.Table:
    try:
        return pq.read_table(
            path,
            columns=wanted,
            read_dictionary=[name for name in ("symbol", "amount_source") if name in wanted],
            partitioning=None,
        )
    except (OSError, pa.ArrowException) as error:
        raise _broken(path, error) from error


def _read_csv(
    source: Source, types: dict[str, pa.DataType], progress: Callable[[int], None] | None
) -> pa.Table:
    """Parse many small files as few large ones: half of the time of small files is their number."""
    convert = pa_csv.ConvertOptions(
        column_types=types, include_columns=list(types), strings_can_be_null=True, null_values=["", "NULL"]
    )
    tables: list[pa.Table] = []
    batch: list[Path] = []
    parts: list[bytes | memoryview] = []
    size = 0

    def flush() -> None:
        nonlocal size
        if not batch:
            return
        try:
            tables.append(_parse(b"".join(parts), convert))
        except pa.ArrowInvalid as error:
            raise _culprit(batch, convert, error) from error
        batch.clear()
        parts.clear()
        size = 0
        if progress is not None:
            progress(sum(table.num_rows for table in tables))

    for path in source.paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _broken(path, error) from error
        skip = content.find(b"\n") + 1 if batch else 0
        parts.append(memoryview(content)[skip:])
        if not content.endswith(b"\n"):
            parts.append(b"\n")
        batch.append(path)
        size += len(content)
        if size >= BATCH_BYTES:
            flush()
    flush()
    return pa.concat_tables(tables)


def _parse(content: bytes, convert: pa_csv.ConvertOptions, *, one_by_one: bool = False) -> pa.Table:
    """`one_by_one`: so that an error names its line."""
    return pa_csv.read_csv(
        pa.BufferReader(content),
        read_options=pa_csv.ReadOptions(block_size=8 * 2**20, use_threads=not one_by_one),
        convert_options=convert,
    )


class UnreadableValue(FileRefused):
    """A cell that is no value of its column's type; the file can still be read as text."""

    code = "market_value_unreadable"


def _culprit(batch: list[Path], convert: pa_csv.ConvertOptions, error: pa.ArrowInvalid) -> FileRefused:
    """Which file of a batch is broken."""
    for path in batch:
        try:
            _parse(path.read_bytes(), convert, one_by_one=True)
        except pa.ArrowInvalid as found:
            return _unreadable(path, found)
    return _unreadable(batch[0], error)


def _unreadable(path: Path, error: pa.ArrowInvalid) -> FileRefused:
    if lengths := _LENGTHS.match(str(error)):
        line, expected, got = lengths.groups()
        where = f"line {line}" if line else "a line"
        return FileRefused(
            f"{path.name}: {where} has {got} cells, the first line names {expected} columns: it is cut off, or a comma is"
            " missing or too many; fetch it again"
        )
    message = f"{path.name}: {_first_line(error)}"
    return UnreadableValue(message) if "conversion error" in str(error) else FileRefused(message)


def _broken(path: Path, error: Exception) -> FileRefused:
    if isinstance(error, UnicodeDecodeError):
        return FileRefused(
            f"{path.name} is no UTF-8 text: save it as UTF-8 (of a Chinese spreadsheet: iconv -f GB18030 -t UTF-8)"
        )
    if path.suffix.lower() not in SUFFIXES:
        return FileRefused(
            f"{path.name}: files are read that end in .csv, .parquet or .pq; rename it if it is one of these"
        )
    form = "CSV" if path.suffix.lower() == ".csv" else "Parquet"
    return FileRefused(
        f"{path.name} cannot be read ({_first_line(error)}): it is cut off or no {form} file; fetch it again"
    )


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
