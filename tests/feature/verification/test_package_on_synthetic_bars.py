"""Packages of a made-up market in which everything happens; and of two platforms that were told the same."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.market.core.synthetic import synthetic_market
from tests.feature.verification import identities
from tests.feature.verification.identities import Package, read
from tests.support.platforms import Stage, stage

FIRST, LAST = date(2023, 5, 4), date(2023, 7, 31)
DAYS = shipped_calendar().between(FIRST, LAST)
SLUGS = ("opens", "closes", "wide")
NOWHERE = "600999.SH"  # named in signals, in no market


def play(folder: Path) -> Iterator[Stage]:
    market = synthetic_market(shipped_calendar(), last=LAST)
    choose = np.random.default_rng(16)
    with stage(folder, parse_instant(f"{FIRST}T08:00+08:00"), minimum_commission=5) as on:
        on.platform.market.import_instruments(market.instruments, synthetic=True)
        on.platform.market.import_bars(market.bars, synthetic=True)
        symbols = on.platform.market.instruments().symbols
        agent = on.agent()
        for slug in SLUGS:
            execution = "close" if slug == "closes" else "open"
            universe = "etf_all" if slug == "wide" else "hs300"
            terms = {"execution_price": execution, "universe": universe}
            agent.post("/strategies", {"name": slug, "slug": slug, **terms})
            count = 40 if slug == "wide" else 8
            for day in DAYS:
                if choose.random() < 0.5:
                    names = [symbols[i] for i in choose.choice(len(symbols), count, replace=False)]
                    on.submit(agent, slug, day, weighted([*names, NOWHERE]))
        on.clock_to(LAST, "19:00")
        yield on


def weighted(names: list[str]) -> dict[str, float]:
    """Weights that sum to a little less than 1: most names have one of their own, some share it with another."""
    shares = [1 + k // 2 + k % 3 for k in range(len(names))]
    return {name: 0.9999 * share / sum(shares) for name, share in zip(names, shares, strict=True)}


def packages_of(on: Stage, slug: str) -> list[Package]:
    visitor = on.public()
    found = [visitor.call("GET", f"/public/strategies/{slug}/verify", date=day.isoformat()) for day in DAYS]
    return [read(answer.content) for answer in found if answer.status_code == 200]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Package]]]:
    for on in play(tmp_path_factory.mktemp("one") / "data"):
        found = {slug: packages_of(on, slug) for slug in SLUGS}
        found["record of wide"] = on.public().get("/public/strategies/wide/track-record")["records"]
        yield found


@pytest.mark.parametrize("slug", SLUGS)
def test_every_identity_holds_in_every_package(played: dict[str, list[Package]], slug: str) -> None:
    packages = played[slug]
    assert len(packages) > 50
    for before, package in zip([None, *packages], packages, strict=False):
        identities.check(package, before)
        assert package["simulated"] is package["synthetic"] is True


def test_the_days_have_what_the_identities_speak_of(played: dict[str, list[Package]]) -> None:
    found = [package["verification"] for slug in SLUGS for package in played[slug]]
    reasons = {order["reason"] for each in found for order in each["orders"]}
    assert reasons >= {
        None,
        "no_market_data",
        "delisted",
        "suspended",
        "limit_up",
        "limit_down",
        "below_one_lot",
    }
    kinds = {action["kind"] for each in found for action in each["corporate_actions"]}
    assert kinds == {"inferred_cash", "inferred_shares"}


def test_an_order_in_a_symbol_without_any_price_is_a_buy_of_nothing(
    played: dict[str, list[Package]],
) -> None:
    orders = [
        order
        for package in played["wide"]
        for order in package["verification"]["orders"]
        if order["symbol"] == NOWHERE
    ]
    assert orders
    assert {tuple(order.values()) for order in orders} == {
        (NOWHERE, "BUY", 0, 0, "refused", "no_market_data")
    }


def test_sells_stand_by_symbol_and_buys_by_descending_weight_then_symbol(
    played: dict[str, list[Package]],
) -> None:
    for package in played["wide"]:
        signal = package["verification"]["signal_attestation"]
        if signal:
            weights = {each["symbol"]: each["weight"] for each in signal["signals"]}
            orders = package["verification"]["orders"]
            sells, buys = ([o["symbol"] for o in orders if o["side"] == side] for side in ("SELL", "BUY"))
            assert sells == sorted(sells)
            assert buys == sorted(buys, key=lambda symbol: (-weights[symbol], symbol))


def test_settle_16_two_platforms_told_the_same_give_the_same_packages(
    played: dict[str, list[Package]], tmp_path: Path
) -> None:
    for on in play(tmp_path / "other"):
        for slug in SLUGS:
            other = packages_of(on, slug)
            assert [bare(package) for package in other] == [bare(package) for package in played[slug]]
            salts = {package["verification"]["settlement_attestation"]["salt"] for package in other}
            assert len(salts) == len(other)
            assert not salts & {
                package["verification"]["settlement_attestation"]["salt"] for package in played[slug]
            }


def bare(package: Package) -> dict[str, Any]:
    """Without what is drawn by lot: nonce and salt, and the hashes over them."""
    found = copy.deepcopy(package)
    found["verification"]["settlement_attestation"] = None
    if found["verification"]["signal_attestation"]:
        del found["verification"]["signal_attestation"]["nonce"]
        del found["verification"]["signal_attestation"]["signal_hash"]
    return found


def test_the_benchmark_of_funds_is_that_of_the_track_record(played: dict[str, list[Package]]) -> None:
    shown = [(p["trade_date"], p["data_provenance"]["benchmark"]) for p in played["wide"]]
    assert {benchmark["symbol"] for _, benchmark in shown} == {"etf_all"}
    for (day, benchmark), recorded in zip(shown, played["record of wide"], strict=True):
        assert day == recorded["date"]
        assert float(benchmark["return"]) == pytest.approx(recorded["benchmark_return"], abs=1e-12)
    assert len({benchmark["return"] for _, benchmark in shown}) > 50


def test_without_an_index_the_benchmark_is_null(played: dict[str, list[Package]]) -> None:
    found = [package["data_provenance"]["benchmark"] for package in played["opens"]]
    assert found == [{"symbol": "000300.SH", "return": None}] * len(found)
