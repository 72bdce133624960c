"""The hashes that a record is held by. All are SHA-256, as lower-case hex, of UTF-8."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from quantos.verification.core.exact import json_number

if TYPE_CHECKING:
    from quantos.verification.core.package import Package


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def signal_hash(slug: str, trade_date: date, signals: Sequence[tuple[str, float]], nonce: str) -> str:
    """The commitment to a signal: of canonical JSON of nonce, signals by symbol, slug and trade date."""
    listed = ",".join(
        f'{{"symbol":{_text(symbol)},"weight":{json_number(weight)}}}' for symbol, weight in sorted(signals)
    )
    return sha256_hex(
        f'{{"nonce":{_text(nonce)},"signals":[{listed}],"slug":{_text(slug)},"trade_date":"{trade_date}"}}'
    )


def symbols_hash(symbols: Iterable[str]) -> str:
    """The first 16 digits of the hash of the comma-joined sorted symbols."""
    return sha256_hex(",".join(sorted(symbols)))[:16]


def nav_sha256(package: Package) -> str:
    """The digest of everything in a package that decided its NAV; docs/verification.md has the object."""
    trades = iter(package.trades)
    orders = []
    for order in package.orders:
        trade = next(trades, None) if order.filled else None
        paid = (
            [trade.price, trade.commission, trade.stamp_duty, trade.transfer_fee] if trade else [0, 0, 0, 0]
        )
        sign = -1 if order.side == "SELL" else 1
        orders.append([order.symbol, sign * order.quantity, order.filled, *paid, order.reason])
    settings, previous = package.settings, package.previous
    content = {
        "accepted": package.accepted.reason if package.accepted else None,
        "bars": [
            [
                *(bar.symbol, bar.open, bar.close, bar.pre_close, bar.last_close, bar.volume),
                *(bar.upper_limit, bar.lower_limit, bar.block, bar.event),
            ]
            for bar in package.bars
        ],
        "cash": package.nav.cash,
        "corporate_actions": [
            [action.symbol, action.kind, action.quantity_before, action.quantity_after, action.cash]
            for action in package.corporate_actions
        ],
        "execution_price": settings.execution_price,
        "commission_e8": settings.commission_e8,
        "slippage_e8": settings.slippage_e8,
        "initial_capital": settings.initial_capital,
        "minimum_commission": settings.minimum_commission,
        "nav": package.nav.reported_nav,
        "orders": orders,
        "positions": [[held.symbol, held.quantity, held.close] for held in package.positions],
        "previous": {"cash": previous.cash, "positions": [list(held) for held in previous.positions]},
        "revision": package.revision,
        "rules_version": package.rules_version,
        "salt": package.settlement.salt,
        "signal_hash": package.signal.signal_hash if package.signal else None,
        "slug": package.slug,
        "snapshot_sha256": package.snapshot_sha256,
        "trade_date": package.trade_date.isoformat(),
    }
    return sha256_hex(canonical(content))


def canonical(value: Any) -> str:
    """Canonical JSON (RFC 8785) of a value without doubles whose names are ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
