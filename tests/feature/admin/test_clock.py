"""OPS-06, OPS-07: the operator's clock; OPS-05: settlement runs."""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from typing import Any

import pytest

from tests.feature.admin.conftest import RUN, Site


def move(site: Site, now: Any) -> Any:
    return site.call("POST", "/admin/clock", json={"now": now})


def test_the_clock_is_shown(site: Site) -> None:
    answer = site.call("GET", "/admin/clock")
    assert (answer.status_code, answer.json()) == (200, {"now": "2024-01-02T00:00:00Z", "simulated": True})


def test_a_move_runs_the_jobs_passed_before_it_returns(site: Site) -> None:
    answer = move(site, "2024-01-03T09:05:00+08:00")
    assert answer.status_code == 200
    passed = [
        ("portfolio_signal_generation", "2024-01-02"),
        ("attestation_retry", "2024-01-02"),
        ("settle_all_active_strategies", "2024-01-02"),
        ("daily_evaluation", "2024-01-02"),
        ("settlement_watchdog", "2024-01-02"),
        ("portfolio_signal_generation", "2024-01-03"),
    ]
    moved = answer.json()
    assert all(run.pop("took_s") >= 0 for run in moved["ran"])
    assert moved == {
        "now": "2024-01-03T01:05:00Z",
        "simulated": True,
        "ran": [{"job": job, "date": day, "state": "done"} for job, day in passed],
    }
    assert [(job, day.isoformat()) for job, day in site.ran] == passed


def test_every_offset_names_the_same_instant(site: Site) -> None:
    assert move(site, "2024-01-02T01:00:00Z").json()["now"] == "2024-01-02T01:00:00Z"
    assert move(site, "2024-01-02T09:00:00+08:00").json()["ran"] == []


def test_back_in_time_is_400_and_moves_nothing(site: Site) -> None:
    answer = move(site, "2024-01-02T07:59:59+08:00")
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)
    assert site.call("GET", "/admin/clock").json()["now"] == "2024-01-02T00:00:00Z"


@pytest.mark.parametrize(
    "now",
    [
        "2024-01-03",
        "2024-01-03T08:00:00",
        "x",
        "",
        1704240000,
        None,
        True,
        "9999-12-31T23:59:59Z",
        "2024-13-01T00:00Z",
    ],
)
def test_a_malformed_instant_is_422(site: Site, now: Any) -> None:
    answer = move(site, now)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "now"]


def test_an_instant_is_required(site: Site) -> None:
    assert site.call("POST", "/admin/clock", json={}).status_code == 422
    assert site.call("POST", "/admin/clock").status_code == 422


def test_a_live_platform_has_no_clock_to_show_or_move(live_site: Site) -> None:
    assert live_site.call("GET", "/admin/clock").status_code == 400
    assert move(live_site, "2100-01-01T00:00:00Z").status_code == 400


def test_a_failed_job_does_not_stop_the_move(site: Site) -> None:
    def broken(_: date) -> dict[str, Any]:
        raise RuntimeError("no disk")

    site.scheduler._jobs["attestation_retry"] = broken
    answer = move(site, "2024-01-02T20:00:00+08:00").json()
    assert [run["state"] for run in answer["ran"]] == ["done", *["failed"] * 4, "done", "done", "done"]


def test_two_operators_take_turns_and_others_are_served_meanwhile(site: Site) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: date) -> dict[str, Any]:
        begun.set()
        assert go_on.wait(20)
        return {}

    site.scheduler._jobs["portfolio_signal_generation"] = slow

    async def both() -> tuple[Any, Any]:
        first = asyncio.create_task(
            site.send("POST", "/admin/clock", json={"now": "2024-01-02T09:30:00+08:00"})
        )
        await asyncio.to_thread(begun.wait, 20)
        second = asyncio.create_task(site.send("POST", "/admin/jobs/attestation_retry/run"))
        for _ in range(3):
            assert (await site.send("GET", "/health", token=None)).status_code == 200
            assert (await site.send("GET", "/admin/jobs")).status_code == 200
        assert not second.done()
        assert site.ran == []
        go_on.set()
        return (await first).json(), (await second).json()

    first, second = site.run(both())
    assert first["now"] == "2024-01-02T01:30:00Z"
    assert second["started"] == "2024-01-02T01:30:00Z", "after the move, not amid it"


def test_settlement_runs_are_listed(site: Site) -> None:
    answer = site.call("GET", "/admin/settlement-runs")
    assert answer.json() == {"settlement_runs": [{**RUN, "date": "2024-01-02"}]}


def test_settlement_runs_are_paged(site: Site) -> None:
    site.settlement.kept = [{**RUN, "id": f"r{number}"} for number in range(60)]

    def page(query: str) -> list[str]:
        found = site.call("GET", f"/admin/settlement-runs?{query}").json()["settlement_runs"]
        return [run["id"] for run in found]

    assert page("") == [f"r{number}" for number in range(50)]
    assert page("limit=7&offset=55") == ["r55", "r56", "r57", "r58", "r59"]
    assert site.call("GET", "/admin/settlement-runs?limit=0").status_code == 422


def test_a_settlement_run_is_shown_with_its_failures(site: Site) -> None:
    found = site.call("GET", "/admin/settlement-runs/r1").json()
    assert found["failed"][0]["reason"].startswith("unexplained_reference")
    assert found["outcomes"] == []


def test_an_unknown_settlement_run_is_404(site: Site) -> None:
    answer = site.call("GET", "/admin/settlement-runs/%3Cb%3Er2%00")
    assert answer.status_code == 404
    assert "r2" not in answer.json()["detail"]


def test_the_operators_routes_are_documented(site: Site) -> None:
    paths = site.app.openapi()["paths"]
    assert set(paths) >= {
        "/api/v1/health",
        "/api/v1/admin/jobs",
        "/api/v1/admin/jobs/{name}/run",
        "/api/v1/admin/clock",
        "/api/v1/admin/settlement-runs",
        "/api/v1/admin/settlement-runs/{run_id}",
        "/api/v1/admin/settlement-runs/restate",
        "/api/v1/admin/restatements",
    }
    for path, methods in paths.items():
        for described in methods.values():
            assert "operationId" in described
            assert ("403" in described["responses"]) == path.startswith("/api/v1/admin")
