"""A saved strategy becomes a tracked one: its signals day by day, on made-up bars, settled as any other's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.research.conftest import ask
from tests.feature.research.test_backtest import with_next
from tests.feature.research.test_saved import NEW
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
DAYS = [date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9)]
CODE = with_next(
    "if len(self) == 2:",
    "    self.buy(self.datas[0], size=5000)",
    "if len(self) == 4:",
    "    self.close(self.datas[0]); self.buy(self.datas[1], size=1000)",
)
"""Buys A on the third day, and changes it for B on the fifth."""


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", parse_instant("2024-01-02T19:00:00+08:00")) as opened:
        give_bars(opened, DAYS[0])
        yield opened


def give_bars(on: Stage, day: date) -> None:
    rows = {(A, day): (10.0, 10.0, 10.0, 1000), (B, day): (20.0, 20.0, 20.0, 1000)}
    on.platform.market.import_bars(made_up(rows))


def deploy(caller: Caller, **more: Any) -> Any:
    number = ask(caller, "POST", "/strategy/save", {**NEW, "code": more.pop("code", CODE)}).json()[
        "strategy_id"
    ]
    body = {
        "strategy_id": number, "tickers": [A, B], "slug": "by-code", "name": "By code", "start": "2024-01-02",
        "initial_capital": 100_000, "commission_rate": 0.0, "slippage_rate": 0.0, **more,
    }  # fmt: skip
    return caller.call("POST", "/research/deployments", body)


def live(on: Stage, days: list[date]) -> None:
    """Each day with its job, its bars and its settlement."""
    for day in days:
        on.clock_to(day, "09:05")
        give_bars(on, day)
        on.clock_to(day, "19:00")


def outcomes(caller: Caller, deployment: str) -> dict[str, str]:
    days = caller.get(f"/research/deployments/{deployment}")["days"]
    return {each["trade_date"]: each["outcome"] for each in reversed(days)}


def test_a_strategy_that_buys_on_the_third_day_is_tracked_so(on: Stage) -> None:
    """5,000 shares at 10.00 are half of the capital; 1,000 of B at 20.00 a fifth."""
    agent = on.agent()
    made = deploy(agent)
    assert made.status_code == 201, made.text
    assert made.json()["strategy_status"] == "pending"
    live(on, DAYS[1:])
    signals = agent.get("/strategies/by-code/signals")["signals"]
    assert [(each["trade_date"], each["signals"]) for each in reversed(signals)] == [
        ("2024-01-03", []),
        ("2024-01-04", [{"symbol": A, "weight": 0.5}]),
        ("2024-01-08", [{"symbol": B, "weight": 0.200002}]),  # the fee of A's purchase is gone
    ]
    assert outcomes(agent, made.json()["id"]) == {
        "2024-01-03": "signalled",
        "2024-01-04": "signalled",
        "2024-01-05": "unchanged",
        "2024-01-08": "signalled",
        "2024-01-09": "unchanged",
    }
    shown = agent.get("/research/deployments")["deployments"]
    assert [(each["slug"], each["strategy_status"]) for each in shown] == [("by-code", "active")]
    fees = 50_000 * 0.00001 * 2 + 50_000 * 0.0005 + 20_000 * 0.00001
    assert on.navs("by-code")[-1] == pytest.approx(100_000 - fees)


def test_where_the_bars_of_yesterday_are_missing_nothing_is_guessed_and_the_next_day_signals(
    on: Stage,
) -> None:
    agent = on.agent()
    deployment = deploy(agent).json()["id"]
    live(on, DAYS[1:2])
    on.clock_to(DAYS[2], "19:00")
    on.clock_to(DAYS[3], "09:05")
    day = agent.get(f"/research/deployments/{deployment}")["days"][0]
    assert (day["trade_date"], day["outcome"]) == ("2024-01-05", "failed")
    assert day["reason"] == "there are no bars of 2024-01-04 yet"


def test_code_that_fails_one_day_holds_and_says_why_and_others_signal(on: Stage) -> None:
    broken, sound = on.agent(), on.agent()
    failing = deploy(broken, slug="broken", code=with_next("if len(self) == 2: 1 / 0")).json()["id"]
    deploy(sound)
    live(on, DAYS[1:3])
    day = broken.get(f"/research/deployments/{failing}")["days"][0]
    assert (day["trade_date"], day["outcome"]) == ("2024-01-04", "failed")
    assert "ZeroDivisionError" in day["reason"]
    assert len(sound.get("/strategies/by-code/signals")["signals"]) == 2


def notices(caller: Caller) -> list[tuple[str, bool]]:
    found = caller.get("/notifications")["notifications"]
    return [
        (f"{each['title']}: {each['message']}", each["is_read"])
        for each in found
        if each["type"].startswith("deployment_day")
    ]


def run_job(on: Stage, day: date) -> None:
    on.operator.post("/admin/jobs/portfolio_signal_generation/run", {"date": day.isoformat()})


def test_the_owner_is_told_once_of_a_day_that_failed_and_of_its_end(on: Stage) -> None:
    """The bars of the day before come after the job: run again before the deadline, the code runs."""
    agent, other = on.agent(), on.agent()
    deployment = deploy(agent).json()["id"]
    live(on, DAYS[1:4])
    assert notices(agent) == []
    on.clock_to(DAYS[4], "19:00")
    on.clock_to(DAYS[5], "09:02")
    told = (
        "No signal of by-code for 2024-01-09: The deployed code gave no signal for the day: there are no bars of"
        " 2024-01-08 yet. The strategy holds what it has."
    )
    assert notices(agent) == [(told, False)]
    run_job(on, DAYS[5])
    assert notices(agent) == [(told, False)]
    give_bars(on, DAYS[4])
    run_job(on, DAYS[5])
    assert notices(agent) == [(f"{told} It ran since.", True)]
    assert outcomes(agent, deployment)["2024-01-09"] == "unchanged"
    assert notices(other) == []


def test_code_that_raises_is_told_and_stays_failed_after_the_deadline(on: Stage) -> None:
    agent = on.agent()
    deployment = deploy(agent, code=with_next("1 / 0")).json()["id"]
    on.clock_to(DAYS[1], "09:05")
    ((told, is_read),) = notices(agent)
    assert "ZeroDivisionError" in told
    assert not is_read
    on.clock_to(DAYS[1], "10:00")
    run_job(on, DAYS[1])
    assert outcomes(agent, deployment) == {"2024-01-03": "failed"}
    assert notices(agent) == [(told, False)]


def test_where_nothing_can_be_run_confined_the_owner_is_told(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that runs strategies is there no more."""
    monkeypatch.setattr("quantos.research.sandbox.PROGRAM", "no_such_program")
    agent = on.agent()
    deploy(agent)
    on.clock_to(DAYS[1], "09:05")
    ((told, _),) = notices(agent)
    assert "strategies cannot be run on this machine" in told


