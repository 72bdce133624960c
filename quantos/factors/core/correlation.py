"""How alike two factors are.

correlation(a, b) = mean over the days on which both have values of the Spearman correlation over the names
that both cover; a day with fewer than two common names or a constant side has none.
max_correlation   = the largest absolute value; 0.0 with nothing to compare with
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from quantos.factors.core.ranks import Codes, rank_codes

COMMON_MIN: Final = 2


def correlation(a: Codes, b: Codes) -> float | None:
    """Mean daily Spearman correlation of two factors, given by their rank codes on the same axes [t, i]."""
    found = []
    for t in np.flatnonzero(a.any(axis=1) & b.any(axis=1)):
        common = (a[t] > 0) & (b[t] > 0)
        if common.sum() < COMMON_MIN:
            continue
        x, y = (
            rank_codes(side[t, common][None, :].astype(np.float64))[0].astype(np.float64) for side in (a, b)
        )
        x, y = x - x.mean(), y - y.mean()
        scale = np.sqrt((x * x).sum() * (y * y).sum())
        if scale:
            found.append((x * y).sum() / scale)
    return float(np.mean(found)) if found else None


def max_correlation(correlations: Iterable[float | None]) -> float:
    """The largest absolute value; 0.0 where there is none."""
    return max((abs(one) for one in correlations if one is not None), default=0.0)
