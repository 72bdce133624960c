"""Rows of a frame, refused or kept, and what is odd about the kept ones. No database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core import checks, units
from quantos.market.core.boards import Board
from quantos.market.core.calendar import TradingCalendar
from quantos.market.core.reasons import REFUSALS, Finding, Refusal
from quantos.market.importing.frame import NO_DAY, PRICES, BarFrame
from quantos.market.importing.report import Found

Mills = NDArray[np.int32]
Rows = NDArray[Any] | slice

THREADS: Final = min(4, os.cpu_count() or 1)
KEY_STEP: Final = 1 << 20  # more sessions than any calendar has
FREE_SESSIONS: Final = 5  # the first sessions of a listing may move without a limit
CHINEXT_20_PER_CENT: Final = np.datetime64("2020-08-24").astype(np.int64)
LIMIT_PPM: Final = {
    Board.MAIN: 100_000,
    Board.CHINEXT: 200_000,
    Board.STAR: 200_000,
    Board.BSE: 300_000,
    Board.FUND: 100_000,
}
SURVIVORS_INSTRUMENTS_MIN: Final = 100
SURVIVORS_SESSIONS_MIN: Final = 250

Ints = NDArray[np.int32] | NDArray[np.int64]
Valued = Callable[[NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of the frame's symbols; entry s belongs to frame.symbols[s]."""

    board: NDArray[np.int8]
    tick: Mills  # 0: no board, no tick
    wide_fund: NDArray[np.bool_]
    list_position: NDArray[np.int64]  # session index of the list date, -1 unknown
    delist_position: NDArray[np.int64]  # session index of the delisting date, a large number where none


@dataclass(slots=True)
class Kept:
    """Rows that passed the row checks, sorted by symbol code and session."""

    code: NDArray[np.int32]
    position: NDArray[np.int32]
    price: dict[str, Mills]  # pre_close 0 where missing
    volume: NDArray[np.int64]
    amount: NDArray[np.float64]
    adj_factor: NDArray[np.float64]
    is_st: NDArray[np.int8]
    trade_status: NDArray[np.int8]
    exact: NDArray[np.bool_] | None

    def __len__(self) -> int:
        return len(self.code)

    def take(self, rows: Rows) -> Kept:
        """Rows by index, mask or slice."""
        return _kept(self.code, self.position, self.price, self, rows)


@dataclass(frozen=True, slots=True)
class Before:
    """The stored row before each symbol's first row; entry s belongs to frame.symbols[s]."""

    position: NDArray[np.int64]  # -1: none
    close: Mills
    volume: NDArray[np.int64]
    adj_factor: NDArray[np.float64]


