"""Which signals count, and until when a strategy is settled (STRAT-17, SETTLE-14, settlement's view)."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert
from sqlmodel import SQLModel

from quantos.errors import Unavailable
from quantos.kit.clock import parse_instant
from quantos.strategies.core.deadlines import Execution

MAOTAI = ("600519.SH", 0.5)


def due(site: Any, upto: Any) -> Any:
    with site.records.read() as session:
        return {terms.slug: terms for terms in site.strategies.due(session, date.fromisoformat(upto))}


def effective(site: Any, day: Any, numbers: Any = (1, 2, 3)) -> Any:
    with site.records.read() as session:
        return site.strategies.signals_on(session, date.fromisoformat(day), numbers)


ALLOWED = {
    ("pending", "retired"),
    ("active", "paused"),
    ("active", "retired"),
    ("paused", "active"),
    ("paused", "retired"),
}
STATUSES = ("pending", "active", "paused", "retired")


@pytest.mark.parametrize("wanted", STATUSES)
@pytest.mark.parametrize("present", STATUSES)
def test_strat_17_every_transition_but_the_guides_is_400(agent: Any, present: Any, wanted: Any) -> None:
    agent.strategy() if present == "pending" else agent.active()
    if present in {"paused", "retired"}:
        agent.patch("alpha", status=present)
    before = agent.get("alpha")
    assert before["status"] == present
    answer = agent.patch("alpha", name="New", status=wanted)
    if (present, wanted) in ALLOWED:
        assert (answer.status_code, answer.json()["status"]) == (200, wanted)
    else:
        assert answer.status_code == 400
        assert agent.get("alpha") == before


def test_strat_17_a_pause_before_the_deadline_takes_the_day_out(site: Any, agent: Any) -> None:
    agent.active()
    site.at("2024-01-02T09:14:59")
    agent.patch("alpha", status="paused")
    assert effective(site, "2024-01-02") == {}
    assert due(site, "2024-01-31") == {}


@pytest.mark.parametrize("status", ["paused", "retired"])
@pytest.mark.parametrize("at", ["2024-01-02T09:15:00", "2024-01-02T18:00:00", "2024-01-03T09:14:59"])
def test_strat_17_a_signal_whose_deadline_passed_is_settled_whatever_the_status_says(
    site: Any, agent: Any, status: Any, at: Any
) -> None:
    agent.active()
    agent.signal("alpha", "2024-01-03", MAOTAI)
    site.at(at)
    agent.patch("alpha", status=status)
    assert list(effective(site, "2024-01-02")) == [1]
    assert effective(site, "2024-01-03") == {}
    terms = due(site, "2024-01-03")["alpha"]
    assert (terms.first_date, terms.settle_until) == (date(2024, 1, 2), date(2024, 1, 2))


def test_strat_17_the_deadline_of_a_close_strategy_is_its_own(site: Any, agent: Any) -> None:
    agent.active(execution_price="close")
    site.at("2024-01-02T14:59:59")
    agent.patch("alpha", status="paused")
    assert effective(site, "2024-01-02") == {}
    agent.active("beta", execution_price="close")
    site.at("2024-01-02T15:00:00")
    agent.patch("beta", status="paused")
    assert list(effective(site, "2024-01-02")) == [2]


def test_a_resumed_strategy_counts_from_the_next_deadline_on(site: Any, agent: Any) -> None:
    agent.active()
    for day in ("2024-01-03", "2024-01-04", "2024-01-05"):
        agent.signal("alpha", day, MAOTAI)
    site.at("2024-01-02T10:00:00")
    agent.patch("alpha", status="paused")
    site.at("2024-01-04T09:15:00")
    agent.patch("alpha", status="active")
    days = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
    assert [list(effective(site, day)) for day in days] == [[1], [], [], [1]]
    assert due(site, "2024-01-05")["alpha"].settle_until is None


def test_a_resumption_before_the_deadline_counts_for_the_day(site: Any, agent: Any) -> None:
    agent.active()
    agent.signal("alpha", "2024-01-04", MAOTAI)
    site.at("2024-01-02T10:00:00")
    agent.patch("alpha", status="paused")
    site.at("2024-01-04T09:14:59")
    agent.patch("alpha", status="active")
    assert list(effective(site, "2024-01-04")) == [1]


def test_pausing_and_resuming_at_one_instant_leaves_the_last_word(site: Any, agent: Any) -> None:
    agent.active()
    for status in ("paused", "active", "paused", "active"):
        agent.patch("alpha", status=status)
    assert list(effective(site, "2024-01-02")) == [1]
    agent.patch("alpha", status="paused")
    assert effective(site, "2024-01-02") == {}


def test_settle_02_due_begins_with_the_first_effective_signal(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.strategy("silent")
    agent.signal("alpha", "2024-01-04", MAOTAI)
    agent.signal("alpha", "2024-01-08", MAOTAI)
    assert due(site, "2024-01-03") == {}
    assert due(site, "2024-01-04")["alpha"].first_date == date(2024, 1, 4)
    site.at("2024-01-04T09:00:00")
    agent.patch("alpha", status="paused")
    site.at("2024-01-05T10:00:00")
    agent.patch("alpha", status="active")
    assert due(site, "2024-01-05") == {}
    assert due(site, "2024-01-08")["alpha"].first_date == date(2024, 1, 8)


def test_due_tells_the_terms_in_the_ledgers_units(site: Any, agent: Any) -> None:
    agent.active(
        execution_price="close",
        universe="csi500",
        initial_capital=250_000,
        commission_rate=0.00012345,
        slippage_rate=0.05,
    )
    terms = due(site, "2024-01-02")["alpha"]
    assert (terms.number, terms.execution, terms.universe) == (1, "close", "csi500")
    assert (terms.initial_capital, terms.commission_e8, terms.slippage_e8) == (250_000, 12_345, 5_000_000)
    assert (terms.user_id, terms.status) == (agent.user_id, "active")


def test_settle_until_of_a_retired_strategy_includes_the_days_of_its_pause(site: Any, agent: Any) -> None:
    agent.active()
    site.at("2024-01-02T10:00:00")
    agent.patch("alpha", status="paused")
    site.at("2024-01-08T09:15:00")
    assert due(site, "2024-01-08")["alpha"].settle_until == date(2024, 1, 2)
    agent.patch("alpha", status="retired")
    assert due(site, "2024-01-08")["alpha"].settle_until == date(2024, 1, 8)


def test_settle_until_looks_past_a_resumption_that_saw_no_deadline(site: Any, agent: Any) -> None:
    agent.active()
    site.at("2024-01-03T09:14:00")
    agent.patch("alpha", status="paused")
    site.at("2024-01-05T10:00:00")
    agent.patch("alpha", status="active")
    site.at("2024-01-05T11:00:00")
    agent.patch("alpha", status="paused")
    assert due(site, "2024-01-05")["alpha"].settle_until == date(2024, 1, 2)


def test_settle_until_of_a_weekend_is_the_friday_before(site: Any, agent: Any) -> None:
    agent.active()
    site.at("2024-01-07T12:00:00")
    agent.patch("alpha", status="paused")
    assert due(site, "2024-01-08")["alpha"].settle_until == date(2024, 1, 5)


@pytest.mark.parametrize("wanted", ["active", "retired"])
def test_settle_14_the_missed_days_are_filled_in_before_a_pause_ends(
    site: Any, agent: Any, wanted: Any
) -> None:
    agent.active()
    agent.patch("alpha", status="paused")
    assert site.settlement.filled == []
    assert agent.patch("alpha", status=wanted).status_code == 200
    assert site.settlement.filled == [1]


def test_settle_14_deleting_a_paused_strategy_fills_its_missed_days_too(site: Any, agent: Any) -> None:
    agent.active()
    agent.patch("alpha", status="paused")
    agent.call("DELETE", "/strategies/alpha")
    assert site.settlement.filled == [1]


def test_settle_14_where_the_days_cannot_be_filled_in_nothing_changes(site: Any, agent: Any) -> None:
    agent.active()
    agent.patch("alpha", status="paused")
    before = agent.get("alpha")
    site.settlement.refusal = Unavailable("waiting for data")
    assert agent.patch("alpha", status="active", name="New").status_code == 503
    assert agent.get("alpha") == before


@pytest.mark.parametrize("change", [{"status": "paused"}, {"status": "retired"}, {"name": "x"}])
def test_other_changes_fill_nothing(site: Any, agent: Any, change: Any) -> None:
    agent.active()
    agent.patch("alpha", **change)
    assert site.settlement.filled == []


def test_signals_come_in_the_order_submitted_as_exact_decimals(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.strategy("beta")
    agent.strategy("gamma")
    agent.signal("alpha", "2024-01-02", ("600519.SH", 0.05), ("000001.SZ", 1e-7), ("300750.SZ", 0.1 + 0.2))
    agent.signal("beta", "2024-01-02")
    agent.signal("gamma", "2024-01-02", ("600519.SH", 1))
    found = effective(site, "2024-01-02", [1, 2])
    assert sorted(found) == [1, 2]
    assert found[1].symbols == ("600519.SH", "000001.SZ", "300750.SZ")
    assert found[1].mantissa.tolist() == [5, 1, 30000000000000004]
    assert found[1].exponent.tolist() == [2, 7, 17]
    assert (found[2].symbols, len(found[2].mantissa)) == ((), 0)


@pytest.mark.parametrize("many", [False, True])
def test_signals_of_strategies_that_were_not_asked_for_stay_away(site: Any, agent: Any, many: Any) -> None:
    agent.active()
    agent.active("beta")
    numbers = [2, *range(10, 1000 if many else 12)]
    assert list(effective(site, "2024-01-02", numbers)) == [2]


def test_ten_thousand_strategies_of_fifty_names_are_read_in_seconds(site: Any, agent: Any) -> None:
    agent.strategy()
    count, day = 10_000, date(2024, 1, 2)
    fill(site, agent.user_id, count, day)
    begun = time.perf_counter()
    with site.records.read() as session:
        terms = site.strategies.due(session, day)
        found = site.strategies.signals_on(session, day, [each.number for each in terms])
    assert time.perf_counter() - begun < 10
    assert len(terms) == len(found) == count
    assert found[terms[-1].number].mantissa.tolist() == [2] * 50
    assert np.all(found[terms[0].number].exponent == 2)


def fill(site: Any, user_id: Any, count: Any, day: Any) -> None:
    """Active strategies beyond the first, each with one signal, by SQL."""
    at, tables = parse_instant("2024-01-02T08:00:00+08:00"), SQLModel.metadata.tables
    lines = ",".join(f'{{"symbol":"{600000 + place}.SH","weight":0.02}}' for place in range(50))
    numbers = range(2, count + 2)
    strategy = {
        "user_id": user_id,
        "name": "x",
        "universe": "hs300",
        "execution_price": "open",
        "holding_period": 10,
        "initial_capital": 1_000_000,
        "commission_e8": 0,
        "slippage_e8": 0,
        "status": "active",
        "is_public": True,
        "activated_at": at,
        "created_at": at,
    }
    signal = {
        "trade_date": day,
        "id": "x",
        "signals": f"[{lines}]",
        "nonce": "n",
        "signal_hash": "h",
        "submitted_at": at,
        "deadline": Execution.OPEN.deadline(day),
    }
    with site.records.write() as session:
        rows = [{"number": n, "id": str(n), "slug": f"s-{n}", **strategy} for n in numbers]
        session.execute(insert(tables["strategy"]), rows)
        changes = [{"strategy_number": n, "status": "active", "at": at} for n in numbers]
        session.execute(insert(tables["status_change"]), changes)
        session.execute(insert(tables["signal"]), [{"strategy_number": n, **signal} for n in numbers])
