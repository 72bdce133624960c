"""What must hold in a verification package, from the package alone; numbers are read as decimals.

The formulas are those of docs/verification.md and docs/settlement.md, written here once more and slowly.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import rfc8785

Package = dict[str, Any]
CENT: Final = Decimal("0.01")
MILLION: Final = Decimal(1_000_000)


def read(text: str | bytes) -> Package:
    """A package with its numbers as decimals."""
    found: Package = json.loads(text, parse_float=Decimal)
    return found


def half_up(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def check(package: Package, before: Package | None) -> None:
    """Every identity of one package; `before`: the package of the strategy's day before."""
    nav_is_what_is_there(package)
    cash_moves_by_what_is_listed(package)
    trades_are_the_orders_that_filled(package)
    holdings_are_previous_acted_and_traded(package)
    corporate_actions_keep_the_value(package)
    if package["verification"]["signal_attestation"] is None:
        assert package["verification"]["orders"] == [], "SETTLE-04"
    else:
        the_signal_is_bound(package)
        prices_are_those_of_the_day(package)
        positions_reach_their_targets(package)
    begins_where_the_day_before_ended(package, before)
    the_digest_recomputes(package)


def nav_is_what_is_there(package: Package) -> None:
    """SETTLE-03, PUB-13, PUB-16."""
    found = package["verification"]
    nav = found["nav"]
    for held in found["positions"]:
        assert held["market_value"] == held["quantity"] * held["close"]
        assert held["quantity"] > 0
        assert abs(held["weight"] - held["market_value"] / nav["reported_nav"]) < Decimal("1e-12")
    assert sum(held["market_value"] for held in found["positions"]) + nav["cash"] == nav["reported_nav"]
    assert nav["positions_value"] + nav["cash"] == nav["reported_nav"]
    capital = package["data_provenance"]["settings"]["initial_capital"]
    assert abs(nav["cumulative_return"] - (nav["reported_nav"] / capital - 1)) < Decimal("1e-12")
    base = capital if found["previous"]["nav"] is None else found["previous"]["nav"]
    assert abs(nav["daily_return"] - (nav["reported_nav"] / base - 1)) < Decimal("1e-12")


def cash_moves_by_what_is_listed(package: Package) -> None:
    """SETTLE-07."""
    found = package["verification"]
    cash = found["previous"]["cash"] + sum(action["cash"] for action in found["corporate_actions"])
    for trade in found["trades"]:
        fees = trade["commission"] + trade["stamp_duty"] + trade["transfer_fee"]
        cash += (trade["amount"] if trade["side"] == "SELL" else -trade["amount"]) - fees
    assert cash == found["nav"]["cash"]
    assert found["nav"]["cash"] >= 0


def trades_are_the_orders_that_filled(package: Package) -> None:
    """PUB-13; the commission of SETTLE-06."""
    found, settings = package["verification"], package["data_provenance"]["settings"]
    filled = [order for order in found["orders"] if order["filled"]]
    assert [(o["symbol"], o["side"], o["filled"]) for o in filled] == [
        (t["symbol"], t["side"], t["quantity"]) for t in found["trades"]
    ]
    for trade in found["trades"]:
        assert trade["amount"] == trade["quantity"] * trade["price"]
        wanted = half_up(trade["amount"] * Decimal(settings["commission_rate"]), CENT)
        assert trade["commission"] == max(wanted, settings["minimum_commission"])
        assert trade["side"] == "SELL" or trade["stamp_duty"] == 0
    for order in found["orders"]:
        whole = order["filled"] == order["quantity"] and order["reason"] is None
        assert order["result"] == ("filled" if whole else "cut" if order["filled"] else "refused")
        assert whole or (order["reason"] and order["filled"] < max(order["quantity"], 1))
    sides = [order["side"] for order in found["orders"]]
    assert sides == sorted(sides, reverse=True), "sells stand before buys"


