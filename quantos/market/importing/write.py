"""Rows of arrays into tables: DuckDB reads Arrow tables without copying row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quantos.market.core.boards import Board, board_of
from quantos.market.core.calendar import TradingCalendar
from quantos.market.core.reasons import REFUSALS
from quantos.market.core.settled import Reopened
from quantos.market.core.wide_funds import wide_funds
from quantos.market.importing.frame import NO_DAY, PRICES, BarFrame
from quantos.market.importing.report import EXAMPLES_MAX, FileReport, Found
from quantos.market.importing.screen import Kept
from quantos.market.store import Cursor

BATCH_ROWS: Final = 122_880  # DuckDB's row group: one batch is written by one thread
default_wide_funds = wide_funds


def with_table(cursor: Cursor, name: str, table: pa.Table, query: str, values: Sequence[Any] = ()) -> Any:
    """Run a query that reads an Arrow table by a name; the result as arrays, where it has one."""
    cursor.register(name, table)
    try:
        result = cursor.execute(query, list(values))
        return result.fetchnumpy() if result.description else {}
    finally:
        cursor.unregister(name)


def next_load(cursor: Cursor) -> int:
    row = cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM load").fetchone()
    assert row is not None
    return int(row[0])


def number_symbols(cursor: Cursor, symbols: list[str], codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Instrument number of each symbol in `codes`, new ones given the next numbers by symbol; -1 elsewhere."""
    known = dict(cursor.execute("SELECT symbol, number FROM instrument").fetchall())
    wanted = [symbols[code] for code in codes]
    fresh = sorted(symbol for symbol in wanted if symbol not in known)
    if fresh:
        numbers = range(len(known), len(known) + len(fresh))
        table = pa.table(
            {
                "number": pa.array(numbers, pa.int32()),
                "symbol": pa.array(fresh, pa.string()),
                "board": pa.array([int(board_of(symbol)) for symbol in fresh], pa.uint8()),
                "wide_fund": pa.array(wide_funds(fresh)),
            }
        )
        with_table(
            cursor,
            "fresh",
            table,
            "INSERT INTO instrument (number, symbol, board, wide_fund) SELECT number, symbol, board, wide_fund FROM fresh",
        )
        known.update(zip(fresh, numbers, strict=True))
    result = np.full(len(symbols), -1, dtype=np.int64)
    result[codes] = [known[symbol] for symbol in wanted]
    return result


def is_tradable(symbol: str) -> bool:
    return board_of(symbol) is not Board.UNKNOWN


def quarantine(
    cursor: Cursor, load: int, frame: BarFrame, verdict: NDArray[np.int8], report: FileReport
) -> None:
    """Refused rows, as they came; the same row refused again is not written twice."""
    rows = np.flatnonzero(verdict)
    if not len(rows):
        return
    codes = verdict[rows]
    for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
        examples = [_example(frame, int(row)) for row in rows[codes == code][:EXAMPLES_MAX]]
        report.refuse(REFUSALS[code - 1], int(count), examples)
    if frame.text is not None:
        columns = {f"c_{name}": frame.text[name].take(pa.array(rows)) for name in frame.text.column_names}
    else:
        columns = {f"c_{name}": _nullable(values[rows]) for name, values in _columns(frame).items()}
    day = frame.day[rows]
    symbols = np.array([*frame.symbols, None], dtype=object)
    table = pa.table(
        {
            "symbol": pa.array(symbols[frame.code[rows]], pa.string()),
            "trade_date": pa.array(day, pa.int32(), mask=day == NO_DAY).cast(pa.date32()),
            "reason": pa.array([REFUSALS[code - 1].value for code in codes], pa.string()),
            **columns,
        }
    )
    packed = ", ".join(f'"{name[2:]}" := "{name}"' for name in columns)
    insert_quarantine(cursor, load, table, f"to_json(struct_pack({packed}))")


def _example(frame: BarFrame, row: int) -> str:
    """Symbol, date and place of a row, counted from 1 below the names of the columns."""
    symbol = frame.symbols[frame.code[row]] if frame.code[row] >= 0 else ""
    day = "" if frame.day[row] == NO_DAY else str(np.datetime64(int(frame.day[row]), "D"))
    return " ".join(part for part in (symbol, day, f"row {row + 1:,}") if part)


def insert_quarantine(cursor: Cursor, load: int, table: pa.Table, row_json: str) -> None:
    """`table` has symbol, trade_date, reason and what the expression `row_json` reads."""
    with_table(
        cursor,
        "refused",
        table,
        f"INSERT INTO quarantine SELECT {load}, * FROM ("  # noqa: S608 - an integer and column names of ours
        f" SELECT symbol, trade_date, reason, {row_json}::VARCHAR AS row_json FROM refused"
        " EXCEPT SELECT symbol, trade_date, reason, row_json FROM quarantine)",
    )


