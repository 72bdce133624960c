"""Money as integers.

An amount is an `int` (or an int64 array) of mills: 0.001 CNY. A rate counts in units of 1e-8. Floats begin
where statistics begin; `cny` is the named crossing for people and JSON.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

MILLS_PER_CNY: Final = 1_000
RATE_UNIT: Final = 100_000_000


def cny(mills: int) -> float:
    """Mills as CNY for JSON: the shortest decimal, at most 3 places. Exact below 2**53 mills."""
    return mills / MILLS_PER_CNY


def mills(amount: Decimal | int) -> int:
    """CNY as mills. Raises ValueError where the amount is not a whole number of mills."""
    scaled = Decimal(amount) * MILLS_PER_CNY
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} CNY is not a whole number of mills")
    return int(scaled)


def rate_e8(rate: float | Decimal) -> int:
    """A rate in units of 1e-8, read as the shortest decimal that round-trips.

    Raises ValueError where it has more than 8 decimals.
    """
    exact = Decimal(repr(rate)) if isinstance(rate, float) else Decimal(rate)
    scaled = exact * RATE_UNIT
    if scaled != scaled.to_integral_value():
        raise ValueError("the rate has more than 8 decimals")
    return int(scaled)


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator rounded half up; both not negative."""
    return (2 * numerator + denominator) // (2 * denominator)
