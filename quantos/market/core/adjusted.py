"""Closes adjusted for corporate actions, over trading days [t] and instruments [i].

On a day with a bar P grows by close / reference, the reference being

    the exchange's own, pre_close, where it is known;
    else the last close brought over the ex-date by the factors, close[last] * adj[last] / adj[t];
    else the last close.

P starts at the first close of the span. So a suspended day, whose close is its reference, leaves P as it is, and a
return P[t] / P[s] - 1 is that of a holder who reinvests. `factors.core.growing` computes it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ClosingBars(NamedTuple):
    """What P is made of, bar by bar, in any order."""

    instrument: NDArray[np.int32]  # its number
    day: NDArray[np.int32]  # days since the first day that was asked for
    close: NDArray[np.int32]  # mills
    reference: NDArray[np.int32]  # mills, 0 unknown
    adj_factor: NDArray[np.float64]  # NaN unknown


class LastBars(NamedTuple):
    """The last bar of each instrument before a day."""

    instrument: NDArray[np.int32]  # its number
    close: NDArray[np.int32]  # mills
    adj_factor: NDArray[np.float64]  # NaN unknown


class ClosingDigest(NamedTuple):
    """Of the bars of some days, all that P is made of: equal digests, equal bars."""

    bars: int
    mixed: int  # exclusive or of a hash of each bar, 64 bits

    def and_of(self, other: ClosingDigest) -> ClosingDigest:
        """The digest of two spans of days without a day in common."""
        return ClosingDigest(self.bars + other.bars, self.mixed ^ other.mixed)