def holdings_are_previous_acted_and_traded(package: Package) -> None:
    found = package["verification"]
    held = {each["symbol"]: each["quantity"] for each in found["previous"]["positions"]}
    for action in found["corporate_actions"]:
        assert held.get(action["symbol"], 0) == action["quantity_before"]
        held[action["symbol"]] = action["quantity_after"]
    for trade in found["trades"]:
        sign = 1 if trade["side"] == "BUY" else -1
        held[trade["symbol"]] = held.get(trade["symbol"], 0) + sign * trade["quantity"]
    assert {s: q for s, q in held.items() if q} == {p["symbol"]: p["quantity"] for p in found["positions"]}


def corporate_actions_keep_the_value(package: Package) -> None:
    """SETTLE-10: inferred ones to the mill; announced ones by their terms."""
    bars = bars_of(package)
    for action in package["verification"]["corporate_actions"]:
        before, after, bar = action["quantity_before"], action["quantity_after"], bars[action["symbol"]]
        if action["kind"] != "corporate_action":
            assert action["cash"] + after * bar["pre_close"] == before * bar["last_close"]
            assert action["kind"] == bar["event"]
        elif action["bonus_per_million"] is None:
            assert action["cash"] == 0
            assert after > before
        else:
            announced(action, bars)


def announced(action: dict[str, Any], bars: dict[str, Any]) -> None:
    """Bonus shares and cash by the terms of the row."""
    before, into = action["quantity_before"], action["into_symbol"]
    bonus, rest = divmod(before * action["bonus_per_million"], 1_000_000)
    assert action["quantity_after"] == (0 if into else before + bonus)
    price = bars[into or action["symbol"]]["pre_close"]
    cash = half_up(before * action["cash_mills_per_million"] / MILLION / 1000, CENT)
    assert action["cash"] == cash + half_up(rest / MILLION * price, CENT)


def the_signal_is_bound(package: Package) -> None:
    """PUB-14, PUB-15, PUB-17."""
    signal = package["verification"]["signal_attestation"]
    bound = {
        "slug": package["slug"],
        "trade_date": package["trade_date"],
        "nonce": signal["nonce"],
        "signals": sorted(
            ({"symbol": s["symbol"], "weight": float(s["weight"])} for s in signal["signals"]),
            key=lambda each: str(each["symbol"]),
        ),
    }
    assert hashlib.sha256(rfc8785.dumps(bound)).hexdigest() == signal["signal_hash"]
    symbols = ",".join(sorted(s["symbol"] for s in signal["signals"]))
    assert hashlib.sha256(symbols.encode()).hexdigest()[:16] == signal["symbols_hash"]
    assert datetime.fromisoformat(signal["submitted_at"]) < datetime.fromisoformat(signal["deadline"])


def prices_are_those_of_the_day(package: Package) -> None:
    """SETTLE-05, SETTLE-06."""
    settings, bars = package["data_provenance"]["settings"], bars_of(package)
    slippage = Decimal(settings["slippage_rate"])
    for trade in package["verification"]["trades"]:
        bar = bars[trade["symbol"]]
        sign = 1 if trade["side"] == "BUY" else -1
        price = half_up(bar[settings["execution_price"]] * (1 + sign * slippage), tick(trade["symbol"]))
        assert trade["price"] == inside(price, bar)
        assert bar["volume"] > 0
        assert bar["block"] is None


def positions_reach_their_targets(package: Package) -> None:
    """SETTLE-08: within one lot of the target weight unless the order says why not."""
    found, settings, bars = package["verification"], package["data_provenance"]["settings"], bars_of(package)
    acted = {each["symbol"]: each["quantity"] for each in found["previous"]["positions"]}
    acted |= {each["symbol"]: each["quantity_after"] for each in found["corporate_actions"]}
    cash = found["previous"]["cash"] + sum(action["cash"] for action in found["corporate_actions"])
    price = settings["execution_price"]
    equity = cash + sum(q * bars[s][price] for s, q in acted.items() if q)
    weights = {s["symbol"]: Decimal(s["weight"]) for s in found["signal_attestation"]["signals"]}
    held = {each["symbol"]: each["quantity"] for each in found["positions"]}
    excused = {order["symbol"] for order in found["orders"] if order["reason"] is not None}
    for symbol in (weights.keys() | {s for s, q in acted.items() if q}) - excused:
        bar = bars[symbol]
        bid = half_up(bar[price] * (1 + Decimal(settings["slippage_rate"])), tick(symbol))
        target = weights.get(symbol, Decimal(0)) * equity / inside(bid, bar)
        assert abs(held.get(symbol, 0) - target) < lot(symbol) + 1, symbol
    assert all(symbol in excused for symbol in weights.keys() - bars.keys()), "SETTLE-09"


