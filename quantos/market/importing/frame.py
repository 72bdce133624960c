"""Bars on their way into the store: columns as the source gave them, symbols as codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quantos.market.core.normalised import NormalisedBars
from quantos.market.importing.report import FileRefused

NO_DAY: Final = np.iinfo(np.int32).min
PRICES: Final = ("open", "high", "low", "close", "pre_close")
_VOLUME_MAX: Final = 2.0**53


@dataclass(slots=True)
class BarFrame:
    """N rows in any order; units of the platform, nothing repaired."""

    symbols: list[str]  # distinct
    code: NDArray[np.int32]  # index into symbols, -1 where there is none
    day: NDArray[np.int32]  # days since 1970-01-01, NO_DAY where there is none
    price: dict[str, NDArray[np.float64]]  # PRICES, CNY
    volume: NDArray[np.int64]
    amount: NDArray[np.float64]
    adj_factor: NDArray[np.float64]
    is_st: NDArray[np.int8]
    trade_status: NDArray[np.int8]
    exact: NDArray[np.bool_] | None  # whether the volume is the exact integer; None: nothing said
    source: str
    text: pa.Table | None = None  # the rows as text, where a value could not be read

    def __len__(self) -> int:
        return len(self.code)


def frame_of_bars(bars: NormalisedBars) -> BarFrame:
    symbol = pa.array(bars.symbol, pa.string()).dictionary_encode()
    names = symbol.dictionary.to_pylist()
    code = symbol.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    if "" in names:
        code[code == names.index("")] = -1
    missing = np.isnat(bars.trade_date)
    day = np.where(missing, NO_DAY, bars.trade_date.astype("datetime64[D]").astype(np.int64))
    return BarFrame(
        symbols=names,
        code=code,
        day=day.astype(np.int32),
        price={name: getattr(bars, name) for name in PRICES},
        volume=bars.volume,
        amount=bars.amount,
        adj_factor=bars.adj_factor,
        is_st=bars.is_st,
        trade_status=bars.trade_status,
        exact=None,
        source=bars.source,
    )


def frame_of_arrow(table: pa.Table, source: str) -> BarFrame:
    """A table with our column names. Columns leave the table as they are read, to keep memory low."""
    columns = dict(zip(table.column_names, table.columns, strict=True))
    del table
    symbols, code = _codes(columns.pop("symbol"), source)
    rows = len(code)
    exact: NDArray[np.bool_] | None = None
    if "amount_source" in columns:
        sources = columns.pop("amount_source")
        exact = np.asarray(pc.is_valid(sources).to_numpy(), dtype=np.bool_)
    date_name = "trade_date" if "trade_date" in columns else "date"
    return BarFrame(
        symbols=symbols,
        code=code,
        day=_days(columns.pop(date_name), source),
        price={name: _floats(columns.pop(name, None), rows, name, source) for name in PRICES},
        volume=_volumes(columns.pop("volume"), source),
        amount=_floats(columns.pop("amount", None), rows, "amount", source),
        adj_factor=_floats(columns.pop("adj_factor", None), rows, "adj_factor", source),
        is_st=_flags(columns.pop("is_st", None), rows, "is_st", source),
        trade_status=_flags(columns.pop("trade_status", None), rows, "trade_status", source),
        exact=exact,
        source=source,
    )


def _cast(column: pa.ChunkedArray, type_: pa.DataType, name: str, source: str) -> pa.ChunkedArray:
    if column.type == type_:
        return column
    try:
        return column.cast(type_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise FileRefused(f"{source}: column {name} holds no {type_}: {reason}") from error


def _codes(column: pa.ChunkedArray, source: str) -> tuple[list[str], NDArray[np.int32]]:
    if not pa.types.is_dictionary(column.type):
        column = _cast(column, pa.string(), "symbol", source).dictionary_encode()
    if column.num_chunks == 0:
        return [], np.zeros(0, dtype=np.int32)
    merged = column.unify_dictionaries()
    code = np.concatenate([_integers(chunk.indices, -1, np.int32) for chunk in merged.chunks])
    return [str(name) for name in merged.chunk(0).dictionary.to_pylist()], code


def _integers(chunk: pa.Array, missing: int, dtype: Any) -> NDArray[Any]:
    if chunk.null_count:
        chunk = pc.fill_null(chunk, missing)
    return chunk.to_numpy(zero_copy_only=False).astype(dtype, copy=False)  # type: ignore[no-any-return]


def _joined(chunks: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=dtype)


def _days(column: pa.ChunkedArray, source: str) -> NDArray[np.int32]:
    days = _cast(column, pa.date32(), "date", source)
    return _joined([_integers(chunk.cast(pa.int32()), NO_DAY, np.int32) for chunk in days.chunks], np.int32)


def _floats(column: pa.ChunkedArray | None, rows: int, name: str, source: str) -> NDArray[np.float64]:
    if column is None:
        return np.full(rows, np.nan)
    numbers = _cast(column, pa.float64(), name, source)
    return _joined([chunk.to_numpy(zero_copy_only=False) for chunk in numbers.chunks], np.float64)


def _volumes(column: pa.ChunkedArray, source: str) -> NDArray[np.int64]:
    if pa.types.is_integer(column.type):
        return _joined([_integers(chunk, -1, np.int64) for chunk in column.chunks], np.int64)
    shares = _floats(column, len(column), "volume", source)
    with np.errstate(invalid="ignore"):
        good = (shares >= 0) & (shares <= _VOLUME_MAX) & (shares == np.rint(shares))
    return np.where(good, shares, -1).astype(np.int64)


def _flags(column: pa.ChunkedArray | None, rows: int, name: str, source: str) -> NDArray[np.int8]:
    if column is None:
        return np.full(rows, -1, dtype=np.int8)
    flags = _cast(column, pa.int8(), name, source)
    return _joined([_integers(chunk, -1, np.int8) for chunk in flags.chunks], np.int8)
