"""Verification Steps, Recommended Workflow, Error Recovery, Network timeout: each as the guide writes it down."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.feature.guide.conftest import TODAY
from tests.feature.guide.shapes import departures
from tests.feature.guide.test_records import CLAIMED, PUBLIC
from tests.feature.guide.test_strategies import CREATE, SIGNAL, SIGNALS
from tests.support.platforms import Caller, Stage

OTHER = {**SIGNAL, "signals": [{"symbol": "600519.SH", "weight": 0.06}]}
TRACKING: dict[str, Any] = {
    "claimed": {
        "tracking": {
            "tracking_diff_annualized": 0.012,
            "tracking_error_annualized": 0.031,
            "correlation": 0.97,
            "overlap_days": 45,
        }
    }
}


@pytest.fixture
def owner(agent: Caller) -> Caller:
    agent.post("/strategies", CREATE)
    return agent


def submitted_as_the_guide_recovers(agent: Caller, signals: list[dict[str, Any]]) -> int:
    """A submission; where it is 409, what the guide says to do then. The status of the last call."""
    body = {"trade_date": str(TODAY), "signals": signals}
    answer = agent.call("POST", SIGNALS, body)
    if answer.status_code != 409:
        return answer.status_code
    [existing] = agent.get(SIGNALS, limit=1)["signals"]
    if existing["signals"] == signals:
        return 200
    deleted = agent.call("DELETE", f"{SIGNALS}/{TODAY}")
    return deleted.status_code if deleted.is_error else agent.call("POST", SIGNALS, body).status_code


def test_the_first_time_bootstrap(on: Stage) -> None:
    code = on.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
    agent = on.public()
    agent.token = agent.post("/auth/invite", {"invite_code": code})["access_token"]
    agent.token = agent.post("/billing/api-keys", {"name": "my-agent"})["api_key"]
    body = {"name": "...", "slug": "bootstrap", "universe": "hs300"}
    assert agent.call("POST", "/strategies", body).status_code == 201
    assert agent.call("POST", "/strategies", body).status_code == 409, "choose another"
    assert len(agent.get("/strategies")["strategies"]) > 0


def test_a_409_is_recovered_as_the_guide_says(on: Stage, owner: Caller) -> None:
    assert submitted_as_the_guide_recovers(owner, SIGNAL["signals"]) == 201
    assert submitted_as_the_guide_recovers(owner, SIGNAL["signals"]) == 200, "identical content"
    assert submitted_as_the_guide_recovers(owner, OTHER["signals"]) == 400, "attested: it stays"


def test_what_a_paused_and_a_retired_strategy_answer_names_their_status(owner: Caller) -> None:
    owner.post(SIGNALS, SIGNAL)
    for status in ("paused", "retired"):
        owner.call("PATCH", "/strategies/hs300-ml-alpha", {"status": status})
        refused = owner.call("POST", SIGNALS, {**SIGNAL, "trade_date": "2026-05-18"})
        assert refused.status_code == 400
        assert status in refused.json()["detail"]


def test_after_a_timeout_each_confirming_call_tells_what_became_of_it(on: Stage, owner: Caller) -> None:
    owner.post(SIGNALS, SIGNAL)
    assert owner.get(SIGNALS, limit=1)["signals"][0]["trade_date"] == str(TODAY)
    assert "hs300-ml-alpha" in {one["slug"] for one in owner.get("/strategies")["strategies"]}
    assert [one["name"] for one in owner.get("/billing/api-keys")["api_keys"]] == ["agent"]
    factor = owner.post("/factors", {"name": "my_alpha", "universe": "hs300", "claimed_ic_mean": 0.035})
    assert [one["id"] for one in owner.get("/factors")["factors"]] == [factor["id"]]
    assert owner.get(f"/factors/{factor['id']}/submit")["status"] == "draft"
    ticket = owner.post("/tickets", {"title": "t", "category": "data"})
    assert [one["id"] for one in owner.get("/tickets")["tickets"]] == [ticket["id"]]


def test_a_settlement_that_does_not_appear_is_reported(unattested: Stage) -> None:
    """No bars of the day: the signal stays unsettled, and the guide says to write a ticket."""
    agent = unattested.agent()
    agent.post("/strategies", CREATE)
    late = date(2026, 5, 25)
    agent.post(SIGNALS, {**SIGNAL, "trade_date": str(late)})
    unattested.clock_to(late, "19:00")
    [signal] = agent.get(SIGNALS, limit=1)["signals"]
    assert (signal["trade_date"], signal["is_settled"]) == (str(late), False)
    title = f"settlement missing for hs300-ml-alpha on {late}"
    assert agent.post("/tickets", {"category": "data", "title": title})["title"] == title


def test_the_verification_steps(on: Stage, owner: Caller) -> None:
    """The five steps, by the standard library alone."""
    owner.post(SIGNALS, SIGNAL)
    on.clock_to(TODAY, "19:00")
    public = on.public()
    package = public.get(f"{PUBLIC}/verify", date=str(TODAY))["verification"]
    attested, nav = package["signal_attestation"], package["nav"]
    address = attested["github_raw_url"]
    fetched = public.runner.run(public.http.get(f"http://platform{address}")).json()
    [entry] = [one for one in fetched["strategies"] if one["strategy_slug"] == "hs300-ml-alpha"]
    assert entry["signal_hash"] == attested["signal_hash"]
    symbols = ",".join(sorted(one["symbol"] for one in attested["signals"]))
    assert hashlib.sha256(symbols.encode()).hexdigest()[:16] == attested["symbols_hash"]
    values = [Decimal(str(one["market_value"])) for one in package["positions"]]
    assert values
    assert sum(values) + Decimal(str(nav["cash"])) == Decimal(str(nav["reported_nav"]))
    deadline = datetime.fromisoformat(attested["deadline"])
    assert deadline == datetime.fromisoformat("2026-05-14T09:15:00+08:00")
    assert datetime.fromisoformat(attested["committed_at"]) < deadline


def test_tracking_metrics_of_a_claim_that_overlaps(on: Stage, owner: Caller) -> None:
    """Platform days before the activation are those that the operator backfilled."""
    days = ["2026-05-06", "2026-05-07", "2026-05-08", "2026-05-11", "2026-05-12", "2026-05-13"]
    owner.post(SIGNALS, SIGNAL)
    on.operator.post(
        "/admin/strategies/hs300-ml-alpha/backfill",
        {"signals": [{**SIGNAL, "trade_date": day} for day in days]},
    )
    claim = [{"date": day, "nav": 1 + 0.001 * place} for place, day in enumerate(["2026-04-30", *days])]
    assert owner.call("PUT", CLAIMED, {"records": claim}).status_code == 201
    record = on.public().get(f"{PUBLIC}/track-record")
    assert departures(record, TRACKING) == []
    assert record["claimed"]["tracking"]["overlap_days"] == len(days)
    assert on.public().get(f"{PUBLIC}/claimed")["tracking"] == record["claimed"]["tracking"]
