"""The market's panel out of bars, whole or from a day on; bit for bit the same either way."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.measured import RETURN_DECIMALS, MarketPanel
from quantos.factors.core.panel import Dates, Members, Panel, Series
from quantos.factors.core.ranks import Codes, rank_codes
from quantos.market.core.adjusted import ClosingBars, LastBars

NO_BAR: Final = -1
BEFORE, NONE = -1, -2
"""Rows of `Standing`, as in `core.growing`, which is loaded with Numba."""

RANKED: Final = 256
"""Days at a time: what is rounded on the way stays small."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What each column carries from its last bar to its next: see `core.growing`."""

    close: Series
    factor: Series
    price: Series
    row: NDArray[np.int64]

    @classmethod
    def empty(cls, width: int) -> Standing:
        close, factor, price = np.full((3, width), np.nan)
        return cls(close, factor, price, np.full(width, NONE, np.int64))

    def seed(self, bars: LastBars, columns: NDArray[np.int64]) -> None:
        """What each column carries into the first row: its last bar before it. `columns`: by instrument number."""
        there = bars.instrument < len(columns)
        at = columns[bars.instrument[there]]
        self.close[at] = self.price[at] = bars.close[there]
        self.factor[at] = bars.adj_factor[there]
        self.row[at] = BEFORE

    def become(self, other: Standing) -> None:
        """The same as another of this width."""
        for field in fields(self):
            getattr(self, field.name)[:] = getattr(other, field.name)

    def on(self, columns: NDArray[np.int64], width: int) -> Standing:
        """The same on a wider axis, each column at its place there; a copy."""
        wider = Standing.empty(width)
        for field in fields(self):
            getattr(wider, field.name)[columns] = getattr(self, field.name)
        return wider


@dataclass(frozen=True, slots=True)
class Sheet:
    """Arrays of a panel, [t, i]; without bars NaN, 0 and False."""

    dates: Dates
    returns: Panel
    codes: Codes
    has_close: Members

    @property
    def market(self) -> MarketPanel:
        return MarketPanel(self.dates, self.returns, self.codes, self.has_close)

    def clear(self, first: int) -> None:
        """Empty the rows from `first` on."""
        self.returns[first:], self.codes[first:], self.has_close[first:] = np.nan, 0, False

    def copy_rows(self, other: MarketPanel, rows: int, columns: NDArray[np.int64]) -> None:
        """The first rows of a panel whose columns stand at `columns` here."""
        width = self.returns.shape[1]
        same = len(columns) == width
        for name, empty in (("returns", np.nan), ("codes", 0), ("has_close", False)):
            mine, given = getattr(self, name)[:rows], getattr(other, name)[:rows]
            if same:
                mine[:] = given
            else:
                mine[:] = empty
                mine[:, columns] = given


def grow(
    sheet: Sheet, standing: Standing, first: int, last: int, bars: ClosingBars, columns: NDArray[np.int64]
) -> int:
    """Bars of the rows first..last-1 into the sheet, whose cells there are empty; `standing` moves on to `last`.

    `bars`: of the days from dates[first] to dates[last - 1]; `columns`: of each instrument number on the sheet's
    axis. Answers the lowest row that changed.
    """
    from quantos.factors.core import growing  # noqa: PLC0415 - Numba is loaded with the first validation

    days = (sheet.dates[first:last] - sheet.dates[first]).astype(np.int64)
    row_of = np.full(int(days[-1]) + 1, -1, np.int64)
    row_of[days] = np.arange(last - first)
    shape = (last - first, sheet.returns.shape[1])
    close, reference = np.full(shape, NO_BAR, np.int32), np.zeros(shape, np.int32)
    factor = np.full(shape, np.nan)
    prices: Any = (bars.close, bars.reference, bars.adj_factor)
    growing.place_bars(bars.day, bars.instrument, prices, row_of, columns, close, reference, factor)
    lowest: int = growing.grow_days(
        first,
        close,
        reference,
        factor,
        standing.close,
        standing.factor,
        standing.price,
        standing.row,
        sheet.returns,
        sheet.has_close,
    )
    return lowest


def reopened(sheet: Sheet, standing: Standing, rows: int) -> int:
    """Make the first rows what they were when `standing` was: without what later bars said. The lowest changed row."""
    from quantos.factors.core import growing  # noqa: PLC0415 - Numba is loaded with the first validation

    lowest: int = growing.clear_gaps(rows, standing.row, sheet.returns, sheet.has_close)
    return lowest


def rank(sheet: Sheet, rows: NDArray[np.int64]) -> None:
    """Codes of these rows."""
    for start in range(0, len(rows), RANKED):
        some = rows[start : start + RANKED]
        sheet.codes[some] = rank_codes(np.round(sheet.returns[some], RETURN_DECIMALS))
