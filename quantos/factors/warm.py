"""Compile the measures ahead of their first use: `python -m quantos.factors.warm`, once after installing."""

from __future__ import annotations

import numpy as np

from quantos.factors.core import building
from quantos.factors.core.beyond import diagnostics
from quantos.factors.core.correlation import correlation
from quantos.factors.core.measured import MarketPanel, measure
from quantos.factors.core.ranks import compacted, rank_codes
from quantos.market.core.adjusted import ClosingBars


def warm() -> None:
    """Measure a factor of no days; the compiled code stays in the cache."""
    nothing = np.zeros((0, 0))
    codes = rank_codes(nothing)
    market = MarketPanel(np.zeros(0, "datetime64[D]"), nothing, codes, np.zeros((0, 0), np.bool_))
    compacted(codes)
    diagnostics(codes, measure(codes, market), market, None, np.zeros(0, np.int8), (), 0)
    correlation(codes, codes)
    _grow_nothing()


def _grow_nothing() -> None:
    """A day without bars, onto an axis without names."""
    dates, cells = np.zeros(1, "datetime64[D]"), (1, 0)
    sheet = building.Sheet(dates, np.zeros(cells), np.zeros(cells, np.uint16), np.zeros(cells, np.bool_))
    standing, none = building.Standing.empty(0), np.zeros(0, np.int32)
    building.grow(
        sheet, standing, 0, 1, ClosingBars(none, none, none, none, np.zeros(0)), np.zeros(0, np.int64)
    )
    building.reopened(sheet, standing, 1)


if __name__ == "__main__":
    warm()
