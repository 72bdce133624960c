"""Compile the measures ahead of their first use: `python -m quantos.factors.warm`, once after installing."""

from __future__ import annotations

import numpy as np

from quantos.factors.core.beyond import diagnostics
from quantos.factors.core.correlation import correlation
from quantos.factors.core.measured import MarketPanel, measure
from quantos.factors.core.ranks import compacted, rank_codes


def warm() -> None:
    """Measure a factor of no days; the compiled code stays in the cache."""
    nothing = np.zeros((0, 0))
    codes, market = rank_codes(nothing), MarketPanel.of(np.zeros(0, "datetime64[D]"), nothing)
    compacted(codes)
    diagnostics(codes, measure(codes, market), market, None, np.zeros(0, np.int8), (), 0)
    correlation(codes, codes)


if __name__ == "__main__":
    warm()
