"""Bars into the store: number the symbols, compare with what is there, write what may be written.

One call is one file and one transaction: everything of it is stored, with its load record, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quantos.market.core.bars import Instruments
from quantos.market.core.boards import Board, boards_of, tick_mills
from quantos.market.core.calendar import CalendarEnds, TradingCalendar
from quantos.market.core.reasons import Finding
from quantos.market.core.settled import Reopened, SettledDays
from quantos.market.importing import write
from quantos.market.importing.frame import BarFrame
from quantos.market.importing.report import FileRefused, FileReport, Found
from quantos.market.importing.scales import Scales, refuse_amounts
from quantos.market.importing.screen import (
    Before,
    Kept,
    Named,
    counted_findings,
    row_key,
    screen,
    sequence_findings,
)
from quantos.market.store import Cursor

Stage = Callable[[str, int], None]
NEVER: Final = 2**40

NEW, SAME, CHANGED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What an import has to respect."""

    calendar: TradingCalendar
    instruments: Instruments
    settled: SettledDays | None  # their rows stay as they are
    last_over: int | None  # days since 1970-01-01; None: simulated, so no day lies in the future
    reopened: Reopened | None = None  # their rows are kept where they change


def name_symbols(symbols: list[str], terms: Terms) -> Named:
    """What is known of the symbols of a frame; symbols of no board have tick 0."""
    board = boards_of(symbols)
    known = terms.instruments
    number = np.array([known.number_of.get(symbol, -1) for symbol in symbols], dtype=np.int64)
    tick = np.array(
        [0 if board_ == Board.UNKNOWN else tick_mills(Board(board_)) for board_ in board], dtype=np.int32
    )
    listed = np.full(len(symbols), np.datetime64("NaT", "D"))
    delisted = listed.copy()
    wide = write.default_wide_funds(symbols)
    at = np.flatnonzero(number >= 0)
    listed[at], delisted[at] = known.list_date[number[at]], known.delist_date[number[at]]
    wide[at] = known.wide_fund[number[at]]
    return Named(
        board=board,
        tick=tick,
        wide_fund=wide,
        list_position=_session_index(terms.calendar, listed, -1),
        delist_position=_session_index(terms.calendar, delisted, NEVER),
    )


def store_bars(cursor: Cursor, frame: BarFrame, terms: Terms, report: FileReport, stage: Stage) -> None:
    """Screen a frame and write it. Raises FileRefused where the file as a whole is wrong."""
    report.rows = len(frame)
    stage("checking", len(frame))
    refuse_amounts(frame)
    named = name_symbols(frame.symbols, terms)
    if len(frame) and not named.tick.any():
        raise FileRefused(
            f"{report.source}: no symbol is a share or a fund (first: {frame.symbols[0]}): a file of index bars is"
            " named indices, or lies in a folder of that name"
        )
    verdict, kept, repeats = screen(frame, named, terms.calendar, terms.last_over)
    load = write.next_load(cursor)
    write.quarantine(cursor, load, frame, verdict, report)
    report.count(Finding.DUPLICATE_ROW, repeats, [])
    numbers = write.number_symbols(cursor, frame.symbols, np.unique(kept.code))
    stage("comparing", len(kept))
    before = _rows_before(cursor, kept, numbers, terms.calendar)
    found = sequence_findings(
        kept,
        named,
        before,
        frame.symbols,
        terms.calendar.sessions,
        _action_keys(cursor, numbers, terms.calendar),
    )
    found = _fill_gaps(cursor, found, terms, dict(zip(frame.symbols, numbers.tolist(), strict=True)))
    scales = Scales(kept)
    state = _compare(cursor, kept, numbers, terms.calendar, scales)
    scales.refuse(cursor, frame, before, numbers, terms.calendar)
    found += _hold_settled(kept, state, frame.symbols, terms, report)
    if "delisted" in report.source.lower():
        _mark_delisted(cursor, kept, numbers, terms.calendar)
    for kind, count in counted_findings(kept, named).items():
        report.count(kind, count, [])
    for one in found:
        report.note(one)
    stage("storing", int((state != SAME).sum()))
    _write_rows(cursor, load, kept, state, numbers, terms)
    report.stored = int((state == NEW).sum())
    report.changed = int((state == CHANGED).sum())
    report.unchanged = int((state == SAME).sum()) + repeats
    report.load = load
    write.findings(cursor, load, found)


def _session_index(
    calendar: TradingCalendar, days: NDArray[np.datetime64], missing: int
) -> NDArray[np.int64]:
    """Index of the first session on or after each day; `missing` where the day is NaT."""
    index = np.searchsorted(calendar.sessions, days)
    return np.where(np.isnat(days), missing, index).astype(np.int64)


