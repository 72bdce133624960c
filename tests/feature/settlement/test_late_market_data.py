"""Market data that arrive after a settlement: what they may still change, and who is settled then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from quantos.kit.clock import SimulatedClock, parse_instant, shanghai
from quantos.market.core.calendar import shipped_calendar
from quantos.market.importing.report import FileReport
from tests.support.platforms import Caller, Stage, made_up, stage

A, B, C = "600001.SH", "600002.SH", "600003.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
BEFORE = date(2024, 2, 29)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        yield opened


def quiet(*days: date, b: float = 20.0) -> dict[tuple[str, date], tuple[float, float, float, int]]:
    """A at 10, B at its reference price; nothing moves within a day."""
    return {(s, d): (p, p, p, 1_000_000) for s, p in ((A, 10.0), (B, b)) for d in days}


def holding(on: Stage, **held: str) -> Caller:
    """An agent whose strategies buy one share each on the first day."""
    agent = on.agent()
    for slug, symbol in held.items():
        agent.post("/strategies", {"name": slug, "slug": f"holds-{slug}"})
        on.submit(agent, f"holds-{slug}", DAYS[0], {symbol: 0.5})
    return agent


def action(on: Stage, day: date, bonus_per_million: int, into: str | None = None) -> FileReport:
    row = {"symbol": [B], "bonus_per_million": [bonus_per_million], "cash_mills_per_million": [0]}
    more = {"ex_date": pa.array([day], pa.date32()), "into_symbol": pa.array([into], pa.string())}
    table = pa.table({**row, **more})
    return on.platform.market.import_table("corporate_actions", "actions.csv", table)


def settled_days(on: Stage, slug: str) -> int:
    return len(on.navs(f"holds-{slug}"))


def stored(on: Stage, symbol: str) -> list[date]:
    rows = on.platform.market.history(symbol, date(2024, 1, 1), date(2024, 12, 31))
    return [day.astype(object) for day in rows["trade_date"]]


@pytest.fixture
def stopped(on: Stage) -> Stage:
    """B merges two shares into one on the second day, unannounced: its holder waits, the holder of A goes on."""
    on.platform.market.import_bars(made_up(quiet(DAYS[0]) | quiet(*DAYS[1:3], b=40.0)))
    holding(on, a=A, b=B)
    on.clock_to(DAYS[2], "19:00")
    assert (settled_days(on, "a"), settled_days(on, "b")) == (3, 1)
    return on


def test_a_row_for_a_day_that_others_have_settled_frees_who_waits_for_it(stopped: Stage) -> None:
    first = stopped.navs("holds-b")[0]
    report = action(stopped, DAYS[1], bonus_per_million=-500_000)
    assert (report.stored, report.settled.rows) == (1, 0)
    # 24,900 shares of 20 CNY become 12,450 of 40: the value stands.
    assert stopped.navs("holds-b") == [first, first, first]


def test_the_row_of_an_event_that_a_settlement_used_is_final(stopped: Stage) -> None:
    action(stopped, DAYS[1], bonus_per_million=-500_000)
    report = action(stopped, DAYS[1], bonus_per_million=0)
    assert (report.changed, report.settled.rows) == (0, 1)


def test_a_row_for_a_day_whose_reference_was_explained_is_refused_once_settled(stopped: Stage) -> None:
    report = action(stopped, DAYS[2], bonus_per_million=100_000)
    assert (report.stored, report.settled.rows) == (0, 1)


def test_days_before_the_first_settled_one_are_still_imported_and_change_no_nav(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(DAYS[0])))
    holding(on, a=A)
    on.clock_to(DAYS[0], "19:00")
    navs = on.navs("holds-a")
    report = on.platform.market.import_bars(made_up(quiet(BEFORE)))
    assert (report.stored, report.settled.rows) == (2, 0)
    assert stored(on, A) == [BEFORE, DAYS[0]]
    on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    on.clock_to(DAYS[1], "19:00")
    assert on.navs("holds-a") == [*navs, navs[-1]]


def test_a_row_missing_between_settled_days_stays_missing(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(DAYS[0], DAYS[2])))
    holding(on, a=A)
    on.clock_to(DAYS[2], "19:00")
    on.platform.market.accept(DAYS[1], "no bars", "operator")
    on.platform.market.accept(DAYS[2], "nothing to compare with", "operator")
    report = on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert (report.stored, report.settled.rows) == (0, 2)
    assert stored(on, A) == [DAYS[0], DAYS[2]]


def test_an_import_waits_for_the_settlement_under_way(on: Stage) -> None:
    market, settlement = on.platform.market, on.platform.settlement
    market.import_bars(made_up(quiet(*DAYS[:3])))
    holding(on, a=A)
    on.clock_to(DAYS[0], "18:00")
    reports: list[Any] = []
    corrected = made_up({(A, DAYS[0]): (11.0, 11.0, 10.0, 1_000_000)})
    meanwhile = threading.Thread(target=lambda: reports.append(market.import_bars(corrected)))
    readiness = market.readiness

    def begin_an_import(day: date) -> Any:
        meanwhile.start()
        meanwhile.join(0.3)
        assert meanwhile.is_alive()
        return readiness(day)

    market.readiness = begin_an_import  # type: ignore[method-assign]
    on.clock_to(DAYS[0], "18:15")
    meanwhile.join()
    assert settlement.progress is None
    assert reports[0].settled.rows == 1, "the day was settled before the correction could be stored"
    assert on.platform.market.history(A, DAYS[0], DAYS[0])["close"].tolist() == [10_000]


def test_what_waits_is_taken_up_although_an_idle_run_came_after_it(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(DAYS[0])))
    agent = holding(on, a=A)
    agent.post("/strategies", {"name": "Later", "slug": "later"})
    on.submit(agent, "later", DAYS[5], {A: 0.5})
    on.clock_to(DAYS[1], "19:00")
    assert settled_days(on, "a") == 1
    for status in ("paused", "active"):  # nothing to fill in: its first day is still to come
        assert agent.call("PATCH", "/strategies/later", {"status": status}).status_code == 200
    on.operator.post("/admin/jobs/settle_all_active_strategies/run", {"date": DAYS[0].isoformat()})
    on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert settled_days(on, "a") == 2


def test_shares_that_become_others_without_a_price_wait_for_the_others_bars(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(*DAYS[:2])))
    action(on, DAYS[1], bonus_per_million=1_000_000, into=C)
    holding(on, b=B)
    on.clock_to(DAYS[1], "19:00")
    (failed,) = on.operator.get("/admin/settlement-runs")["settlement_runs"][0]["failed"]
    assert failed["reason"] == f"no_price: a holding becomes {C}, which has no price yet"
    on.platform.market.import_bars(made_up({(C, DAYS[1]): (20.0, 20.0, 20.0, 1000)}))
    first, second = on.navs("holds-b")
    assert first == second


def test_an_instrument_that_arrives_between_two_days_is_bought_on_the_second(on: Stage) -> None:
    market = on.platform.market
    market.import_bars(made_up(quiet(DAYS[0])))
    agent = holding(on, b=B)
    on.clock_to(DAYS[0], "19:00")
    first = "600000.SH"  # before the others by symbol, after them by number
    market.import_bars(made_up(quiet(DAYS[1]) | {(first, DAYS[1]): (5.0, 5.0, 5.0, 1_000_000)}))
    on.clock_to(DAYS[1], "09:00")
    on.submit(agent, "holds-b", DAYS[1], {B: 0.5, first: 0.25})
    on.clock_to(DAYS[1], "19:00")
    number = market.instruments().number_of
    with on.platform.series.read() as cursor:
        held = cursor.execute(
            "SELECT instrument, shares FROM position WHERE trade_date = ?", [DAYS[1]]
        ).fetchall()
    # A quarter of a million less some 1,000 of costs, at 5.01 CNY with the default slippage, down to a lot.
    assert dict(held)[number[first]] == 49_800
    assert dict(held).keys() == {number[B], number[first]}


def test_a_doubtful_day_is_settled_when_it_is_accepted(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(DAYS[0])))
    holding(on, a=A)
    on.clock_to(DAYS[1], "19:00")
    on.operator.post("/admin/market/accept", {"date": DAYS[1].isoformat(), "reason": "the exchange was shut"})
    assert settled_days(on, "a") == 2


def test_an_import_with_nothing_left_to_settle_records_no_run(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(DAYS[0])))
    holding(on, a=A)
    on.clock_to(DAYS[0], "19:00")
    on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert len(on.operator.get("/admin/settlement-runs")["settlement_runs"]) == 1


def test_data_are_taken_although_the_settlement_that_waited_for_them_fails(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(DAYS[0])))
    holding(on, a=A)
    on.clock_to(DAYS[1], "19:00")
    with on.platform.series.write() as cursor:
        cursor.execute("DROP TABLE position")  # no row can be written any more
    accepted = on.operator.call(
        "POST", "/admin/market/accept", {"date": DAYS[1].isoformat(), "reason": "the exchange was shut"}
    )
    assert accepted.status_code == 200
    report = on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert report.stored == 2
    newest = on.operator.get("/admin/settlement-runs")["settlement_runs"][0]
    assert newest["status"] == "failed"
    detail = on.operator.get(f"/admin/settlement-runs/{newest['id']}")["detail"]
    assert detail == {"reason": "CatalogException: the log has the details"}


def test_an_absurd_row_of_one_instrument_keeps_nobody_else_from_being_settled(on: Stage) -> None:
    """A million shares become one: the last close of B would be twenty million CNY a share."""
    bars = quiet(*DAYS[:2]) | {(B, DAYS[1]): (20.0, 20.0, None, 1_000_000)}
    on.platform.market.import_bars(made_up(bars))
    action(on, DAYS[1], bonus_per_million=-999_999)
    holding(on, a=A, b=B)
    on.clock_to(DAYS[1], "19:00")
    assert settled_days(on, "a") == 2


def test_data_that_arrive_after_a_clock_ran_ahead_settle_nothing_before_its_time(on: Stage) -> None:
    on.platform.market.import_bars(made_up(quiet(BEFORE, DAYS[0])))
    holding(on, a=A)
    on.clock_to(DAYS[1], "18:20")
    assert settled_days(on, "a") == 1
    clock = on.platform.clock
    assert isinstance(clock, SimulatedClock)
    clock._now = shanghai(DAYS[1], time(16, 0))  # as a live machine's clock is corrected
    on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert settled_days(on, "a") == 1
    assert on.platform.settlement.take_up_waiting() is None
    on.platform.settlement.run(DAYS[0])
    clock.move_to(shanghai(DAYS[1], time(18, 15)))
    on.platform.settlement.take_up_waiting()
    assert settled_days(on, "a") == 2
