"""Ranks as integers: what is computed once for each day's order and then stored.

code[t,i] = 2 x the average rank of x[t,i] among the values of day t, 1 the smallest; 0 where there is no value.
Twice, so that the average rank of a tie is whole. Equal codes are ties, and codes are in the order of the
values, so every rank over fewer names follows from them without sorting again.

uint16 where a day has at most 32,767 values, else uint32.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.panel import Panel

Codes = NDArray[Any]
"""uint16 or uint32, [t, i]."""

NARROW_MAX: Final = 32_767


def rank_codes(values: Panel) -> Codes:
    """Twice the average rank within each row; 0 for NaN.

    Args:
        values: [t, i], finite or NaN.

    """
    days, names = values.shape
    codes = np.zeros((days, names), np.uint16 if names <= NARROW_MAX else np.uint32)
    for t in range(days):
        codes[t] = _row_codes(values[t])
    return codes


def _row_codes(row: NDArray[np.float64]) -> NDArray[np.int64]:
    names = len(row)
    count = names - int(np.isnan(row).sum())
    order = np.argsort(row)[:count]  # NaN sort last
    ordered = row[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if count else order[:0]
    size = np.diff(np.append(first, count))
    codes = np.zeros(names, np.int64)
    codes[order] = np.repeat(2 * first + size + 1, size)
    return codes
