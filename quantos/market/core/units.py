"""In which unit a file's prices, volumes and amounts are, judged by rows that say the same twice.

Columns are arrays of N rows; prices are mills, 0 where unknown. `ten_fold` compares two prices of one share:

    exponent[i] = rint(log10(given[i] / known[i]))     where given[i] is within `tolerance` of 10 ** exponent known[i]

and 0 elsewhere, so that a correction, an ex-date or a jump is no unit, and hundredths of a yuan are 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mills = NDArray[np.int32]

NEARLY_ALL: Final = 0.9
UNIT_SPREAD: Final = 1.35
"""A unit is one factor: apart from it amount / volume lies among the day's prices, near the close."""

MOVED: Final = 0.5
SAME_DAY: Final = 0.05
"""Two rows of one day differ by their rounding alone, two days by what a price can move; as parts of a price."""

CLOSE_EVER_MILLS: Final = 5_000_000
"""No share or fund of the three exchanges has ever closed at half of 5,000 CNY."""

TYPICAL_MILLS_MAX: Final = 300_000
SYMBOLS_MIN: Final = 10
"""The middle one of ten shares costs about 10 CNY, and never cost 100."""


@dataclass(frozen=True, slots=True)
class AmountOff:
    """Amounts that contradict volumes and prices. `factor`: the power of ten; None: it differs from row to row."""

    factor: float | None
    adjusted: bool  # the prices divided by the file's own adjustment factors would fit


def ten_fold(given: Mills, known: Mills, tolerance: float) -> NDArray[np.int8]:
    """The exponent of ten by which a price differs from the known one; 0 where it does not."""
    result = np.zeros(len(given), dtype=np.int8)
    at = np.flatnonzero((given != known) & (given > 0) & (known > 0))
    ratio = given[at] / known[at]
    exponent = np.rint(np.log10(ratio))
    near = np.abs(ratio / 10.0**exponent - 1) <= tolerance
    result[at] = np.where(near, exponent, 0).astype(np.int8)
    return result


def nearly_all(exponent: NDArray[np.int8]) -> int:
    """The exponent, not 0, that nearly all rows share; 0: none."""
    if not exponent.any():
        return 0
    values, counts = np.unique(exponent, return_counts=True)
    most = int(np.argmax(counts))
    return int(values[most]) if counts[most] >= NEARLY_ALL * len(exponent) else 0


def amount_off(
    amount: Floats, volume: NDArray[np.int64], close: Mills, adj_factor: Floats
) -> AmountOff | None:
    """How amount / volume contradicts the price in half of the rows; None: it fits.

    Factor 100: volumes in lots of 100; 0.001: amounts in thousand CNY; 0.1: both; 0.01: prices in fen.
    """
    with np.errstate(invalid="ignore"):
        judged = (volume > 0) & (amount > 0) & (close > 0)
    if not judged.any():
        return None
    ratio = amount[judged] * 1000.0 / (volume[judged] * close[judged].astype(np.float64))
    typical = float(np.median(ratio))
    if 0.5 <= typical <= 2:
        return None
    factor = float(10.0 ** np.rint(np.log10(typical)))
    if _fits(ratio / factor):
        return AmountOff(factor, adjusted=False)
    raw = ratio * adj_factor[judged]
    return AmountOff(None, adjusted=_fits(raw[~np.isnan(raw)]))


def _fits(ratio: Floats) -> bool:
    near = (ratio > 1 / UNIT_SPREAD) & (ratio < UNIT_SPREAD)
    return len(ratio) > 0 and int(near.sum()) >= NEARLY_ALL * len(ratio)


def beyond_any_price(code: NDArray[np.int32], close: Mills, amount: Floats) -> int:
    """How many rows without an amount have prices that no market of these exchanges ever had.

    Judged row by row, and for a file of several symbols by their typical price.
    """
    unproved = np.isnan(amount)
    rows = np.flatnonzero(unproved & (close > 0))
    if not len(rows):
        return 0
    ends = rows[np.append(code[rows][1:] != code[rows][:-1], True)]  # rows are sorted by symbol
    if len(ends) >= SYMBOLS_MIN and float(np.median(close[ends])) > TYPICAL_MILLS_MAX:
        return len(rows)
    return int((close[rows] > CLOSE_EVER_MILLS).sum())
