"""The daily run on a whole platform: what is settled when, and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from quantos.admin.schemas import JobList, RanOut
from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.settlement.store import add_run
from quantos.settlement.tables import SettlementRun
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
PRICES = {A: 10.0, B: 20.0}


def quiet(
    days: list[date], symbols: tuple[str, ...] = (A, B)
) -> dict[tuple[str, date], tuple[float, float, float, int]]:
    """Prices that never move."""
    return {(s, d): (PRICES[s], PRICES[s], PRICES[s], 1_000_000) for s in symbols for d in days}


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(quiet(DAYS)))
        yield opened


@pytest.fixture
def agent(on_stage: Stage) -> Caller:
    caller = on_stage.agent()
    free_of_costs = {"commission_rate": 0, "slippage_rate": 0}
    caller.post("/strategies", {"name": "One", "slug": "one", **free_of_costs})
    return caller


def settled_signals(agent: Caller) -> dict[str, bool]:
    return {s["trade_date"]: s["is_settled"] for s in agent.get("/strategies/one/signals")["signals"]}


def runs(on_stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = on_stage.operator.get("/admin/settlement-runs")["settlement_runs"]
    return found


def test_a_day_is_settled_at_1815_and_not_before(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    before = on_stage.clock_to(DAYS[0], "18:14:59")
    assert "settle_all_active_strategies" not in {ran["job"] for ran in before}
    assert settled_signals(agent) == {"2024-03-01": False}
    ran = on_stage.clock_to(DAYS[0], "18:15:00")
    assert [(r["job"], r["state"]) for r in ran] == [("settle_all_active_strategies", "done")]
    assert settled_signals(agent) == {"2024-03-01": True}


def test_asking_for_a_settlement_before_1815_is_refused(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "15:30")
    answer = on_stage.operator.call(
        "POST", "/admin/jobs/settle_all_active_strategies/run", {"date": DAYS[0].isoformat()}
    )
    assert answer.status_code == 400
    assert "18:15" in answer.json()["detail"]


def test_half_in_one_share_at_ten_buys_that_many_lots_and_costs_the_transfer_fee(
    on_stage: Stage, agent: Caller
) -> None:
    # 0.5 * 1,000,000 / 10 = 50,000 shares; transfer fee 0.001 % of 500,000 = 5 CNY; nothing else costs.
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "19:00")
    assert on_stage.navs("one") == [999_995.0]


def test_an_order_costs_the_minimum_commission_that_the_platform_sets(tmp_path: Path) -> None:
    # As above, and 0 % of commission is at least 5 CNY an order.
    with stage(tmp_path / "data", START, minimum_commission=5) as on:
        on.platform.market.import_bars(made_up(quiet(DAYS)))
        agent = on.agent()
        agent.post("/strategies", {"name": "One", "slug": "one", "commission_rate": 0, "slippage_rate": 0})
        on.submit(agent, "one", DAYS[0], {A: 0.5})
        on.clock_to(DAYS[0], "19:00")
        assert on.navs("one") == [999_990.0]


def test_a_day_without_a_signal_is_a_hold_day(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[1], "19:00")
    assert on_stage.navs("one") == [999_995.0, 999_995.0]
    newest, before = runs(on_stage)[:2]
    assert (before["settled"], before["held"]) == (1, 0)
    assert (newest["settled"], newest["held"]) == (0, 1)
    told = [
        on_stage.operator.get(f"/admin/settlement-runs/{run['id']}")["outcomes"] for run in (before, newest)
    ]
    assert told == [
        [{"slug": "one", "trade_date": day.isoformat(), "outcome": outcome}]
        for day, outcome in zip(DAYS[:2], ("settled", "held"), strict=True)
    ]


def test_an_empty_signal_is_all_cash(on_stage: Stage, agent: Caller) -> None:
    # Selling 500,000 CNY: stamp duty 0.05 % = 250, transfer fee 5.
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[1], "09:00")
    on_stage.submit(agent, "one", DAYS[1], {})
    on_stage.clock_to(DAYS[1], "19:00")
    assert on_stage.navs("one") == [999_995.0, 999_740.0]


def test_settling_twice_changes_nothing(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "19:00")
    before = on_stage.navs("one")
    again = on_stage.operator.post(
        "/admin/jobs/settle_all_active_strategies/run", {"date": DAYS[0].isoformat()}
    )
    assert again["detail"]["settled"] == 0
    assert on_stage.navs("one") == before


def test_a_signal_for_a_later_day_has_no_effect_before_it(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[2], {A: 0.5})
    on_stage.clock_to(DAYS[1], "19:00")
    assert on_stage.navs("one") == []
    on_stage.clock_to(DAYS[2], "19:00")
    assert on_stage.navs("one") == [999_995.0]


def test_a_signal_for_a_later_day_leaves_the_days_before_it_as_they_are(
    on_stage: Stage, agent: Caller
) -> None:
    on_stage.submit(agent, "one", DAYS[0], {})
    on_stage.submit(agent, "one", DAYS[2], {A: 0.5})
    on_stage.clock_to(DAYS[1], "19:00")
    assert on_stage.navs("one") == [1_000_000.0, 1_000_000.0]
    on_stage.clock_to(DAYS[2], "19:00")
    assert on_stage.navs("one") == [1_000_000.0, 1_000_000.0, 999_995.0]


def test_days_missed_while_the_platform_was_off_are_settled_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with stage(folder, START) as first:
        first.platform.market.import_bars(made_up(quiet(DAYS)))
        agent = first.agent()
        agent.post("/strategies", {"name": "One", "slug": "one", "commission_rate": 0, "slippage_rate": 0})
        first.submit(agent, "one", DAYS[0], {A: 0.5})
    with stage(folder, START) as second:
        second.clock_to(DAYS[4], "20:00")
        assert len(second.navs("one")) == 5


def test_a_day_with_too_few_bars_waits_and_says_what_is_missing(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        on.platform.market.import_bars(made_up(quiet([DAYS[0], DAYS[2]])))
        agent = on.agent()
        agent.post("/strategies", {"name": "One", "slug": "one"})
        on.submit(agent, "one", DAYS[0], {A: 0.5})
        on.clock_to(DAYS[2], "20:00")
        assert len(on.navs("one")) == 1
        newest = runs(on)[0]
        assert newest["status"] == "waiting_for_data"
        detail = on.operator.get(f"/admin/settlement-runs/{newest['id']}")["detail"]["waiting"]
        assert detail["trade_date"] == DAYS[1].isoformat()
        assert detail["missing"] == [A, B]
        on.platform.market.import_bars(made_up(quiet([DAYS[1]])))
        assert len(on.navs("one")) == 3
        newest = runs(on)[0]
        assert (newest["status"], newest["settled"], newest["held"]) == ("done", 0, 2)
        (listed,) = on.public().get("/public/strategies")["strategies"]
        assert listed["trading_days"] == 3


def test_that_a_settlement_waits_is_told_as_the_description_has_it(on_stage: Stage, agent: Caller) -> None:
    on_stage.platform.market.import_bars(made_up(quiet(DAYS[:1])))
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    after = shipped_calendar().next_after(DAYS[-1])
    ran = on_stage.clock_to(after, "19:00")
    last = [each for each in ran if each["job"] == "settle_all_active_strategies"][-1]
    assert RanOut.model_validate(last).state == "waiting"
    jobs = JobList.model_validate(on_stage.operator.get("/admin/jobs")).jobs
    assert [job.state for job in jobs if job.name == "settle_all_active_strategies"] == ["waiting"]


def test_the_operator_accepts_a_doubtful_day_by_name(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        rows = quiet(DAYS[:2])
        del rows[B, DAYS[1]]
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        agent.post("/strategies", {"name": "One", "slug": "one"})
        on.submit(agent, "one", DAYS[0], {B: 0.5})
        on.clock_to(DAYS[1], "20:00")
        assert len(on.navs("one")) == 1
        on.operator.post(
            "/admin/market/accept", {"date": DAYS[1].isoformat(), "reason": "the exchange closed early"}
        )
        on.operator.post("/admin/jobs/settle_all_active_strategies/run", {"date": DAYS[1].isoformat()})
        first, second = on.navs("one")
        assert first == second, "a missing row of a held share counts as a suspension"
        with on.platform.series.read() as cursor:
            accepted = cursor.execute("SELECT accepted_reason FROM snapshot ORDER BY id").fetchall()
        assert accepted == [(None,), ("the exchange closed early",)]


def test_the_days_of_a_pause_are_filled_in_as_hold_days_on_resuming(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "20:00")
    assert agent.call("PATCH", "/strategies/one", {"status": "paused"}).status_code == 200
    on_stage.clock_to(DAYS[3], "20:00")
    assert len(on_stage.navs("one")) == 1
    assert agent.call("PATCH", "/strategies/one", {"status": "active"}).status_code == 200
    assert len(on_stage.navs("one")) == 4


def test_a_pause_that_ends_before_1815_fills_in_the_days_before_and_not_that_one(
    on_stage: Stage, agent: Caller
) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "20:00")
    agent.call("PATCH", "/strategies/one", {"status": "paused"})
    on_stage.clock_to(DAYS[3], "18:14:59")
    agent.call("PATCH", "/strategies/one", {"status": "active"})
    assert len(on_stage.navs("one")) == 3
    on_stage.clock_to(DAYS[3], "18:15")
    assert len(on_stage.navs("one")) == 4


def test_the_declared_holding_period_forces_no_trade(on_stage: Stage, agent: Caller) -> None:
    agent.post("/strategies", {"name": "Short", "slug": "short", "holding_period": 1})
    on_stage.submit(agent, "short", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[4], "20:00")
    log = on_stage.public().get("/public/strategies/short/audit")["audit_log"]
    assert [entry["type"] for entry in log] == ["HOLD"] * 4 + ["REBALANCE"]


def held(on_stage: Stage, day: date, slug: str = "one") -> dict[str, int]:
    package = on_stage.public().get(f"/public/strategies/{slug}/verify", date=day.isoformat())
    return {each["symbol"]: each["quantity"] for each in package["verification"]["positions"]}


def test_settle_17_a_signal_for_a_day_to_come_has_no_effect_before_it(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[2], {B: 0.4})
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[2], "20:00")
    assert [held(on_stage, day) for day in DAYS[:2]] == [{A: 50_000}] * 2
    assert held(on_stage, DAYS[2]) == {B: 19_900}  # 0.4 of 999,995 at 20 is 19,999.9 shares
    assert settled_signals(agent) == {str(DAYS[0]): True, str(DAYS[2]): True}


def test_bench_02_the_universe_restricts_nothing_that_is_traded(on_stage: Stage, agent: Caller) -> None:
    agent.post("/strategies", {"name": "Funds", "slug": "funds", "universe": "etf_all"})
    on_stage.submit(agent, "funds", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "20:00")
    assert held(on_stage, DAYS[0], "funds") == {A: 49_900}  # 500,000 at 10.02


def test_a_pause_after_the_deadline_does_not_stop_the_signal_of_the_day(
    on_stage: Stage, agent: Caller
) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "14:00")
    agent.call("PATCH", "/strategies/one", {"status": "paused"})
    on_stage.clock_to(DAYS[1], "20:00")
    assert on_stage.navs("one") == [999_995.0]


def test_a_retired_strategy_is_settled_no_longer(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[1], "20:00")
    assert agent.call("DELETE", "/strategies/one").status_code == 200
    on_stage.clock_to(DAYS[4], "20:00")
    assert len(on_stage.navs("one")) == 2


def test_an_unknown_symbol_is_refused_for_want_of_data_and_the_rest_is_settled(
    on_stage: Stage, agent: Caller
) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5, "999999.SH": 0.3})
    on_stage.clock_to(DAYS[0], "20:00")
    assert on_stage.navs("one") == [999_995.0]
    with on_stage.platform.series.read() as cursor:
        found = cursor.execute(
            "SELECT symbol, quantity, reason FROM trade_order JOIN unknown_symbol ON number = instrument"
        ).fetchall()
    assert found == [("999999.SH", 0, 1)]


def test_one_unexplained_reference_keeps_only_who_holds_it(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        rows = quiet(DAYS[:2])
        rows[B, DAYS[1]] = (30.0, 30.0, 30.0, 1000)  # the reference jumps from 20 to 30
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        for slug, symbol in (("holds-a", A), ("holds-b", B)):
            agent.post("/strategies", {"name": slug, "slug": slug})
            on.submit(agent, slug, DAYS[0], {symbol: 0.5})
        on.clock_to(DAYS[1], "18:30")
        assert (len(on.navs("holds-a")), len(on.navs("holds-b"))) == (2, 1)
        (failed,) = runs(on)[0]["failed"]
        assert failed["slug"] == "holds-b"
        assert failed["reason"].startswith(f"unexplained_reference: {B}")
        on.clock_to(DAYS[1], "18:45")
        newest = on.operator.get(f"/admin/settlement-runs/{runs(on)[0]['id']}")
        assert newest["detail"]["missing"] == ["holds-b"]


def test_a_correction_of_a_settled_day_changes_no_nav(on_stage: Stage, agent: Caller) -> None:
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "20:00")
    before = on_stage.navs("one")
    corrected = made_up({(A, DAYS[0]): (10.5, 10.5, 10.0, 1_000_000)})
    report = on_stage.platform.market.import_bars(corrected)
    assert report.settled.rows == 1
    on_stage.operator.post("/admin/jobs/settle_all_active_strategies/run", {"date": DAYS[0].isoformat()})
    assert on_stage.navs("one") == before


def test_a_close_strategy_trades_at_the_close(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        rows = quiet(DAYS[:1])
        rows[A, DAYS[0]] = (10.0, 10.8, 10.0, 1000)
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        for slug, execution in (("at-open", "open"), ("at-close", "close")):
            free = {"commission_rate": 0, "slippage_rate": 0}
            agent.post("/strategies", {"name": slug, "slug": slug, "execution_price": execution, **free})
            on.submit(agent, slug, DAYS[0], {A: 0.5})
        on.clock_to(DAYS[0], "20:00")
        # At the open 50,000 shares gain 0.80 each, less 5.00; at the close 46,200 of 46,296 cost 4.99.
        assert on.navs("at-open") == [1_039_995.0]
        assert on.navs("at-close") == [999_995.01]


def test_a_run_that_a_kill_left_open_is_interrupted_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with stage(folder, START) as killed, killed.platform.records.write() as session:
        add_run(
            session,
            SettlementRun(trade_date=DAYS[0], status="running", started_at=killed.platform.clock.now()),
        )
    with stage(folder, START) as second:
        (run,) = runs(second)
        assert (run["status"], run["finished"]) == ("interrupted", "2024-03-01T00:00:00Z")


def test_no_job_runs_on_a_weekend(on_stage: Stage) -> None:
    sunday = DAYS[0] + timedelta(days=2)
    assert {ran["date"] for ran in on_stage.clock_to(sunday, "23:00")} == {DAYS[0].isoformat()}


def after_a_restart(
    folder: Path,
    rows: Mapping[tuple[str, date], tuple[float, float, float, int]],
    actions: pa.Table | None = None,
) -> tuple[list[float], list[tuple[date, int, int]]]:
    """Half in A, a restart after the second day: three NAVs, and the events as (day, shares after, mills of cash)."""
    with stage(folder, START) as first:
        first.platform.market.import_bars(made_up(rows))
        if actions is not None:
            first.platform.market.import_table("corporate_actions", "actions", actions)
        agent = first.agent()
        agent.post("/strategies", {"name": "One", "slug": "one", "commission_rate": 0, "slippage_rate": 0})
        first.submit(agent, "one", DAYS[0], {A: 0.5})
        first.clock_to(DAYS[1], "20:00")
        first.platform.market.accept(DAYS[1], "few rows", "operator")
    with stage(folder, START) as second:
        second.clock_to(DAYS[2], "20:00")
        second.platform.market.accept(DAYS[2], "few rows before", "operator")
        with second.platform.series.read() as cursor:
            events = cursor.execute("SELECT trade_date, shares_after, cash FROM position_event").fetchall()
        return second.navs("one"), events


def test_a_dividend_of_a_suspended_day_is_paid_once_although_the_platform_restarts(tmp_path: Path) -> None:
    # The suspended row of the ex-date repeats the old close, 10, beside the reference of 9.50.
    rows = quiet(DAYS[:3])
    rows[A, DAYS[1]] = (10.0, 10.0, 9.5, 0)
    rows[A, DAYS[2]] = (9.5, 9.5, 9.5, 1000)
    navs, events = after_a_restart(tmp_path / "data", rows)
    assert navs == [999_995.0, 999_995.0, 999_995.0]
    assert events == [(DAYS[1], 50_000, 25_000_000)]


def test_bonus_shares_of_a_day_without_a_bar_are_still_known_after_a_restart(tmp_path: Path) -> None:
    rows = quiet(DAYS[:3])
    del rows[A, DAYS[1]]
    rows[A, DAYS[2]] = (5.0, 5.0, 5.0, 1000)
    one_for_one = pa.table(
        {
            "symbol": [A],
            "ex_date": pa.array([DAYS[1]], pa.date32()),
            "bonus_per_million": [1_000_000],
            "cash_mills_per_million": [0],
        }
    )
    navs, events = after_a_restart(tmp_path / "data", rows, one_for_one)
    assert navs == [999_995.0, 999_995.0, 999_995.0]
    assert events == [(DAYS[1], 100_000, 0)]


def test_a_signal_of_a_day_that_the_exchange_then_closed_is_never_settled(
    on_stage: Stage, agent: Caller
) -> None:
    """`one` was settled before, `two` begins with that day's signal and so with the next one that counts."""
    agent.post("/strategies", {"name": "Two", "slug": "two", "commission_rate": 0, "slippage_rate": 0})
    on_stage.submit(agent, "one", DAYS[0], {A: 0.5})
    for slug in ("one", "two"):
        on_stage.submit(agent, slug, DAYS[1], {B: 0.5})
    on_stage.clock_to(DAYS[0], "19:00")
    on_stage.operator.post("/admin/calendar", {"days": [{"date": DAYS[1].isoformat(), "is_open": False}]})
    on_stage.clock_to(DAYS[2], "09:00")
    on_stage.submit(agent, "two", DAYS[3], {A: 0.5})
    on_stage.clock_to(DAYS[3], "19:00")
    assert settled_signals(agent) == {"2024-03-01": True, "2024-03-04": False}
    assert on_stage.navs("one") == [999_995.0] * 3
    assert on_stage.navs("two") == [999_995.0]
