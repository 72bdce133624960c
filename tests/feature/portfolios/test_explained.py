"""A signal explained: the figures of each name, those below the cut, and what the capital cannot buy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller, Stage, made_up, stage
from tests.support.portfolios import active_factor, portfolio_of, send_values

NAMES = [f"6000{k:02d}.SH" for k in range(20)] + ["688001.SH"]
MEMBERS = NAMES[2:]
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
BEFORE, DAY, NEXT = DAYS[:3]
PRICES = {name: 10.0 + k for k, name in enumerate(NAMES)}
"""600019.SH costs 29.00 and 688001.SH 30.00, of which 200 is the least."""


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", parse_instant(f"{BEFORE}T20:00+08:00")) as opened:
        market = opened.platform.market
        market.import_bars(
            made_up({(name, day): (p, p, p, 1_000_000) for name, p in PRICES.items() for day in DAYS})
        )
        lists(opened, BEFORE, MEMBERS)
        yield opened


def lists(on: Stage, day: date, members: list[str]) -> None:
    table = pa.table(
        {
            "index_symbol": ["000300.SH"] * len(members),
            "start_date": pa.array([day] * len(members), pa.date32()),
            "symbol": members,
        }
    )
    on.platform.market.import_table("constituents", "test", table)


def drawn(seed: int) -> dict[str, float]:
    return dict(zip(NAMES, np.random.default_rng(seed).normal(3, 2, len(NAMES)).tolist(), strict=True))


FIRST, SECOND = drawn(1), drawn(2)


@pytest.fixture
def owner(on: Stage) -> Caller:
    return on.agent()


def explained(on: Stage, owner: Caller, **fields: Any) -> tuple[str, Any]:
    one = active_factor(on, owner, {BEFORE: FIRST}, name="one", ic_mean=0.04, ic_ir=0.25)
    two = active_factor(on, owner, {BEFORE: SECOND}, name="two", ic_mean=-0.02, ic_ir=-0.75)
    portfolio = portfolio_of(owner, (one, two), weighting="ic_weighted", **fields)
    on.clock_to(DAY, "08:00:00")
    capital = {"initial_capital": 100_000}
    owner.post(f"/portfolios/{portfolio}/activate", capital)
    return portfolio, owner.get(f"/portfolios/{portfolio}/signals/{DAY}/explain")


def test_the_figures_are_those_of_pandas(on: Stage, owner: Caller) -> None:
    portfolio, found = explained(on, owner)
    frame = pd.DataFrame({"one": FIRST, "two": SECOND}).loc[MEMBERS]
    z = (frame - frame.mean()) / frame.std()
    parts = z * [0.25, -0.75]
    ranked = parts.sum(axis=1).sort_values(ascending=False)
    shown = found["selected"] + found["below_the_cut"]
    assert [each["symbol"] for each in shown] == list(ranked.index[:15])
    assert [each["rank"] for each in shown] == list(range(1, 16))
    assert (len(found["selected"]), len(found["below_the_cut"])) == (5, 10)
    for each in shown:
        symbol = each["symbol"]
        assert each["score"] == pytest.approx(ranked[symbol], abs=1e-12)
        for factor, name in zip(each["factors"], ("one", "two"), strict=True):
            assert factor["zscore"] == pytest.approx(z.loc[symbol, name], abs=1e-12)
            assert factor["contribution"] == pytest.approx(parts.loc[symbol, name], abs=1e-12)
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    (signal,) = owner.get(f"/strategies/{slug}/signals")["signals"]
    assert signal["signals"] == [
        {"symbol": each["symbol"], "weight": each["weight"]} for each in found["selected"]
    ]


def test_what_decided_is_named(on: Stage, owner: Caller) -> None:
    portfolio, found = explained(on, owner)
    members = owner.get(f"/portfolios/{portfolio}")["members"]
    assert found["factors"] == [
        {**members[0], "ic_mean": 0.04, "ic_ir": 0.25, "sign": 1, "weight": 0.25},
        {**members[1], "ic_mean": -0.02, "ic_ir": -0.75, "sign": -1, "weight": 0.75},
    ]
    rest = {name: found[name] for name in ("trade_date", "values_of", "universe", "weighting", "top_n")}
    assert rest == {
        "trade_date": DAY.isoformat(),
        "values_of": BEFORE.isoformat(),
        "universe": "hs300",
        "weighting": "ic_weighted",
        "top_n": 5,
    }
    assert (found["universe_members"], found["cross_section"]) == (19, 19)


def test_a_name_whose_lot_costs_more_than_its_share_of_the_capital_is_too_dear(
    on: Stage, owner: Caller
) -> None:
    """100,000 CNY over 40 names are 2,500 each: at a slippage of 0.2 % a lot at 25.00 is 2,505, one at 24.00 2,404.80."""
    _, found = explained(on, owner, top_n=40)
    dear = {each["symbol"]: each for each in found["too_dear"]}
    assert set(dear) == {name for name in MEMBERS if PRICES[name] >= 25}
    assert dear["600015.SH"] == {
        "symbol": "600015.SH",
        "price": 25.0,
        "lot": 100,
        "lot_cost": 2505.0,
        "target": 2500.0,
    }
    assert (dear["688001.SH"]["lot"], dear["688001.SH"]["lot_cost"]) == (200, 6012.0)
    assert found["capital"] == 100_000.0
    assert found["below_the_cut"] == []


def test_what_is_said_to_be_too_dear_is_not_bought(on: Stage, owner: Caller) -> None:
    portfolio, found = explained(on, owner, top_n=40)
    on.clock_to(DAY, "19:00:00")
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    package = on.public().get(f"/public/strategies/{slug}/verify")["verification"]
    bought = {each["symbol"] for each in package["positions"]}
    assert bought == set(MEMBERS) - {each["symbol"] for each in found["too_dear"]}


def test_the_capital_is_the_last_nav_before_the_trade_date(on: Stage, owner: Caller) -> None:
    portfolio, first = explained(on, owner)
    on.clock_to(DAY, "19:00:00")
    for each, values in zip(owner.get(f"/portfolios/{portfolio}")["members"], (FIRST, SECOND), strict=True):
        send_values(owner, each["factor_id"], {DAY: values})
    on.clock_to(NEXT, "19:00:00")
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    later = owner.get(f"/portfolios/{portfolio}/signals/{NEXT}/explain")
    assert later["capital"] == on.navs(slug)[0] != 100_000.0
    assert owner.get(f"/portfolios/{portfolio}/signals/{DAY}/explain") == first


def test_what_changes_later_changes_no_explanation(on: Stage, owner: Caller) -> None:
    portfolio, found = explained(on, owner)
    owner.post(f"/portfolios/{portfolio}/pause")
    members = owner.get(f"/portfolios/{portfolio}")["members"]
    third = active_factor(on, owner, {BEFORE: drawn(3)}, name="three")
    owner.post(f"/portfolios/{portfolio}/members", {"factor_id": third})
    owner.call("DELETE", f"/portfolios/{portfolio}/members/{members[0]['factor_id']}")
    owner.call("PATCH", f"/portfolios/{portfolio}", {"top_n": 9, "weighting": "equal", "name": "other"})
    lists(on, BEFORE, NAMES[8:])
    assert owner.get(f"/portfolios/{portfolio}/signals/{DAY}/explain") == found


def test_a_day_without_a_signal_has_no_explanation_but_its_reason(on: Stage, owner: Caller) -> None:
    portfolio, _ = explained(on, owner)
    on.clock_to(NEXT, "09:00:00")
    answer = owner.call("GET", f"/portfolios/{portfolio}/signals/{NEXT}/explain")
    assert (answer.status_code, f"no values of one, two for {DAY}" in answer.json()["detail"]) == (404, True)
    assert owner.call("GET", f"/portfolios/{portfolio}/signals/{DAYS[9]}/explain").status_code == 404
    assert owner.call("GET", f"/portfolios/{portfolio}/signals/2024-02-30/explain").status_code == 422
    draft = portfolio_of(owner, ())
    assert owner.call("GET", f"/portfolios/{draft}/signals/{DAY}/explain").status_code == 404


def test_factor_46_no_value_of_a_factor_is_shown(on: Stage, owner: Caller) -> None:
    _, found = explained(on, owner)
    assert not {repr(value) for value in (*FIRST.values(), *SECOND.values())} & set(_numbers(found))


def _numbers(value: Any) -> Iterator[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, float):
        yield repr(value)
    for each in inner:
        yield from _numbers(each)
