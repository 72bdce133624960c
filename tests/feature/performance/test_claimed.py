"""CLAIM-01 to CLAIM-15 and CLAIM-22 over HTTP: what is taken, what is shown, what is refused."""

from __future__ import annotations

import json
import math
import statistics
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.performance.claiming import ACTIVATED, GUIDE, claim, natural_days, put
from tests.support.platforms import Caller, Stage, stage

approx = pytest.approx
META = {
    "start_date",
    "end_date",
    "data_points",
    "total_return",
    "sharpe",
    "max_drawdown",
    "uploaded_at",
}


def none_stored(agent: Caller) -> bool:
    return agent.call("GET", "/strategies/one/claimed").status_code == 404


def test_claim_01_the_first_upload_is_201_and_a_replacement_200(agent: Caller) -> None:
    assert [put(agent, GUIDE).status_code for _ in range(3)] == [201, 200, 200]
    agent.call("DELETE", "/strategies/one/claimed")
    assert put(agent, GUIDE).status_code == 201


def test_claim_02_the_answer_tells_the_claim_in_short(agent: Caller) -> None:
    found = put(agent, GUIDE).json()
    assert set(found) == META | {"strategy_slug"}
    assert (found["strategy_slug"], found["data_points"]) == ("one", 4)
    assert (found["start_date"], found["end_date"]) == ("2024-01-02", "2024-01-05")
    assert found["total_return"] == approx(0.00310025, abs=1e-12)
    changes = [0.0052005, 1003100.25 / 1005200.5 - 1, 0.0]
    assert found["sharpe"] == approx(statistics.mean(changes) / statistics.stdev(changes) * math.sqrt(252))
    assert found["max_drawdown"] == approx(1 - 1003100.25 / 1005200.5, abs=1e-12)
    assert datetime.fromisoformat(found["uploaded_at"]) == datetime(2024, 3, 1, tzinfo=UTC)


def test_claim_03_a_pending_strategy_is_told_to_submit_a_signal_first(agent: Caller) -> None:
    agent.post("/strategies", {"name": "Two", "slug": "two"})
    answer = put(agent, GUIDE, "two")
    assert (answer.status_code, "pending" in answer.json()["detail"]) == (400, True)


def test_claim_03_a_paused_strategy_may_claim_and_a_retired_one_may_not(agent: Caller) -> None:
    agent.call("PATCH", "/strategies/one", {"status": "paused"})
    assert put(agent, GUIDE).status_code == 201
    agent.call("DELETE", "/strategies/one")
    answer = put(agent, GUIDE[:2])
    assert (answer.status_code, "retired" in answer.json()["detail"]) == (400, True)
    assert agent.get("/strategies/one/claimed")["meta"]["data_points"] == 4


@pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 422), (2, 201), (5000, 201), (5001, 422)])
def test_claim_04_a_claim_has_2_to_5000_records(agent: Caller, count: int, status: int) -> None:
    answer = put(agent, [(day, 1.0) for day in natural_days(count)])
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["data_points"] == count
    else:
        assert [item["loc"] for item in answer.json()["detail"]] == [["body", "records"]]
        assert none_stored(agent)


@pytest.mark.parametrize(
    "dates",
    [
        ("2024-01-02", "2024-01-02", "2024-01-03"),
        ("2024-01-03", "2024-01-02", "2024-01-04"),
    ],
)
def test_claim_05_dates_that_do_not_ascend_are_422_at_their_place(
    agent: Caller, dates: tuple[str, ...]
) -> None:
    answer = put(agent, [(day, 1.0) for day in dates])
    assert answer.status_code == 422
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", "records", 1, "date"]]
    assert none_stored(agent)


def test_claim_05_dates_need_not_be_trading_days(agent: Caller) -> None:
    assert put(agent, [("2024-01-01", 1.0), ("2024-01-06", 1.1), ("2024-01-07", 1.2)]).status_code == 201


