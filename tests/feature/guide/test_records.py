"""Historical NAV Upload, Public Verification, Tickets, Notifications, Error Response Format, Health Check."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.feature.guide.shapes import departures, names
from tests.feature.guide.test_strategies import CREATE, SIGNAL, SIGNALS
from tests.support.platforms import Caller, Stage

PUBLIC = "/public/strategies/hs300-ml-alpha"
CLAIMED = "/strategies/hs300-ml-alpha/claimed"
UPLOAD = {
    "records": [
        {"date": "2024-01-02", "nav": 1000000.00},
        {"date": "2024-01-03", "nav": 1005200.50},
        {"date": "2024-01-04", "nav": 1003100.25},
    ]
}
UPLOADED = {
    "strategy_slug": "hs300-ml-alpha",
    "data_points": 240,
    "start_date": "2024-01-02",
    "end_date": "2024-12-31",
    "total_return": 0.1523,
    "sharpe": 1.42,
    "max_drawdown": 0.0834,
    "uploaded_at": "2026-05-14T10:00:00Z",
}
TRACK_RECORD: dict[str, Any] = {
    "records": [
        {
            "date": "2026-05-14",
            "nav": 1.0523,
            "daily_return": 0.0012,
            "cumulative_return": 0.0523,
            "benchmark_return": 0.0003,
        }
    ],
    "claimed": {
        "meta": {
            "start_date": "2024-01-02",
            "end_date": "2024-12-31",
            "data_points": 240,
            "total_return": 0.1523,
            "sharpe": 1.42,
            "max_drawdown": 0.0834,
            "uploaded_at": "2026-05-14T10:00:00+00:00",
        },
        "records": [{"date": "2024-01-02", "nav": 1.0, "cumulative_return": 0.0, "benchmark_return": 0.0}],
    },
}
LISTED = {
    "slug": "hs300-ml-alpha",
    "name": "HS300 ML Alpha",
    "description": None,
    "universe": "hs300",
    "holding_period": 10,
    "execution_price": "open",
    "status": "active",
    "creator": "user_a1b2c3",
    "created_at": "2026-05-14T07:15:41+00:00",
    "activated_at": "2026-05-14T07:20:00+00:00",
    "trading_days": 45,
    "has_claimed": True,
    "latest_date": "2026-05-14",
    "nav": 1052300.50,
    "total_return": 0.0523,
    "daily_return": 0.0012,
}
TICKET = {
    "id": "uuid",
    "user_id": "uuid",
    "title": "...",
    "description": "...",
    "category": "bug",
    "status": "open",
    "admin_reply": None,
    "resolved_at": None,
    "created_at": "2026-05-14T07:15:41+00:00",
}


@pytest.fixture
def settled(on: Stage, agent: Caller) -> Caller:
    """The owner of the guide's strategy, a day after it was settled, with its claim."""
    agent.post("/strategies", CREATE)
    agent.post(SIGNALS, SIGNAL)
    on.clock_to(date(2026, 5, 15), "19:00")
    assert agent.call("PUT", CLAIMED, UPLOAD).status_code == 201
    return agent


def test_a_claim_needs_a_strategy_that_has_signalled(agent: Caller) -> None:
    agent.post("/strategies", CREATE)
    assert agent.call("PUT", CLAIMED, UPLOAD).status_code == 400


def test_a_claim_is_uploaded_replaced_queried_and_deleted(settled: Caller) -> None:
    replaced = settled.call("PUT", CLAIMED, UPLOAD)
    assert replaced.status_code == 200
    assert departures(replaced.json(), UPLOADED) == []
    claim = settled.get(CLAIMED)
    assert names("{ start_date, end_date, data_points, total_return, sharpe, max_drawdown }") <= set(
        claim["meta"]
    )
    assert names("{ date, nav, daily_return, cumulative_return }") <= set(claim["records"][0])
    gone = settled.call("DELETE", CLAIMED)
    assert (gone.status_code, gone.json()) == (200, {"deleted": True, "data_points_removed": 3})


