"""Every query on the market's tables. Functions take a cursor of the series store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.market.core.adjusted import ClosingBars, ClosingDigest, LastBars
from quantos.market.core.bars import Carry, CorporateAction, DayBars, Instruments

Cursor = duckdb.DuckDBPyConnection

CHUNK_SESSIONS: Final = 64  # days of bars in memory at once: about 30 MB a field of 7,000 instruments
_FIELDS: Final = (
    "open, high, low, close, coalesce(pre_close, 0) AS pre_close, volume,"
    " coalesce(adj_factor, 'nan'::DOUBLE) AS adj_factor, coalesce(is_st, -1) AS is_st"
)
_NAT: Final = np.datetime64("NaT", "D").astype(np.int64)
_INTEGER_FIELDS: Final = ("open", "high", "low", "close", "pre_close", "volume")


# ---------------------------------------------------------------- instruments


def instruments(cursor: Cursor) -> Instruments:
    rows = cursor.execute(
        f"SELECT number, symbol, board, wide_fund, {_day('list_date')}, {_day('delist_date')}"  # noqa: S608
        " FROM instrument ORDER BY number"
    ).fetchnumpy()
    symbols = tuple(str(symbol) for symbol in rows["symbol"])
    return Instruments(
        symbols=symbols,
        number_of={symbol: number for number, symbol in enumerate(symbols)},
        board=np.asarray(rows["board"]).astype(np.int8),
        wide_fund=np.asarray(rows["wide_fund"]).astype(np.bool_),
        list_date=rows["list_date"].view("datetime64[D]"),
        delist_date=rows["delist_date"].view("datetime64[D]"),
    )


def instrument_names(cursor: Cursor) -> dict[str, str]:
    return dict(cursor.execute("SELECT symbol, name FROM instrument WHERE name IS NOT NULL").fetchall())


# ---------------------------------------------------------------- bars


def day_bars(cursor: Cursor, sessions: NDArray[np.datetime64], count: int) -> Iterator[DayBars]:
    """One DayBars per session, over `count` instruments; days without a row too."""
    for start in range(0, len(sessions), CHUNK_SESSIONS):
        yield from _chunk(cursor, sessions[start : start + CHUNK_SESSIONS], count)


def _chunk(cursor: Cursor, sessions: NDArray[np.datetime64], count: int) -> Iterator[DayBars]:
    rows = cursor.execute(
        f"SELECT instrument, trade_date, {_FIELDS} FROM bar WHERE trade_date BETWEEN ? AND ?",  # noqa: S608
        [sessions[0].astype(object), sessions[-1].astype(object)],
    ).fetchnumpy()
    dates, numbers = np.asarray(rows["trade_date"]).astype("datetime64[D]"), np.asarray(rows["instrument"])
    day = np.searchsorted(sessions, dates)
    known = (sessions[day] == dates) & (numbers < count)  # a calendar changed since, an import meanwhile
    if not known.all():
        rows = {name: values[known] for name, values in rows.items()}
        day, numbers = day[known], numbers[known]
    cell = day * count + numbers
    shape = (len(sessions), count)

    def dense(values: Any, missing: float, dtype: Any) -> NDArray[Any]:
        result = np.full(shape[0] * shape[1], missing, dtype=dtype)
        result[cell] = values
        return result.reshape(shape)

    has_row = dense(True, 0, np.bool_)
    integers = {name: dense(rows[name], 0, np.int64) for name in _INTEGER_FIELDS}
    adj_factor = dense(rows["adj_factor"], np.nan, np.float64)
    is_st = dense(rows["is_st"], -1, np.int8)
    for k, session in enumerate(sessions):
        yield DayBars(
            trade_date=session.astype(object),
            has_row=has_row[k],
            **{name: values[k] for name, values in integers.items()},
            adj_factor=adj_factor[k],
            is_st=is_st[k],
        )


def closing_bars(cursor: Cursor, first: date, last: date) -> ClosingBars:
    """Of the days from `first` to `last`, which `day` counts from."""
    rows = cursor.execute(
        "SELECT instrument, date_diff('day', ?::DATE, trade_date)::INTEGER AS day, close,"
        " coalesce(pre_close, 0) AS reference, coalesce(adj_factor, 'nan'::DOUBLE) AS adj_factor"
        " FROM bar WHERE trade_date BETWEEN ? AND ?",
        [first, first, last],
    ).fetchnumpy()
    return ClosingBars(*(np.asarray(rows[name]) for name in ClosingBars._fields))


def last_bars(cursor: Cursor, before: date) -> LastBars:
    rows = cursor.execute(
        "SELECT instrument, arg_max(close, trade_date) AS close,"
        " coalesce(arg_max_null(adj_factor, trade_date), 'nan'::DOUBLE) AS adj_factor"
        " FROM bar WHERE trade_date < ? GROUP BY instrument",
        [before],
    ).fetchnumpy()
    return LastBars(*(np.asarray(rows[name]) for name in LastBars._fields))


def closing_digest(cursor: Cursor, first: date, last: date, count: int) -> ClosingDigest:
    """Of the bars of `count` instruments."""
    row = cursor.execute(
        "SELECT count(*), coalesce(bit_xor(hash(instrument, trade_date, close, pre_close, adj_factor)), 0)"
        " FROM bar WHERE trade_date BETWEEN ? AND ? AND instrument < ?",
        [first, last, count],
    ).fetchone()
    assert row is not None, "an aggregate has a row"
    return ClosingDigest(int(row[0]), int(row[1]))


def carry(cursor: Cursor, before: date, count: int) -> Carry:
    # A suspended instrument is carried at its reference, as the day itself valued it.
    rows = cursor.execute(
        "SELECT instrument, max(trade_date) AS last_date,"
        " arg_max(CASE WHEN volume = 0 THEN coalesce(nullif(pre_close, 0), close) ELSE close END, trade_date) AS close,"
        " coalesce(arg_max_null(adj_factor, trade_date), 'nan'::DOUBLE) AS adj_factor"
        " FROM bar WHERE trade_date < ? GROUP BY instrument",
        [before],
    ).fetchnumpy()
    at = np.asarray(rows["instrument"])
    close = np.zeros(count, dtype=np.int64)
    adj_factor = np.full(count, np.nan)
    last_date = np.full(count, np.datetime64("NaT", "D"))
    close[at], adj_factor[at] = rows["close"], rows["adj_factor"]
    last_date[at] = np.asarray(rows["last_date"]).astype("datetime64[D]")
    return Carry(before, close, adj_factor, last_date)


def history(cursor: Cursor, number: int, first: date, last: date) -> dict[str, NDArray[Any]]:
    """One instrument's rows in date order, by column name."""
    rows = cursor.execute(
        f"SELECT trade_date, {_FIELDS}, amount FROM bar WHERE instrument = ? AND trade_date BETWEEN ? AND ?"  # noqa: S608
        " ORDER BY trade_date",
        [number, first, last],
    ).fetchnumpy()
    return {name: _plain(values) for name, values in rows.items()}