@pytest.mark.parametrize(
    ("nav", "status"),
    [(0, 422), (-1.0, 422), (1e10, 201), (10_000_000_000, 201), (10_000_000_001, 422), (5e-324, 201)],
)
def test_claim_06_a_nav_is_positive_and_at_most_1e10(agent: Caller, nav: float, status: int) -> None:
    answer = put(agent, [("2024-01-02", 1.0), ("2024-01-03", nav)])
    assert answer.status_code == status
    if status == 422:
        assert [item["loc"] for item in answer.json()["detail"]] == [["body", "records", 1, "nav"]]


@pytest.mark.parametrize("nav", ["1.0", True, None, [1.0], {}])
def test_conv_08_a_nav_is_a_json_number(agent: Caller, nav: Any) -> None:
    assert put(agent, [("2024-01-02", 1.0), ("2024-01-03", nav)]).status_code == 422
    assert none_stored(agent)


@pytest.mark.parametrize(
    "day", ["2024-02-30", "2024-1-2", "20240102", "2024-01-02T00:00:00", 20240102, None, ""]
)
def test_conv_08_a_date_is_written_yyyy_mm_dd(agent: Caller, day: Any) -> None:
    answer = put(agent, [(day, 1.0), ("2024-01-03", 1.0)])
    assert answer.status_code == 422
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", "records", 0, "date"]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"records": {}}',
        '{"records": [1, 2]}',
        '{"records": [{"date": "2024-01-02"}, {"nav": 1}]}',
        '{"records": [{"date": "2024-01-02", "nav": NaN}, {"date": "2024-01-03", "nav": 1}]}',
        '{"records": [{"date": "2024-01-02", "nav": 1e999}, {"date": "2024-01-03", "nav": 1}]}',
    ],
)
def test_err_04_a_body_that_is_no_claim_is_422(agent: Caller, text: str) -> None:
    headers = {"Authorization": f"Bearer {agent.token}", "content-type": "application/json"}
    path = "/strategies/one/claimed"
    answer = agent.runner.run(agent.http.request("PUT", path, content=text.encode(), headers=headers))
    assert answer.status_code == 422
    assert all(set(item) == {"type", "loc", "msg"} for item in answer.json()["detail"])


@pytest.mark.parametrize(
    ("last", "status"), [("2024-02-29", 201), ("2024-03-01", 400), ("2024-03-04", 400), ("2031-01-01", 400)]
)
def test_claim_07_every_date_is_before_the_day_of_the_activation(
    agent: Caller, last: str, status: int
) -> None:
    answer = put(agent, [("2024-01-02", 1.0), (last, 1.1)])
    assert answer.status_code == status
    if status == 400:
        assert "2024-03-01" in answer.json()["detail"]
        assert none_stored(agent)


def test_claim_07_the_day_of_the_activation_is_that_of_shanghai(tmp_path: Path) -> None:
    # 2024-02-29 16:30 UTC is 2024-03-01 00:30 in Shanghai
    with stage(tmp_path / "night", parse_instant("2024-02-29T16:30:00Z")) as on:
        caller = on.agent()
        caller.post("/strategies", {"name": "One", "slug": "one"})
        on.submit(caller, "one", ACTIVATED, {})
        assert caller.get("/strategies/one")["activated_at"] == "2024-02-29T16:30:00Z"
        assert put(caller, [("2024-01-02", 1.0), ("2024-02-29", 1.1)]).status_code == 201
        assert put(caller, [("2024-01-02", 1.0), ("2024-03-01", 1.1)]).status_code == 400


def test_claim_07_a_pause_does_not_move_the_activation(on_stage: Stage, agent: Caller) -> None:
    agent.call("PATCH", "/strategies/one", {"status": "paused"})
    on_stage.clock_to(date(2024, 3, 5), "08:00")
    agent.call("PATCH", "/strategies/one", {"status": "active"})
    assert put(agent, [("2024-01-02", 1.0), ("2024-03-04", 1.1)]).status_code == 400


