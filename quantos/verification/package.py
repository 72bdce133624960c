"""The verification package of a settled strategy-day, as docs/verification.md has it: values in, JSON values out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from quantos.kit.clock import rfc3339
from quantos.kit.money import RATE_UNIT, cny
from quantos.settlement.core.record import Action, Bar, DayRecord, Order, Position
from quantos.verification.binding import Terms


class Proof(NamedTuple):
    """The commit of an entry in the attestation repository, and where its file is read.

    `committed_at` None: by an earlier version of the platform, which did not keep it.
    """

    sha: str
    committed_at: datetime | None
    raw_url: str | None


class GivenSignal(NamedTuple):
    """The signal of a day. `text`: the JSON of its weights as submitted."""

    text: str
    symbols: Sequence[str]
    signal_hash: str
    nonce: str
    submitted_at: datetime
    deadline: datetime


class Beside(NamedTuple):
    """What stands in a package beside the settled day itself."""

    salt: str
    nav_sha256: str
    signal: GivenSignal | None
    signal_proof: Proof | None
    settlement_proof: Proof | None
    benchmark: tuple[str, float | None]
    status_salts: Sequence[tuple[date, str]] = ()


def package(record: DayRecord, terms: Terms, beside: Beside) -> dict[str, Any]:
    """The package without its marks and its instructions."""
    decided = record.decided
    found: dict[str, Any] = {
        "slug": terms.slug,
        "trade_date": record.trade_date,
        "revision": record.revision,
        "verification": {
            "nav": _nav(record, terms),
            "positions": [_position(position, record.nav) for position in record.positions],
            "trades": [_trade(order) for order in record.orders if order.filled],
            "orders": _orders(record),
            "corporate_actions": [_action(action) for action in record.actions],
            "previous": _previous(record, terms),
            "signal_attestation": _signal(beside.signal, beside.signal_proof) if beside.signal else None,
            "settlement_attestation": _settlement(beside),
        },
        "data_provenance": {
            "rules_version": decided.rules_version,
            "snapshot_sha256": decided.sha256,
            "settings": {
                "initial_capital": cny(terms.initial_capital),
                "execution_price": terms.execution_price,
                "commission_rate": terms.commission_e8 / RATE_UNIT,
                "slippage_rate": terms.slippage_e8 / RATE_UNIT,
                "minimum_commission": cny(decided.minimum_commission),
            },
            "bars": [_bar(bar) for bar in record.bars],
            "benchmark": dict(zip(("symbol", "return"), beside.benchmark, strict=True)),
            "accepted": None
            if decided.accepted_reason is None
            else {"by": decided.accepted_by, "reason": decided.accepted_reason},
        },
    }
    if beside.status_salts:
        shown = [{"date": day, "salt": salt} for day, salt in beside.status_salts]
        found["verification"]["status_salts"] = shown
    if record.restated is not None:
        restated = record.restated
        found["restated"] = {
            "from": restated.from_date,
            "at": rfc3339(restated.at),
            "reason": restated.reason,
            "revisions": [{"revision": k, "reported_nav": cny(nav)} for k, nav in record.revisions],
        }
    return found


def _nav(record: DayRecord, terms: Terms) -> dict[str, Any]:
    """Ratios are made as the track record makes them, so that both show the same number."""
    level = record.nav / terms.initial_capital
    before = 1.0 if record.before is None else record.before.nav / terms.initial_capital
    return {
        "date": record.trade_date,
        "reported_nav": cny(record.nav),
        "cash": cny(record.cash),
        "positions_value": cny(record.nav - record.cash),
        "daily_return": level / before - 1.0 if before > 0.0 else None,
        "cumulative_return": level - 1.0,
        **({"stale": record.stale / record.nav} if record.stale else {}),
    }


def _position(position: Position, nav: int) -> dict[str, Any]:
    value = position.shares * position.close
    return {
        "symbol": position.symbol,
        "quantity": position.shares,
        "close": cny(position.close),
        "market_value": cny(value),
        "weight": value / nav if nav else None,
    }


def _trade(order: Order) -> dict[str, Any]:
    return {
        "symbol": order.symbol,
        "side": _side(order),
        "quantity": order.filled,
        "price": cny(order.price),
        "amount": cny(order.filled * order.price),
        "commission": cny(order.commission),
        "stamp_duty": cny(order.stamp_duty),
        "transfer_fee": cny(order.transfer_fee),
    }


def _orders(record: DayRecord) -> list[dict[str, Any]]:
    doubtful = {bar.symbol for bar in record.bars if bar.st_unknown}
    return [
        {
            "symbol": order.symbol,
            "side": _side(order),
            "quantity": abs(order.quantity),
            "filled": order.filled,
            "result": "filled" if order.reason is None else "cut" if order.filled else "refused",
            "reason": order.reason,
            **({"st_unknown": True} if order.symbol in doubtful else {}),
        }
        for order in record.orders
    ]


def _side(order: Order) -> str:
    return "SELL" if order.quantity < 0 else "BUY"


def _action(action: Action) -> dict[str, Any]:
    bonus, cash, into = action.terms or (None, None, None)
    return {
        "symbol": action.symbol,
        "kind": action.kind,
        "quantity_before": action.shares_before,
        "quantity_after": action.shares_after,
        "cash": cny(action.cash),
        "bonus_per_million": bonus,
        "cash_mills_per_million": cash,
        "into_symbol": into,
    }


def _previous(record: DayRecord, terms: Terms) -> dict[str, Any]:
    before = record.before
    return {
        "date": before.trade_date if before else None,
        "nav": cny(before.nav) if before else None,
        "cash": cny(before.cash if before else terms.initial_capital),
        "positions": [{"symbol": symbol, "quantity": shares} for symbol, shares in record.held_before],
    }


def _signal(signal: GivenSignal, proof: Proof | None) -> dict[str, Any]:
    return {
        "signal_hash": signal.signal_hash,
        "symbols_hash": hashlib.sha256(",".join(sorted(signal.symbols)).encode()).hexdigest()[:16],
        "github_raw_url": proof.raw_url if proof else None,
        "submitted_at": rfc3339(signal.submitted_at),
        "deadline": rfc3339(signal.deadline),
        "github_committed": proof is not None,
        "commit_sha": proof.sha if proof else None,
        "committed_at": _instant(proof),
        "in_time": proof.committed_at < signal.deadline if proof and proof.committed_at else None,
        "nonce": signal.nonce,
        "signals": orjson.Fragment(signal.text),
    }


def _settlement(beside: Beside) -> dict[str, Any]:
    proof = beside.settlement_proof
    return {
        "nav_sha256": beside.nav_sha256,
        "salt": beside.salt,
        "raw_url": proof.raw_url if proof else None,
        "committed": proof is not None,
        "commit_sha": proof.sha if proof else None,
        "committed_at": _instant(proof),
    }


def _instant(proof: Proof | None) -> str | None:
    return rfc3339(proof.committed_at) if proof and proof.committed_at else None


def _bar(bar: Bar) -> dict[str, Any]:
    return {
        "symbol": bar.symbol,
        "open": cny(bar.open),
        "close": cny(bar.close),
        "pre_close": cny(bar.reference),
        "volume": bar.volume,
        "upper_limit": _limit(bar.upper),
        "lower_limit": _limit(bar.lower),
        "last_close": cny(bar.last_close),
        "block": bar.block,
        "event": bar.event,
        "st_unknown": bar.st_unknown,
    }


def _limit(price: int | None) -> float | None:
    return None if price is None else cny(price)
