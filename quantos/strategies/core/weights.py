"""Signals as arrays of exact decimals, for settlement.

A stored signal is JSON text of one rigid shape, written by `core.signal.encode`:

    [{"symbol":"600519.SH","weight":0.05},{"symbol":"000858.SZ","weight":1e-7}]

so its decimals are read from the text itself, all signals of a day at once, and no float decides anything:
w = mantissa * 10**-exponent, mantissa without trailing zeros. A shortest round-trip decimal has at most 17
digits (int64 holds 18) and the smallest weight is 5e-324 (exponent 324: int16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Int64 = NDArray[np.int64]
Int16 = NDArray[np.int16]

_SYMBOL_AT: Final = len('{"symbol":"')
_WEIGHT_AT: Final = len('{"symbol":"600519.SH","weight":')
_SYMBOL_LENGTH: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """One signal: `symbols` in the order submitted, and their exact weights."""

    symbols: tuple[str, ...]
    mantissa: Int64
    exponent: Int16


def parse(texts: Sequence[str]) -> list[Weights]:
    """The weights of each stored text, in order."""
    text = np.frombuffer("".join(texts).encode("ascii"), np.uint8)
    starts = np.flatnonzero(text == ord("{"))
    ends = np.flatnonzero(text == ord("}"))
    symbol_bytes = text[starts[:, None] + (_SYMBOL_AT + np.arange(_SYMBOL_LENGTH))]
    symbols = np.ascontiguousarray(symbol_bytes).view(f"S{_SYMBOL_LENGTH}").ravel().astype(str).tolist()
    mantissa, exponent = _decimals(text, starts + _WEIGHT_AT, ends)
    bounds = np.searchsorted(starts, np.cumsum([0, *map(len, texts)])).tolist()
    return [Weights(tuple(symbols[a:b]), mantissa[a:b], exponent[a:b]) for a, b in pairwise(bounds)]


def exact_decimal(number: str) -> tuple[int, int]:
    """A decimal in (0, 1] as written, as (mantissa, exponent): `0.05` is (5, 2), `1e-7` is (1, 7)."""
    digits, _, power = number.partition("e")
    whole, _, fraction = digits.partition(".")
    mantissa, exponent = int(whole + fraction), len(fraction) - int(power or 0)
    while mantissa % 10 == 0 and exponent > 0:
        mantissa, exponent = mantissa // 10, exponent - 1
    return mantissa, exponent


def _decimals(text: Bytes, begins: Int64, ends: Int64) -> tuple[Int64, Int16]:
    """The decimals text[begins:ends], digit by digit over all of them; odd shapes one by one."""
    mantissa = np.zeros(len(begins), np.int64)
    lengths = ends - begins
    plain = (lengths >= 3) & (lengths <= 20)  # "0." and up to 18 digits
    plain[plain] = (text[begins[plain]] == ord("0")) & (text[begins[plain] + 1] == ord("."))
    for place in range(2, int(lengths.max(initial=0, where=plain))):
        here = np.flatnonzero(plain & (lengths > place))
        digit = text[begins[here] + place].astype(np.int64) - ord("0")
        odd = (digit < 0) | (digit > 9)
        plain[here[odd]] = False
        here, digit = here[~odd], digit[~odd]
        mantissa[here] = mantissa[here] * 10 + digit
    exponent = (lengths - 2).astype(np.int16)
    for index in np.flatnonzero(~plain).tolist():
        number = text[begins[index] : ends[index]].tobytes().decode()
        mantissa[index], exponent[index] = exact_decimal(number)
    return mantissa, exponent
