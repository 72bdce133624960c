"""What the watchdog leaves of a day without a NAV row: events, once per strategy and day, and once more when mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.storage import events
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
KINDS = ("settlement_missing", "settlement_mended")


def quiet(*days: date) -> Mapping[tuple[str, date], tuple[float, float, float, int]]:
    return {(s, d): (p, p, p, 1_000_000) for s, p in ((A, 10.0), (B, 20.0)) for d in days}


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(quiet(DAYS[0])))
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return owner(on)


def owner(on: Stage, slug: str = "one") -> Caller:
    caller = on.agent()
    caller.post("/strategies", {"name": slug, "slug": slug})
    on.submit(caller, slug, DAYS[0], {A: 0.5})
    return caller


def told(on: Stage) -> list[dict[str, Any]]:
    with on.platform.records.read() as session:
        return [
            {"kind": event.kind.removeprefix("settlement_"), **event.payload}
            for event in events.after(session, 0, 1000, KINDS)
        ]


def told_in_short(on: Stage) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["slug"], each["trade_date"]) for each in told(on)]


def watch(on: Stage, day: date) -> list[str]:
    run = on.operator.post("/admin/jobs/settlement_watchdog/run", {"date": day.isoformat()})
    missing: list[str] = run["detail"]["missing"]
    return missing


def test_nothing_is_missing_of_a_day_that_is_not_due_yet(on: Stage, agent: Caller) -> None:
    on.clock_to(DAYS[0], "18:50")
    on.clock_to(DAYS[1], "18:14")
    watchdog = "/admin/jobs/settlement_watchdog/run"
    refused = on.operator.call("POST", watchdog, {"date": DAYS[1].isoformat()})
    assert refused.status_code == 400
    assert refused.json()["detail"] == f"{DAYS[1]} is settled at 18:15 Asia/Shanghai of that day, not before"
    assert on.operator.post(watchdog)["date"] == DAYS[0].isoformat()
    assert told(on) == []


def test_settle_19_a_day_without_a_nav_row_is_told_with_its_owner_and_its_reason(
    on: Stage, agent: Caller
) -> None:
    on.clock_to(DAYS[1], "18:44")
    assert told(on) == []
    on.clock_to(DAYS[1], "18:45")
    (event,) = told(on)
    assert event == {
        "kind": "missing",
        "user_id": agent.get("/auth/me")["id"],
        "strategy": 1,
        "slug": "one",
        "trade_date": DAYS[1].isoformat(),
        "reason": f"the settlement waits for market data of {DAYS[1]}: 0 of 2 instruments are there",
    }


def test_a_settled_day_is_not_told(on: Stage, agent: Caller) -> None:
    on.clock_to(DAYS[0], "20:00")
    assert len(on.navs("one")) == 1
    assert told(on) == []


def test_a_watchdog_that_runs_again_tells_nothing_twice(on: Stage, agent: Caller) -> None:
    on.clock_to(DAYS[1], "20:00")
    assert [watch(on, DAYS[1]) for _ in range(3)] == [["one"]] * 3
    assert told_in_short(on) == [("missing", "one", DAYS[1].isoformat())]


def test_each_missing_day_of_each_strategy_is_told_once(on: Stage, agent: Caller) -> None:
    owner(on, "two")
    on.clock_to(DAYS[2], "20:00")
    assert told_in_short(on) == [
        ("missing", slug, day.isoformat()) for day in DAYS[1:3] for slug in ("one", "two")
    ]


def test_days_made_up_when_data_arrive_are_told_as_mended_once(on: Stage, agent: Caller) -> None:
    on.clock_to(DAYS[2], "20:00")
    on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert len(on.navs("one")) == 2
    first = [("missing", "one", DAYS[1].isoformat()), ("missing", "one", DAYS[2].isoformat())]
    assert told_in_short(on) == [*first, ("mended", "one", DAYS[1].isoformat())]
    on.platform.market.import_bars(made_up(quiet(DAYS[2])))
    assert watch(on, DAYS[2]) == []
    assert told_in_short(on)[3:] == [("mended", "one", DAYS[2].isoformat())]
    assert told(on)[3] == {
        "kind": "mended",
        "user_id": agent.get("/auth/me")["id"],
        "strategy": 1,
        "slug": "one",
        "trade_date": DAYS[2].isoformat(),
    }


def test_one_that_cannot_be_settled_is_told_with_its_own_reason(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        rows = dict(quiet(*DAYS[:2]))
        rows[B, DAYS[1]] = (30.0, 30.0, 30.0, 1000)  # the reference jumps from 20 to 30
        on.platform.market.import_bars(made_up(rows))
        for slug, symbol in (("holds-a", A), ("holds-b", B)):
            agent = on.agent()
            agent.post("/strategies", {"name": slug, "slug": slug})
            on.submit(agent, slug, DAYS[0], {symbol: 0.5})
        on.clock_to(DAYS[1], "20:00")
        (event,) = told(on)
        assert event["slug"] == "holds-b"
        assert event["reason"].startswith(f"unexplained_reference: {B}")


def test_a_strategy_that_was_retired_before_the_deadline_is_not_missed(on: Stage, agent: Caller) -> None:
    on.clock_to(DAYS[0], "20:00")
    assert agent.call("DELETE", "/strategies/one").status_code == 200
    on.clock_to(DAYS[1], "20:00")
    assert told(on) == []


def test_a_run_that_never_told_that_it_had_mended_a_day_is_made_up_at_the_next_start(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        on.platform.market.import_bars(made_up(quiet(DAYS[0])))
        owner(on)
        on.clock_to(DAYS[1], "20:00")
        on.platform.settlement._finish = lambda *_: None  # type: ignore[method-assign] # as if it were killed there
        on.platform.market.import_bars(made_up(quiet(DAYS[1])))
        assert len(on.navs("one")) == 2
        assert [kind for kind, *_ in told_in_short(on)] == ["missing"]
    with stage(tmp_path / "data", START) as on:
        assert [kind for kind, *_ in told_in_short(on)] == ["missing", "mended"]
    with stage(tmp_path / "data", START) as on:
        assert [kind for kind, *_ in told_in_short(on)] == ["missing", "mended"]
