"""Honest packages with one defect each, as somebody who wanted to deceive would make them.

`python -m tests.support.tampering` writes them to tests/vectors/packages, each in a file named after its defect.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.support.honest import DAYS, honest_packages, honest_world, settled_world
from tests.support.packages import Package, cny, mills, seal

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "packages"
DAY: Final = "2024-01-09"  # a rebalanced day: a sale, two buys


def honest(day: str = DAY, slug: str = "alpha") -> Package:
    return next(package for package in honest_packages(slug) if package["trade_date"] == day)


def one_weight_changed() -> Package:
    package = honest()
    package["verification"]["signal_attestation"]["signals"][0]["weight"] = 0.41
    return package


def nonce_that_does_not_fit() -> Package:
    package = honest()
    package["verification"]["signal_attestation"]["nonce"] = "0" * 32
    return package


def hash_of_another_strategy() -> Package:
    package = honest()
    other = honest(slug="beta")["verification"]["signal_attestation"]
    package["verification"]["signal_attestation"]["signal_hash"] = other["signal_hash"]
    return package


def price_changed_in_a_trade_alone() -> Package:
    package = honest()
    package["verification"]["trades"][0]["price"] += 0.01
    return package


def amount_that_is_not_quantity_times_price() -> Package:
    """The digest does not bind it: quantity and price say it already."""
    package = honest()
    package["verification"]["trades"][1]["amount"] -= 100
    return seal(package)


def one_share_more_in_a_position() -> Package:
    """With its value, the NAV and the digest."""
    package = honest()
    held = package["verification"]["positions"][0]
    held["quantity"] += 1
    return _revalued(package)


def one_fee_a_cent_lower() -> Package:
    """With the cash, the NAV and the digest."""
    package = honest()
    trade = package["verification"]["trades"][0]
    trade["transfer_fee"] = cny(mills(trade["transfer_fee"]) - 10)
    package["verification"]["nav"]["cash"] = cny(mills(package["verification"]["nav"]["cash"]) + 10)
    return _revalued(package)


def cash_out_of_nothing() -> Package:
    package = honest()
    package["verification"]["nav"]["cash"] += 1000
    return _revalued(package)


def limit_that_the_rules_do_not_allow() -> Package:
    """Wide enough that an order fills which the market refused."""
    package = honest()
    bar = next(bar for bar in package["data_provenance"]["bars"] if bar["symbol"] == "688981.SH")
    bar["upper_limit"] = round(bar["upper_limit"] * 1.2, 2)
    return seal(package)


def dividend_out_of_nothing() -> Package:
    """A last close higher than it was makes a gap, and the gap is paid in cash."""
    package = honest("2024-01-05")
    body = package["verification"]
    held = body["previous"]["positions"][0]
    bar = next(bar for bar in package["data_provenance"]["bars"] if bar["symbol"] == held["symbol"])
    bar["last_close"] = round(bar["last_close"] + 0.5, 2)
    bar["event"] = "inferred_cash"
    paid = held["quantity"] * 500
    terms = {"bonus_per_million": None, "cash_mills_per_million": None, "into_symbol": None}
    shares = {"quantity_before": held["quantity"], "quantity_after": held["quantity"]}
    action = {"symbol": held["symbol"], "kind": "inferred_cash", **shares, "cash": cny(paid), **terms}
    body["corporate_actions"] = [action]
    body["nav"]["cash"] = cny(mills(body["nav"]["cash"]) + paid)
    return _revalued(package)


def suspended_share_that_was_sold() -> Package:
    package = honest()
    sold = package["verification"]["orders"][0]["symbol"]
    bar = next(bar for bar in package["data_provenance"]["bars"] if bar["symbol"] == sold)
    bar["block"] = "suspended"
    return seal(package)


def order_left_out() -> Package:
    """A refused order is taken away, as if it had never been wished for."""
    package = honest("2024-01-11")
    body = package["verification"]
    body["orders"] = [order for order in body["orders"] if order["filled"]]
    return seal(package)


def day_under_another_date() -> Package:
    package = honest("2024-01-10")
    package["trade_date"] = package["verification"]["nav"]["date"] = "2024-01-08"
    package["verification"]["previous"]["date"] = "2024-01-05"
    return package


def day_on_which_the_exchange_was_closed() -> Package:
    package = honest("2024-01-15")
    package["trade_date"] = package["verification"]["nav"]["date"] = "2024-01-13"
    return seal(package)


def leverage() -> Package:
    package = honest()
    for target in package["verification"]["signal_attestation"]["signals"]:
        target["weight"] = 0.9
    return seal(package)


def submitted_after_the_deadline() -> Package:
    package = honest()
    package["verification"]["signal_attestation"]["submitted_at"] = f"{DAY}T09:15:00+08:00"
    return package


def deadline_an_hour_later() -> Package:
    package = honest()
    package["verification"]["signal_attestation"]["deadline"] = f"{DAY}T10:15:00+08:00"
    return package


def rules_of_another_version() -> Package:
    package = honest()
    package["data_provenance"]["rules_version"] = "rules-2031.1-0123456789ab"
    return seal(package)


def simulated() -> Package:
    return {**honest(), "simulated": True}


def synthetic() -> Package:
    return {**honest(), "synthetic": True}


def money_with_four_decimals() -> Package:
    package = honest()
    package["verification"]["nav"]["cash"] += 0.0004
    return package


def price_changed_everywhere() -> Package:
    """The last day settled anew with a better close: bars, trades, NAV and digest agree, as they would have."""
    world = honest_world()
    day, symbol = DAYS[-1], "510300.SH"
    bar = world.bars[day][symbol]
    better = replace(bar, close=bar.close + Decimal("0.100"))
    bars = {**world.bars, day: {**world.bars[day], symbol: better}}
    return settled_world(replace(world, bars=bars))[-1]


DEFECTS: Final[dict[str, Callable[[], Package]]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        one_weight_changed,
        nonce_that_does_not_fit,
        hash_of_another_strategy,
        price_changed_in_a_trade_alone,
        amount_that_is_not_quantity_times_price,
        one_share_more_in_a_position,
        one_fee_a_cent_lower,
        cash_out_of_nothing,
        limit_that_the_rules_do_not_allow,
        dividend_out_of_nothing,
        suspended_share_that_was_sold,
        order_left_out,
        day_under_another_date,
        day_on_which_the_exchange_was_closed,
        leverage,
        submitted_after_the_deadline,
        deadline_an_hour_later,
        rules_of_another_version,
        simulated,
        synthetic,
        money_with_four_decimals,
        price_changed_everywhere,
    )
}


def content(package: Package) -> str:
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _revalued(package: Package) -> Package:
    """Market values, NAV, returns and digest follow from positions and cash."""
    package = copy.deepcopy(package)
    body: dict[str, Any] = package["verification"]
    nav = body["nav"]
    for held in body["positions"]:
        held["market_value"] = cny(held["quantity"] * mills(held["close"]))
    value = sum(mills(held["market_value"]) for held in body["positions"])
    total = value + mills(nav["cash"])
    capital = mills(package["data_provenance"]["settings"]["initial_capital"])
    before = body["previous"]["nav"]
    nav |= {
        "positions_value": cny(value),
        "reported_nav": cny(total),
        "cumulative_return": total / capital - 1,
    }
    nav["daily_return"] = total / (capital if before is None else mills(before)) - 1
    for held in body["positions"]:
        held["weight"] = mills(held["market_value"]) / total
    return seal(package)


def main() -> None:
    VECTORS.mkdir(parents=True, exist_ok=True)
    (VECTORS / "honest.json").write_text(content(honest()))
    for name, make in DEFECTS.items():
        (VECTORS / f"{name}.json").write_text(content(make()))


if __name__ == "__main__":
    main()