def begins_where_the_day_before_ended(package: Package, before: Package | None) -> None:
    previous, settings = package["verification"]["previous"], package["data_provenance"]["settings"]
    if before is None:
        assert previous == {"date": None, "nav": None, "cash": settings["initial_capital"], "positions": []}
        return
    ended = before["verification"]
    assert previous["date"] == before["trade_date"]
    assert (previous["nav"], previous["cash"]) == (ended["nav"]["reported_nav"], ended["nav"]["cash"])
    assert previous["positions"] == [
        {"symbol": p["symbol"], "quantity": p["quantity"]} for p in ended["positions"]
    ]


def the_digest_recomputes(package: Package) -> None:
    """`nav_sha256`, written as docs/verification.md lists it, and canonical JSON by a library."""
    found, known = package["verification"], package["data_provenance"]
    settings, signal = known["settings"], found["signal_attestation"]
    trades = {trade["symbol"]: trade for trade in found["trades"]}
    fees = ("price", "commission", "stamp_duty", "transfer_fee")
    orders = []
    for order in found["orders"]:
        paid = [mills(trades[order["symbol"]][name]) if order["filled"] else 0 for name in fees]
        sign = -1 if order["side"] == "SELL" else 1
        orders.append([order["symbol"], sign * order["quantity"], order["filled"], *paid, order["reason"]])
    prices = ("open", "close", "pre_close", "last_close")
    bound = {
        "accepted": known["accepted"] and known["accepted"]["reason"],
        "bars": [
            [b["symbol"], *(mills(b[name]) for name in prices), b["volume"]]
            + [None if b[name] is None else mills(b[name]) for name in ("upper_limit", "lower_limit")]
            + [b["block"], b["event"]]
            for b in known["bars"]
        ],
        "cash": mills(found["nav"]["cash"]),
        "corporate_actions": [
            [a["symbol"], a["kind"], a["quantity_before"], a["quantity_after"], mills(a["cash"])]
            for a in found["corporate_actions"]
        ],
        "execution_price": settings["execution_price"],
        "commission_e8": int(Decimal(settings["commission_rate"]) * 10**8),
        "slippage_e8": int(Decimal(settings["slippage_rate"]) * 10**8),
        "initial_capital": mills(settings["initial_capital"]),
        "minimum_commission": mills(settings["minimum_commission"]),
        "nav": mills(found["nav"]["reported_nav"]),
        "orders": orders,
        "positions": [[p["symbol"], p["quantity"], mills(p["close"])] for p in found["positions"]],
        "previous": {
            "cash": mills(found["previous"]["cash"]),
            "positions": [[p["symbol"], p["quantity"]] for p in found["previous"]["positions"]],
        },
        "revision": package["revision"],
        "rules_version": known["rules_version"],
        "salt": found["settlement_attestation"]["salt"],
        "signal_hash": signal and signal["signal_hash"],
        "slug": package["slug"],
        "snapshot_sha256": known["snapshot_sha256"],
        "trade_date": package["trade_date"],
    }
    digest = hashlib.sha256(rfc8785.dumps(bound)).hexdigest()
    assert digest == found["settlement_attestation"]["nav_sha256"]


def bars_of(package: Package) -> dict[str, Any]:
    return {bar["symbol"]: bar for bar in package["data_provenance"]["bars"]}


def mills(amount: Any) -> int:
    scaled = Decimal(amount) * 1000
    assert scaled == int(scaled)
    return int(scaled)


def inside(price: Decimal, bar: dict[str, Any]) -> Decimal:
    low, high = bar["lower_limit"], bar["upper_limit"]
    return min(max(price, price if low is None else low), price if high is None else high)


def tick(symbol: str) -> Decimal:
    return Decimal("0.001") if symbol[0] in "15" else CENT


def lot(symbol: str) -> int:
    return 1 if symbol[:3] in {"688", "689"} or symbol.endswith(".BJ") else 100