def in_parallel(work: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Results by name; NumPy lets go of the interpreter inside its loops, so columns share the cores."""
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        futures = {name: pool.submit(one) for name, one in work.items()}
        return {name: future.result() for name, future in futures.items()}


def row_key(code: NDArray[np.int32], position: Ints) -> NDArray[np.int64]:
    """One number per symbol and session, ascending within a symbol."""
    return code.astype(np.int64) * KEY_STEP + position


def screen(
    frame: BarFrame, named: Named, calendar: TradingCalendar, last_over: int | None
) -> tuple[NDArray[np.int8], Kept, int]:
    """Refusal code of each row of the frame (0 kept), the kept rows, and how many repeats were collapsed.

    last_over: the last day that is over, in days since 1970-01-01; None: the clock is simulated.
    """
    verdict = np.zeros(len(frame), dtype=np.int8)

    def refuse(reason: Refusal, mask: NDArray[np.bool_]) -> None:
        if mask.any():
            verdict[mask & (verdict == 0)] = REFUSALS.index(reason) + 1

    tick = np.where(frame.code >= 0, named.tick[frame.code] if len(named.tick) else 0, 0).astype(np.int32)
    refuse(Refusal.UNKNOWN_SYMBOL, tick == 0)
    np.maximum(tick, 1, out=tick)
    position = _positions(frame, calendar)
    refuse(Refusal.MISSING_DATE, frame.day == NO_DAY)
    refuse(Refusal.BEYOND_CALENDAR, position == -2)
    refuse(Refusal.CLOSED_DAY, position == -1)
    if last_over is not None:
        refuse(Refusal.FUTURE_DAY, frame.day > last_over)
    price = _prices(frame, tick, refuse)
    _refuse_by_range(frame, price, refuse)
    rows: Rows = np.flatnonzero(verdict == 0) if verdict.any() else slice(None)
    kept = _kept(frame.code, position, price, frame, rows)
    kept, conflict, repeats = _sorted_once(kept)
    if len(conflict):
        at = np.arange(len(frame))[rows][conflict]
        verdict[at] = REFUSALS.index(Refusal.CONFLICTING_DUPLICATE) + 1
    return verdict, kept, repeats


def _kept(
    code: NDArray[np.int32],
    position: NDArray[np.int32],
    price: dict[str, Mills],
    other: BarFrame | Kept,
    rows: Rows,
) -> Kept:
    names = ("volume", "amount", "adj_factor", "is_st", "trade_status", "exact")
    columns: dict[str, Any] = {"code": code, "position": position, **price}
    columns |= {name: getattr(other, name) for name in names}
    taken = in_parallel(
        {name: partial(_rows_of, values, rows) for name, values in columns.items() if values is not None}
    )
    prices = {name: taken.pop(name) for name in price}
    return Kept(price=prices, **{"exact": None, **taken})


def _rows_of(values: NDArray[Any], rows: Rows) -> NDArray[Any]:
    return values[rows]


def _positions(frame: BarFrame, calendar: TradingCalendar) -> NDArray[np.int32]:
    """Session of each row, looked up once per natural day."""
    known = frame.day[frame.day != NO_DAY]
    if not len(known):
        return np.full(len(frame), -2, dtype=np.int32)
    low, high = int(known.min()), int(known.max())
    if high - low > 200_000:  # noise: no exchange is that old
        return calendar.positions(frame.day.astype("datetime64[D]")).astype(np.int32)
    table = calendar.positions(np.arange(low, high + 1).astype("datetime64[D]")).astype(np.int32)
    if len(known) == len(frame):
        return np.asarray(table[frame.day - low])
    missing = frame.day == NO_DAY
    return np.where(missing, np.int32(-2), table[np.where(missing, 0, frame.day - low)])


def _prices(frame: BarFrame, tick: Mills, refuse: Any) -> dict[str, Mills]:
    done = in_parallel({name: partial(_priced, frame.price[name], tick) for name in PRICES})
    for name, (_, good, _) in done.items():
        if not good.all():
            missing = np.isnan(frame.price[name])
            if name != "pre_close":
                refuse(Refusal.MISSING_PRICE, missing)
            refuse(Refusal.BAD_PRICE, ~good & ~missing)
    for _, _, off in done.values():
        refuse(Refusal.OFF_TICK, off)
    return {name: mills for name, (mills, _, _) in done.items()}


def _priced(given: NDArray[np.float64], tick: Mills) -> tuple[Mills, NDArray[np.bool_], NDArray[np.bool_]]:
    mills, good, fractional = checks.to_mills(given)
    return mills, good, fractional | checks.off_tick(mills, tick)


def _refuse_by_range(frame: BarFrame, price: dict[str, Mills], refuse: Any) -> None:
    high, low = price["high"], price["low"]
    refuse(Refusal.HIGH_BELOW_LOW, checks.high_below_low(high, low))
    refuse(Refusal.OUTSIDE_RANGE, checks.outside_range(price["open"], high, low, price["close"]))
    refuse(Refusal.MISSING_VOLUME, frame.volume < 0)
    refuse(Refusal.SUSPENDED_BUT_TRADED, checks.suspended_but_traded(frame.trade_status, frame.volume))
    with np.errstate(invalid="ignore"):
        negative = frame.amount < 0
        bad_factor = (frame.adj_factor <= 0) | np.isinf(frame.adj_factor)
    refuse(Refusal.AMOUNT_OFF_VOLUME, negative)
    refuse(Refusal.AMOUNT_OFF_VOLUME, _amount_off(frame, high, low, checks.VWAP_REFUSED))
    refuse(Refusal.BAD_VALUE, bad_factor | (np.abs(frame.is_st) > 1) | (np.abs(frame.trade_status) > 1))


def _amount_off(rows: BarFrame | Kept, high: Mills, low: Mills, factor: float) -> NDArray[np.bool_]:
    """The check of the amount, on the rows that have one: few files have it throughout."""
    off = np.zeros(len(rows), dtype=np.bool_)
    at = np.flatnonzero(~np.isnan(rows.amount))
    off[at] = checks.amount_off_volume(rows.amount[at], rows.volume[at], high[at], low[at], factor)
    return off


def _sorted_once(kept: Kept) -> tuple[Kept, NDArray[np.int64], int]:
    """Kept rows sorted, one per key; the rows (before sorting) that contradict each other; repeats dropped."""
    key = row_key(kept.code, kept.position)
    none = np.zeros(0, dtype=np.int64)
    if (key[1:] > key[:-1]).all():
        return kept, none, 0
    order = np.argsort(key, kind="stable")
    kept, key = kept.take(order), key[order]
    repeat = checks.repeats(key)
    if not repeat.any():
        return kept, none, 0
    columns: list[NDArray[Any]] = [
        *kept.price.values(),
        kept.volume,
        kept.amount,
        kept.adj_factor,
        kept.is_st,
        kept.trade_status,
    ]
    conflict = checks.conflicting(key, *columns)
    single = ~repeat & ~conflict
    return kept.take(single), order[conflict], int((repeat & ~conflict).sum())


# ---------------------------------------------------------------- findings


def sequence_findings(
    kept: Kept,
    named: Named,
    before: Before,
    symbols: list[str],
    sessions: NDArray[np.datetime64],
    actions: NDArray[np.int64],
) -> list[Found]:
    """What is odd between a row and the one before it.

    actions: row keys of corporate actions, which explain a jump.
    """
    first = np.ones(len(kept), dtype=np.bool_)
    first[1:] = kept.code[1:] != kept.code[:-1]
    code, close, reference = kept.code, kept.price["close"], kept.price["pre_close"]
    previous_close = _previous(close, first, before.close[code])
    previous_position = _previous(kept.position, first, before.position[code])
    previous_volume = _previous(kept.volume, first, before.volume[code])
    previous_factor = _previous(kept.adj_factor, first, before.adj_factor[code])
    tick = named.tick[code]
    missing = checks.gap(kept.position, previous_position)
    listed = named.list_position[code]
    new = (listed >= 0) & (kept.position >= listed) & (kept.position - listed < FREE_SESSIONS)
    resumed = (missing > 0) | ((previous_volume == 0) & (previous_close > 0))
    explained = new | resumed
    if len(actions):
        explained |= np.isin(row_key(code, kept.position), actions)
    measured = np.where(reference > 0, reference, previous_close)

    cny = 1000.0
    limit = _limits(named, code, sessions[kept.position].astype(np.int64))
    doubtful = _amount_off(kept, kept.price["high"], kept.price["low"], checks.VWAP_DOUBTED)

    def implied(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(previous_close[rows] / cny * previous_factor[rows] / kept.adj_factor[rows])

    def nothing(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.full(len(rows), np.nan)

    def in_cny(price: Mills) -> Valued:
        return lambda rows: price[rows] / cny

    above = checks.reference_above_close(reference, previous_close)
    far_below = checks.reference_far_below_close(reference, previous_close)
    mismatch = checks.factor_mismatch(reference, previous_close, kept.adj_factor, previous_factor, tick)
    odd = checks.suspended_price(
        kept.trade_status, close, *(kept.price[name] for name in ("open", "high", "low", "pre_close"))
    )
    table: tuple[tuple[Finding, NDArray[np.bool_], Valued, Valued], ...] = (
        (Finding.GAP, missing > 0, lambda rows: missing[rows].astype(np.float64), nothing),
        (Finding.JUMP, checks.jump(close, measured, tick, limit, explained), in_cny(close), in_cny(measured)),
        (Finding.REFERENCE_ABOVE_CLOSE, above, in_cny(reference), in_cny(previous_close)),
        (Finding.REFERENCE_FAR_BELOW_CLOSE, far_below, in_cny(reference), in_cny(previous_close)),
        (Finding.FACTOR_MISMATCH, mismatch, implied, in_cny(reference)),
        (Finding.SUSPENDED_PRICE, odd, in_cny(close), in_cny(reference)),
        (
            Finding.AMOUNT_DOUBTFUL,
            doubtful,
            lambda rows: kept.amount[rows] / kept.volume[rows],
            in_cny(close),
        ),
        (Finding.BEFORE_LISTING, (listed >= 0) & (kept.position < listed), nothing, nothing),
        (Finding.AFTER_DELISTING, kept.position >= named.delist_position[code], nothing, nothing),
    )
    return _named_rows(table, kept, symbols, sessions)


def _named_rows(
    table: Iterable[tuple[Finding, NDArray[np.bool_], Valued, Valued]],
    kept: Kept,
    symbols: list[str],
    sessions: NDArray[np.datetime64],
) -> list[Found]:
    """The rows of each mask with their symbols, days and values."""
    names = np.array(symbols, dtype=object)
    results = []
    for kind, mask, value, expected in table:
        rows = np.flatnonzero(mask)
        if len(rows):
            days = sessions[kept.position[rows]]
            results.append(Found(kind, names[kept.code[rows]], days, value(rows), expected(rows)))
    return results


def counted_findings(kept: Kept, named: Named) -> dict[Finding, int]:
    """What holds for the file rather than for a row."""
    last = np.zeros(len(named.board), dtype=np.int64)
    ends = np.flatnonzero(np.append(kept.code[1:] != kept.code[:-1], True))[: len(kept)]
    last[kept.code[ends]] = kept.position[ends]
    seen = last > 0
    long = len(kept) and int(kept.position.max() - kept.position.min()) >= SURVIVORS_SESSIONS_MIN
    survivors = int(seen.sum())
    alive = bool((last[seen] == last.max()).all()) if survivors else False
    return {
        Finding.NO_PRE_CLOSE: int((kept.price["pre_close"] == 0).sum()),
        Finding.NO_AMOUNT: int(np.isnan(kept.amount).sum()),
        Finding.NO_ADJ_FACTOR: int(np.isnan(kept.adj_factor).sum()),
        Finding.NO_IS_ST: int((kept.is_st < 0).sum()),
        Finding.UNIT_DOUBTFUL: units.beyond_any_price(kept.code, kept.price["close"], kept.amount),
        Finding.INEXACT_VOLUME: 0
        if kept.exact is None
        else int(checks.inexact_volume(kept.volume, kept.exact).sum()),
        Finding.SURVIVORS_ONLY: survivors if long and alive and survivors >= SURVIVORS_INSTRUMENTS_MIN else 0,
    }


def _previous(values: NDArray[Any], first: NDArray[np.bool_], stored: NDArray[Any]) -> NDArray[Any]:
    shifted = np.empty_like(values)
    shifted[1:] = values[:-1]
    return np.where(first, stored, shifted)


def _limits(named: Named, code: NDArray[np.int32], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """The widest ordinary limit of the board on the day, ppm; ST shares have less."""
    by_board = np.zeros(len(Board), dtype=np.int64)
    for board, ppm in LIMIT_PPM.items():
        by_board[board] = ppm
    of_symbol = np.where(named.wide_fund, 200_000, by_board[named.board])
    early = (named.board[code] == Board.CHINEXT) & (day < CHINEXT_20_PER_CENT)
    return np.where(early, 100_000, of_symbol[code])
