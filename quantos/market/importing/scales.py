"""Files in another unit than the platform's: refused as a whole, before they replace a good row.

A price is judged by the file's own amount where it has one, else by the stored row of its day, by its own
reference price, and where no day is stored by the stored rows before and after. An amount proves a price, so a
file that has one may correct what was stored in a wrong unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quantos.market.core import checks, units
from quantos.market.core.calendar import TradingCalendar
from quantos.market.importing import write
from quantos.market.importing.frame import BarFrame
from quantos.market.importing.report import FileRefused
from quantos.market.importing.screen import Before, Kept
from quantos.market.store import Cursor

AMOUNTS: Final = {
    100.0: "volumes in lots of 100",
    0.001: "amounts in thousand CNY",
    0.1: "volumes in lots of 100 and amounts in thousand CNY",
    0.01: "prices in fen",
    10_000.0: "amounts or volumes scaled by 10,000",
    0.0001: "amounts in 10,000 CNY",
}
ROWS_OF_A_SYMBOL_MIN: Final = 5
NEIGHBOUR_SESSIONS_MAX: Final = 250
NEIGHBOUR_EXPONENT_MIN: Final = 2
"""Between two days a fund may be split into ten and a listing may rise tenfold, but nothing moves a hundredfold."""


def refuse_amounts(frame: BarFrame) -> None:
    """Raises FileRefused where amounts, volumes and prices contradict the units of the platform."""
    close, _, _ = checks.to_mills(frame.price["close"])
    off = units.amount_off(frame.amount, frame.volume, close, frame.adj_factor)
    if off is None:
        return
    if off.factor is not None:
        unit = AMOUNTS.get(off.factor, "a wrong unit")
        raise FileRefused(
            f"{frame.source}: amount / volume is about {off.factor:g} times the price"
            f" ({unit}): convert to shares and CNY, nothing was stored"
        )
    why = (
        "divided by adj_factor they fit: the prices are adjusted"
        if off.adjusted
        else "a wrong unit would be one factor for all: the prices are probably adjusted (qfq, hfq)"
    )
    raise FileRefused(
        f"{frame.source}: amount / volume does not fit the prices, by a factor that differs from row to row, and"
        f" {why}. Give the prices that were traded, with the factors in the column adj_factor; nothing was stored"
    )


@dataclass(slots=True)
class Scales:
    """What an import's rows are measured by, gathered as the stored rows of their days are read."""

    kept: Kept
    at: list[NDArray[np.int32]] = field(default_factory=list)  # rows whose day is stored
    exponent: list[NDArray[np.int8]] = field(default_factory=list)
    was: list[NDArray[np.int32]] = field(default_factory=list)

    def overlap(self, at: NDArray[np.int32], stored: dict[str, NDArray[Any]]) -> None:
        """Rows of the file by index, and the stored rows of their days. Before the missing is filled in."""
        close, amount, volume = self.kept.price["close"][at], self.kept.amount[at], self.kept.volume[at]
        exponent = units.ten_fold(close, stored["close"], units.SAME_DAY)
        odd = np.flatnonzero(exponent)
        shares = np.minimum(np.stack([volume[odd], stored["volume"][odd]]), 2**30).astype(np.int32)
        in_lots = units.ten_fold(shares[0], shares[1], units.SAME_DAY) != 0
        exponent[odd[~np.isnan(amount[odd]) & ~in_lots]] = 0  # proved by its amount
        self.at.append(at)
        self.exponent.append(exponent)
        self.was.append(stored["close"])

    def refuse(
        self,
        cursor: Cursor,
        frame: BarFrame,
        before: Before,
        numbers: NDArray[np.int64],
        calendar: TradingCalendar,
    ) -> None:
        """Raises FileRefused where the prices are in another unit than the stored ones, or than their own references."""
        at = np.concatenate([np.zeros(0, dtype=np.int32), *self.at])
        self._refuse_own(frame, calendar)
        self._refuse_overlap(at, frame, calendar)
        self._refuse_neighbours(at, cursor, frame, before, numbers, calendar)

    def _refuse_own(self, frame: BarFrame, calendar: TradingCalendar) -> None:
        close, reference = self.kept.price["close"], self.kept.price["pre_close"]
        rows = np.flatnonzero(reference > 0)
        exponent = units.ten_fold(close[rows], reference[rows], units.MOVED)
        if len(rows) >= ROWS_OF_A_SYMBOL_MIN and (shared := units.nearly_all(exponent)):
            told = f"its prices are {_times(shared)} their own pre_close in {_share(exponent, shared)}"
            self._refuse(frame, calendar, told, shared, int(rows[np.argmax(exponent == shared)]), reference)

    def _refuse_overlap(self, at: NDArray[np.int32], frame: BarFrame, calendar: TradingCalendar) -> None:
        """The whole file, or any of its symbols: files of a folder are one."""
        if not len(at):
            return
        exponent, was = np.concatenate(self.exponent), np.concatenate(self.was)
        shared = units.nearly_all(exponent)
        if not shared:
            code = self.kept.code[at]
            rows = np.bincount(code, minlength=len(frame.symbols))
            for candidate in np.unique(exponent[exponent != 0]).tolist():
                off = np.bincount(code[exponent == candidate], minlength=len(rows))
                bad = np.flatnonzero((off >= ROWS_OF_A_SYMBOL_MIN) & (off >= units.NEARLY_ALL * rows))
                if len(bad):
                    one = code == bad[0]
                    at, exponent, was, shared = at[one], exponent[one], was[one], candidate
                    break
        if not shared:
            return
        where = int(np.argmax(exponent == shared))
        known = np.zeros(len(self.kept), dtype=np.int32)
        known[at] = was
        told = f"its prices are {_times(shared)} the stored ones of the same symbol and day in {_share(exponent, shared)}"
        self._refuse(frame, calendar, told, shared, int(at[where]), known)

    def _refuse_neighbours(
        self,
        at: NDArray[np.int32],
        cursor: Cursor,
        frame: BarFrame,
        before: Before,
        numbers: NDArray[np.int64],
        calendar: TradingCalendar,
    ) -> None:
        """Symbols none of whose days is stored: their first row against the stored one before, their last against
        the stored one after.
        """
        kept = self.kept
        unproved = np.ones(len(numbers), dtype=np.bool_)
        unproved[kept.code[at]] = False
        unproved[kept.code[~np.isnan(kept.amount)]] = False
        if not unproved.any():
            return
        edge = np.flatnonzero(np.append(True, kept.code[1:] != kept.code[:-1])) if len(kept) else at
        first = edge[unproved[kept.code[edge]]]
        last = (np.append(edge[1:], len(kept)) - 1)[unproved[kept.code[edge]]]
        code = kept.code[first]
        reference, close = kept.price["pre_close"][first], kept.price["close"]
        earlier = np.where(
            (before.position[code] >= 0)
            & (kept.position[first] - before.position[code] <= NEIGHBOUR_SESSIONS_MAX),
            before.close[code],
            0,
        )
        later = _references_after(cursor, numbers[code], kept.position[last], calendar)
        rows = np.concatenate([first, last])
        known = np.concatenate([earlier, later]).astype(np.int32)
        given = np.concatenate([np.where(reference > 0, reference, close[first]), close[last]])
        judged = known > 0
        exponent = units.ten_fold(given[judged], known[judged], units.MOVED)
        shared = units.nearly_all(exponent)
        if abs(shared) < NEIGHBOUR_EXPONENT_MIN:
            return
        measured = np.zeros(len(kept), dtype=np.int32)
        where = np.flatnonzero(judged)[np.argmax(exponent == shared)]
        measured[rows[where]] = known[where]
        told = f"its prices are {_times(shared)} the stored ones next to them, in {_share(exponent, shared)}"
        self._refuse(frame, calendar, told, shared, int(rows[where]), measured)

    def _refuse(
        self,
        frame: BarFrame,
        calendar: TradingCalendar,
        told: str,
        exponent: int,
        row: int,
        known: NDArray[np.int32],
    ) -> None:
        kept = self.kept
        example = (
            f"{frame.symbols[kept.code[row]]} {calendar.sessions[kept.position[row]]}:"
            f" {kept.price['close'][row] / 1000:.10g} against {known[row] / 1000:.10g}"
        )
        unit = " (prices in fen?)" if exponent == 2 else ""
        raise FileRefused(
            f"{frame.source}: {told}{unit}; {example}. Convert the prices to CNY; nothing was stored. Where the"
            " stored rows are the wrong ones, import the right ones with their column amount, which proves the unit"
        )