def _rows_before(cursor: Cursor, kept: Kept, numbers: NDArray[np.int64], calendar: TradingCalendar) -> Before:
    """The stored row before each symbol's first row of the file."""
    count = len(numbers)
    before = Before(
        position=np.full(count, -1, dtype=np.int32),
        close=np.zeros(count, dtype=np.int32),
        volume=np.zeros(count, dtype=np.int64),
        adj_factor=np.full(count, np.nan),
    )
    starts = (
        np.flatnonzero(np.append(True, kept.code[1:] != kept.code[:-1])) if len(kept) else np.zeros(0, int)
    )
    codes = kept.code[starts]
    first = pa.table(
        {
            "code": codes,
            "instrument": numbers[codes],
            "first_date": calendar.sessions[kept.position[starts]],
        }
    )
    rows = write.with_table(
        cursor,
        "first_row",
        first,
        "SELECT f.code, max(b.trade_date) AS day, arg_max(b.close, b.trade_date) AS close,"
        " arg_max(b.volume, b.trade_date) AS volume,"
        " coalesce(arg_max_null(b.adj_factor, b.trade_date), 'nan'::DOUBLE) AS adj_factor"
        " FROM bar b JOIN first_row f ON b.instrument = f.instrument AND b.trade_date < f.first_date GROUP BY f.code",
    )
    at = np.asarray(rows["code"])
    before.position[at] = calendar.positions(np.asarray(rows["day"]).astype("datetime64[D]"))
    before.close[at], before.volume[at] = rows["close"], rows["volume"]
    before.adj_factor[at] = rows["adj_factor"]
    return before


def _action_keys(cursor: Cursor, numbers: NDArray[np.int64], calendar: TradingCalendar) -> NDArray[np.int64]:
    rows = cursor.execute("SELECT instrument, ex_date FROM corporate_action").fetchnumpy()
    code_of = {int(number): code for code, number in enumerate(numbers) if number >= 0}
    codes = np.array([code_of.get(int(number), -1) for number in rows["instrument"]], dtype=np.int32)
    days = np.asarray(rows["ex_date"]).astype("datetime64[D]")
    return row_key(codes, calendar.positions(days))[codes >= 0]


def _compare(
    cursor: Cursor, kept: Kept, numbers: NDArray[np.int64], calendar: TradingCalendar, scales: Scales
) -> NDArray[np.int8]:
    """NEW, SAME or CHANGED for each kept row; what a changed row leaves out is filled from the stored one."""
    state = np.zeros(len(kept), dtype=np.int8)
    if not len(kept):
        return state
    low, high = int(kept.position.min()), int(kept.position.max())
    span = high - low + 1
    row_at = np.full(len(numbers) * span, -1, dtype=np.int32)
    row_at[kept.code.astype(np.int64) * span + (kept.position - low)] = np.arange(len(kept), dtype=np.int32)
    code_of = np.full(int(numbers.max()) + 1, -1, dtype=np.int64)
    present = np.flatnonzero(numbers >= 0)
    code_of[numbers[present]] = present
    first, last = calendar.sessions[low], calendar.sessions[high]
    for rows in write.stored_rows(cursor, first.astype(object), last.astype(object), numbers[present]):
        code = code_of[rows["instrument"]]
        position = calendar.positions(rows["trade_date"])
        usable = (code >= 0) & (position >= 0)
        at = row_at[code[usable] * span + (position[usable] - low)]
        hit = at >= 0
        stored = {name: values[usable][hit] for name, values in rows.items()}
        scales.overlap(at[hit], stored)
        _match(kept, state, at[hit], stored)
    return state


def _match(
    kept: Kept, state: NDArray[np.int8], at: NDArray[np.int32], stored: dict[str, NDArray[Any]]
) -> None:
    different = _volume_differs(kept.volume[at], stored["volume"])
    for name in ("open", "high", "low", "close"):
        different |= kept.price[name][at] != stored[name]
    for values, name, missing, tolerance in (
        (kept.price["pre_close"], "pre_close", 0, 0.0),
        (kept.is_st, "is_st", -1, 0.0),
        (kept.amount, "amount", None, 1e-6),  # sources round amounts differently
        (kept.adj_factor, "adj_factor", None, 1e-9),
    ):
        new, old = values[at], stored[name]
        unknown = np.isnan(new) if missing is None else new == missing
        with np.errstate(invalid="ignore"):
            same = np.abs(new - old) <= tolerance * np.abs(old)
        different |= ~unknown & ~same
        values[at] = np.where(unknown, old, new)
    state[at] = np.where(different, CHANGED, SAME)