def findings(cursor: Cursor, load: int, found: list[Found]) -> None:
    """What was found, once: a second import of the same file finds nothing new."""
    if not found:
        return
    table = pa.table(
        {
            "kind": pa.array(np.repeat([one.kind.value for one in found], [len(one) for one in found])),
            "symbol": pa.array(np.concatenate([one.symbols for one in found]), pa.string()),
            "trade_date": pa.array(np.concatenate([one.dates for one in found]).astype("datetime64[D]")),
            "value": _nullable(np.concatenate([one.values for one in found])),
            "expected": _nullable(np.concatenate([one.expected for one in found])),
            "note": pa.array(np.repeat([one.note for one in found], [len(one) for one in found])),
        }
    )
    with_table(
        cursor,
        "found",
        table,
        f"INSERT INTO finding SELECT {load}, * FROM ("  # noqa: S608 - an integer
        "SELECT * FROM found EXCEPT SELECT kind, symbol, trade_date, value, expected, note FROM finding)",
    )


def stored_rows(
    cursor: Cursor, first: date, last: date, numbers: NDArray[np.int64]
) -> Iterator[dict[str, NDArray[Any]]]:
    """Stored bars of some instruments between two dates, in batches; missing as in Kept."""
    cursor.register("wanted", pa.table({"number": numbers.astype(np.int32)}))
    reader = cursor.execute(
        "SELECT instrument, trade_date, open, high, low, close, coalesce(pre_close, 0) AS pre_close, volume,"
        " coalesce(amount, 'nan'::DOUBLE) AS amount, coalesce(adj_factor, 'nan'::DOUBLE) AS adj_factor,"
        " coalesce(is_st, -1)::TINYINT AS is_st"
        " FROM bar WHERE trade_date BETWEEN ? AND ? AND instrument IN (SELECT number FROM wanted)",
        [first, last],
    ).to_arrow_reader(500_000)
    try:
        for batch in reader:
            yield {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}
    finally:
        cursor.unregister("wanted")


def keep_bars(
    cursor: Cursor, reopened: Reopened, numbers: NDArray[np.int64], days: NDArray[np.datetime64]
) -> None:
    """Copy rows that a restatement is about to replace: those of its settled days."""
    with_table(
        cursor,
        "replaced",
        pa.table({"instrument": numbers.astype(np.int32), "trade_date": days}),
        "INSERT INTO bar_superseded SELECT ?, bar.* FROM bar JOIN replaced USING (instrument, trade_date)"
        " WHERE trade_date BETWEEN ? AND ?",
        [reopened.restatement, reopened.first, reopened.last],
    )


def delete_bars(cursor: Cursor, numbers: NDArray[np.int64], days: NDArray[np.datetime64]) -> None:
    with_table(
        cursor,
        "gone",
        pa.table({"instrument": numbers.astype(np.int32), "trade_date": days}),
        "DELETE FROM bar USING gone WHERE bar.instrument = gone.instrument AND bar.trade_date = gone.trade_date",
    )


def insert_bars(
    cursor: Cursor, load: int, rows: Kept, numbers: NDArray[np.int64], calendar: TradingCalendar
) -> None:
    """Rows in the order given."""
    pre_close = rows.price["pre_close"]
    table = pa.table(
        {
            "instrument": numbers[rows.code].astype(np.int32),
            "trade_date": pa.array(calendar.sessions[rows.position]),
            **{name: rows.price[name] for name in PRICES[:4]},
            "pre_close": pa.array(pre_close, mask=pre_close == 0),
            "volume": rows.volume,
            "amount": _nullable(rows.amount),
            "adj_factor": _nullable(rows.adj_factor),
            "is_st": pa.array(rows.is_st, mask=rows.is_st < 0),
        }
    )
    batches = pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS))
    with_table(cursor, "incoming", batches, f"INSERT INTO bar SELECT *, {load} FROM incoming")  # noqa: S608


def _nullable(values: NDArray[Any]) -> Any:
    return pa.array(values, from_pandas=True) if values.dtype.kind == "f" else pa.array(values)


def _columns(frame: BarFrame) -> dict[str, NDArray[Any]]:
    return {
        **frame.price,
        "volume": frame.volume,
        "amount": frame.amount,
        "adj_factor": frame.adj_factor,
        "is_st": frame.is_st,
        "trade_status": frame.trade_status,
    }