def _times(exponent: int) -> str:
    return f"{10.0**exponent:,g} times"


def _share(exponent: NDArray[np.int8], shared: int) -> str:
    return f"{int((exponent == shared).sum()):,} of {len(exponent):,} rows"


def _references_after(
    cursor: Cursor,
    numbers: NDArray[np.int64],
    position: NDArray[np.int32],
    calendar: TradingCalendar,
) -> NDArray[np.int32]:
    """The stored reference (else the close) of the first stored row after each day, mills; 0: none is near."""
    result = np.zeros(len(numbers), dtype=np.int32)
    if not len(numbers):
        return result
    until = np.minimum(position + NEIGHBOUR_SESSIONS_MAX, len(calendar.sessions) - 1)
    ends = pa.table(
        {
            "place": np.arange(len(numbers)),
            "instrument": numbers.astype(np.int32),
            "last_date": calendar.sessions[position],
            "until_date": calendar.sessions[until],
        }
    )
    rows = write.with_table(
        cursor,
        "last_row",
        ends,
        "SELECT l.place, arg_min(coalesce(b.pre_close, b.close), b.trade_date) AS known"
        " FROM bar b JOIN last_row l ON b.instrument = l.instrument"
        " AND b.trade_date > l.last_date AND b.trade_date <= l.until_date GROUP BY l.place",
    )
    result[rows["place"]] = rows["known"]
    return result
