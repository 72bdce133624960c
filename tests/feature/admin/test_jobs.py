"""OPS-02, OPS-04, SETTLE-01, SETTLE-02: the operator's jobs; HEALTH-01."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from quantos.kit.clock import SimulatedClock, parse_instant
from tests.feature.admin.conftest import Site

OPERATORS_CALLS = [
    ("GET", "/admin/jobs"),
    ("POST", "/admin/jobs/settlement_watchdog/run"),
    ("GET", "/admin/clock"),
    ("POST", "/admin/clock"),
    ("GET", "/admin/settlement-runs"),
    ("GET", "/admin/settlement-runs/r1"),
]


def jobs(site: Site) -> dict[str, dict[str, Any]]:
    return {job["name"]: job for job in site.call("GET", "/admin/jobs").json()["jobs"]}


def test_health_asks_for_no_credentials(site: Site) -> None:
    answer = site.call("GET", "/health", token=None)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert site.call("GET", "/health", token="wrong").status_code == 200


@pytest.mark.parametrize(("method", "path"), OPERATORS_CALLS)
def test_the_operators_calls_without_credentials_are_401(site: Site, method: str, path: str) -> None:
    assert site.call(method, path, token=None).status_code == 401
    assert site.call(method, path, token="wrong").status_code == 401


@pytest.mark.parametrize(("method", "path"), OPERATORS_CALLS)
def test_the_operators_calls_by_a_user_are_403_whatever_the_body(site: Site, method: str, path: str) -> None:
    assert site.call(method, path, token=site.a_users_token(), content=b"{").status_code == 403


def test_the_six_jobs_with_their_times(site: Site) -> None:
    found = [(job["name"], job["time"]) for job in site.call("GET", "/admin/jobs").json()["jobs"]]
    assert found == [
        ("portfolio_signal_generation", "09:00"),
        ("attestation_retry", "09:10"),
        ("settle_all_active_strategies", "18:15"),
        ("daily_evaluation", "18:30"),
        ("factor_os_tracking", "18:40"),
        ("settlement_watchdog", "18:45"),
    ]


def test_before_its_first_run_a_job_has_a_next_one_alone(site: Site) -> None:
    assert jobs(site)["attestation_retry"] == {
        "name": "attestation_retry",
        "time": "09:10",
        "state": "never_run",
        "next_run": "2024-01-02T01:10:00Z",
        "last_run": None,
        "last_finished": None,
        "last_date": None,
        "retry_at": None,
        "detail": None,
    }


def test_after_a_run_a_job_shows_it_and_the_next(site: Site) -> None:
    site.scheduler.advance_to(parse_instant("2024-01-05T12:00:00+08:00"))
    found = jobs(site)["attestation_retry"]
    assert (found["state"], found["last_run"], found["last_date"], found["next_run"]) == (
        "done",
        "2024-01-05T01:10:00Z",
        "2024-01-05",
        "2024-01-08T01:10:00Z",
    )
    assert found["detail"] == {"noted": True}


def test_a_job_whose_feature_is_not_there_says_so(site: Site) -> None:
    found = jobs(site)["factor_os_tracking"]
    assert (found["state"], found["next_run"]) == ("not_available", None)
    answer = site.call("POST", "/admin/jobs/factor_os_tracking/run")
    assert answer.status_code == 400
    assert "not available" in answer.json()["detail"]


def test_a_job_is_run_for_a_date(site: Site) -> None:
    answer = site.call("POST", "/admin/jobs/settlement_watchdog/run", json={"date": "2023-12-29"})
    assert answer.status_code == 200
    assert site.ran == [("settlement_watchdog", date(2023, 12, 29))]
    assert answer.json() == {
        "job": "settlement_watchdog",
        "date": "2023-12-29",
        "state": "done",
        "started": "2024-01-02T00:00:00Z",
        "finished": "2024-01-02T00:00:00Z",
        "detail": {"noted": True},
    }


@pytest.mark.parametrize("body", [{"json": {}}, {}, {"json": {"date": None}}, {"json": {"unknown": 1}}])
def test_without_a_date_a_job_is_run_for_today(site: Site, body: dict[str, Any]) -> None:
    assert site.call("POST", "/admin/jobs/attestation_retry/run", **body).status_code == 200
    assert site.ran == [("attestation_retry", date(2024, 1, 2))]


def test_without_a_date_on_a_closed_day_it_is_the_last_trading_day(site: Site) -> None:
    assert isinstance(site.clock, SimulatedClock)
    site.clock.move_to(parse_instant("2024-01-07T12:00:00+08:00"))
    site.call("POST", "/admin/jobs/settlement_watchdog/run")
    assert site.ran == [("settlement_watchdog", date(2024, 1, 5))]


@pytest.mark.parametrize("name", ["settle_all_active_strategies", "settlement_watchdog"])
def test_without_a_date_before_18_15_a_settlement_and_its_watchdog_are_of_the_last_day_over(
    site: Site, name: str
) -> None:
    answer = site.call("POST", f"/admin/jobs/{name}/run")
    assert (answer.status_code, answer.json()["date"]) == (200, "2023-12-29")
    site.scheduler.advance_to(parse_instant("2024-01-02T18:15:00+08:00"))
    again = site.call("POST", f"/admin/jobs/{name}/run")
    assert (again.status_code, again.json()["date"]) == (200, "2024-01-02")


def test_a_job_may_be_run_again_by_hand(site: Site) -> None:
    for _ in range(2):
        assert site.call("POST", "/admin/jobs/attestation_retry/run").status_code == 200
    assert len(site.ran) == 2


def test_an_unknown_job_is_404(site: Site) -> None:
    answer = site.call("POST", "/admin/jobs/make_money/run")
    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)


def test_a_day_is_not_settled_before_its_time(site: Site) -> None:
    site.scheduler.advance_to(parse_instant("2024-01-02T18:14:59+08:00"))
    site.ran.clear()
    answer = site.call("POST", "/admin/jobs/settle_all_active_strategies/run", json={"date": "2024-01-02"})
    assert answer.status_code == 400
    assert site.ran == []
    assert jobs(site)["settle_all_active_strategies"]["state"] == "never_run", "a refusal leaves no trace"


@pytest.mark.parametrize("day", ["2024-01-01", "2024-01-06", "2024-01-03", "0001-01-01", "9999-12-31"])
def test_closed_days_and_days_to_come_are_400(site: Site, day: str) -> None:
    answer = site.call("POST", "/admin/jobs/settlement_watchdog/run", json={"date": day})
    assert (answer.status_code, site.ran) == (400, [])


@pytest.mark.parametrize("day", ["2024-02-30", "x", 20240102, True, ["2024-01-02"], "2024-01-02T00:00:00"])
def test_a_malformed_date_is_422(site: Site, day: Any) -> None:
    answer = site.call("POST", "/admin/jobs/settlement_watchdog/run", json={"date": day})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "date"]


def test_a_failure_is_told_and_not_a_server_error(site: Site) -> None:
    def broken(_: date) -> dict[str, Any]:
        raise RuntimeError("/secret/path")

    site.scheduler._jobs["attestation_retry"] = broken
    answer = site.call("POST", "/admin/jobs/attestation_retry/run")
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert "secret" not in answer.text
    assert jobs(site)["attestation_retry"]["state"] == "failed"