def test_a_claim_is_public_and_its_old_addresses_lead_to_it(on: Stage, settled: Caller) -> None:
    public = on.public()
    assert {"meta", "records"} <= set(public.get(f"{PUBLIC}/claimed"))
    moved = public.call("GET", f"{PUBLIC}/backtest")
    assert (moved.status_code, moved.headers["location"]) == (301, f"/api/v1{PUBLIC}/claimed")
    moved = settled.call("PUT", CLAIMED.replace("claimed", "backtest"), UPLOAD)
    assert (moved.status_code, moved.headers["location"]) == (308, f"/api/v1{CLAIMED}")


def test_the_track_record_with_its_claim(on: Stage, settled: Caller) -> None:
    record = on.public().get(f"{PUBLIC}/track-record")
    assert departures(record, TRACK_RECORD) == []
    assert [one["date"] for one in record["records"]] == ["2026-05-14", "2026-05-15"]
    assert "tracking" not in record["claimed"]


def test_the_public_list(on: Stage, settled: Caller) -> None:
    listed = on.public().get("/public/strategies", universe="hs300", limit=50, offset=0)
    assert departures(listed, {"strategies": [LISTED]}) == []
    [one] = listed["strategies"]
    assert (one["trading_days"], one["has_claimed"], one["latest_date"]) == (2, True, "2026-05-15")


def test_performance_metrics(on: Stage, settled: Caller) -> None:
    performance = on.public().get(f"{PUBLIC}/performance")
    metrics = (
        '{ "total_return", "annual_return", "volatility", "sharpe", "max_drawdown",'
        ' "calmar", "excess_return", "excess_sharpe", "benchmark_return", "trading_days" }'
    )
    assert names(metrics) <= set(performance["metrics"])
    assert isinstance(performance["rolling_excess_sharpe"], list)


def test_verification_data(on: Stage, settled: Caller) -> None:
    package = on.public().get(f"{PUBLIC}/verify", date="2026-05-14")
    assert {"verification", "data_provenance", "how_to_verify"} <= set(package)
    assert {"nav", "positions", "signal_attestation", "trades"} <= set(package["verification"])


def test_the_audit_log(on: Stage, settled: Caller) -> None:
    log = on.public().get(f"{PUBLIC}/audit", limit=50, offset=0)
    assert log["total"] == 2
    assert [set(one) >= {"date", "type", "detail"} for one in log["audit_log"]] == [True, True]
    assert {one["date"]: one["type"] for one in log["audit_log"]} == {
        "2026-05-14": "REBALANCE",
        "2026-05-15": "HOLD",
    }


def test_tickets(on: Stage, agent: Caller) -> None:
    answer = agent.call("POST", "/tickets", {"title": "...", "description": "...", "category": "bug"})
    assert answer.status_code == 201
    assert departures(answer.json(), TICKET) == []
    mine = next(value for value in agent.get("/tickets").values() if isinstance(value, list))
    assert [one["id"] for one in mine] == [answer.json()["id"]]
    opened = next(value for value in agent.get("/tickets", status="open").values() if isinstance(value, list))
    assert opened == mine
    assert agent.get(f"/tickets/{answer.json()['id']}")["title"] == "..."


def test_notifications(on: Stage, agent: Caller) -> None:
    ticket = agent.post("/tickets", {"title": "t", "description": "d", "category": "data"})
    assert agent.get("/notifications/unread-count") == {"unread_count": 0}
    on.operator.call("PATCH", f"/admin/tickets/{ticket['id']}", {"admin_reply": "seen", "status": "resolved"})
    unread = agent.get("/notifications", unread_only="true")["notifications"]
    assert agent.get("/notifications/unread-count") == {"unread_count": len(unread)}
    assert unread
    assert agent.call("PATCH", f"/notifications/{unread[0]['id']}/read").status_code == 200
    assert agent.call("POST", "/notifications/read-all").status_code == 200
    assert agent.get("/notifications/unread-count") == {"unread_count": 0}
    assert len(agent.get("/notifications")["notifications"]) == len(unread)


def test_errors_have_the_two_shapes(agent: Caller) -> None:
    missing = agent.call("GET", "/strategies/nowhere")
    assert (missing.status_code, list(missing.json())) == (404, ["detail"])
    assert isinstance(missing.json()["detail"], str)
    invalid = agent.call("POST", "/strategies", {"name": 7, "slug": "x"})
    assert invalid.status_code == 422
    assert all({"type", "loc", "msg"} <= set(one) for one in invalid.json()["detail"])


def test_health(on: Stage) -> None:
    assert on.public().get("/health") == {"status": "ok"}