def test_claim_08_records_are_normalised_to_one_at_the_first(agent: Caller) -> None:
    put(agent, GUIDE)
    found = agent.get("/strategies/one/claimed")["records"]
    assert [set(record) for record in found] == [{"date", "nav", "daily_return", "cumulative_return"}] * 4
    assert [record["date"] for record in found] == [day for day, _ in GUIDE]
    assert [record["nav"] for record in found] == [1.0, 1.0052005, 1.00310025, 1.00310025]
    assert [record["daily_return"] for record in found] == approx(
        [0.0, 0.0052005, 1003100.25 / 1005200.5 - 1, 0.0], abs=1e-12
    )
    assert [record["cumulative_return"] for record in found] == approx(
        [0.0, 0.0052005, 0.00310025, 0.00310025], abs=1e-12
    )


def test_claim_09_the_drawdown_of_a_claim_is_a_positive_fraction(agent: Caller) -> None:
    days = natural_days(4)
    found = put(agent, list(zip(days, [100, 125, 75, 200], strict=True))).json()
    assert (found["total_return"], found["max_drawdown"]) == (1.0, 0.4)


def test_claim_10_two_records_have_no_sharpe(agent: Caller) -> None:
    assert put(agent, GUIDE[:2]).json()["sharpe"] is None


def test_claim_10_a_weekly_claim_is_annualised_by_its_own_frequency(agent: Caller) -> None:
    # Fridays of January 2024: 3 intervals over 15 trading days
    weekly = list(
        zip(("2024-01-05", "2024-01-12", "2024-01-19", "2024-01-26"), (1, 1.02, 0.99, 1.05), strict=True)
    )
    changes = [1.02 - 1, 0.99 / 1.02 - 1, 1.05 / 0.99 - 1]
    expected = statistics.mean(changes) / statistics.stdev(changes) * math.sqrt(252 * 3 / 15)
    assert put(agent, weekly).json()["sharpe"] == approx(expected)


def test_claim_11_a_claim_is_read_as_its_meta_and_records(agent: Caller) -> None:
    receipt = put(agent, GUIDE).json()
    found = agent.get("/strategies/one/claimed")
    assert set(found) == {"meta", "records"}
    assert found["meta"] == {key: value for key, value in receipt.items() if key != "strategy_slug"}


def test_claim_11_without_a_claim_it_is_404(agent: Caller) -> None:
    assert agent.call("GET", "/strategies/one/claimed").status_code == 404
    assert agent.call("GET", "/public/strategies/one/claimed").status_code == 404


def test_claim_12_a_deleted_claim_is_gone_and_deleting_again_is_404(agent: Caller) -> None:
    put(agent, GUIDE)
    answer = agent.call("DELETE", "/strategies/one/claimed")
    assert (answer.status_code, answer.json()) == (200, {"deleted": True, "data_points_removed": 4})
    assert none_stored(agent)
    assert agent.call("DELETE", "/strategies/one/claimed").status_code == 404
    assert agent.call("GET", "/public/strategies/one/claimed").status_code == 404


def test_claim_12_the_claim_of_a_retired_strategy_stays(agent: Caller) -> None:
    put(agent, GUIDE)
    agent.call("DELETE", "/strategies/one")
    assert agent.call("DELETE", "/strategies/one/claimed").status_code == 400
    assert agent.get("/strategies/one/claimed")["meta"]["data_points"] == 4
    assert agent.get("/public/strategies/one/claimed")["meta"]["data_points"] == 4


def test_claim_13_an_upload_replaces_the_whole_curve(agent: Caller) -> None:
    put(agent, GUIDE)
    put(agent, [("2023-06-01", 5.0), ("2023-06-02", 6.0)])
    found = agent.get("/strategies/one/claimed")
    assert [(r["date"], r["nav"]) for r in found["records"]] == [("2023-06-01", 1.0), ("2023-06-02", 1.2)]
    assert found["meta"]["data_points"] == 2


