"""How alike two factors are.

correlation(a, b) = mean over the days on which both have values of the Spearman correlation over the names
that both cover; a day with fewer than two common names or a constant side has none.
max_correlation   = the largest absolute value; 0.0 with nothing to compare with
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.panel import Members, Series
from quantos.factors.core.ranks import Codes, placed
from quantos.factors.core.statistics import mean
from quantos.factors.core.threads import over_days

COMMON_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Sorted:
    """A factor made ready to be compared with many: each day's names in order."""

    codes: Codes
    order: NDArray[np.uint16]  # [t, k], columns by (value, column); the first count[t] of them
    count: NDArray[np.int64]
    tied: Members
    square: NDArray[np.uint64]  # sums of the squares of the codes

    @classmethod
    def of(cls, codes: Codes) -> Sorted:
        from quantos.factors.core import kernel  # noqa: PLC0415 - Numba is loaded with the first validation

        days, codes = len(codes), placed(codes, codes.shape)
        order, count = np.empty_like(codes), np.zeros(days, np.int64)
        tied, square = np.zeros(days, np.bool_), np.zeros(days, np.uint64)
        over_days(days, lambda first, last: kernel.sort_days(first, last, codes, order, count, tied, square))
        return cls(codes, order, count, tied, square)


def daily_correlation(a: Sorted, b: Codes) -> Series:
    """Spearman correlation of each day; NaN where there is none. Both on the same axes [t, i]."""
    from quantos.factors.core import kernel  # noqa: PLC0415 - Numba is loaded with the first validation

    found = np.empty(len(b))
    kernel.correlate_days(
        a.codes, a.order, a.count, a.tied, a.square, placed(b, a.codes.shape), COMMON_MIN, found
    )
    return found


def correlation(a: Sorted | Codes, b: Codes) -> float | None:
    """Mean daily Spearman correlation of two factors, given by their codes on the same axes [t, i].

    In one thread: whoever compares with many takes the pairs in several.
    """
    return mean(daily_correlation(a if isinstance(a, Sorted) else Sorted.of(a), b))


def max_correlation(correlations: Iterable[float | None]) -> float:
    """The largest absolute value; 0.0 where there is none."""
    return max((abs(one) for one in correlations if one is not None), default=0.0)
