"""The platform at a glance, on a whole platform: each number against what was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.errors import QuantosError
from quantos.kit.clock import parse_instant
from tests.support import restated
from tests.support.platforms import Stage, made_up, stage

START = parse_instant("2024-01-02T08:00:00+08:00")
DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5), date(2024, 1, 8)]
SYMBOLS = [f"60000{k}.SH" for k in range(1, 5)]
KEYS = [
    "now",
    "trading_day",
    "simulated",
    "version",
    "edition",
    "jobs",
    "deadlines",
    "signals",
    "settlement",
    "strategies",
    "factors",
    "portfolios",
    "data",
    "disk",
    "license",
    "alarms",
]


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        yield opened


def bars(on: Stage, *days: date) -> None:
    prices = {(symbol, day): (10.0, 10.0, 10.0, 1_000_000) for symbol in SYMBOLS for day in days}
    on.platform.market.import_bars(made_up(prices))


def overview(on: Stage) -> dict[str, Any]:
    found: dict[str, Any] = on.operator.get("/admin/overview")
    return found


def codes(on: Stage) -> list[str]:
    return [alarm["code"] for alarm in overview(on)["alarms"]]


def test_a_new_platform_at_a_glance(on: Stage) -> None:
    found = overview(on)
    assert list(found) == KEYS
    assert (found["now"], found["trading_day"], found["simulated"]) == (
        "2024-01-02T00:00:00Z",
        "2024-01-02",
        True,
    )
    assert [job["name"] for job in found["jobs"]] == [
        job["name"] for job in on.operator.get("/admin/jobs")["jobs"]
    ]
    assert found["jobs"][2] == {
        "name": "settle_all_active_strategies",
        "due": "2024-01-02T10:15:00Z",
        "state": "never_run",
        "last_run": None,
    }
    assert found["deadlines"] == {
        "open": {"trade_date": "2024-01-02", "at": "2024-01-02T01:15:00Z"},
        "close": {"trade_date": "2024-01-02", "at": "2024-01-02T07:00:00Z"},
    }
    assert found["signals"] == {"expected": 0, "received": 0, "attested": 0}
    assert found["settlement"] == {"date": None, "state": "never_run", "done": 0, "total": 0}
    assert found["strategies"] == {"pending": 0, "active": 0, "paused": 0, "retired": 0}
    assert (found["factors"], found["portfolios"]) == ({}, {})
    assert found["data"] == {"last_date": None, "missing": 0}
    assert 0 < found["disk"]["free_bytes"] < found["disk"]["total_bytes"]
    assert found["license"]["edition"] == found["edition"]
    assert codes(on) == ["data_missing"]


def test_the_deadlines_are_those_ahead(on: Stage) -> None:
    on.clock_to(DAYS[0], "09:15:00")
    assert {name: each["trade_date"] for name, each in overview(on)["deadlines"].items()} == {
        "open": "2024-01-03",
        "close": "2024-01-02",
    }
    on.clock_to(date(2024, 1, 5), "20:00:00")
    assert overview(on)["deadlines"]["close"] == {"trade_date": "2024-01-08", "at": "2024-01-08T07:00:00Z"}
    on.clock_to(date(2024, 1, 6), "12:00:00")
    assert overview(on)["trading_day"] == "2024-01-08"


def test_signals_are_counted_for_the_trading_day(on: Stage) -> None:
    bars(on, *DAYS)
    agent = on.agent()
    for slug in ("alpha", "beta", "gamma"):
        agent.post("/strategies", {"name": slug, "slug": slug})
    for slug in ("alpha", "beta"):
        on.submit(agent, slug, DAYS[0], {SYMBOLS[0]: 0.5})
    found = overview(on)
    assert found["strategies"] == {"pending": 1, "active": 2, "paused": 0, "retired": 0}
    assert found["signals"] == {"expected": 2, "received": 2, "attested": 0}
    on.clock_to(DAYS[1], "08:00:00")
    on.submit(agent, "beta", DAYS[1], {SYMBOLS[0]: 0.5})
    found = overview(on)
    assert found["signals"] == {"expected": 2, "received": 1, "attested": 0}
    assert found["settlement"] == {"date": "2024-01-02", "state": "done", "done": 2, "total": 2}
    assert found["data"] == {"last_date": "2024-01-08", "missing": 0}
    assert found["alarms"] == []


def test_a_day_without_data_is_told_until_it_is_made_up(on: Stage) -> None:
    bars(on, DAYS[0])
    agent = on.agent()
    agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
    on.submit(agent, "alpha", DAYS[0], {SYMBOLS[0]: 0.5})
    on.clock_to(DAYS[1], "18:16:00")
    found = overview(on)
    assert found["data"] == {"last_date": "2024-01-02", "missing": 1}
    assert found["settlement"] == {"date": "2024-01-03", "state": "waiting_for_data", "done": 0, "total": 0}
    assert codes(on) == ["data_missing", "settlement_waits"]
    on.clock_to(DAYS[1], "18:46:00")
    assert codes(on) == ["data_missing", "settlement_waits", "nav_missing"]
    assert "alpha on 2024-01-03" in overview(on)["alarms"][2]["message"]
    bars(on, DAYS[1])
    assert codes(on) == []


def test_every_link_of_an_alarm_leads_somewhere(on: Stage) -> None:
    bars(on, DAYS[0])
    agent = on.agent()
    agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
    on.submit(agent, "alpha", DAYS[0], {SYMBOLS[0]: 0.5})
    on.clock_to(DAYS[1], "18:46:00")
    alarms = overview(on)["alarms"]
    assert len(alarms) == 3
    for alarm in alarms:
        on.operator.get(alarm["link"].removeprefix("/api/v1"))


def test_looking_changes_nothing(on: Stage) -> None:
    before = on.platform.records.generation
    for _ in range(3):
        overview(on)
    assert on.platform.records.generation == before


def test_factors_are_counted_by_status(on: Stage) -> None:
    agent = on.agent()
    for name in ("Momentum", "Value"):
        agent.post("/factors", {"name": name, "universe": "hs300"})
    assert overview(on)["factors"] == {"draft": 2}


def test_what_comes_later_is_plugged_in(on: Stage) -> None:
    on.platform.operations.overview.portfolios = lambda: {"active": 3}
    assert overview(on)["portfolios"] == {"active": 3}


def test_ops_02_it_is_the_operators(on: Stage) -> None:
    for path in ("/admin/overview", "/admin/settings", "/admin/logs", "/admin/audit"):
        assert on.public().call("GET", path).status_code == 401
        assert on.agent().call("GET", path).status_code == 403


def test_a_restatement_that_is_over_or_was_refused_is_no_state_of_the_settlement(tmp_path: Path) -> None:
    with stage(tmp_path / "restated", restated.START) as scene:
        restated.play(scene, scene.agent())
        before = scene.operator.get("/admin/overview")["settlement"]
        assert (before["date"], before["state"]) == (restated.DAYS[-1].isoformat(), "done")
        outside = {
            (restated.A, restated.DAYS[1]): (10.1, 10.15, 10.1, 1_000_000)
        }  # the next day's reference stays
        with pytest.raises(QuantosError):
            restated.restate(scene, restated.DAYS[1], restated.write_bars(tmp_path / "wrong", outside))
        restated.restate(
            scene, restated.DAYS[1], restated.write_bars(tmp_path / "right", restated.corrections())
        )
        assert scene.operator.get("/admin/overview")["settlement"] == before