def test_err_10_a_refused_replacement_leaves_the_claim_as_it_was(agent: Caller) -> None:
    put(agent, GUIDE)
    before = agent.get("/strategies/one/claimed")
    assert put(agent, [("2024-01-02", 1.0), ("2024-01-01", 1.0)]).status_code == 422
    assert put(agent, [("2024-01-02", 1.0), ("2024-03-01", 1.0)]).status_code == 400
    assert agent.get("/strategies/one/claimed") == before


def test_claim_14_anyone_reads_a_claim_as_its_owner_does(on_stage: Stage, agent: Caller) -> None:
    put(agent, GUIDE)
    public = on_stage.public()
    assert public.get("/public/strategies/one/claimed") == agent.get("/strategies/one/claimed")
    wrong = Caller(public.runner, public.http, "qgpt_wrong")
    assert wrong.get("/public/strategies/one/claimed") == agent.get("/strategies/one/claimed")


def test_claim_15_the_track_record_shows_a_claim_beside_its_benchmark(
    on_stage: Stage, agent: Caller, tmp_path: Path
) -> None:
    public = on_stage.public()
    assert "claimed" not in public.get("/public/strategies/one/track-record")
    put(agent, [*GUIDE, ("2024-01-07", 1_003_100.25), ("2024-01-08", 900_000), ("2024-01-10", 950_000)])
    found = public.get("/public/strategies/one/track-record")["claimed"]
    assert set(found) == {"meta", "records"}
    assert [r["benchmark_return"] for r in found["records"]] == [0.0, *[None] * 6]

    index = tmp_path / "index_daily.csv"
    closes = {"2024-01-02": 100, "2024-01-03": 102, "2024-01-05": 99, "2024-01-08": 110, "2024-01-10": 121}
    rows = "".join(f"000300.SH,{day},{close}\n" for day, close in closes.items())
    index.write_text(f"symbol,trade_date,close\n{rows}")
    on_stage.operator.post("/admin/market/import", {"path": str(index)})
    found = public.get("/public/strategies/one/track-record")["claimed"]
    assert [set(r) for r in found["records"]] == [
        {"date", "nav", "cumulative_return", "benchmark_return"}
    ] * 7
    # 01-04 has no close; Sunday 01-07 stands at Friday's; 01-10 follows 01-08, whatever lies between
    returns = [r["benchmark_return"] for r in found["records"]]
    assert returns[2:4] == [None, None]
    assert [returns[k] for k in (0, 1, 4, 5, 6)] == approx([0.0, 0.02, 0.0, 110 / 99 - 1, 0.1])
    assert [r["nav"] for r in found["records"]][:2] == [1.0, 1.0052005]
    agent.call("DELETE", "/strategies/one/claimed")
    assert "claimed" not in public.get("/public/strategies/one/track-record")


def test_pub_01_the_list_says_who_has_claimed(on_stage: Stage, agent: Caller) -> None:
    agent.post("/strategies", {"name": "Two", "slug": "two"})
    on_stage.submit(agent, "two", ACTIVATED, {})
    put(agent, GUIDE, "two")
    listed = on_stage.public().get("/public/strategies")["strategies"]
    assert {s["slug"]: s["has_claimed"] for s in listed} == {"one": False, "two": True}
    agent.call("DELETE", "/strategies/two/claimed")
    listed = on_stage.public().get("/public/strategies")["strategies"]
    assert [s["has_claimed"] for s in listed] == [False, False]


@pytest.mark.parametrize("path", ["claimed", "backtest"])
def test_pub_04_a_private_strategys_claim_is_404_in_public(on_stage: Stage, agent: Caller, path: str) -> None:
    put(agent, GUIDE)
    assert on_stage.public().call("GET", f"/public/strategies/one/{path}").status_code != 404
    agent.call("PATCH", "/strategies/one", {"is_public": False})
    assert on_stage.public().call("GET", f"/public/strategies/one/{path}").status_code == 404
    assert agent.get("/strategies/one/claimed")["meta"]["data_points"] == 4
    agent.call("PATCH", "/strategies/one", {"is_public": True})
    assert on_stage.public().call("GET", f"/public/strategies/one/{path}").status_code != 404


