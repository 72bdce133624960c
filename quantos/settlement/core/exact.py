"""Exact integer arithmetic for the ledger, compiled.

Money in mills, shares, prices in mills per share: all int64. A weight is an exact decimal
`mantissa * 10**-exponent`. Where a product may leave 64 bits the halves are multiplied apart.

Everything here expects operands that are not negative unless it says otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

RATE_UNIT: Final = 100_000_000
MILLION: Final = 1_000_000
MONEY_MAX: Final = 4_000_000_000_000_000_000
"""The largest amount in mills that the ledger takes: above it a sum could leave int64."""

_POWERS_U64: Final = np.array([10**k for k in range(19)], dtype=np.uint64)
_LOW32: Final = np.uint64(0xFFFFFFFF)
_32: Final = np.uint64(32)


@njit(cache=True, inline="always", error_model="numpy")
def multiply_128(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """a * b as (high, low) 64-bit words."""
    a_low, a_high = a & _LOW32, a >> _32
    b_low, b_high = b & _LOW32, b >> _32
    low = a_low * b_low
    middle = a_high * b_low + (low >> _32)
    cross = a_low * b_high + (middle & _LOW32)
    return a_high * b_high + (middle >> _32) + (cross >> _32), (cross << _32) | (low & _LOW32)


@njit(cache=True, error_model="numpy")
def weight_affords(mantissa: int, exponent: int, equity: int, spent: int) -> bool:
    """Whether spent <= mantissa * 10**-exponent * equity, exactly. `exponent` at most 36."""
    want_high, want_low = multiply_128(np.uint64(mantissa), np.uint64(equity))
    first = min(exponent, 18)
    have_high, have_low = multiply_128(np.uint64(spent), _POWERS_U64[first])
    if exponent > 18:
        factor = _POWERS_U64[exponent - 18]
        carry, have_low = multiply_128(have_low, factor)
        over, have_high = multiply_128(have_high, factor)
        have_high = have_high + carry
        if over > np.uint64(0) or have_high < carry:
            return False
    return bool(have_high < want_high or (have_high == want_high and have_low <= want_low))


@njit(cache=True, inline="always", error_model="numpy")
def target_shares(weight: float, mantissa: int, exponent: int, equity: int, price: int) -> int:
    """floor(mantissa * 10**-exponent * equity / price): guessed in float, decided in integers near a boundary.

    `weight` is the double next to mantissa * 10**-exponent. The guess is off by less than 1e-14 of itself, so
    a fraction that is farther than that from a whole number decides; nearer, the whole number is tried.
    """
    guess = weight * equity / price
    whole = np.floor(guess)
    fraction = guess - whole
    margin = guess * 1e-14 + 1e-12
    if margin < fraction < 1.0 - margin:
        return int(whole)
    return _target_near(guess, mantissa, exponent, equity, price)


@njit(cache=True, error_model="numpy")
def _target_near(guess: float, mantissa: int, exponent: int, equity: int, price: int) -> int:
    if exponent > 36 or mantissa == 0 or equity <= 0:
        return 0  # a weight below 1e-19 buys less than one mill of anything
    nearest = int(np.rint(guess))
    while not weight_affords(mantissa, exponent, equity, nearest * price):
        nearest -= 1
    while weight_affords(mantissa, exponent, equity, (nearest + 1) * price):
        nearest += 1
    return nearest


@njit(cache=True, inline="always", error_model="numpy")
def odd_part(shares: int, step: int) -> int:
    """shares modulo the lot step; the two steps there are cost no division."""
    if step == 100:
        return shares % 100
    if step == 1:
        return 0
    return shares % step


@njit(cache=True, inline="always", error_model="numpy")
def to_tick(numerator: int, tick: int) -> int:
    """numerator / 1e8 mills, rounded half up to the tick (10 mills for shares, 1 for funds)."""
    if tick == 10:
        return (2 * numerator + 10 * RATE_UNIT) // (20 * RATE_UNIT) * 10
    return (2 * numerator + tick * RATE_UNIT) // (2 * tick * RATE_UNIT) * tick


@njit(cache=True, inline="always", error_model="numpy")
def fee(notional: int, rate_e8: int) -> int:
    """notional * rate, rounded half up to 0.01 CNY; in mills. Rates at most 0.05."""
    whole = notional // 1_000_000_000  # 1e8 rate units times 10 mills a cent
    rest = notional - whole * 1_000_000_000
    return (whole * rate_e8 + (2 * rest * rate_e8 + 1_000_000_000) // 2_000_000_000) * 10


@njit(cache=True, inline="always", error_model="numpy")
def per_million(shares: int, rate: int) -> tuple[int, int]:
    """floor(shares * rate / 1e6) and the remainder in millionths; `rate` may be negative."""
    whole = shares // MILLION
    rest = (shares - whole * MILLION) * rate
    floor = rest // MILLION
    return whole * rate + floor, rest - floor * MILLION


@njit(cache=True, inline="always", error_model="numpy")
def cents_half_up(whole_mills: int, millionths: int) -> int:
    """(whole_mills + millionths / 1e6) rounded half up to 0.01 CNY, in mills; millionths in [0, 1e6)."""
    cents = whole_mills // 10
    rest = (whole_mills - cents * 10) * MILLION + millionths
    return (cents + (2 * rest + 10 * MILLION) // (20 * MILLION)) * 10
