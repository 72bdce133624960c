"""Exact numbers: money in mills (0.001 CNY), rates in 1e-8, roundings on integers, and numbers as JSON has them."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Any, Final

MILLS_PER_CNY: Final = 1_000
RATE_UNIT: Final = 100_000_000
MILLION: Final = 1_000_000
CENT: Final = 10  # mills
INTEGER_MAX: Final = 2**53 - 1
"""The largest integer that every reader of JSON reads alike."""

_EXACT: Final = Context(prec=100, Emax=1000, Emin=-1000, traps=[Inexact, InvalidOperation, Overflow])


def half_up(numerator: int, denominator: int, unit: int) -> int:
    """numerator / denominator, rounded half up to a multiple of `unit`: floor(x / unit + 1/2) * unit."""
    return (2 * numerator + unit * denominator) // (2 * unit * denominator) * unit


def fee(notional: int, rate_e8: int) -> int:
    """Mills of notional * rate, half up to 0.01 CNY."""
    return half_up(notional * rate_e8, RATE_UNIT, CENT)


def scaled(number: Any, unit: int) -> int | None:
    """number * unit where that is a whole number that JSON carries exactly, else None; also of no number."""
    if type(number) is int:  # a bool is none
        whole = number * unit
    elif type(number) is Decimal:
        try:
            product = _EXACT.multiply(number, unit)
            whole = int(product)
            if whole != product:
                return None
        except ArithmeticError:
            return None
    else:
        return None
    return whole if -INTEGER_MAX <= whole <= INTEGER_MAX else None


def cny(mills: int) -> str:
    """Mills as people write CNY: 12.5 is 12.500."""
    sign, whole = "-" if mills < 0 else "", abs(mills)
    return f"{sign}{whole // MILLS_PER_CNY}.{whole % MILLS_PER_CNY:03d}"


def json_number(number: float) -> str:
    """A finite double as RFC 8785 writes it, which is as ECMAScript does."""
    if number == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    assert isinstance(exponent, int)
    figures = "".join(map(str, digits))
    point = len(figures) + exponent  # the decimal point stands after so many figures
    minus = "-" if sign else ""
    if 0 < point <= 21:
        if exponent >= 0:
            return f"{minus}{figures}{'0' * exponent}"
        return f"{minus}{figures[:point]}.{figures[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{figures}"
    fraction = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{minus}{figures[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def exact_weight(weight: float) -> tuple[int, int]:
    """The shortest decimal that reads as this double, as (mantissa, exponent): mantissa * 10**-exponent."""
    _, digits, exponent = Decimal(repr(weight)).as_tuple()
    assert isinstance(exponent, int)
    mantissa = int("".join(map(str, digits)))
    return (mantissa * 10**exponent, 0) if exponent > 0 else (mantissa, -exponent)
