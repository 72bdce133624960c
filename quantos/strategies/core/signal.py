"""What a signal is, when it is valid, and the commitment to it.

A signal is a list of target weights. Each weight w is in (0, 1]; a symbol stands once; the sum is at most
1 + 1e-9, the rest is cash, and an empty list is all cash. Weights are the decimals that were submitted: the
sum is decided with math.fsum where that is beyond doubt and with exact decimals near the boundary.

    signal_hash = SHA-256 of canonical JSON (RFC 8785) of
                  {"nonce", "signals": [{"symbol", "weight"} sorted by symbol], "slug", "trade_date"}
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from math import fsum
from operator import attrgetter
from typing import Annotated, Any, Final

import msgspec

from quantos.errors import Invalid
from quantos.kit.canonical import canonical, sha256_hex
from quantos.market.core.boards import SYMBOL_PATTERN

SIGNALS_MAX: Final = 5_000
SYMBOL_LENGTH: Final = 9
SUM_MAX: Final = Decimal("1.000000001")

_ALL_SYMBOLS: Final = re.compile(rf"(?:{SYMBOL_PATTERN.pattern.strip('^$')}\n)*")
_BY_SYMBOL: Final = attrgetter("symbol")
_ENCODE: Final = msgspec.json.Encoder().encode


class TargetWeight(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One line of a signal. The bounds hold where JSON is decoded into it; `check` proves the rest."""

    symbol: Annotated[str, msgspec.Meta(min_length=SYMBOL_LENGTH, max_length=SYMBOL_LENGTH)]
    weight: Annotated[int, msgspec.Meta(gt=0, le=1)] | Annotated[float, msgspec.Meta(gt=0, le=1)]


Signal = Sequence[TargetWeight]


def are_symbols(symbols: Sequence[str]) -> bool:
    """Whether all have the form of a symbol. One match over all: every one is 9 characters long before."""
    return (
        all(len(symbol) == SYMBOL_LENGTH for symbol in symbols)
        and _ALL_SYMBOLS.fullmatch("\n".join([*symbols, ""])) is not None
    )


def check(signal: Signal) -> None:
    """Raises Invalid on a symbol that stands twice, or weights that sum to more than 1."""
    if len({target.symbol for target in signal}) != len(signal):
        raise _duplicate(signal)
    if not is_affordable([target.weight for target in signal]):
        raise Invalid(
            ("body", "signals"), f"the weights sum to {_sum(signal):.10g}, more than 1.0: no leverage"
        )


def _sum(signal: Signal) -> Decimal:
    return sum((Decimal(repr(target.weight)) for target in signal), Decimal())


def is_affordable(weights: Sequence[float]) -> bool:
    """Whether the sum is at most 1 + 1e-9, decided on the decimals as they are written.

    fsum is off the decimal sum by at most 1.2e-16 per unit of weight, far less than the margin of 1e-13
    inside which exact decimals decide.
    """
    excess = fsum(weights) - float(SUM_MAX)
    if abs(excess) > 1e-13:
        return excess < 0
    return sum(Decimal(repr(weight)) for weight in weights) <= SUM_MAX


def cash_weight(weights: Sequence[float]) -> float:
    """What is left of 1, by the decimals as they are written; not below 0 where the sum is above 1 by its tolerance."""
    left = 1 - sum((Decimal(repr(weight)) for weight in weights), Decimal())
    return max(0.0, float(left))


def encode(signal: Signal) -> str:
    """The JSON text that is stored and shown: order and weights as submitted."""
    return _ENCODE(signal).decode()


def signal_hash(slug: str, trade_date: str, signal: Signal, nonce: str) -> str:
    """The commitment: 64 hex digits that anyone recomputes from slug, date, signals and nonce."""
    return sha256_hex(commitment(slug, trade_date, signal, nonce))


def commitment(slug: str, trade_date: str, signal: Signal, nonce: str) -> bytes:
    """The canonical JSON that is hashed.

    The encoder's shortest decimals are the canonical ones but for exponents and a trailing `.0`; where either
    occurs the library writes the whole. Slug, date and nonce have no character that JSON escapes.
    """
    ordered = sorted(signal, key=_BY_SYMBOL)
    signals = _ENCODE(ordered)
    if b"e-" in signals or b".0}" in signals:
        return canonical(_plain(slug, trade_date, ordered, nonce))
    return b'{"nonce":"%b","signals":%b,"slug":"%b","trade_date":"%b"}' % (
        nonce.encode(),
        signals,
        slug.encode(),
        trade_date.encode(),
    )


def _plain(slug: str, trade_date: str, ordered: Signal, nonce: str) -> dict[str, Any]:
    signals = [{"symbol": target.symbol, "weight": target.weight} for target in ordered]
    return {"nonce": nonce, "signals": signals, "slug": slug, "trade_date": trade_date}


def _duplicate(signal: Signal) -> Invalid:
    symbols = [target.symbol for target in signal]
    place = next(place for place, symbol in enumerate(symbols) if symbol in symbols[:place])
    return Invalid(("body", "signals", place, "symbol"), "the symbol stands twice")
