"""The checks of daily bars, each a pure function over columns that returns one mask.

Columns are arrays of N rows. Row checks look at one row and hold in any order:

    mills[i]      a price in mills (0.001 CNY), int32; 0 where it is missing
    tick[i]       the tick of row i's instrument, mills
    volume[i]     shares, -1 missing;  amount[i] CNY, NaN missing

Sequence checks look at a row and the one before it of the same instrument:

    close[i], reference[i]        mills; the reference is the exchange's previous close, ex-adjusted, 0 unknown
    previous_close[i]             mills of the row before, 0: there is none
    factor[i], previous_factor[i] cumulative backward factors, NaN unknown
    position[i]                   the session's index in the calendar, previous_position[i] that of the row before

In an undisturbed series reference[t] = previous_close[t] except on ex-dates, and there

    factor[t] / factor[t-1] = close[t-1] / reference[t]

up to the rounding of the reference to a tick. The reference side is the sound one (docs/market-data.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
Mills = NDArray[np.int32]

PRICE_MILLS_MAX: Final = 1_000_000_000
"""A million CNY a share: with its price limits it fits the 32 bits in which prices are stored."""

FRACTION_MILLS_MAX: Final = 0.01
"""A price may lie this far from a whole mill: the noise of a 64-bit float, far under any tick."""

VWAP_DOUBTED: Final = 1.02
VWAP_REFUSED: Final = 2.0
"""amount / volume lies within [low, high], but for trades after hours at a fixed price. A factor of 1.02 outside
is a doubt about the amount, which nothing but its display depends on; a factor of 2 is another unit or column."""

FAR_BELOW_PER_CENT: Final = 70


# ---------------------------------------------------------------- one row


def to_mills(price_cny: Floats) -> tuple[Mills, Bools, Bools]:
    """Prices as mills; where they are positive, finite and not too large; where no whole mill is near.

    A price that is not good is 0 mills.
    """
    scaled = price_cny * 1000.0
    nearest = np.rint(scaled)
    good = (nearest >= 1) & (nearest <= PRICE_MILLS_MAX)
    if not good.all():
        scaled = np.where(good, scaled, 0.0)
        nearest = np.where(good, nearest, 0.0)
    fractional = np.abs(scaled - nearest) > FRACTION_MILLS_MAX
    return nearest.astype(np.int32), good, fractional


def off_tick(mills: Mills, tick: Mills) -> Bools:
    return np.asarray(mills % tick != 0)


def high_below_low(high: Mills, low: Mills) -> Bools:
    return np.asarray(high < low)


def outside_range(open_: Mills, high: Mills, low: Mills, close: Mills) -> Bools:
    """Open or close above high or below low."""
    return (open_ > high) | (open_ < low) | (close > high) | (close < low)


def suspended_but_traded(trade_status: NDArray[np.int8], volume: NDArray[np.int64]) -> Bools:
    return np.asarray((trade_status == 0) & (volume > 0))


def amount_off_volume(
    amount: Floats, volume: NDArray[np.int64], high: Mills, low: Mills, factor: float
) -> Bools:
    """amount / volume outside [low / factor, high * factor]; unknown amounts and volume 0 pass."""
    with np.errstate(invalid="ignore"):
        turnover = amount * 1000.0
        outside = (turnover > volume * (high * factor)) | (turnover < volume * (low / factor))
        return np.asarray((volume > 0) & outside)


def suspended_price(trade_status: NDArray[np.int8], *prices: Mills) -> Bools:
    """A suspended row whose prices, the reference among them where known, are not all the same."""
    first, *others = prices
    differ = np.zeros(len(first), dtype=np.bool_)
    for other in others:
        differ |= (other != first) & (other != 0)
    return np.asarray((trade_status == 0) & differ)


# ---------------------------------------------------------------- duplicates, of rows sorted by key


def repeats(key: NDArray[np.int64]) -> Bools:
    """Rows whose key is that of the row before."""
    result = np.zeros(len(key), dtype=np.bool_)
    result[1:] = key[1:] == key[:-1]
    return result


def conflicting(key: NDArray[np.int64], *columns: NDArray[np.generic]) -> Bools:
    """All rows of every key whose rows differ in a column (NaN equals NaN)."""
    repeat = repeats(key)
    differs = np.zeros(len(key), dtype=np.bool_)
    at = np.flatnonzero(repeat)
    for column in columns:
        here, before = column[at], column[at - 1]
        unequal = here != before
        if column.dtype.kind == "f":
            unequal &= ~(np.isnan(here) & np.isnan(before))
        differs[at] |= unequal
    group = np.cumsum(~repeat) - 1
    bad = np.zeros(group[-1] + 1 if len(group) else 0, dtype=np.bool_)
    bad[group[differs]] = True
    return np.asarray(bad[group])


# ---------------------------------------------------------------- a row and the one before it


def gap(position: NDArray[np.int32], previous_position: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sessions missing between a row and the one before it; 0 where there is none before."""
    return np.where(previous_position >= 0, position - previous_position - 1, np.int32(0))


def jump(close: Mills, reference: Mills, tick: Mills, limit_ppm: Ints, explained: Bools) -> Bools:
    """The close lies more than a tick beyond `limit_ppm` of the reference, and nothing explains it."""
    move = np.abs(close.astype(np.int64) - reference)
    allowed = reference.astype(np.int64) * limit_ppm // 1_000_000 + tick
    return np.asarray((reference > 0) & (move > allowed) & ~explained)


def reference_above_close(reference: Mills, previous_close: Mills) -> Bools:
    return (reference > 0) & (previous_close > 0) & (reference > previous_close)


def reference_far_below_close(reference: Mills, previous_close: Mills) -> Bools:
    """A gap of more than 70 %."""
    return (
        (reference > 0)
        & (previous_close > 0)
        & (reference.astype(np.int64) * 100 < previous_close.astype(np.int64) * (100 - FAR_BELOW_PER_CENT))
    )


def factor_mismatch(
    reference: Mills, previous_close: Mills, factor: Floats, previous_factor: Floats, tick: Mills
) -> Bools:
    """The reference that the factors imply is more than half a tick from the one given.

    Rows without a reference, a factor, or a row before them pass.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        implied = previous_close * previous_factor / factor
        far = np.abs(implied - reference) > tick * 0.51
    return (reference > 0) & (previous_close > 0) & far & np.isfinite(implied)


def inexact_volume(volume: NDArray[np.int64], exact: Bools) -> Bools:
    """Volumes beyond what a 32-bit float holds exactly, where the source says it passed through one."""
    return ~exact & (volume > 2**24)
