"""Closes adjusted for corporate actions, over trading days [t] and instruments [i].

On a day with a bar P grows by close / reference, the reference being

    the exchange's own, pre_close, where it is known;
    else the last close brought over the ex-date by the factors, close[last] * adj[last] / adj[t];
    else the last close.

P starts at the first close of the span. So a suspended day, whose close is its reference, leaves P as it is, and a
return P[t] / P[s] - 1 is that of a holder who reinvests.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Panel = NDArray[np.float64]


class ClosingBars(NamedTuple):
    """What P is made of, bar by bar, in any order."""

    instrument: NDArray[np.int32]  # its number
    day: NDArray[np.int32]  # days since the first day that was asked for
    close: NDArray[np.int32]  # mills
    reference: NDArray[np.int32]  # mills, 0 unknown
    adj_factor: NDArray[np.float64]  # NaN unknown


class ClosingDigest(NamedTuple):
    """Of the bars of some days, all that P is made of: equal digests, equal bars."""

    bars: int
    mixed: int  # exclusive or of a hash of each bar, 64 bits

    def and_of(self, other: ClosingDigest) -> ClosingDigest:
        """The digest of two spans of days without a day in common."""
        return ClosingDigest(self.bars + other.bars, self.mixed ^ other.mixed)


BLOCK: Final = 256
"""Instruments at a time: what is computed on the way stays small."""


def adjusted_close(close: Panel, reference: Panel, adj_factor: Panel) -> Panel:
    """P [t, i], of raw closes; NaN in close and P where an instrument has no bar. What is not known is NaN or 0."""
    result = np.empty_like(close)
    for start in range(0, close.shape[1], BLOCK):
        block = np.s_[:, start : start + BLOCK]
        result[block] = _adjusted(close[block], reference[block], adj_factor[block])
    return result


def _adjusted(close: Panel, reference: Panel, adj_factor: Panel) -> Panel:
    present = np.isfinite(close)
    rows = np.arange(len(close))[:, None]
    last = np.full(close.shape, -1)
    last[1:] = np.maximum.accumulate(np.where(present, rows, -1), axis=0)[:-1]
    before = np.maximum(last, 0)
    last_close = np.take_along_axis(close, before, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_factor = last_close * np.take_along_axis(adj_factor, before, axis=0) / adj_factor
        reference = np.where(reference > 0, reference, np.where(by_factor > 0, by_factor, last_close))
        growth = np.where(present & (last >= 0), close / reference, 1.0)
    growth = np.where(present & (last < 0), close, growth)
    return np.where(present, np.cumprod(growth, axis=0), np.nan)
