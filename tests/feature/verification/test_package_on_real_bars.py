"""Packages of real days: what anyone can check in them, from the package alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.feature.verification import identities
from tests.feature.verification.identities import Package, read
from tests.support.platforms import Stage, stage
from tests.support.real import SAMPLE

FIRST, LAST = date(2024, 5, 6), date(2024, 7, 31)
DAYS = shipped_calendar().between(FIRST, LAST)
TERMS = {
    "opens": {"execution_price": "open", "initial_capital": 10_000_000},
    "closes": {"execution_price": "close", "commission_rate": 0.00025, "slippage_rate": 0.0005},
    "small": {"execution_price": "open", "initial_capital": 100_000, "slippage_rate": 0.05},
}


@dataclass(frozen=True)
class Played:
    on: Stage
    packages: dict[str, list[Package]]  # by slug, in date order

    def all(self) -> Iterator[Package]:
        for packages in self.packages.values():
            yield from packages


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, shared_market: Path) -> Iterator[Played]:
    """Three strategies of the sample's names through the dividend season of 2024."""
    choose = random.Random(5)
    with stage(tmp_path_factory.mktemp("real") / "data", parse_instant(f"{FIRST}T08:00+08:00")) as on:
        market = on.platform.market
        market.import_path(shared_market / f"{SAMPLE}.parquet")
        market.import_path(shared_market / "index_daily.parquet")
        symbols = sorted(market.instruments().symbols)
        agent = on.agent()
        for slug, terms in TERMS.items():
            agent.post("/strategies", {"name": slug, "slug": slug, **terms})
            for day in DAYS:
                if day == FIRST or choose.random() < 0.3:
                    names = choose.sample(symbols, choose.randint(3, 16))
                    on.submit(agent, slug, day, dict.fromkeys(names, int(9_999 / len(names)) / 10_000))
        on.clock_to(LAST, "19:00")
        yield Played(on, {slug: packages_of(on, slug) for slug in TERMS})


def packages_of(on: Stage, slug: str) -> list[Package]:
    visitor = on.public()
    return [
        read(visitor.call("GET", f"/public/strategies/{slug}/verify", date=day.isoformat()).content)
        for day in DAYS
    ]


@pytest.mark.parametrize("slug", TERMS)
def test_every_identity_holds_in_every_package(played: Played, slug: str) -> None:
    packages = played.packages[slug]
    assert [package["trade_date"] for package in packages] == [day.isoformat() for day in DAYS]
    for before, package in zip([None, *packages], packages, strict=False):
        identities.check(package, before)


@pytest.mark.parametrize("slug", TERMS)
def test_days_read_together_equal_the_same_days_read_one_by_one(played: Played, slug: str) -> None:
    platform = played.on.platform
    with platform.records.read() as session:
        number = platform.strategies.by_slug(session, slug).number
        assert number is not None
        signals = platform.strategies.signals_between(session, number, DAYS[1], DAYS[-1])
    weights = {day: given for day, (_, given) in signals.items()}
    days = platform.settlement.days
    together = days.span(number, DAYS[1], DAYS[-1], weights)
    assert together == [days.read(day, {number: weights.get(day)})[0] for day in DAYS[1:]]
    assert days.span(number, DAYS[0], DAYS[-1], weights) == [], "a first day has nothing before it"


def test_the_days_have_what_the_identities_speak_of(played: Played) -> None:
    found = [package["verification"] for package in played.all()]
    assert sum(len(each["corporate_actions"]) for each in found) > 10
    assert {action["kind"] for each in found for action in each["corporate_actions"]} == {"inferred_cash"}
    assert {order["result"] for each in found for order in each["orders"]} == {"filled", "cut", "refused"}
    assert sum(each["signal_attestation"] is None for each in found) > 50


def test_settle_10_the_nav_is_continuous_over_an_ex_date(played: Played) -> None:
    for package in played.all():
        found, bars = package["verification"], identities.bars_of(package)
        if not found["corporate_actions"] or found["signal_attestation"] is not None:
            continue
        moved = sum(
            each["quantity"] * (bars[each["symbol"]]["close"] - bars[each["symbol"]]["pre_close"])
            for each in found["positions"]
        )
        assert found["nav"]["reported_nav"] - found["previous"]["nav"] == moved


def test_the_benchmark_is_the_index_of_the_universe_on_that_day(played: Played, shared_market: Path) -> None:
    closes = dict(
        duckdb.execute(
            "SELECT date, close FROM read_parquet(?) WHERE symbol = '000300.SH' AND date BETWEEN ? AND ?",
            [str(shared_market / "index_daily.parquet"), FIRST - timedelta(days=15), LAST],
        ).fetchall()
    )
    before = [max(day for day in closes if day < FIRST), *DAYS]
    for package, day, previous in zip(played.packages["opens"], DAYS, before, strict=False):
        benchmark = package["data_provenance"]["benchmark"]
        assert benchmark["symbol"] == "000300.SH"
        assert float(benchmark["return"]) == pytest.approx(closes[day] / closes[previous] - 1, abs=1e-12)


def test_the_bars_are_those_of_the_file(played: Played, shared_market: Path) -> None:
    rows = duckdb.execute(
        "SELECT symbol, date::VARCHAR, open, close, pre_close, volume FROM read_parquet(?) WHERE date BETWEEN ? AND ?",
        [str(shared_market / f"{SAMPLE}.parquet"), FIRST, LAST],
    ).fetchall()
    known = {(symbol, day): row for symbol, day, *row in rows}
    compared = 0
    for package in played.all():
        for bar in package["data_provenance"]["bars"]:
            opened, close, pre_close, volume = known[bar["symbol"], package["trade_date"]]
            if volume:
                compared += 1
                assert (float(bar["open"]), float(bar["close"])) == (opened, close)
                assert (float(bar["pre_close"]), bar["volume"]) == (pre_close, volume)
    assert compared > 1000


def test_a_package_has_a_bar_of_every_symbol_that_it_names(played: Played) -> None:
    for package in played.all():
        found = package["verification"]
        named = {
            each["symbol"] for each in found["positions"] + found["orders"] + found["previous"]["positions"]
        }
        named |= {each["symbol"] for each in (found["signal_attestation"] or {"signals": []})["signals"]}
        bars = [bar["symbol"] for bar in package["data_provenance"]["bars"]]
        assert bars == sorted(named)


def test_the_record_and_the_packages_show_the_same_curve(played: Played) -> None:
    for slug, packages in played.packages.items():
        records = played.on.public().get(f"/public/strategies/{slug}/track-record")["records"]
        shown = [package["verification"]["nav"] for package in packages]
        assert [(r["date"], r["daily_return"], r["cumulative_return"]) for r in records] == [
            (nav["date"], float(nav["daily_return"]), float(nav["cumulative_return"])) for nav in shown
        ]
        benchmarks = [package["data_provenance"]["benchmark"]["return"] for package in packages]
        assert [r["benchmark_return"] for r in records] == pytest.approx([float(b) for b in benchmarks])


def test_settings_are_those_of_the_strategy(played: Played) -> None:
    settings = played.packages["closes"][0]["data_provenance"]["settings"]
    assert settings == {
        "initial_capital": Decimal(1_000_000),
        "execution_price": "close",
        "commission_rate": Decimal("0.00025"),
        "slippage_rate": Decimal("0.0005"),
        "minimum_commission": 0,
    }