def presence(cursor: Cursor, day: date, previous: date) -> tuple[NDArray[np.int64], NDArray[np.int64], bool]:
    """Instruments with a row on `day`; those that traded on `previous`; whether any row lies before `day`."""
    here = cursor.execute("SELECT instrument FROM bar WHERE trade_date = ?", [day]).fetchnumpy()
    traded = cursor.execute(
        "SELECT instrument FROM bar WHERE trade_date = ? AND volume > 0", [previous]
    ).fetchnumpy()
    earlier = cursor.execute("SELECT 1 FROM bar WHERE trade_date < ? LIMIT 1", [day]).fetchone()
    return (
        np.asarray(here["instrument"], dtype=np.int64),
        np.asarray(traded["instrument"], dtype=np.int64),
        earlier is not None,
    )


def corporate_actions(cursor: Cursor, first: date, last: date) -> list[CorporateAction]:
    rows = cursor.execute(
        "SELECT instrument, ex_date, bonus_per_million, cash_mills_per_million, into_instrument, coalesce(note, '')"
        " FROM corporate_action WHERE ex_date BETWEEN ? AND ? ORDER BY ex_date, instrument",
        [first, last],
    ).fetchall()
    return [CorporateAction(*row) for row in rows]


# ---------------------------------------------------------------- benchmarks


