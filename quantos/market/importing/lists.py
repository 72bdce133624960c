"""Instruments, corporate actions, indices, constituents and the calendar into the store."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quantos.market.core.calendar import CalendarRefused, TradingCalendar
from quantos.market.core.reasons import Finding, Refusal
from quantos.market.core.settled import Reopened, SettledDays
from quantos.market.importing import write
from quantos.market.importing.report import FileRefused, FileReport, Found
from quantos.market.store import Cursor

BONUS_MAX: Final = 100_000_000  # 100 new shares for one
CASH_MAX: Final = 9 * 10**12  # 9,000 CNY a share: the most that the ledger takes


def rows_of(cursor: Cursor, name: str, table: pa.Table, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query that reads an Arrow table by a name."""
    cursor.register(name, table)
    try:
        return cursor.execute(query).fetchall()
    finally:
        cursor.unregister(name)


def column_of(table: pa.Table, name: str, type_: pa.DataType) -> pa.ChunkedArray:
    """A column, or nulls where the file has none."""
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, type_)])
    try:
        return table[name].cast(type_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise FileRefused(f"column {name} holds no {type_}: {str(error).splitlines()[0]}") from error


def refuse_rows(
    cursor: Cursor, load: int, table: pa.Table, bad: dict[Refusal, NDArray[np.bool_]], report: FileReport
) -> pa.Table:
    """Quarantine the rows that a mask names, the first mask first; the other rows."""
    taken = np.zeros(table.num_rows, dtype=np.bool_)
    for reason, mask in bad.items():
        rows = np.flatnonzero(mask & ~taken)
        taken |= mask
        if not len(rows):
            continue
        refused = table.take(pa.array(rows))
        names = refused.column_names
        columns: dict[str, Any] = {f"c_{name}": refused[name] for name in names}
        empty = pa.nulls(len(rows), pa.string())
        columns["symbol"] = refused["symbol"].cast(pa.string()) if "symbol" in names else empty
        columns["trade_date"] = pa.nulls(len(rows), pa.date32())
        columns["reason"] = pa.array([reason.value] * len(rows))
        packed = ", ".join(f'"{name}" := "c_{name}"' for name in names)
        write.insert_quarantine(cursor, load, pa.table(columns), f"to_json(struct_pack({packed}))")
        report.refuse(reason, len(rows))
    return table.filter(pa.array(~taken)) if taken.any() else table


def not_symbols(symbols: pa.ChunkedArray) -> NDArray[np.bool_]:
    good = {name: write.is_tradable(name) for name in pc.unique(symbols).to_pylist() if name is not None}
    return np.array([not good.get(name, False) for name in symbols.to_pylist()], dtype=np.bool_)


def store_instruments(cursor: Cursor, table: pa.Table, report: FileReport) -> None:
    """Names, list and delisting dates. Columns: symbol, list_date, name?, delist_date?, wide_fund?."""
    report.rows = table.num_rows
    load = report.load = write.next_load(cursor)
    table = table.set_column(
        table.column_names.index("symbol"), "symbol", column_of(table, "symbol", pa.string())
    )
    bad = {Refusal.UNKNOWN_SYMBOL: not_symbols(table["symbol"])}
    table = refuse_rows(cursor, load, table, bad, report)
    counts = pc.value_counts(table["symbol"]).to_pylist()
    twice = {one["values"] for one in counts if one["counts"] > 1}
    repeated = np.array([name in twice for name in table["symbol"].to_pylist()], dtype=np.bool_)
    table = refuse_rows(cursor, load, table, {Refusal.CONFLICTING_DUPLICATE: repeated}, report)
    incoming = pa.table(
        {
            "symbol": table["symbol"],
            "name": column_of(table, "name", pa.string()),
            "list_date": column_of(table, "list_date", pa.date32()),
            "delist_date": column_of(table, "delist_date", pa.date32()),
            "wide_fund": column_of(table, "wide_fund", pa.bool_()),
        }
    )
    names = incoming["symbol"].to_pylist()
    known = {row[0] for row in cursor.execute("SELECT symbol FROM instrument").fetchall()}
    write.number_symbols(cursor, names, np.arange(len(names), dtype=np.int32))
    differs = (
        "(n.name IS NOT NULL AND n.name IS DISTINCT FROM i.name)"
        " OR (n.list_date IS NOT NULL AND n.list_date IS DISTINCT FROM i.list_date)"
        " OR (n.delist_date IS NOT NULL AND n.delist_date IS DISTINCT FROM i.delist_date)"
        " OR (n.wide_fund IS NOT NULL AND n.wide_fund <> i.wide_fund)"
    )
    changed = rows_of(
        cursor,
        "incoming",
        incoming,
        f"SELECT i.symbol, i.name, n.name FROM incoming n JOIN instrument i USING (symbol) WHERE {differs}",  # noqa: S608
    )
    write.with_table(
        cursor,
        "incoming",
        incoming,
        "UPDATE instrument SET name = coalesce(n.name, instrument.name),"
        " list_date = coalesce(n.list_date, instrument.list_date),"
        " delist_date = coalesce(n.delist_date, instrument.delist_date),"
        " wide_fund = coalesce(n.wide_fund, instrument.wide_fund)"
        " FROM incoming n WHERE n.symbol = instrument.symbol",
    )
    renamed = [row[0] for row in changed if row[1] is not None and row[2] is not None and row[1] != row[2]]
    report.count(Finding.NAME_DIFFERS, len(renamed), renamed[:5])
    report.stored = sum(name not in known for name in names)
    report.changed = sum(row[0] in known for row in changed)
    report.unchanged = len(names) - report.stored - report.changed


def store_corporate_actions(
    cursor: Cursor,
    table: pa.Table,
    report: FileReport,
    calendar: TradingCalendar,
    settled: SettledDays | None,
    reopened: Reopened | None = None,
) -> None:
    """Columns: symbol, ex_date, bonus_per_million, cash_mills_per_million, into_symbol?, note?."""
    report.rows = table.num_rows
    load = report.load = write.next_load(cursor)
    table = _without_repeats(table, report)
    symbol, into = column_of(table, "symbol", pa.string()), column_of(table, "into_symbol", pa.string())
    bonus = column_of(table, "bonus_per_million", pa.int64())
    cash = column_of(table, "cash_mills_per_million", pa.int64())
    ex_date = column_of(table, "ex_date", pa.date32())
    into_bad = not_symbols(into) & np.asarray(pc.is_valid(into).to_numpy())
    numbers = [np.asarray(pc.fill_null(column, -(2**62)).to_numpy()) for column in (bonus, cash)]
    impossible = (np.abs(numbers[0]) > BONUS_MAX) | (numbers[1] < 0) | (numbers[1] > CASH_MAX)
    impossible |= numbers[0] < -1_000_000
    impossible |= _impossible_swap(symbol, into, numbers[0])
    bad = {
        Refusal.UNKNOWN_SYMBOL: not_symbols(symbol) | into_bad,
        **bad_days(ex_date, calendar),
        Refusal.BAD_VALUE: impossible,
        Refusal.CONFLICTING_DUPLICATE: _repeated(symbol, ex_date),
    }
    kept = refuse_rows(cursor, load, table, bad, report)
    names = column_of(kept, "symbol", pa.string()).to_pylist()
    targets = column_of(kept, "into_symbol", pa.string()).to_pylist()
    everyone = sorted({*names, *(name for name in targets if name)})
    number = dict(
        zip(
            everyone,
            write.number_symbols(cursor, everyone, np.arange(len(everyone), dtype=np.int32)).tolist(),
            strict=True,
        )
    )
    incoming = pa.table(
        {
            "instrument": pa.array([number[name] for name in names], pa.int32()),
            "ex_date": column_of(kept, "ex_date", pa.date32()),
            "bonus": column_of(kept, "bonus_per_million", pa.int64()),
            "cash": column_of(kept, "cash_mills_per_million", pa.int64()),
            "into_instrument": pa.array([number[name] if name else None for name in targets], pa.int32()),
            "note": column_of(kept, "note", pa.string()),
            "symbol": pa.array(names, pa.string()),
        }
    )
    _merge_actions(cursor, load, incoming, report, settled, reopened)


def _without_repeats(table: pa.Table, report: FileReport) -> pa.Table:
    """Each row once, whatever its note."""
    said = zip(*(table[name].to_pylist() for name in table.column_names if name != "note"), strict=True)
    first = {row: place for place, row in reversed(list(enumerate(said)))}
    report.count(Finding.DUPLICATE_ROW, table.num_rows - len(first), [])
    return table.take(pa.array(sorted(first.values()), pa.int64()))


def _impossible_swap(
    symbol: pa.ChunkedArray, into: pa.ChunkedArray, bonus: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Swaps of which nothing can arrive: into the share itself, or less than no shares for those that go."""
    itself = np.asarray(pc.fill_null(pc.equal(symbol, into), False).to_numpy())
    impossible: NDArray[np.bool_] = itself | (np.asarray(pc.is_valid(into).to_numpy()) & (bonus < 0))
    return impossible


def _repeated(symbol: pa.ChunkedArray, ex_date: pa.ChunkedArray) -> NDArray[np.bool_]:
    keys = list(zip(symbol.to_pylist(), ex_date.to_pylist(), strict=True))
    seen = Counter(keys)
    return np.array([seen[key] > 1 for key in keys], dtype=np.bool_)


def _merge_actions(
    cursor: Cursor,
    load: int,
    incoming: pa.Table,
    report: FileReport,
    settled: SettledDays | None,
    reopened: Reopened | None,
) -> None:
    rows = rows_of(
        cursor,
        "incoming",
        incoming,
        "SELECT n.instrument, n.ex_date, n.symbol, c.instrument IS NOT NULL AS there, c.bonus_per_million = n.bonus"
        " AND c.cash_mills_per_million = n.cash AND c.into_instrument IS NOT DISTINCT FROM n.into_instrument"
        " FROM incoming n LEFT JOIN corporate_action c USING (instrument, ex_date)",
    )
    open_keys: set[tuple[int, date]] = set()
    for instrument, ex_date, symbol, there, same in rows:
        if there and same:
            report.unchanged += 1
        elif settled and ex_date in settled and (instrument, ex_date) not in settled.stopped:
            kind = Finding.SETTLED_CORRECTION if there else Finding.SETTLED_ADDITION
            day = np.array([ex_date], dtype="datetime64[D]")
            nothing = np.full(1, np.nan)
            found = Found(kind, np.array([symbol], dtype=object), day, nothing, nothing, "corporate action")
            report.note(found)
            report.settled.add(found.symbols, found.dates)
            write.findings(cursor, load, [found])
        else:
            open_keys.add((instrument, ex_date))
            report.changed += bool(there)
            report.stored += not there
    keys = list(zip(incoming["instrument"].to_pylist(), incoming["ex_date"].to_pylist(), strict=True))
    writing = incoming.filter(pa.array([key in open_keys for key in keys], pa.bool_()))
    if reopened is not None:
        write.with_table(
            cursor,
            "writing",
            writing,
            "INSERT INTO corporate_action_superseded SELECT ?, c.* FROM corporate_action c"
            " JOIN writing w USING (instrument, ex_date) WHERE ex_date BETWEEN ? AND ?",
            [reopened.restatement, reopened.first, reopened.last],
        )
    write.with_table(
        cursor,
        "writing",
        writing,
        "DELETE FROM corporate_action USING writing w WHERE corporate_action.instrument = w.instrument"
        " AND corporate_action.ex_date = w.ex_date",
    )
    write.with_table(
        cursor,
        "writing",
        writing,
        "INSERT INTO corporate_action"  # noqa: S608 - an integer
        f" SELECT instrument, ex_date, bonus, cash, into_instrument, note, {load} FROM writing",
    )


def calendar_rows(table: pa.Table) -> dict[date, bool]:
    """Days and whether they are open. Columns: date, is_open."""
    name = "trade_date" if "trade_date" in table.column_names else "date"
    days = column_of(table, name, pa.date32()).to_pylist()
    flags = column_of(table, "is_open", pa.bool_()).to_pylist()
    if None in days or None in flags:
        raise CalendarRefused("the list has a row without a date or without is_open")
    if len(set(days)) < len(days):
        raise CalendarRefused("the list names a day twice")
    return dict(zip(days, flags, strict=True))


def store_calendar(
    cursor: Cursor,
    days: dict[date, bool],
    calendar: TradingCalendar,
    source: str,
    report: FileReport,
    settled: SettledDays | None,
) -> TradingCalendar:
    """Days that the calendar does not know, or knows otherwise. Raises CalendarRefused, storing nothing."""
    report.rows = len(days)
    fresh = {
        day: is_open
        for day, is_open in days.items()
        if not calendar.first <= day <= calendar.last or calendar.is_trading_day(day) != is_open
    }
    if settled is not None and any(day <= settled.last for day in fresh):
        first = min(fresh)
        raise CalendarRefused(f"{first} would change, and days up to {settled.last} are settled")
    extended = calendar.replaced(fresh)
    report.load = write.next_load(cursor)
    report.changed = sum(calendar.first <= day <= calendar.last for day in fresh)
    report.stored = len(fresh) - report.changed
    report.unchanged = len(days) - len(fresh)
    if fresh:
        cursor.executemany(
            "INSERT OR REPLACE INTO calendar_day VALUES (?, ?, ?)",
            [[day, is_open, source] for day, is_open in sorted(fresh.items())],
        )
    return extended


def bad_days(column: pa.ChunkedArray, calendar: TradingCalendar) -> dict[Refusal, NDArray[np.bool_]]:
    """Rows whose date is missing, beyond the calendar, or a closed day."""
    missing = np.asarray(pc.is_null(column).to_numpy())
    position = calendar.positions(column.to_numpy().astype("datetime64[D]"))
    return {
        Refusal.MISSING_DATE: missing,
        Refusal.BEYOND_CALENDAR: position == -2,
        Refusal.CLOSED_DAY: position == -1,
    }
