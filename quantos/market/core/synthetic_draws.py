"""Random integers that are the same on every machine and in every version of NumPy.

Only the raw 64-bit output of PCG64 is drawn, which NumPy promises to keep; everything else is integer
arithmetic written here, so no platform's rounding of a transcendental function enters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LANE_MAX = 0xFFFF
_SUM_OF_FOUR_SD = 37_837  # standard deviation of the sum of four uniform 16-bit numbers


class Draws:
    """A seeded stream of integers."""

    def __init__(self, seed: int, stream: int) -> None:
        """Streams of one seed are independent; drawing from one leaves the others as they are."""
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, stream]))

    def _raw(self, count: int) -> NDArray[np.uint64]:
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def between(self, low: int, high: int, *shape: int) -> NDArray[np.int64]:
        """Whole numbers from low to high, both included; high - low below 2^31."""
        raw = self._raw(int(np.prod(shape, dtype=np.int64))) >> np.uint64(32)
        scaled = (raw * np.uint64(high - low + 1)) >> np.uint64(32)
        return low + scaled.astype(np.int64).reshape(shape)

    def one(self, low: int, high: int) -> int:
        """One whole number from low to high, both included."""
        return int(self.between(low, high, 1)[0])

    def bell(self, sd: int, *shape: int) -> NDArray[np.int64]:
        """Whole numbers around 0, nearly normal with this standard deviation, never beyond 3.5 of them."""
        raw = self._raw(int(np.prod(shape, dtype=np.int64)))
        total = np.zeros(raw.shape, dtype=np.int64)
        for lane in range(4):
            total += ((raw >> np.uint64(16 * lane)) & np.uint64(_LANE_MAX)).astype(np.int64)
        return ((total - 2 * _LANE_MAX) * sd // _SUM_OF_FOUR_SD).reshape(shape)