def index_closes(cursor: Cursor, symbol: str, first: date, last: date) -> dict[date, float]:
    return dict(
        cursor.execute(
            "SELECT trade_date, close FROM index_bar WHERE symbol = ? AND trade_date BETWEEN ? AND ?"
            " ORDER BY trade_date",
            [symbol, first, last],
        ).fetchall()
    )


def fund_returns(
    cursor: Cursor, fund_board: int, sessions: NDArray[np.datetime64]
) -> list[tuple[date, float | None]]:
    """Equal-weight return of the funds with a bar on a session and on the one before it; None: no such fund.

    A fund's return is close / reference price; without a reference price, close / last close. Days without
    any fund's bar are left out.
    """
    cursor.register("session", _session_table(sessions))
    try:
        return cursor.execute(
            "SELECT b.trade_date, avg(b.close / coalesce(b.pre_close, p.close)::DOUBLE - 1)"
            "   FILTER (WHERE p.close IS NOT NULL)"
            " FROM bar b JOIN session s ON s.trade_date = b.trade_date"
            " JOIN instrument i ON i.number = b.instrument AND i.board = ?"
            " LEFT JOIN bar p ON p.instrument = b.instrument AND p.trade_date = s.previous"
            " GROUP BY b.trade_date ORDER BY b.trade_date",
            [fund_board],
        ).fetchall()
    finally:
        cursor.unregister("session")


