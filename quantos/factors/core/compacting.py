"""Codes over fewer names than they were made for, compiled.

The kernel takes codes as places in a table of as many places as there are columns: half a code must not lie beyond.
Codes of a day that has lost a name to a smaller axis are ranked again by counting, in the order that they tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

PLACES = 32_768
"""One more than half of the largest code."""


@njit(cache=True, nogil=True, error_model="numpy")
def compact_days(first: int, last: int, code: Any) -> None:
    """Rank the rows first..last-1 of codes [t, i] again among the names that they have, in place."""
    table = np.zeros(PLACES, np.int32)
    for t in range(first, last):
        largest = 0
        for i in range(code.shape[1]):
            place = code[t, i] >> 1
            table[place] += 1
            largest = max(largest, place)
        below = 0
        table[0] = 0
        for place in range(1, largest + 1):
            names = table[place]
            table[place] = 2 * below + names + 1 if names else 0
            below += names
        for i in range(code.shape[1]):
            code[t, i] = table[code[t, i] >> 1]
        table[: largest + 1] = 0
