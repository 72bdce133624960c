"""Packages of days on which something happens that real data seldom have, worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.feature.verification import identities
from tests.feature.verification.identities import Package, read
from tests.support.platforms import Caller, Stage, made_up, stage

A, B, C = "600001.SH", "600002.SH", "600003.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 8))
FREE = {"commission_rate": 0, "slippage_rate": 0}
ROW, SWAP = DAYS[2], DAYS[3]
Rows = dict[tuple[str, date], tuple[float, float, float | None, int]]


def bars() -> Rows:
    """A stands at 10.00, 7.31 after its row; B at 20.00 until it is swapped; C at 12.00, 11.90 on the day of the swap."""
    rows: Rows = {}
    for day in DAYS:
        a = 10.0 if day < ROW else 7.31
        rows[A, day] = (a, a, a, 1_000_000)
        c = 12.0 if day < SWAP else 11.9
        rows[C, day] = (c, c, c, 1_000_000)
        rows[B, day] = (20.0, 20.0, 20.0, 1_000_000 if day < SWAP else 0)
    return rows


def actions() -> pa.Table:
    """A: 3 bonus shares and 5.00 for ten. B: 1.337 of C and 0.50 for each. C: 0.10 each, on the same day."""
    return pa.table(
        {
            "symbol": [A, B, C],
            "ex_date": [ROW, SWAP, SWAP],
            "bonus_per_million": [300_000, 1_337_000, 0],
            "cash_mills_per_million": [500_000_000, 500_000_000, 100_000_000],
            "into_symbol": [None, C, None],
        }
    )


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(bars()))
        opened.platform.market.import_table("corporate_actions", "actions.csv", actions())
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def settle(on: Stage, agent: Caller, slug: str, weights: dict[str, float], **terms: Any) -> None:
    agent.post("/strategies", {"name": slug, "slug": slug, **FREE, **terms})
    on.submit(agent, slug, DAYS[0], weights)
    on.clock_to(DAYS[-1], "19:00")


def package(on: Stage, slug: str, day: date) -> Package:
    answer = on.public().call("GET", f"/public/strategies/{slug}/verify", date=day.isoformat())
    assert answer.status_code == 200, answer.text
    return read(answer.content)


def checked(on: Stage, slug: str) -> list[Package]:
    packages = [package(on, slug, day) for day in DAYS]
    for before, found in zip([None, *packages], packages, strict=False):
        identities.check(found, before)
    return packages


def test_a_row_gives_shares_and_cash_by_its_terms(on: Stage, agent: Caller) -> None:
    settle(on, agent, "one", {A: 0.5})
    found = checked(on, "one")[2]["verification"]
    # 50,000 shares at 10.00: 15,000 more, and 25,000.00 in cash
    assert found["corporate_actions"] == [
        {
            "symbol": A,
            "kind": "corporate_action",
            "quantity_before": 50_000,
            "quantity_after": 65_000,
            "cash": Decimal(25_000),
            "bonus_per_million": 300_000,
            "cash_mills_per_million": 500_000_000,
            "into_symbol": None,
        }
    ]
    assert found["positions"][0]["quantity"] == 65_000


def test_a_swap_shows_what_went_and_what_arrived_beside_the_receivers_own_row(
    on: Stage, agent: Caller
) -> None:
    settle(on, agent, "one", {B: 0.5, C: 0.3})
    found = checked(on, "one")[3]["verification"]
    # 25,000 of B become 33,425 of C; 25,000 of C were there, and get 2,500.00
    shown = [
        (a["symbol"], a["quantity_before"], a["quantity_after"], a["cash"], a["bonus_per_million"])
        for a in found["corporate_actions"]
    ]
    assert shown == [
        (B, 25_000, 0, Decimal(12_500), 1_337_000),
        (C, 25_000, 25_000, Decimal(2_500), 0),
        (C, 25_000, 58_425, Decimal(0), None),
    ]
    assert [a["into_symbol"] for a in found["corporate_actions"]] == [C, None, None]


def test_shares_that_arrive_where_none_were_held_have_no_terms_of_their_own(on: Stage, agent: Caller) -> None:
    settle(on, agent, "one", {B: 0.5})
    found = checked(on, "one")[3]
    arrived = found["verification"]["corporate_actions"][1]
    assert (arrived["symbol"], arrived["quantity_before"], arrived["quantity_after"]) == (C, 0, 33_425)
    assert {arrived[name] for name in ("bonus_per_million", "cash_mills_per_million", "into_symbol")} == {
        None
    }
    assert {bar["symbol"]: bar["event"] for bar in found["data_provenance"]["bars"]} == {
        B: "corporate_action",
        C: "corporate_action",
    }


def test_the_instrument_swapped_into_has_its_bar_where_no_whole_share_arrived(tmp_path: Path) -> None:
    """The fraction of a share is paid at its price."""
    beijing = {("830799.BJ", day): (20.0, 20.0, 20.0, 1_000_000 if day < SWAP else 0) for day in DAYS}
    thin = pa.table(
        {
            "symbol": ["830799.BJ"],
            "ex_date": [SWAP],
            "bonus_per_million": [4_000],
            "cash_mills_per_million": [0],
            "into_symbol": [C],
        }
    )
    with stage(tmp_path / "thin", START) as on:
        on.platform.market.import_bars(made_up(bars() | beijing))
        on.platform.market.import_table("corporate_actions", "actions.csv", thin)
        settle(on, on.agent(), "one", {"830799.BJ": 0.0204}, initial_capital=100_000)
        found = checked(on, "one")[3]
    # 102 shares at 0.004 of C each: 0 shares and 0.408 of one, at 11.90: 4.86
    (action,) = found["verification"]["corporate_actions"]
    assert (action["quantity_after"], action["cash"], action["into_symbol"]) == (0, Decimal("4.86"), C)
    assert [bar["symbol"] for bar in found["data_provenance"]["bars"]] == [C, "830799.BJ"]
    assert found["verification"]["positions"] == []


def test_the_terms_are_those_that_settled_whatever_the_market_says_since(on: Stage, agent: Caller) -> None:
    settle(on, agent, "one", {A: 0.5})
    before = package(on, "one", ROW)
    with on.platform.series.write() as cursor:
        cursor.execute("DELETE FROM corporate_action")
        cursor.execute("UPDATE bar SET close = close + 1")
    on.platform.market.version += 1
    assert package(on, "one", ROW) == before


def test_an_accepted_day_shows_by_whom_and_why_and_binds_the_reason(tmp_path: Path) -> None:
    thin = {(s, d): row for (s, d), row in bars().items() if s == A or d == DAYS[0]}
    with stage(tmp_path / "thin", START) as on:
        on.platform.market.import_bars(made_up(thin))
        settle(on, on.agent(), "one", {A: 0.5})
        on.operator.post(
            "/admin/market/accept", {"date": DAYS[1].isoformat(), "reason": 'half „open“\n"数据"'}
        )
        assert package(on, "one", DAYS[0])["data_provenance"]["accepted"] is None
        found = package(on, "one", DAYS[1])
        assert found["data_provenance"]["accepted"] == {"by": "operator", "reason": 'half „open“\n"数据"'}
        identities.the_digest_recomputes(found)
        log = {e["date"]: e for e in on.public().get("/public/strategies/one/audit")["audit_log"]}
        assert log[DAYS[1].isoformat()] == {
            "date": DAYS[1].isoformat(),
            "type": "HOLD",
            "detail": 'No signal: nothing was traded. Market data accepted by operator: half „open“\n"数据".',
        }


def test_a_delisted_holding_is_marked_stale_in_the_nav_of_the_package(tmp_path: Path) -> None:
    rows = {(s, d): row for (s, d), row in bars().items() if s != A or d < DAYS[2]}
    with stage(tmp_path / "data", START) as on:
        market = on.platform.market
        market.import_bars(made_up(rows))
        gone = {"list_date": pa.array([None], pa.date32()), "delist_date": pa.array([DAYS[2]], pa.date32())}
        market.import_table("instruments", "gone.csv", pa.table({"symbol": [A], **gone}))
        settle(on, on.agent(), "one", {A: 0.5})
        market.accept(DAYS[2], "A was delisted", "operator")
        assert "stale" not in package(on, "one", DAYS[1])["verification"]["nav"]
        found = package(on, "one", DAYS[2])
        nav = found["verification"]["nav"]
        assert float(nav["stale"]) == pytest.approx(500_000 / float(nav["reported_nav"]))
        assert found["data_provenance"]["bars"][0]["block"] == "delisted"


def test_a_paused_day_has_no_signal_also_where_one_was_submitted(on: Stage, agent: Caller) -> None:
    agent.post("/strategies", {"name": "one", "slug": "one", **FREE})
    on.submit(agent, "one", DAYS[0], {A: 0.5})
    on.clock_to(DAYS[1], "08:00")
    on.submit(agent, "one", DAYS[1], {C: 0.5})
    assert agent.call("PATCH", "/strategies/one", {"status": "paused"}).status_code == 200
    on.clock_to(DAYS[2], "20:00")
    assert agent.call("PATCH", "/strategies/one", {"status": "active"}).status_code == 200
    found = package(on, "one", DAYS[1])["verification"]
    assert found["signal_attestation"] is None
    assert [held["symbol"] for held in found["positions"]] == [A]
    on.clock_to(DAYS[-1], "19:00")
    checked(on, "one")
