"""What binds a settled strategy-day: its salt and its digest, as docs/verification.md has them.

    salt        first 32 hex digits of HMAC-SHA256(secret of the directory, slug, a newline, trade date)
    nav_sha256  SHA-256 of canonical JSON (RFC 8785) of everything that decided the NAV

The object has integers and texts alone, and ASCII keys: for those the encoder here writes the canonical bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from typing import Any, Final, NamedTuple

import orjson

from quantos.kit.money import MILLS_PER_CNY
from quantos.settlement.core.record import DayRecord

SALT_DIGITS: Final = 32
INTEGER_MAX: Final = 2**53 - 1
"""The largest integer of canonical JSON."""

_BOUND_OF_BAR: Final = 10  # of a bar's fields, from the symbol to the event


class Terms(NamedTuple):
    """What of a strategy decides its days. Capital in mills, rates in 1e-8."""

    number: int
    slug: str
    universe: str
    execution_price: str
    initial_capital: int
    commission_e8: int
    slippage_e8: int


def terms_of(strategy: Any) -> Terms:
    """The terms of a stored strategy: none of them ever changes."""
    return Terms(
        strategy.number,
        strategy.slug,
        strategy.universe,
        strategy.execution_price,
        strategy.initial_capital * MILLS_PER_CNY,
        strategy.commission_e8,
        strategy.slippage_e8,
    )


def salt_of(secret: bytes, slug: str, trade_date: date) -> str:
    """The salt of a strategy-day, the same for all its revisions."""
    return hmac.new(secret, f"{slug}\n{trade_date}".encode(), hashlib.sha256).hexdigest()[:SALT_DIGITS]


def hidden_slug(slug: str, salt: str) -> str:
    """What stands for the slug of a strategy that is not public."""
    return hashlib.sha256(f"{slug}{salt}".encode()).hexdigest()


def nav_sha256(record: DayRecord, terms: Terms, salt: str, signal_hash: str | None) -> str:
    """The digest of a settled strategy-day. Raises OverflowError on an amount that JSON cannot carry exactly."""
    return hashlib.sha256(bound(record, terms, salt, signal_hash)).hexdigest()


def bound(record: DayRecord, terms: Terms, salt: str, signal_hash: str | None) -> bytes:
    """The canonical JSON that is hashed."""
    if record.nav > INTEGER_MAX:
        raise OverflowError(f"a NAV of {record.nav} mills is beyond the integers of canonical JSON")
    decided, before = record.decided, record.before
    content = {
        "accepted": decided.accepted_reason,
        "bars": [bar[:_BOUND_OF_BAR] for bar in record.bars],
        "cash": record.cash,
        "commission_e8": terms.commission_e8,
        "corporate_actions": [action[:-1] for action in record.actions],
        "execution_price": terms.execution_price,
        "initial_capital": terms.initial_capital,
        "minimum_commission": decided.minimum_commission,
        "nav": record.nav,
        "orders": [tuple(order) for order in record.orders],
        "positions": [tuple(position) for position in record.positions],
        "previous": {
            "cash": terms.initial_capital if before is None else before.cash,
            "positions": [tuple(holding) for holding in record.held_before],
        },
        "revision": record.revision,
        "rules_version": decided.rules_version,
        "salt": salt,
        "signal_hash": signal_hash,
        "slippage_e8": terms.slippage_e8,
        "slug": terms.slug,
        "snapshot_sha256": decided.sha256,
        "trade_date": record.trade_date.isoformat(),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