def _volume_differs(new: NDArray[np.int64], old: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Lots of 100 and 32-bit floats say the same as the exact number that is stored, only less of it."""
    apart = np.abs(new - old)
    in_lots = (new % 100 == 0) & (apart < 100) & (np.minimum(new, old) > 0)
    return np.asarray((apart > 6e-8 * old) & ~in_lots)


def _fill_gaps(cursor: Cursor, found: list[Found], terms: Terms, numbers: dict[str, int]) -> list[Found]:
    """Take stored rows out of the gaps of a file: a source may leave out suspended days that another has."""
    results = [one for one in found if one.kind is not Finding.GAP]
    for one in found:
        if one.kind is not Finding.GAP:
            continue
        position = terms.calendar.positions(one.dates)
        table = pa.table(
            {
                "row": np.arange(len(one)),
                "instrument": pa.array([numbers[symbol] for symbol in one.symbols], pa.int32()),
                "first": terms.calendar.sessions[position - one.values.astype(np.int64)],
                "last": terms.calendar.sessions[position - 1],
            }
        )
        rows = write.with_table(
            cursor,
            "gap",
            table,
            "SELECT g.row, count(*) AS there FROM gap g JOIN bar b ON b.instrument = g.instrument"
            " AND b.trade_date BETWEEN g.first AND g.last GROUP BY g.row",
        )
        there = np.zeros(len(one))
        there[rows["row"]] = rows["there"]
        left = np.flatnonzero(one.values > there)
        if len(left):
            values = one.values[left] - there[left]
            results.append(Found(one.kind, one.symbols[left], one.dates[left], values, one.expected[left]))
    return results


def _hold_settled(
    kept: Kept, state: NDArray[np.int8], symbols: list[str], terms: Terms, report: FileReport
) -> list[Found]:
    """Take rows of settled days out of the writing, and report them."""
    results: list[Found] = []
    names, sessions = np.array(symbols, dtype=object), terms.calendar.sessions
    final = np.zeros(len(kept), dtype=np.bool_)
    if terms.settled is not None:
        first, last = np.array([terms.settled.first, terms.settled.last], dtype="datetime64[D]")
        final = (sessions[kept.position] >= first) & (sessions[kept.position] <= last)
    for kind, mask in (
        (Finding.SETTLED_CORRECTION, final & (state == CHANGED)),
        (Finding.SETTLED_ADDITION, final & (state == NEW)),
        (Finding.CORRECTION, ~final & (state == CHANGED)),
    ):
        rows = np.flatnonzero(mask)
        if not len(rows):
            continue
        nothing = np.full(len(rows), np.nan)
        found = Found(kind, names[kept.code[rows]], sessions[kept.position[rows]], nothing, nothing)
        results.append(found)
        if kind is not Finding.CORRECTION:
            report.settled.add(found.symbols, found.dates)
            state[rows] = -1
    return results


def _mark_delisted(cursor: Cursor, kept: Kept, numbers: NDArray[np.int64], calendar: TradingCalendar) -> None:
    """A file of delisted shares: each is gone from the trading day after its last bar."""
    if not len(kept):
        return
    ends = np.flatnonzero(np.append(kept.code[1:] != kept.code[:-1], True))
    for row in ends:
        last = calendar.sessions[kept.position[row]].astype(object)
        try:
            gone = calendar.next_after(last)
        except CalendarEnds:
            gone = last + timedelta(days=1)
        cursor.execute(
            "UPDATE instrument SET delist_date = ? WHERE number = ? AND delist_date IS NULL",
            [gone, int(numbers[kept.code[row]])],
        )


def _write_rows(
    cursor: Cursor,
    load: int,
    kept: Kept,
    state: NDArray[np.int8],
    numbers: NDArray[np.int64],
    terms: Terms,
) -> None:
    """Replace changed rows and add new ones, in date order: a day's rows lie together."""
    calendar = terms.calendar
    changed = np.flatnonzero(state == CHANGED)
    if len(changed):
        days = calendar.sessions[kept.position[changed]]
        if terms.reopened is not None:
            write.keep_bars(cursor, terms.reopened, numbers[kept.code[changed]], days)
        write.delete_bars(cursor, numbers[kept.code[changed]], days)
    rows = np.flatnonzero((state == NEW) | (state == CHANGED))
    if not len(rows):
        return
    offset = kept.position[rows] - kept.position[rows].min()
    dtype = np.uint16 if offset.max() < 2**16 else np.int64  # 16 bits are sorted by radix
    order = rows[np.argsort(offset.astype(dtype), kind="stable")]
    write.insert_bars(cursor, load, kept.take(order), numbers, calendar)
