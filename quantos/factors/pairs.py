"""A factor compared with many others: read and computed in two threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from quantos.factors.core.correlation import Sorted, correlation
from quantos.factors.core.panel import Dates
from quantos.factors.value_index import Symbols
from quantos.factors.values import ValueStore
from quantos.storage.series import SeriesStore

THREADS: Final = 2


def correlations(
    values: ValueStore,
    series: SeriesStore,
    factor: int,
    others: Sequence[int],
    tell: Callable[[int], None] | None = None,
) -> list[float | None]:
    """Of a factor with each of the others; None where they have no common day. Raises ValuesDamaged.

    Only the factor's own days and symbols count, so the others are read onto its axes. One panel of codes a thread
    is held beside its own. `tell` is called with the number of pairs done.
    """
    if not others:
        return []
    with series.read() as cursor:
        dates, symbols = values.days(cursor, factor).dates, values.symbols(cursor, factor)
        mine = Sorted.of(values.codes(cursor, factor, dates, symbols))
    pairs = _Pairs(values, series, mine, dates, symbols)
    with ThreadPoolExecutor(THREADS, "factor-pairs") as pool:
        found = []
        for done, one in enumerate(pool.map(pairs.correlation, others), start=1):
            found.append(one)
            if tell is not None:
                tell(done)
    return found


class _Pairs:
    def __init__(
        self, values: ValueStore, series: SeriesStore, mine: Sorted, dates: Dates, symbols: Symbols
    ) -> None:
        self._values, self._series, self._mine = values, series, mine
        self._dates, self._symbols = dates, symbols
        self._own = threading.local()

    def correlation(self, other: int) -> float | None:
        buffer = getattr(self._own, "buffer", None)
        if buffer is None:
            buffer = self._own.buffer = np.empty_like(self._mine.codes)
        with self._series.read() as cursor:
            theirs = self._values.codes(cursor, other, self._dates, self._symbols, buffer)
        return correlation(self._mine, theirs)
