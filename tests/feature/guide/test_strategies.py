"""Trading Calendar, Strategy Management, Signal Submission, their recovery and their retries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.feature.guide.conftest import TODAY
from tests.feature.guide.shapes import departures
from tests.support.platforms import Caller, Stage

CREATE: dict[str, Any] = {
    "name": "HS300 ML Alpha",
    "slug": "hs300-ml-alpha",
    "universe": "hs300",
    "execution_price": "open",
    "holding_period": 10,
    "initial_capital": 1000000,
    "commission_rate": 0.0003,
    "slippage_rate": 0.002,
}
CREATED = {
    **CREATE,
    "description": None,
    "status": "pending",
    "is_public": True,
    "activated_at": None,
    "retired_at": None,
    "created_at": "2026-05-14T07:15:41Z",
}
SIGNAL: dict[str, Any] = {
    "trade_date": "2026-05-14",
    "signals": [{"symbol": "600519.SH", "weight": 0.05}, {"symbol": "000858.SZ", "weight": 0.04}],
}
RECEIPT = {
    "id": "...",
    "signal_hash": "abc123...",
    "submitted_at": "...",
    "is_settled": False,
    "github_committed": True,
    "attestation": {"committed": True, "sha": "..."},
}
HISTORY: dict[str, Any] = {
    "signals": [
        {
            "id": "a1b2c3d4-...",
            "trade_date": "2026-05-14",
            "signals": SIGNAL["signals"],
            "signal_hash": "abc123def456...",
            "submitted_at": "2026-05-14T01:20:00+00:00",
            "is_settled": True,
            "github_committed": True,
        }
    ]
}
SIGNALS = "/strategies/hs300-ml-alpha/signals"


@pytest.fixture
def owner(agent: Caller) -> Caller:
    agent.post("/strategies", CREATE)
    return agent


@pytest.fixture
def unattested_owner(unattested: Stage) -> Caller:
    caller = unattested.agent()
    caller.post("/strategies", CREATE)
    return caller


def test_the_calendar_of_a_month(on: Stage) -> None:
    month = on.public().get("/calendar", month="2026-05")
    assert (month["month"], month["count"], month["today"]) == ("2026-05", 18, "2026-05-14")
    assert month["trading_days"][:2] == ["2026-05-06", "2026-05-07"]
    assert (month["today_is_trading_day"], month["next_trading_day"]) == (True, "2026-05-15")


def test_the_calendar_of_a_date(on: Stage) -> None:
    assert on.public().get("/calendar", date="2026-05-14") == {
        "date": "2026-05-14",
        "is_trading_day": True,
        "next_trading_day": "2026-05-15",
        "today": "2026-05-14",
    }
    assert on.public().call("GET", "/calendar").status_code in {400, 422}


def test_a_strategy_is_created(agent: Caller) -> None:
    answer = agent.call("POST", "/strategies", CREATE)
    assert answer.status_code == 201
    made = answer.json()
    assert departures(made, CREATED) == []
    assert {name: made[name] for name in CREATED if name != "created_at"} == {
        name: value for name, value in CREATED.items() if name != "created_at"
    }
    assert made["created_at"] == "2026-05-13T23:00:00Z"
    again = agent.call("POST", "/strategies", CREATE)
    assert again.status_code == 409


def test_strategies_are_listed_filtered_changed_and_retired(owner: Caller) -> None:
    owner.post(SIGNALS, SIGNAL)
    active = owner.get("/strategies", status="active")
    assert departures(active, {"strategies": [CREATED]}) == []
    assert [one["slug"] for one in active["strategies"]] == ["hs300-ml-alpha"]
    assert owner.get("/strategies/hs300-ml-alpha")["status"] == "active"
    assert owner.get("/strategies", status="pending") == {"strategies": []}
    assert owner.call("PATCH", "/strategies/hs300-ml-alpha", {"universe": "csi500"}).status_code == 422
    for status in ("paused", "active"):
        changed = owner.call("PATCH", "/strategies/hs300-ml-alpha", {"status": status})
        assert changed.json()["status"] == status
    assert owner.call("DELETE", "/strategies/hs300-ml-alpha").json()["status"] == "retired"
    assert [one["status"] for one in owner.get("/strategies")["strategies"]] == ["retired"]
    assert owner.call("PATCH", "/strategies/hs300-ml-alpha", {"status": "active"}).status_code == 400


@pytest.mark.parametrize(
    ("status", "reachable"),
    [("pending", {"retired"}), ("active", {"paused", "retired"}), ("paused", {"active", "retired"})],
)
def test_the_status_machine(owner: Caller, status: str, reachable: set[str]) -> None:
    path = "/strategies/hs300-ml-alpha"
    if status != "pending":
        owner.post(SIGNALS, SIGNAL)
    if status == "paused":
        owner.call("PATCH", path, {"status": "paused"})
    for target in {"pending", "active", "paused", "retired"} - {status} - reachable:
        assert owner.call("PATCH", path, {"status": target}).status_code == 400, target
    for target in reachable - {"retired"}:
        assert owner.call("PATCH", path, {"status": target}).status_code == 200, target
    assert owner.call("PATCH", path, {"status": "retired"}).status_code == 200


def test_a_signal_is_submitted_and_attested(owner: Caller) -> None:
    answer = owner.call("POST", SIGNALS, SIGNAL)
    assert answer.status_code == 201
    assert departures(answer.json(), RECEIPT) == []
    assert answer.json()["github_committed"] is True
    assert answer.json()["attestation"]["committed"] is True


def test_without_a_repository_the_answer_says_so(unattested_owner: Caller) -> None:
    receipt = unattested_owner.post(SIGNALS, SIGNAL)
    assert receipt["attestation"] == {"committed": False, "reason": "repo_not_configured"}


def test_the_history_of_a_settled_signal(on: Stage, owner: Caller) -> None:
    owner.post(SIGNALS, SIGNAL)
    on.clock_to(TODAY, "19:00")
    history = owner.get(SIGNALS, limit=30, offset=0)
    assert departures(history, HISTORY) == []
    [signal] = history["signals"]
    assert (signal["is_settled"], signal["github_committed"]) == (True, True)
    assert signal["signals"] == SIGNAL["signals"]


def test_a_signal_is_overridden_and_deleted_before_its_deadline(unattested_owner: Caller) -> None:
    assert unattested_owner.post(SIGNALS, SIGNAL)["replaced"] is False
    changed = {**SIGNAL, "signals": [{"symbol": "600519.SH", "weight": 0.06}]}
    assert unattested_owner.post(SIGNALS, changed)["replaced"] is True
    [stored] = unattested_owner.get(SIGNALS, limit=1)["signals"]
    assert stored["signals"] == changed["signals"]
    assert unattested_owner.call("DELETE", f"{SIGNALS}/2026-05-14").status_code == 200
    assert unattested_owner.call("DELETE", f"{SIGNALS}/2026-05-14").status_code == 404


def test_an_attested_signal_is_neither_overridden_nor_deleted(owner: Caller) -> None:
    owner.post(SIGNALS, SIGNAL)
    changed = {**SIGNAL, "signals": [{"symbol": "600519.SH", "weight": 0.06}]}
    assert owner.call("POST", SIGNALS, changed).status_code == 409
    assert owner.call("DELETE", f"{SIGNALS}/2026-05-14").status_code == 400


def test_what_the_recovery_chapter_answers(on: Stage, owner: Caller) -> None:
    saturday = owner.call("POST", SIGNALS, {**SIGNAL, "trade_date": "2026-05-16"})
    assert saturday.status_code == 400
    assert "not a trading day" in saturday.json()["detail"]
    assert owner.get("/calendar", date="2026-05-16")["next_trading_day"] == "2026-05-18"
    on.clock_to(TODAY, "09:15")
    late = owner.call("POST", SIGNALS, SIGNAL)
    assert late.status_code == 400
    assert "deadline" in late.json()["detail"]
    invalid = owner.call("POST", SIGNALS, {**SIGNAL, "signals": [{"symbol": "600519.SH", "weight": 2}]})
    assert invalid.status_code == 422
    [finding] = invalid.json()["detail"]
    assert {"type", "loc", "msg"} <= set(finding)
    assert finding["loc"][:2] == ["body", "signals"]
    owner.post(SIGNALS, {**SIGNAL, "trade_date": "2026-05-15"})
    owner.call("PATCH", "/strategies/hs300-ml-alpha", {"status": "paused"})
    assert owner.call("POST", SIGNALS, {**SIGNAL, "trade_date": "2026-05-18"}).status_code == 400
    owner.call("PATCH", "/strategies/hs300-ml-alpha", {"status": "active"})
    assert owner.call("POST", SIGNALS, {**SIGNAL, "trade_date": "2026-05-18"}).status_code == 201


def test_the_daily_loop(on: Stage, owner: Caller) -> None:
    owner.post(SIGNALS, {**SIGNAL, "trade_date": "2026-05-14"})
    for day in ("2026-05-14", "2026-05-15"):
        on.clock_to(TODAY.replace(day=int(day[-2:])), "09:00")
        assert owner.get("/calendar", date=day)["is_trading_day"]
        for strategy in owner.get("/strategies", status="active")["strategies"]:
            sent = owner.call(
                "POST", f"/strategies/{strategy['slug']}/signals", {**SIGNAL, "trade_date": day}
            )
            assert sent.status_code in {201, 409}
        on.clock_to(TODAY.replace(day=int(day[-2:])), "18:45")
        [signal] = owner.get(SIGNALS, limit=1)["signals"]
        assert (signal["trade_date"], signal["is_settled"]) == (day, True)
        package = on.public().get("/public/strategies/hs300-ml-alpha/verify", date=day)
        assert package["verification"]["nav"]
