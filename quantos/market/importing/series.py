"""Index bars and constituent lists into the store."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quantos.market.core import checks
from quantos.market.core.calendar import TradingCalendar
from quantos.market.core.constituents import (
    INDEX_SIZES,
    MemberList,
    Spell,
    constituents_on,
    member_lists,
    odd_sizes,
    starts_at_month_ends,
)
from quantos.market.core.reasons import Finding, Refusal
from quantos.market.importing import write
from quantos.market.importing.lists import bad_days, column_of, not_symbols, refuse_rows, rows_of
from quantos.market.importing.report import FileReport, Found
from quantos.market.store import Cursor

INDEX_NAME_MAX: Final = 20
POINTS_SLACK: Final = 0.0015  # rounded from 32-bit floats
REFERENCE_SLACK: Final = 0.01

IndexColumns = dict[str, NDArray[Any]]


def store_indices(cursor: Cursor, table: pa.Table, report: FileReport, calendar: TradingCalendar) -> None:
    """Columns: symbol, date, close; open, high, low, pre_close, volume are checked where there."""
    report.rows = table.num_rows
    load = report.load = write.next_load(cursor)
    name = "trade_date" if "trade_date" in table.column_names else "date"
    symbol = column_of(table, "symbol", pa.string())
    table = table.set_column(table.column_names.index("symbol"), "symbol", symbol)
    close = column_of(table, "close", pa.float64())
    points = close.to_numpy()
    with np.errstate(invalid="ignore"):
        bad_price = ~((points > 0) & np.isfinite(points)) & ~np.isnan(points)
    table = refuse_rows(
        cursor,
        load,
        table,
        {
            Refusal.UNKNOWN_SYMBOL: _not_index_names(symbol),
            **bad_days(column_of(table, name, pa.date32()), calendar),
            Refusal.MISSING_PRICE: np.isnan(points),
            Refusal.BAD_PRICE: bad_price,
        },
        report,
    )
    columns = _index_columns(table, name, calendar)
    order = np.argsort(columns["key"], kind="stable")
    conflict = np.zeros(len(order), dtype=np.bool_)
    conflict[order] = checks.conflicting(columns["key"][order], columns["close"][order])
    table = refuse_rows(cursor, load, table, {Refusal.CONFLICTING_DUPLICATE: conflict}, report)
    columns = _index_columns(table, name, calendar)
    order = np.argsort(columns["key"], kind="stable")
    single = order[~checks.repeats(columns["key"][order])]
    report.count(Finding.DUPLICATE_ROW, len(order) - len(single), [])
    columns = {key: values[single] for key, values in columns.items()}
    found = _index_findings(columns, calendar)
    found += _merge_indices(cursor, load, columns, calendar, report)
    report.unchanged += len(order) - len(single)
    for one in found:
        report.note(one)
    write.findings(cursor, load, found)


def _not_index_names(symbols: pa.ChunkedArray) -> NDArray[np.bool_]:
    good = {
        name: 0 < len(name) <= INDEX_NAME_MAX and name.isascii() and name.isprintable() and " " not in name
        for name in pc.unique(symbols).to_pylist()
        if name is not None
    }
    return np.array([not good.get(name, False) for name in symbols.to_pylist()], dtype=np.bool_)


def _index_columns(table: pa.Table, date_name: str, calendar: TradingCalendar) -> IndexColumns:
    encoded = column_of(table, "symbol", pa.string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    code = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    names = np.array(encoded.dictionary.to_pylist(), dtype=object)
    position = calendar.positions(column_of(table, date_name, pa.date32()).to_numpy().astype("datetime64[D]"))
    columns = {
        name: column_of(table, name, pa.float64()).to_numpy()
        for name in ("open", "high", "low", "close", "pre_close", "volume")
    }
    return {
        "key": code * 2**20 + position,
        "code": code,
        "position": position,
        "symbol": names[code] if len(code) else np.zeros(0, dtype=object),
        **columns,
    }


def _index_findings(columns: IndexColumns, calendar: TradingCalendar) -> list[Found]:
    close, position = columns["close"], columns["position"]
    same = np.zeros(len(close), dtype=np.bool_)
    same[1:] = columns["code"][1:] == columns["code"][:-1]
    before = np.full(len(close), np.nan)
    before[1:] = np.where(same[1:], close[:-1], np.nan)
    missing = np.zeros(len(close), dtype=np.int64)
    missing[1:] = np.where(same[1:], position[1:] - position[:-1] - 1, 0)
    high, low, pre_close = columns["high"], columns["low"], columns["pre_close"]
    with np.errstate(invalid="ignore"):
        outside = np.maximum(close, columns["open"]) > high + POINTS_SLACK
        outside |= np.minimum(close, columns["open"]) < low - POINTS_SLACK
        reference = np.abs(pre_close - before) > REFERENCE_SLACK
        silent = columns["volume"] == 0
    sessions, results = calendar.sessions, []
    for kind, mask, value, expected in (
        (Finding.INDEX_RANGE, outside, close, np.where(close > high, high, low)),
        (Finding.INDEX_REFERENCE, reference & (missing == 0), pre_close, before),
        (Finding.GAP, missing > 0, missing.astype(np.float64), np.full(len(close), np.nan)),
        (Finding.INDEX_NO_VOLUME, silent, np.full(len(close), np.nan), np.full(len(close), np.nan)),
    ):
        rows = np.flatnonzero(mask)
        if len(rows):
            results.append(
                Found(kind, columns["symbol"][rows], sessions[position[rows]], value[rows], expected[rows])
            )
    return results


def _merge_indices(
    cursor: Cursor, load: int, columns: IndexColumns, calendar: TradingCalendar, report: FileReport
) -> list[Found]:
    """Write what differs. A benchmark is looked up when it is shown, so no day of it is final."""
    days = calendar.sessions[columns["position"]]
    incoming = pa.table(
        {
            "row": np.arange(len(days)),
            "symbol": pa.array(columns["symbol"], pa.string()),
            "trade_date": days,
            "close": columns["close"],
        }
    )
    states = rows_of(
        cursor,
        "incoming",
        incoming,
        "SELECT n.row, b.close IS NULL, b.close = n.close FROM incoming n"
        " LEFT JOIN index_bar b USING (symbol, trade_date) ORDER BY n.row",
    )
    new = np.array([bool(row[1]) for row in states], dtype=np.bool_)
    changed = np.array([row[2] is False for row in states], dtype=np.bool_)
    report.stored, report.changed = int(new.sum()), int(changed.sum())
    report.unchanged = len(new) - report.stored - report.changed
    writing = incoming.filter(pa.array(new | changed))
    write.with_table(
        cursor,
        "writing",
        writing,
        "DELETE FROM index_bar USING writing w WHERE index_bar.symbol = w.symbol"
        " AND index_bar.trade_date = w.trade_date",
    )
    write.with_table(
        cursor,
        "writing",
        writing,
        f"INSERT INTO index_bar SELECT symbol, trade_date, close, {load} FROM writing",  # noqa: S608 - an integer
    )
    if not changed.any():
        return []
    nothing = np.full(int(changed.sum()), np.nan)
    return [Found(Finding.CORRECTION, columns["symbol"][changed], days[changed], nothing, nothing)]


# ---------------------------------------------------------------- constituents


def store_constituents(
    cursor: Cursor, table: pa.Table, report: FileReport, calendar: TradingCalendar
) -> None:
    """Columns: index_symbol, symbol, asof_date or start_date and end_date, source? (else the file's name)."""
    report.rows = table.num_rows
    load = report.load = write.next_load(cursor)
    start_name = "start_date" if "start_date" in table.column_names else "asof_date"
    index_symbol, symbol = (column_of(table, name, pa.string()) for name in ("index_symbol", "symbol"))
    start, end = column_of(table, start_name, pa.date32()), column_of(table, "end_date", pa.date32())
    source = pc.fill_null(column_of(table, "source", pa.string()), report.source)
    keys = list(zip(*(c.to_pylist() for c in (index_symbol, source, start, symbol)), strict=True))
    seen: dict[Any, int] = {}
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
    backwards = np.asarray(pc.fill_null(pc.less(end, start), False).to_numpy())
    table = refuse_rows(
        cursor,
        load,
        table,
        {
            Refusal.UNKNOWN_SYMBOL: not_symbols(symbol) | _not_index_names(index_symbol),
            Refusal.MISSING_DATE: np.asarray(pc.is_null(start).to_numpy()),
            Refusal.BAD_VALUE: backwards,
            Refusal.CONFLICTING_DUPLICATE: np.array([seen[key] > 1 for key in keys], dtype=np.bool_),
        },
        report,
    )
    incoming = pa.table(
        {
            "index_symbol": column_of(table, "index_symbol", pa.string()),
            "source": pc.fill_null(column_of(table, "source", pa.string()), report.source),
            "start_date": column_of(table, start_name, pa.date32()),
            "end_date": column_of(table, "end_date", pa.date32()),
            "symbol": column_of(table, "symbol", pa.string()),
        }
    )
    _merge_constituents(cursor, load, incoming, report)
    found = _constituent_findings(cursor, sorted(set(incoming["index_symbol"].to_pylist())), calendar)
    for one in found:
        report.note(one)
    write.findings(cursor, load, found)


def _merge_constituents(cursor: Cursor, load: int, incoming: pa.Table, report: FileReport) -> None:
    counts = rows_of(
        cursor,
        "incoming",
        incoming,
        "SELECT count(*) FILTER (WHERE c.symbol IS NULL), count(*) FILTER (WHERE c.symbol IS NOT NULL"
        " AND c.end_date IS DISTINCT FROM n.end_date), count(*) FROM incoming n"
        " LEFT JOIN constituent c USING (index_symbol, source, start_date, symbol)",
    )
    report.stored, report.changed, total = counts[0]
    report.unchanged = total - report.stored - report.changed
    write.with_table(
        cursor,
        "incoming",
        incoming,
        "DELETE FROM constituent USING incoming n WHERE constituent.index_symbol = n.index_symbol"
        " AND constituent.source = n.source AND constituent.start_date = n.start_date"
        " AND constituent.symbol = n.symbol AND constituent.end_date IS DISTINCT FROM n.end_date",
    )
    write.with_table(
        cursor,
        "incoming",
        incoming,
        f"INSERT INTO constituent SELECT n.*, {load} FROM incoming n"  # noqa: S608 - an integer
        " ANTI JOIN constituent c USING (index_symbol, source, start_date, symbol)",
    )


def lists_of(cursor: Cursor, index_symbol: str) -> dict[str, list[MemberList]]:
    """Every source's lists of an index."""
    by_source: dict[str, list[Spell]] = {}
    for source, start, end, symbol in cursor.execute(
        "SELECT source, start_date, end_date, symbol FROM constituent WHERE index_symbol = ?", [index_symbol]
    ).fetchall():
        by_source.setdefault(source, []).append((start, end, symbol))
    return {
        source: member_lists(index_symbol, source, spells) for source, spells in sorted(by_source.items())
    }


def _constituent_findings(cursor: Cursor, indices: list[str], calendar: TradingCalendar) -> list[Found]:
    last_sessions = _month_ends(calendar)
    results: list[Found] = []
    for index_symbol in indices:
        lists = lists_of(cursor, index_symbol)
        for source, own in lists.items():
            odd = odd_sizes(own)
            results += _found(
                Finding.LIST_SIZE,
                index_symbol,
                [(one.start, len(one.members), INDEX_SIZES[index_symbol]) for one in odd],
                source,
            )
            if starts_at_month_ends(own, last_sessions):
                results += _found(
                    Finding.LIST_LATE, index_symbol, [(one.start, np.nan, np.nan) for one in own], source
                )
        differing: dict[str, list[tuple[date, float, float]]] = {}
        for day in sorted({one.start for own in lists.values() for one in own}):
            answer = constituents_on(dict(lists), day)
            for other in answer.others if answer else ():
                if answer is not None and other.members != answer.chosen.members:
                    note = f"{other.source} instead of {answer.chosen.source}"
                    count = len(other.members ^ answer.chosen.members)
                    differing.setdefault(note, []).append((day, float(count), np.nan))
        for note, rows in differing.items():
            results += _found(Finding.SOURCES_DIFFER, index_symbol, rows, note)
    return results


def _month_ends(calendar: TradingCalendar) -> frozenset[date]:
    months = calendar.sessions.astype("datetime64[M]")
    last = np.append(months[1:] != months[:-1], True)
    return frozenset(calendar.sessions[last].astype(object).tolist())


def _found(kind: Finding, index_symbol: str, rows: list[tuple[date, float, float]], note: str) -> list[Found]:
    if not rows:
        return []
    return [
        Found(
            kind,
            np.full(len(rows), index_symbol, dtype=object),
            np.array([row[0] for row in rows], dtype="datetime64[D]"),
            np.array([row[1] for row in rows], dtype=np.float64),
            np.array([row[2] for row in rows], dtype=np.float64),
            note,
        )
    ]
