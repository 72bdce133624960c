"""What may be done to a factor in which status, and by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from quantos.storage import events
from tests.feature.factors.made import LAST, SESSIONS, Owner, entries, good_values, random_values
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import Stage

DAYS = SESSIONS[:148]


def status(owner: Owner, factor: str) -> str:
    found: str = owner.get(factor)["status"]
    return found


def rejected(owner: Owner) -> str:
    factor = owner.ready(values=random_values)
    answer = owner.submit(factor)
    assert answer.status_code == 200
    assert answer.json()["status"] == "rejected"
    return factor


def test_factor_17_119_days_are_a_draft_and_120_are_ready(owner: Owner) -> None:
    factor = owner.create()
    assert owner.upload(factor, entries(DAYS[:119])).json()["status"] == "draft"
    again = owner.upload(factor, entries(DAYS[:119]))
    assert again.json() == {"uploaded": 119, "total_days": 119, "status": "draft"}
    last = owner.upload(factor, entries(DAYS[119:120]))
    assert last.json() == {"uploaded": 1, "total_days": 120, "status": "ready"}
    assert status(owner, factor) == "ready"


def test_factor_16_a_day_sent_again_loses_the_values_it_had(owner: Owner, on_stage: Stage) -> None:
    factor = owner.create()
    day = DAYS[0]
    owner.upload(factor, [{"date": day.isoformat(), "values": {"600000.SH": 1.0, "600007.SH": 2.0}}])
    owner.upload(factor, [{"date": day.isoformat(), "values": {"600014.SH": 3}}])
    with on_stage.platform.records.read() as session:
        found = on_stage.platform.factors.active(session, "nobody")
        assert found == []
    number = 1
    assert on_stage.platform.factors.values_on(number, day) == {"600014.SH": 3.0}
    assert owner.get(factor, "/values/status")["total_days"] == 1


def test_factor_14_days_without_trading_are_skipped_and_not_counted(owner: Owner) -> None:
    factor = owner.create()
    weekend = [{"date": "2024-01-06", "values": {"600000.SH": 1.0}}]
    assert owner.upload(factor, weekend).json() == {"uploaded": 0, "total_days": 0, "status": "draft"}
    mixed = owner.upload(factor, weekend + entries(DAYS[:2]))
    assert mixed.json() == {"uploaded": 2, "total_days": 2, "status": "draft"}


def test_factor_20_a_date_after_today_is_400_and_nothing_is_stored(owner: Owner) -> None:
    factor = owner.create()
    for day in (LAST + timedelta(days=1), LAST + timedelta(days=400)):
        answer = owner.upload(factor, entries([DAYS[0], day]))
        assert answer.status_code == 400
        assert day.isoformat() in answer.json()["detail"]
    assert owner.get(factor, "/values/status")["total_days"] == 0
    assert owner.upload(factor, entries([LAST])).status_code == 200, "today itself is taken"


@pytest.mark.parametrize("count", [0, 501])
def test_factor_13_fewer_than_1_and_more_than_500_entries_are_422(owner: Owner, count: int) -> None:
    factor = owner.create()
    data = [{"date": "2024-01-02", "values": {"600000.SH": 1.0}}] * count
    answer = owner.upload(factor, data)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "data"]


def test_factor_13_500_entries_are_taken(owner: Owner) -> None:
    factor = owner.create()
    data = [{"date": "2024-01-02", "values": {"600000.SH": float(k)}} for k in range(500)]
    assert owner.upload(factor, data).json()["uploaded"] == 1, "the same day, replaced each time"


def test_factor_22_44_only_a_ready_factor_is_validated(owner: Owner) -> None:
    draft = owner.create()
    assert owner.submit(draft).status_code == 400
    active = owner.active()
    assert owner.submit(active).status_code == 400
    factor = rejected(owner)
    answer = owner.submit(factor)
    assert answer.status_code == 400
    assert "rejected" in answer.json()["detail"]


def test_factor_36_a_rejected_factor_names_each_failed_check(owner: Owner) -> None:
    found = owner.get(rejected(owner))
    failed = [check["name"] for check in found["checks"] if not check["passed"]]
    assert failed
    assert all(name in found["reject_reason"] for name in failed)
    passed = {check["name"] for check in found["checks"]} - {*failed}
    assert not any(name in found["reject_reason"] for name in passed)


@pytest.mark.parametrize(("days", "becomes"), [(DAYS[:1], "ready"), (DAYS, "ready")])
def test_factor_18_values_make_a_rejected_factor_new(owner: Owner, days: Any, becomes: str) -> None:
    factor = rejected(owner)
    assert owner.upload(factor, entries(days)).json()["status"] == becomes
    found = owner.get(factor)
    assert (found["status"], found["checks"], found["reject_reason"]) == (becomes, None, None)
    assert owner.submit(factor).status_code == 200


def test_factor_18_days_without_trading_are_no_new_values(owner: Owner) -> None:
    factor = rejected(owner)
    owner.upload(factor, [{"date": "2024-01-06", "values": {"600000.SH": 1.0}}])
    assert status(owner, factor) == "rejected"


def test_factor_10_a_draft_and_a_rejected_factor_can_be_changed(owner: Owner) -> None:
    for factor in (owner.create(description="old"), rejected(owner)):
        answer = owner.call("PATCH", f"/factors/{factor}", {"name": "new", "description": None})
        assert answer.status_code == 200
        assert (answer.json()["name"], answer.json()["description"]) == ("new", None)
        assert owner.get(factor)["name"] == "new"
        assert owner.call("PATCH", f"/factors/{factor}", {}).status_code == 200


@pytest.mark.parametrize(
    "body", [{"universe": "csi500"}, {"status": "active"}, {"name": None}, {"name": ""}, {"expression": 5}]
)
def test_factor_10_another_field_is_422_and_nothing_changes(owner: Owner, body: dict[str, Any]) -> None:
    factor = owner.create()
    before = owner.get(factor)
    assert owner.call("PATCH", f"/factors/{factor}", {"description": "x", **body}).status_code == 422
    assert owner.get(factor) == before


def test_factor_10_11_a_ready_or_an_active_factor_is_neither_changed_nor_deleted(owner: Owner) -> None:
    for factor in (owner.ready(), owner.active()):
        assert owner.call("PATCH", f"/factors/{factor}", {"name": "new"}).status_code == 400
        assert owner.call("DELETE", f"/factors/{factor}").status_code == 400
        assert owner.get(factor)["name"] == "drift"


def test_factor_11_a_deleted_factor_and_its_values_are_gone(owner: Owner, on_stage: Stage) -> None:
    factor = rejected(owner)
    other = owner.create()
    owner.upload(other, entries(DAYS[:3]))
    answer = owner.call("DELETE", f"/factors/{factor}")
    assert (answer.status_code, answer.json()) == (200, {"deleted": True})
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/values/status"), ("POST", "/submit")):
        assert owner.call(method, f"/factors/{factor}{path}").status_code == 404
    with on_stage.platform.series.read() as cursor:
        rows = cursor.execute("SELECT factor, count(*) FROM factor_day GROUP BY factor").fetchall()
    assert rows == [(2, 3)]
    assert [each["id"] for each in owner.caller.get("/factors")["factors"]] == [other]


ROUTES = [
    ("GET", "", None),
    ("PATCH", "", {"name": "mine"}),
    ("DELETE", "", None),
    ("POST", "/values", {"data": [{"date": "2024-01-02", "values": {"600000.SH": 1.0}}]}),
    ("GET", "/values/status", None),
    ("POST", "/submit", None),
    ("GET", "/submit", None),
    ("GET", "/correlations", None),
    ("GET", "/ic-series", None),
    ("GET", "/chart-data", None),
    ("GET", "/diagnostics", None),
]


def test_factor_45_46_a_foreign_and_an_unknown_factor_are_404_everywhere(
    owner: Owner, on_stage: Stage
) -> None:
    factor, stranger = owner.ready(), new_owner(on_stage)
    before = owner.get(factor)
    for method, part, body in ROUTES:
        for name in (factor, "00000000-0000-0000-0000-000000000000", "nonsense"):
            answer = stranger.call(method, f"/factors/{name}{part}", body)
            assert answer.status_code == 404, (method, part)
            assert isinstance(answer.json()["detail"], str)
    assert stranger.caller.get("/factors") == {"factors": [], "total": 0}
    assert owner.get(factor) == before


def test_factor_46_no_answer_holds_a_value(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active(values=lambda day: {n: 77_000 + v for n, v in entries([day])[0]["values"].items()})
    for _, part, _ in ROUTES:
        if part in {"", "/submit", "/correlations", "/ic-series", "/chart-data", "/diagnostics"}:
            assert "77000" not in owner.call("GET", f"/factors/{factor}{part}").text
            assert "77000" not in on_stage.operator.call("GET", f"/admin/factors/{factor}").text


def test_factor_07_08_filters_orders_and_pages(owner: Owner) -> None:
    names = [owner.create(name=name) for name in ("a", "b")]
    csi500 = owner.create(universe="csi500")
    good = owner.active()
    bad = rejected(owner)

    def listed(**query: Any) -> list[str]:
        return [each["id"] for each in owner.caller.get("/factors", **query)["factors"]]

    created = [*names, csi500, good, bad]
    assert listed() == listed(order="-created_at") == created[::-1]
    assert listed(order="created_at") == created
    assert listed(universe="csi500") == [csi500]
    assert listed(status="active") == [good]
    assert listed(status="rejected", universe="hs300") == [bad]
    for order in ("ic_mean", "ic_ir"):
        assert listed(order=order)[:2] == [good, bad], "the largest first, undefined last"
    pages = [listed(limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [each for page in pages for each in page] == created[::-1]
    assert owner.caller.get("/factors", limit=1, status="draft")["total"] == 3
    for wrong in ({"order": "name"}, {"status": "open"}, {"universe": "csi2000"}, {"limit": 201}):
        assert owner.call("GET", "/factors", **wrong).status_code == 422


def test_factor_08_the_best_is_the_largest_by_the_figure_asked_for(owner: Owner, on_stage: Stage) -> None:
    figures = {"a": (0.03, 0.2), "b": (0.02, 0.5), "c": (-0.09, -0.9), "d": (None, None)}
    ids = {owner.create(name=name): name for name in figures}
    with on_stage.platform.records.write() as session:
        for factor, name in ids.items():
            session.connection().exec_driver_sql(
                "UPDATE factor SET ic_mean = ?, ic_ir = ? WHERE id = ?", (*figures[name], factor)
            )
    for order, wanted in (("ic_mean", "abcd"), ("ic_ir", "bacd")):
        found = owner.caller.get("/factors", order=order)["factors"]
        assert "".join(ids[each["id"]] for each in found) == wanted


def test_factor_33_39_the_strongest_by_size_comes_first_and_no_strangers_are_compared(
    owner: Owner, on_stage: Stage
) -> None:
    stranger = new_owner(on_stage)
    twin = stranger.ready(name="a stranger's twin")
    unlike = owner.ready(name="unlike", values=random_values)
    opposite = owner.ready(name="opposite", values=lambda day: {n: -v for n, v in good_values(day).items()})
    with on_stage.platform.records.write() as session:
        for factor in (twin, unlike, opposite):
            session.connection().exec_driver_sql(
                "UPDATE factor SET status = 'active', last_in_sample = ? WHERE id = ?",
                (DAYS[-1].isoformat(), factor),
            )
    factor = owner.ready(name="mine")
    found = owner.get(factor, "/correlations")["correlations"]
    assert [each["factor_id"] for each in found] == [opposite, unlike]
    assert on_stage.operator.get(f"/admin/factors/{factor}/correlations")["correlations"] == found
    assert found[0]["correlation"] == pytest.approx(-1.0, abs=1e-12)
    answer = owner.submit(factor).json()
    assert answer["is"]["max_correlation"] == pytest.approx(1.0, abs=1e-12)
    assert answer["reject_reason"] == "SELF_CORRELATION 1 >= 0.7"


def test_factor_33_39_values_that_replace_others_at_the_same_instant_are_compared_anew(owner: Owner) -> None:
    """The clock of a simulated platform stands still."""
    owner.active(name="first")
    factor = owner.ready(name="second")
    (alike,) = owner.get(factor, "/correlations")["correlations"]
    assert alike["correlation"] > 0.9
    owner.upload(factor, entries(DAYS, random_values))
    (other,) = owner.get(factor, "/correlations")["correlations"]
    assert abs(other["correlation"]) < 0.1
    assert owner.submit(factor).json()["is"]["max_correlation"] == abs(other["correlation"])


def test_ops_03_the_operator_sees_everyones_factors_with_their_owners(owner: Owner, on_stage: Stage) -> None:
    mine, other = owner.create(), new_owner(on_stage).create()
    found = on_stage.operator.get("/admin/factors")
    assert [each["id"] for each in found["factors"]] == [other, mine]
    assert len({each["owner"] for each in found["factors"]}) == 2
    assert on_stage.operator.get(f"/admin/factors/{mine}")["id"] == mine
    assert on_stage.operator.call("GET", "/admin/factors/none").status_code == 404


def test_the_operators_overview_counts_factors_by_status(owner: Owner, on_stage: Stage) -> None:
    assert on_stage.operator.get("/admin/overview")["factors"] == {}
    owner.create()
    rejected(owner)
    owner.active()
    found = on_stage.operator.get("/admin/overview")["factors"]
    assert found == {"active": 1, "draft": 1, "rejected": 1}


def test_notif_06_the_owner_is_told_of_each_verdict(owner: Owner) -> None:
    owner.active(name="good")
    factor = rejected(owner)
    owner.call("PATCH", f"/factors/{factor}", {"name": "changed since"})
    bad, good = owner.caller.get("/notifications")["notifications"]
    assert [each["type"] for each in (bad, good)] == ["factor_validated"] * 2
    assert "good" in good["title"]
    assert "IC_MEAN" in bad["message"] or "IC_IR" in bad["message"] or "HIGH_TURNOVER" in bad["message"]


def test_the_events_of_a_validation_name_factor_and_verdict(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    with on_stage.platform.records.read() as session:
        (event,) = [each for each in events.after(session, 0, 100) if each.kind == "factor_validated"]
    assert event.payload == {
        **event.payload,
        "factor_id": factor,
        "name": "drift",
        "status": "active",
        "reasons": [],
    }


def test_attempts_are_counted_over_all_factors_also_deleted_ones(owner: Owner) -> None:
    first = rejected(owner)
    assert owner.get(first)["diagnostics"]["attempts"] == 1
    owner.call("DELETE", f"/factors/{first}")
    assert owner.get(rejected(owner))["diagnostics"]["attempts"] == 2
    assert owner.get(owner.active())["diagnostics"]["attempts"] == 3


def test_tier_a_free_account_may_use_all_three_universes_and_has_no_limit_of_factors(owner: Owner) -> None:
    for universe in ("hs300", "csi500", "csi1000") * 3:
        owner.create(universe=universe)
    assert owner.caller.get("/factors")["total"] == 9