def test_claim_22_an_upload_is_idempotent(agent: Caller) -> None:
    first, second = put(agent, GUIDE), put(agent, GUIDE)
    assert first.json() == second.json()
    assert agent.get("/strategies/one/claimed")["meta"]["data_points"] == 4


@pytest.mark.parametrize("slug", ["one", "unknown", "A!", "x" * 60])
def test_claim_22_a_foreign_or_unknown_strategy_is_404(on_stage: Stage, agent: Caller, slug: str) -> None:
    put(agent, GUIDE)
    other = on_stage.agent()
    for method in ("GET", "PUT", "DELETE"):
        answer = other.call(method, f"/strategies/{slug}/claimed", claim(GUIDE) if method == "PUT" else None)
        assert answer.status_code == 404, method
    assert agent.get("/strategies/one/claimed")["meta"]["data_points"] == 4


def test_sec_02_a_claim_needs_credentials(on_stage: Stage, agent: Caller) -> None:
    put(agent, GUIDE)
    for method in ("GET", "PUT", "DELETE"):
        assert on_stage.public().call(method, "/strategies/one/claimed", claim(GUIDE)).status_code == 401


def test_a_claim_survives_a_restart_to_the_bit(tmp_path: Path, on_stage: Stage, agent: Caller) -> None:
    navs = [0.1 + 0.2, 1e10, 5e-324, 1 / 3]
    put(agent, list(zip(natural_days(4), navs, strict=True)))
    before = agent.get("/strategies/one/claimed")
    on_stage.platform.close()
    with stage(tmp_path / "data", parse_instant("2024-03-01T08:00+08:00")) as again:
        assert (
            Caller(again.operator.runner, again.operator.http, agent.token).get("/strategies/one/claimed")
            == before
        )
        with again.platform.records.read() as session:
            (text,) = session.connection().exec_driver_sql("SELECT navs FROM claim").one()
    assert memoryview(text).cast("d").tolist() == navs


def test_conv_07_what_leaves_the_range_of_floats_is_null(on_stage: Stage, agent: Caller) -> None:
    answer = put(agent, [("2024-01-02", 5e-324), ("2024-01-03", 1e10), ("2024-01-04", 5e9)])
    assert (answer.json()["total_return"], answer.json()["sharpe"], answer.json()["max_drawdown"]) == (
        None,
        None,
        0.5,
    )
    for path in ("claimed", "track-record"):
        text = on_stage.public().call("GET", f"/public/strategies/one/{path}").text
        assert "NaN" not in text and "Infinity" not in text
        json.loads(text)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "PATCH", "HEAD"])
def test_claim_21_the_old_path_redirects_its_owner_with_308(agent: Caller, method: str) -> None:
    answer = agent.call(method, "/strategies/one/backtest", claim(GUIDE) if method == "PUT" else None)
    assert answer.status_code == 308
    assert answer.headers["location"] == "/api/v1/strategies/one/claimed"


def test_claim_21_the_old_public_path_redirects_with_301(on_stage: Stage, agent: Caller) -> None:
    answer = on_stage.public().call("GET", "/public/strategies/one/backtest")
    assert (answer.status_code, answer.headers["location"]) == (301, "/api/v1/public/strategies/one/claimed")
    assert on_stage.public().call("GET", "/public/strategies/unknown/backtest").status_code == 404
    assert on_stage.agent().call("GET", "/strategies/one/backtest").status_code == 404
    assert on_stage.public().call("GET", "/strategies/one/backtest").status_code == 401


def test_claim_21_a_client_that_follows_the_redirect_uploads(agent: Caller) -> None:
    headers = {"Authorization": f"Bearer {agent.token}"}
    answer = agent.runner.run(
        agent.http.put("/strategies/one/backtest", json=claim(GUIDE), headers=headers, follow_redirects=True)
    )
    assert (answer.status_code, answer.json()["data_points"]) == (201, 4)
