"""Ranks as integers: what is computed once for each day's order and then stored.

code[t,i] = 2 x the average rank of x[t,i] among the values of day t, 1 the smallest; 0 where there is no value.
Twice, so that the average rank of a tie is whole. Equal codes are ties, and codes are in the order of the
values, so every rank over fewer names follows from them without sorting again. In 16 bits, so at most 32,767
names.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.panel import Panel
from quantos.factors.core.threads import over_days

Codes = NDArray[np.uint16]
"""[t, i]."""

NAMES_MAX: Final = 32_767


def rank_codes(values: Panel) -> Codes:
    """Twice the average rank within each row of values [t, i]; 0 for NaN. Raises ValueError beyond NAMES_MAX."""
    if values.shape[1] > NAMES_MAX:
        raise ValueError(f"{values.shape[1]} names do not fit in 16 bits")
    codes = np.zeros(values.shape, np.uint16)
    untied = np.arange(2, 2 * values.shape[1] + 2, 2, dtype=np.uint16)

    def part(first: int, last: int) -> None:
        for t in range(first, last):
            row = values[t]
            order = np.argsort(row)  # NaN sort last
            ordered = row[order]
            count = int(np.searchsorted(ordered, np.inf, side="right"))
            order, ordered = order[:count], ordered[:count]
            differs = ordered[1:] != ordered[:-1]
            codes[t, order] = untied[:count] if differs.all() else _tied(differs, count)

    over_days(len(values), part)
    return codes


def placed(codes: Codes, shape: tuple[int, ...]) -> Codes:
    """Codes as compiled code takes them: it does not look where it reads and writes.

    Raises ValueError where they have another shape, or are those of a wider axis (`compacted`).
    """
    if codes.shape != shape:
        raise ValueError(f"codes are {codes.shape}, not {shape}")
    if codes.size and int(codes.max()) > 2 * shape[1]:
        raise ValueError("codes of more names than there are columns: rank them again")
    return np.ascontiguousarray(codes)


def compacted(codes: Codes) -> Codes:
    """Codes [t, i], in place, as if each day had only the names that it has here. For codes cut out of a larger axis."""
    from quantos.factors.core import compacting  # noqa: PLC0415 - Numba is loaded with the first validation

    over_days(len(codes), lambda first, last: compacting.compact_days(first, last, codes))
    return codes


def _tied(differs: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Codes of ascending values, from where each differs from the one before."""
    first = np.concatenate([[0], np.flatnonzero(differs) + 1])
    size = np.diff(np.append(first, count))
    return np.repeat(2 * first + size + 1, size)