def _session_table(sessions: NDArray[np.datetime64]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - 0.1 s that only imports and fund returns need

    days = pa.array(sessions.astype("datetime64[D]"))
    return pa.table({"trade_date": days[1:], "previous": days[:-1]})


# ---------------------------------------------------------------- calendar, acceptance, coverage


def calendar_days(cursor: Cursor) -> dict[date, bool]:
    return dict(cursor.execute("SELECT trade_date, is_open FROM calendar_day").fetchall())


def accepted(cursor: Cursor, day: date) -> tuple[str, str] | None:
    """(by whom, reason)."""
    row = cursor.execute("SELECT by_whom, reason FROM accepted_day WHERE trade_date = ?", [day]).fetchone()
    return None if row is None else (row[0], row[1])


def accept(cursor: Cursor, day: date, reason: str, by: str, at: datetime) -> None:
    cursor.execute("INSERT INTO accepted_day VALUES (?, ?, ?, ?)", [day, reason, by, at])


def is_synthetic(cursor: Cursor) -> bool | None:
    """Whether the stored market is synthetic; None: nothing is stored."""
    row = cursor.execute("SELECT synthetic FROM load WHERE kind <> 'calendar' LIMIT 1").fetchone()
    return None if row is None else bool(row[0])


def members(cursor: Cursor, index_symbol: str) -> list[tuple[str, date, date | None, str]]:
    """(source, start_date, end_date, symbol) of every list of an index."""
    return cursor.execute(
        "SELECT source, start_date, end_date, symbol FROM constituent WHERE index_symbol = ?"
        " ORDER BY source, start_date, symbol",
        [index_symbol],
    ).fetchall()


def coverage(cursor: Cursor) -> dict[str, Any]:
    """Counts and spans of everything stored, as rows of SQL."""
    return {
        "boards": cursor.execute(
            "SELECT i.board, count(*), count(b.instrument), coalesce(sum(b.rows), 0)::BIGINT, min(b.first), max(b.last)"
            " FROM instrument i LEFT JOIN (SELECT instrument, count(*) AS rows, min(trade_date) AS first,"
            "   max(trade_date) AS last FROM bar GROUP BY instrument) b ON b.instrument = i.number"
            " GROUP BY i.board ORDER BY i.board"
        ).fetchall(),
        "indices": cursor.execute(
            "SELECT symbol, count(*), min(trade_date), max(trade_date) FROM index_bar GROUP BY symbol ORDER BY symbol"
        ).fetchall(),
        "constituents": cursor.execute(
            "SELECT index_symbol, source, count(DISTINCT symbol), min(start_date),"
            " max(greatest(start_date, coalesce(end_date, start_date)))"
            " FROM constituent GROUP BY ALL ORDER BY ALL"
        ).fetchall(),
        "corporate_actions": cursor.execute("SELECT count(*) FROM corporate_action").fetchall()[0][0],
        "quarantine": cursor.execute(
            "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason"
        ).fetchall(),
        "findings": cursor.execute(
            "SELECT kind, count(*) FROM finding GROUP BY kind ORDER BY kind"
        ).fetchall(),
        "loads": cursor.execute(
            "SELECT id, source, kind, rows, stored, quarantined, changed, loaded_at FROM load"
            " ORDER BY id DESC LIMIT 20"
        ).fetchall(),
        "accepted": cursor.execute(
            "SELECT trade_date, reason, by_whom FROM accepted_day ORDER BY trade_date"
        ).fetchall(),
    }


def months(cursor: Cursor) -> list[tuple[date, int, int]]:
    """(first day of the month, days with bars, bars) of each month with bars, ascending."""
    return cursor.execute(
        "SELECT date_trunc('month', trade_date)::DATE AS month, count(DISTINCT trade_date), count(*)"
        " FROM bar GROUP BY month ORDER BY month"
    ).fetchall()


class Refused(NamedTuple):
    """Which refused rows; None: any. `kind`: what the file held. `first`, `last`: trade dates, both inclusive."""

    reason: str | None = None
    symbol: str | None = None
    load: int | None = None
    first: date | None = None
    last: date | None = None
    kind: str | None = None


_CONDITIONS: Final = {
    "symbol": "symbol = ?",
    "load": "load = ?",
    "first": "trade_date >= ?",
    "last": "trade_date <= ?",
    "kind": "load IN (SELECT id FROM load WHERE split_part(kind, ' ', 1) = ?)",
}


def quarantine(
    cursor: Cursor, limit: int, offset: int, wanted: Refused
) -> tuple[list[tuple[Any, ...]], dict[str, int]]:
    """A page of refused rows, newest load first, and how many there are of each reason, whichever is wanted."""
    given = {
        name: value for name, value in wanted._asdict().items() if name in _CONDITIONS and value is not None
    }
    where = " AND ".join(["TRUE", *(_CONDITIONS[name] for name in given)])
    values = list(given.values())
    rows = cursor.execute(
        f"WITH page AS (SELECT * FROM quarantine WHERE {where} AND reason = coalesce(?, reason)"  # noqa: S608
        " ORDER BY load DESC, symbol, trade_date, row_json LIMIT ? OFFSET ?)"
        " SELECT load, source, kind, symbol, trade_date, reason, row_json FROM page JOIN load ON load.id = page.load"
        " ORDER BY load DESC, symbol, trade_date, row_json",
        [*values, wanted.reason, limit, offset],
    ).fetchall()
    counts = cursor.execute(
        f"SELECT reason, count(*) FROM quarantine WHERE {where} GROUP BY reason ORDER BY reason",  # noqa: S608
        values,
    ).fetchall()
    return rows, dict(counts)


def with_bars(
    cursor: Cursor, symbols: Sequence[str], before: date, sessions: int
) -> tuple[set[str], date] | None:
    """Which of the symbols have a bar on the last `sessions` days with bars before a day, and the last of these days.

    None where no bar lies before it.
    """
    days = cursor.execute(
        "SELECT DISTINCT trade_date FROM bar WHERE trade_date < ? ORDER BY trade_date DESC LIMIT ?",
        [before, sessions],
    ).fetchall()
    if not days:
        return None
    rows = cursor.execute(
        "SELECT DISTINCT symbol FROM bar JOIN instrument i ON i.number = bar.instrument"
        " WHERE list_contains(?, symbol) AND trade_date BETWEEN ? AND ?",
        [list(symbols), days[-1][0], days[0][0]],
    ).fetchall()
    return {symbol for (symbol,) in rows}, days[0][0]


def last_bar_date(cursor: Cursor) -> date | None:
    row = cursor.execute("SELECT max(trade_date) FROM bar").fetchone()
    return row[0] if row else None


def _day(column: str) -> str:
    """A date column as NumPy keeps it, NaT for NULL: the driver would load masked arrays for one with NULLs."""
    return f"coalesce(date_diff('day', DATE '1970-01-01', {column}), {_NAT}) AS {column}"


def _plain(column: Any) -> NDArray[Any]:
    if isinstance(column, np.ma.MaskedArray) and np.ma.getmaskarray(column).any():
        return column.filled(np.nan)
    data = np.ma.getdata(column)
    return data.astype("datetime64[D]") if data.dtype.kind == "M" else data