def test_orders_of_a_deployment_cost_the_minimum_commission_of_the_platform(tmp_path: Path) -> None:
    """A purchase of 50,000 CNY costs 100.50 then, so 1,000 of B at 20.00 are more of what is left; and the record
    pays the same: 100.50, 125.50 with the stamp duty, 100.20.
    """
    start = parse_instant("2024-01-02T19:00:00+08:00")
    with stage(tmp_path / "dear", start, minimum_commission=100) as on:
        give_bars(on, DAYS[0])
        agent = on.agent()
        deploy(agent)
        live(on, DAYS[1:])
        newest = agent.get("/strategies/by-code/signals")["signals"][0]
        assert newest["signals"] == [{"symbol": B, "weight": pytest.approx(20_000 / 99_899.5, abs=1.1e-6)}]
        assert on.navs("by-code")[-1] == pytest.approx(100_000 - 100.5 - 125.5 - 100.2)


def test_paused_it_does_not_run_and_retired_it_is_over(on: Stage) -> None:
    agent = on.agent()
    failing = with_next("if len(self) == 2: 1 / 0")  # it would be noted, if it ran
    deployment = deploy(agent, code=failing).json()["id"]
    live(on, DAYS[1:2])
    assert agent.call("PATCH", "/strategies/by-code", {"status": "paused"}).status_code == 200
    live(on, DAYS[2:3])
    assert list(outcomes(agent, deployment)) == ["2024-01-03"]
    assert agent.call("DELETE", "/strategies/by-code").status_code == 200
    live(on, DAYS[3:4])
    assert list(outcomes(agent, deployment)) == ["2024-01-03"]


def test_a_signal_by_hand_stands_for_its_day(on: Stage) -> None:
    agent = on.agent()
    deploy(agent)
    on.submit(agent, "by-code", DAYS[1], {B: 0.1})
    on.clock_to(DAYS[1], "09:05")
    (signal,) = agent.get("/strategies/by-code/signals")["signals"]
    assert signal["signals"] == [{"symbol": B, "weight": 0.1}]


def test_running_the_job_again_changes_nothing(on: Stage) -> None:
    agent = on.agent()
    deploy(agent)
    on.clock_to(DAYS[1], "09:05")
    first = agent.get("/strategies/by-code/signals")
    on.operator.post("/admin/jobs/portfolio_signal_generation/run", {"date": DAYS[1].isoformat()})
    assert agent.get("/strategies/by-code/signals") == first


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"strategy_id": 10**9}, 404),
        ({"tickers": ["RELIANCE.NS"]}, 400),
        ({"start": "2024-02-01"}, 400),
        ({"slug": "?"}, 422),
        ({"tickers": []}, 422),
        ({"initial_capital": 1}, 422),
    ],
)
def test_what_cannot_be_deployed_is_refused(on: Stage, more: dict[str, Any], status: int) -> None:
    agent = on.agent()
    assert deploy(agent, **more).status_code == status
    assert agent.get("/research/deployments") == {"deployments": []}
    assert agent.get("/strategies") == {"strategies": []}


def test_a_slug_is_taken_once_and_anothers_deployment_is_not_found(on: Stage) -> None:
    agent, other = on.agent(), on.agent()
    deployment = deploy(agent).json()["id"]
    assert deploy(agent).status_code == 409
    assert other.call("GET", f"/research/deployments/{deployment}").status_code == 404
    assert other.get("/research/deployments") == {"deployments": []}
