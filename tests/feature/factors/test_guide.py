"""Every example of the guide's factor chapter, as it is written there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, SESSIONS, Owner, entries, load
from tests.feature.factors.made import owner as new_owner
from tests.support.described import Described
from tests.support.platforms import Stage, stage

CREATE: dict[str, Any] = {
    "name": "momentum_20d",
    "universe": "hs300",
    "description": "20-day momentum factor",
    "expression": "rank(ts_mean(close, 20))",
    "claimed_ic_mean": 0.035,
    "claimed_ic_ir": 0.68,
}
MEASURES = [
    "ic_mean",
    "ic_ir",
    "turnover",
    "sharpe",
    "fitness",
    "ic_decay",
    "coverage",
    "data_days",
    "max_correlation",
]
FIELDS = [
    "id",
    "name",
    "universe",
    "status",
    "description",
    "expression",
    "is",
    "os",
    "claimed",
    "checks",
    "reject_reason",
    "yearly_stats",
    "submitted_at",
    "validated_at",
    "created_at",
]


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("guide") / "data"
    with stage(folder, parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market)
        yield opened


@pytest.fixture(scope="module")
def owner(on_stage: Stage) -> Owner:
    return new_owner(on_stage)


@pytest.fixture(scope="module")
def validated(owner: Owner) -> str:
    return owner.active()


@pytest.fixture(scope="module")
def described(on_stage: Stage) -> Described:
    return Described(build_app(on_stage.platform).openapi(), {})


def departures(described: Described, operation: str, answer: Any) -> list[str]:
    found = next(each for each in described.operations if each.name == operation)
    schema = found.described["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    return described.departures(schema, answer.json())


def test_factor_01_02_a_new_factor_is_a_draft_with_nothing_measured(
    owner: Owner, described: Described
) -> None:
    answer = owner.call("POST", "/factors", CREATE)
    assert answer.status_code == 201
    found = answer.json()
    assert sorted(found) == sorted(FIELDS)
    assert found == {
        **found,
        "name": "momentum_20d",
        "universe": "hs300",
        "status": "draft",
        "description": "20-day momentum factor",
        "expression": "rank(ts_mean(close, 20))",
        "is": dict.fromkeys(MEASURES),
        "os": {"ic_mean_30d": None, "ic_mean_60d": None, "ic_mean_120d": None, "start_date": None},
        "claimed": {"ic_mean": 0.035, "ic_ir": 0.68},
        "checks": None,
        "reject_reason": None,
        "yearly_stats": None,
        "submitted_at": None,
        "validated_at": None,
        "created_at": f"{LAST}T12:00:00Z",
    }
    assert departures(described, "create_factor", answer) == []


def test_factor_04_what_is_optional_may_be_left_out(owner: Owner) -> None:
    found = owner.call("POST", "/factors", {"name": "f", "universe": "csi500"}).json()
    assert (found["description"], found["expression"]) == (None, None)
    assert found["claimed"] == {"ic_mean": None, "ic_ir": None}


def test_factor_05_each_creation_makes_a_new_factor(owner: Owner) -> None:
    assert owner.create(name="same") != owner.create(name="same")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("name", 5),
        ("universe", "csi2000"),
        ("universe", "etf_all"),
        ("universe", "HS300"),
        ("universe", None),
        ("claimed_ic_mean", "0.1"),
        ("claimed_ic_ir", True),
        ("description", 1),
        ("expression", "a\0b"),
    ],
)
def test_factor_03_04_a_malformed_field_is_422_at_its_place(owner: Owner, field: str, value: Any) -> None:
    before = owner.caller.get("/factors")["total"]
    answer = owner.call("POST", "/factors", {**CREATE, field: value})
    assert answer.status_code == 422
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", field]]
    assert owner.caller.get("/factors")["total"] == before


def test_factor_04_a_claim_beyond_all_numbers_is_422(owner: Owner) -> None:
    headers = {"Authorization": f"Bearer {owner.caller.token}", "Content-Type": "application/json"}
    for body in (
        b'{"name": "f", "universe": "hs300", "claimed_ic_mean": 1e999}',
        b'{"name": "f", "universe": "hs300", "claimed_ic_ir": NaN}',
    ):
        request = owner.caller.http.post("/factors", content=body, headers=headers)
        assert owner.caller.runner.run(request).status_code == 422


def test_factor_12_16_the_guides_upload_is_stored_and_again_changes_nothing(
    owner: Owner, described: Described
) -> None:
    factor = owner.create()
    body = [
        {"date": "2024-01-02", "values": {"600519.SH": 1.23, "600036.SH": -0.45}},
        {"date": "2024-01-03", "values": {"600519.SH": 0.87, "600036.SH": 0.12}},
    ]
    for _ in range(2):
        answer = owner.upload(factor, body)
        assert answer.status_code == 200
        assert answer.json() == {"uploaded": 2, "total_days": 2, "status": "draft"}
        assert departures(described, "upload_factor_values", answer) == []


def test_factor_21_progress_tells_the_days_and_their_bounds(owner: Owner, described: Described) -> None:
    factor = owner.create()
    empty = owner.call("GET", f"/factors/{factor}/values/status")
    assert empty.json() == {
        "total_days": 0,
        "min_required": 120,
        "ready": False,
        "start_date": None,
        "end_date": None,
    }
    owner.upload(factor, entries(SESSIONS[3:125]))
    answer = owner.call("GET", f"/factors/{factor}/values/status")
    assert answer.json() == {
        "total_days": 122,
        "min_required": 120,
        "ready": True,
        "start_date": SESSIONS[3].isoformat(),
        "end_date": SESSIONS[124].isoformat(),
    }
    assert departures(described, "get_factor_values_status", answer) == []


def test_factor_22_a_validation_answers_with_everything_it_found(
    on_stage: Stage, described: Described
) -> None:
    owner = new_owner(on_stage)
    answer = owner.submit(owner.ready())
    found = answer.json()
    assert answer.status_code == 200
    assert found["status"] in {"active", "rejected"}
    assert found.keys() >= {"ic_series", "ls_cumulative_returns", "yearly_stats", *FIELDS}
    assert found["submitted_at"] == found["validated_at"] == f"{LAST}T12:00:00Z"
    assert all(found["is"][name] is not None for name in MEASURES)
    assert departures(described, "submit_factor", answer) == []


def test_factor_09_38_40_41_what_was_found_is_read_by_every_call(
    owner: Owner, validated: str, described: Described
) -> None:
    detail = owner.call("GET", f"/factors/{validated}")
    poll = owner.call("GET", f"/factors/{validated}/submit")
    series = owner.call("GET", f"/factors/{validated}/ic-series")
    chart = owner.call("GET", f"/factors/{validated}/chart-data")
    more = owner.call("GET", f"/factors/{validated}/diagnostics")
    for operation, answer in {
        "get_factor": detail,
        "get_factor_validation": poll,
        "get_factor_ic_series": series,
        "get_factor_chart_data": chart,
        "get_factor_diagnostics": more,
    }.items():
        assert departures(described, operation, answer) == []
    found = detail.json()
    assert poll.json() == {name: found[name] for name in ("status", "checks", "validated_at")}
    assert series.json() == {"records": found["ic_series"]}
    assert chart.json() == {
        name: found[name] for name in ("ic_series", "ls_cumulative_returns", "yearly_stats")
    }
    assert more.json()["diagnostics"] == found["diagnostics"]
    dates = [point["date"] for point in found["ic_series"]]
    assert dates == sorted(dates) == [day.isoformat() for day in SESSIONS[:148]]


def test_before_a_validation_there_are_no_series(owner: Owner) -> None:
    factor = owner.create()
    found = owner.get(factor)
    assert (found["ic_series"], found["ls_cumulative_returns"], found["yearly_stats"]) == (None, None, None)
    assert owner.get(factor, "/ic-series") == {"records": []}
    chart: dict[str, Any] = {"ic_series": [], "ls_cumulative_returns": [], "yearly_stats": []}
    assert owner.get(factor, "/chart-data") == chart
    assert owner.get(factor, "/submit") == {"status": "draft", "checks": None, "validated_at": None}


def test_factor_42_yearly_days_add_up_to_the_ics(owner: Owner, validated: str) -> None:
    found = owner.get(validated)
    assert sum(year["days"] for year in found["yearly_stats"]) == len(found["ic_series"])
    assert [sorted(year) for year in found["yearly_stats"]] == [
        ["days", "drawdown", "ic_ir", "ic_mean", "returns", "turnover", "year"]
    ]


def test_factor_30_the_long_short_curve_compounds_its_returns(owner: Owner, validated: str) -> None:
    level = 1.0
    for point in owner.get(validated)["ls_cumulative_returns"]:
        level *= 1 + point["ls_return"]
        assert point["cumulative"] == pytest.approx(level, rel=1e-12)


def test_factor_39_correlations_with_the_other_active_factors_the_strongest_first(
    on_stage: Stage, described: Described
) -> None:
    owner = new_owner(on_stage)
    flip = owner.ready(
        name="flip", values=lambda day: {n: -v for n, v in entries([day])[0]["values"].items()}
    )
    first = owner.active(name="first")
    answer = owner.call("GET", f"/factors/{flip}/correlations")
    assert departures(described, "list_factor_correlations", answer) == []
    (only,) = answer.json()["correlations"]
    assert (only["factor_id"], only["name"]) == (first, "first")
    assert only["correlation"] == pytest.approx(-1.0, abs=1e-12)
    assert owner.get(first, "/correlations") == {"correlations": []}, "itself is not among the others"


def test_factor_06_the_list_has_no_series(owner: Owner, validated: str, described: Described) -> None:
    answer = owner.call("GET", "/factors")
    assert departures(described, "list_factors", answer) == []
    found = answer.json()
    assert found["total"] == len(found["factors"])
    assert all(sorted(each) == sorted(FIELDS) for each in found["factors"])
    assert validated in {each["id"] for each in found["factors"]}


def test_the_example_dates_of_the_guide_lie_in_the_future_of_this_clock(owner: Owner) -> None:
    answer = owner.upload(owner.create(), [{"date": "2025-01-02", "values": {"600519.SH": 1.23}}])
    assert answer.status_code == 400
    assert "2025-01-02" in answer.json()["detail"]
    assert date(2025, 1, 2) > LAST
