"""PORT-01 to PORT-12, PORT-20, PORT-21: what may be done to a portfolio in which status, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, SESSIONS, load
from tests.feature.portfolios.made import DAY, Manager, inverse_values
from tests.feature.portfolios.made import manager as new_manager
from tests.support.platforms import Stage, stage

CREATE: Final = {"name": "momentum_value", "universe": "hs300", "weighting": "equal", "top_n": 50}
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One platform for all; each test has portfolios of its own."""
    folder: Path = tmp_path_factory.mktemp("states") / "data"
    with stage(folder, parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market)
        yield opened


@pytest.fixture(scope="module")
def manager(on_stage: Stage) -> Manager:
    found = new_manager(on_stage)
    user = found.caller.get("/auth/me")["id"]
    on_stage.operator.call("PATCH", f"/admin/users/{user}", {"tier": "licensed"})
    return found


@pytest.fixture(scope="module")
def pair(manager: Manager) -> tuple[str, str]:
    return manager.pair()


def in_status(manager: Manager, pair: tuple[str, str], status: str) -> str:
    portfolio = manager.ready_portfolio(pair) if status == "draft" else manager.started(pair)
    if status == "paused":
        manager.post(f"/portfolios/{portfolio}/pause")
    return portfolio


def test_port_01_a_new_portfolio_is_a_draft_without_members(manager: Manager) -> None:
    answer = manager.call("POST", "/portfolios", CREATE)
    assert answer.status_code == 201
    found = answer.json()
    assert list(found) == [
        "id", "name", "universe", "weighting", "top_n", "status", "members", "strategy", "created_at"
    ]  # fmt: skip
    assert found == {
        **CREATE,
        "id": found["id"],
        "status": "draft",
        "members": [],
        "strategy": None,
        "created_at": f"{LAST}T12:00:00Z",
    }


def test_port_02_what_is_left_out_has_its_default(manager: Manager) -> None:
    found = manager.post("/portfolios", {"name": "p", "universe": "csi1000"})
    assert (found["weighting"], found["top_n"]) == ("equal", 50)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("name", "a\0b"),
        ("universe", "csi2000"),
        ("universe", "etf_all"),
        ("universe", None),
        ("weighting", "ic"),
        ("weighting", None),
        ("top_n", 4),
        ("top_n", 501),
        ("top_n", "50"),
        ("top_n", 50.5),
        ("top_n", True),
    ],
)
def test_port_02_a_malformed_field_is_422_at_its_place(manager: Manager, field: str, value: Any) -> None:
    before = manager.caller.get("/portfolios", limit=200)
    answer = manager.call("POST", "/portfolios", {**CREATE, field: value})
    assert answer.status_code == 422
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", field]]
    assert manager.caller.get("/portfolios", limit=200) == before


@pytest.mark.parametrize(("field", "value"), [("top_n", 5), ("top_n", 500), ("name", "x" * 100)])
def test_port_02_the_bounds_themselves_are_taken(manager: Manager, field: str, value: Any) -> None:
    assert manager.post("/portfolios", {**CREATE, field: value})[field] == value


@pytest.mark.parametrize("missing", ["name", "universe"])
def test_port_02_name_and_universe_are_required(manager: Manager, missing: str) -> None:
    body = {name: value for name, value in CREATE.items() if name != missing}
    assert manager.call("POST", "/portfolios", body).status_code == 422


def test_port_03_the_detail_has_members_and_strategy(manager: Manager, pair: tuple[str, str]) -> None:
    portfolio = manager.ready_portfolio(pair)
    found = manager.of(portfolio)
    assert found["members"] == [
        {"factor_id": pair[0], "name": "drift"},
        {"factor_id": pair[1], "name": "other"},
    ]
    assert found["strategy"] is None
    manager.post(f"/portfolios/{portfolio}/activate")
    slug = f"mf-momentum_value-{portfolio[:8]}"
    assert manager.of(portfolio)["strategy"] == {"slug": slug, "status": "pending"}


def test_port_03_the_list_is_the_callers_own_newest_first_in_pages(on_stage: Stage) -> None:
    owner = new_manager(on_stage)
    assert owner.caller.get("/portfolios") == {"portfolios": []}
    made = [owner.portfolio(name=f"p{k}") for k in range(5)]
    found = owner.caller.get("/portfolios")
    assert list(found) == ["portfolios"]
    assert [each["id"] for each in found["portfolios"]] == made[::-1]
    pages = [owner.caller.get("/portfolios", limit=2, offset=start)["portfolios"] for start in (0, 2, 4, 6)]
    assert [each for page in pages for each in page] == found["portfolios"]
    assert pages[-1] == []
    assert owner.caller.get("/portfolios", status="active") == {"portfolios": []}
    for query in ({"limit": 0}, {"limit": 201}, {"offset": -1}, {"status": "retired"}):
        assert owner.call("GET", "/portfolios", **query).status_code == 422


def test_page_02_fifty_portfolios_are_shown_where_no_limit_is_given(on_stage: Stage) -> None:
    owner = new_manager(on_stage)
    for k in range(51):
        owner.portfolio(name=f"p{k}")
    assert len(owner.caller.get("/portfolios")["portfolios"]) == 50


def test_name_weighting_and_top_n_change_the_rest_does_not(manager: Manager, pair: tuple[str, str]) -> None:
    portfolio = manager.ready_portfolio(pair)
    changed = manager.call(
        "PATCH", f"/portfolios/{portfolio}", {"name": "新名", "weighting": "ic_weighted", "top_n": 7}
    )
    assert changed.status_code == 200
    assert changed.json() == manager.of(portfolio)
    assert [changed.json()[each] for each in ("name", "weighting", "top_n")] == ["新名", "ic_weighted", 7]
    assert manager.call("PATCH", f"/portfolios/{portfolio}", {}).json() == changed.json()
    for body in (
        {"universe": "csi500"},
        {"status": "active"},
        {"top_n": 4},
        {"name": None},
        {"weighting": 1},
    ):
        assert manager.call("PATCH", f"/portfolios/{portfolio}", body).status_code == 422
    assert manager.of(portfolio) == changed.json()


def test_an_active_portfolio_takes_a_new_name_alone(manager: Manager, pair: tuple[str, str]) -> None:
    portfolio = in_status(manager, pair, "active")
    assert manager.call("PATCH", f"/portfolios/{portfolio}", {"name": "n"}).json()["name"] == "n"
    for body in ({"top_n": 9}, {"weighting": "ic_weighted"}, {"name": "m", "top_n": 9}):
        assert manager.call("PATCH", f"/portfolios/{portfolio}", body).status_code == 400
    assert (manager.of(portfolio)["name"], manager.of(portfolio)["top_n"]) == ("n", 5)
    manager.post(f"/portfolios/{portfolio}/pause")
    assert manager.call("PATCH", f"/portfolios/{portfolio}", {"top_n": 9}).json()["top_n"] == 9


def test_port_05_a_member_is_added_and_the_portfolio_answered(
    manager: Manager, pair: tuple[str, str]
) -> None:
    portfolio = manager.portfolio()
    answer = manager.call("POST", f"/portfolios/{portfolio}/members", {"factor_id": pair[0]})
    assert answer.status_code == 201
    assert answer.json() == manager.of(portfolio)
    assert [each["factor_id"] for each in answer.json()["members"]] == [pair[0]]


def test_port_06_what_cannot_be_a_member(on_stage: Stage, manager: Manager, pair: tuple[str, str]) -> None:
    portfolio, members = manager.portfolio(), "/portfolios/{}/members"
    other = new_manager(on_stage)
    foreign = other.create()
    for unknown in (UNKNOWN, foreign, "", "x"):
        answer = manager.call("POST", members.format(portfolio), {"factor_id": unknown})
        assert answer.status_code == 404, unknown
    draft = manager.create()
    answer = manager.call("POST", members.format(portfolio), {"factor_id": draft})
    assert (answer.status_code, "draft" in answer.json()["detail"]) == (400, True)
    of_csi500 = manager.portfolio(universe="csi500")
    answer = manager.call("POST", members.format(of_csi500), {"factor_id": pair[0]})
    assert (answer.status_code, "csi500" in answer.json()["detail"]) == (400, True)
    manager.post(members.format(portfolio), {"factor_id": pair[0]})
    answer = manager.call("POST", members.format(portfolio), {"factor_id": pair[0]})
    assert answer.status_code == 409
    malformed: tuple[Any, ...] = ({}, {"factor_id": None}, {"factor_id": 1}, {"factor_id": ["x"]}, [])
    for body in malformed:
        assert manager.call("POST", members.format(portfolio), body).status_code == 422
    assert len(manager.of(portfolio)["members"]) == 1


def test_port_07_members_change_in_draft_and_paused_alone(manager: Manager, pair: tuple[str, str]) -> None:
    third = manager.active(days=SESSIONS[:150], values=inverse_values, name="inverse")
    for status in ("draft", "active", "paused"):
        portfolio = in_status(manager, pair, status)
        before = manager.of(portfolio)["members"]
        added = manager.call("POST", f"/portfolios/{portfolio}/members", {"factor_id": third})
        removed = manager.call("DELETE", f"/portfolios/{portfolio}/members/{pair[0]}")
        if status == "active":
            assert (added.status_code, removed.status_code) == (400, 400)
            assert manager.of(portfolio)["members"] == before
        else:
            assert (added.status_code, removed.status_code) == (201, 200)
            assert [each["factor_id"] for each in manager.of(portfolio)["members"]] == [pair[1], third]


def test_port_08_a_member_is_removed_once(manager: Manager, pair: tuple[str, str]) -> None:
    portfolio = manager.ready_portfolio(pair)
    path = f"/portfolios/{portfolio}/members/{pair[0]}"
    first = manager.call("DELETE", path)
    assert (first.status_code, first.json()) == (200, manager.of(portfolio))
    assert manager.call("DELETE", path).status_code == 404
    assert manager.call("DELETE", f"/portfolios/{portfolio}/members/{UNKNOWN}").status_code == 404
    manager.post(f"/portfolios/{portfolio}/members", {"factor_id": pair[0]})
    assert [each["factor_id"] for each in manager.of(portfolio)["members"]] == [pair[1], pair[0]]


def test_port_09_10_an_activation_makes_the_strategy(manager: Manager, pair: tuple[str, str]) -> None:
    portfolio = manager.ready_portfolio(pair, name="多因子 Alpha 1")
    answer = manager.call("POST", f"/portfolios/{portfolio}/activate", {"initial_capital": 250_000})
    assert answer.status_code == 200
    found = answer.json()
    slug = f"mf-alpha-1-{portfolio[:8]}"
    assert (found["status"], found["strategy"]) == ("active", {"slug": slug, "status": "pending"})
    assert (found["signal"], found["no_signal"]) == (None, None), "it is evening"
    strategy = manager.caller.get(f"/strategies/{slug}")
    assert strategy == {
        **strategy,
        "name": "多因子 Alpha 1",
        "universe": "hs300",
        "execution_price": "open",
        "initial_capital": 250_000,
        "status": "pending",
    }
    assert "portfolio_id" not in strategy
    default = manager.started(pair)
    assert manager.caller.get(f"/strategies/{manager.slug(default)}")["initial_capital"] == 1_000_000


@pytest.mark.parametrize("capital", [99_999, 100_000_001, 1e6 + 0.5, "1000000", None, True])
def test_port_09_a_malformed_capital_is_422_and_it_stays_a_draft(
    manager: Manager, pair: tuple[str, str], capital: Any
) -> None:
    portfolio = manager.ready_portfolio(pair)
    answer = manager.call("POST", f"/portfolios/{portfolio}/activate", {"initial_capital": capital})
    assert answer.status_code == 422
    assert manager.of(portfolio)["status"] == "draft"


def test_port_09_12_two_members_are_needed(manager: Manager, pair: tuple[str, str]) -> None:
    portfolio = manager.portfolio()
    for members in (0, 1):
        answer = manager.call("POST", f"/portfolios/{portfolio}/activate")
        assert (answer.status_code, f"has {members}" in answer.json()["detail"]) == (400, True)
        manager.post(f"/portfolios/{portfolio}/members", {"factor_id": pair[members]})
    paused = in_status(manager, pair, "paused")
    manager.call("DELETE", f"/portfolios/{paused}/members/{pair[0]}")
    assert manager.call("POST", f"/portfolios/{paused}/resume").status_code == 400
    assert manager.of(paused)["status"] == "paused"


@pytest.mark.parametrize("status", ["draft", "active", "paused"])
@pytest.mark.parametrize("action", ["activate", "pause", "resume", "delete"])
def test_port_04_09_12_each_action_in_each_status(
    manager: Manager, pair: tuple[str, str], status: str, action: str
) -> None:
    reached = {
        ("activate", "draft"): "active",
        ("pause", "active"): "paused",
        ("resume", "paused"): "active",
        ("delete", "draft"): "gone",
        ("delete", "paused"): "gone",
    }
    portfolio = in_status(manager, pair, status)
    before = manager.of(portfolio)
    if action == "delete":
        answer = manager.call("DELETE", f"/portfolios/{portfolio}")
    else:
        answer = manager.call("POST", f"/portfolios/{portfolio}/{action}")
    wanted = reached.get((action, status))
    if wanted is None:
        assert answer.status_code == 400
        assert status in answer.json()["detail"]
        assert manager.of(portfolio) == before
    elif wanted == "gone":
        assert (answer.status_code, answer.json()) == (200, {"deleted": True})
        assert manager.call("GET", f"/portfolios/{portfolio}").status_code == 404
        assert portfolio not in str(manager.caller.get("/portfolios", limit=200))
        if before["strategy"]:
            slug = before["strategy"]["slug"]
            assert manager.caller.get(f"/strategies/{slug}")["status"] == "retired"
    else:
        assert answer.status_code == 200
        assert manager.of(portfolio)["status"] == wanted


def test_port_20_beyond_the_tiers_limit_it_stays_a_draft(on_stage: Stage) -> None:
    owner = new_manager(on_stage)
    pair = owner.pair()
    for k in range(2):
        owner.post("/strategies", {"name": "s", "slug": f"own-{owner.create()[:8]}-{k}"})
    first, second = owner.started(pair), owner.ready_portfolio(pair)
    answer = owner.call("POST", f"/portfolios/{second}/activate")
    assert (answer.status_code, "3 strategies" in answer.json()["detail"]) == (403, True)
    assert (owner.of(second)["status"], owner.of(second)["strategy"]) == ("draft", None)
    assert owner.call("POST", "/strategies", {"name": "s", "slug": "one-too-many"}).status_code == 403
    owner.post(f"/portfolios/{first}/pause")
    assert owner.call("POST", f"/portfolios/{second}/activate").status_code == 403, "a paused one counts"
    owner.call("DELETE", f"/portfolios/{first}")
    assert owner.call("POST", f"/portfolios/{second}/activate").status_code == 200


def test_a_slug_that_someone_took_is_409_and_it_stays_a_draft(
    on_stage: Stage, manager: Manager, pair: tuple[str, str]
) -> None:
    portfolio = manager.ready_portfolio(pair)
    new_manager(on_stage).post("/strategies", {"name": "s", "slug": f"mf-momentum_value-{portfolio[:8]}"})
    assert manager.call("POST", f"/portfolios/{portfolio}/activate").status_code == 409
    assert (manager.of(portfolio)["status"], manager.of(portfolio)["strategy"]) == ("draft", None)


def test_port_21_what_is_anothers_or_unknown_is_404_everywhere(
    on_stage: Stage, manager: Manager, pair: tuple[str, str]
) -> None:
    mine, stranger = in_status(manager, pair, "paused"), new_manager(on_stage)
    before = manager.of(mine)
    calls: tuple[tuple[str, str, Any], ...] = (
        ("GET", "", None),
        ("PATCH", "", {"name": "n"}),
        ("DELETE", "", None),
        ("POST", "/members", {"factor_id": pair[0]}),
        ("DELETE", f"/members/{pair[0]}", None),
        ("POST", "/activate", None),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("GET", "/signals", None),
        ("GET", "/days", None),
        ("GET", f"/signals/{DAY}/explain", None),
    )
    for caller, portfolio in ((stranger, mine), (manager, UNKNOWN), (manager, "x")):
        for method, part, body in calls:
            answer = caller.call(method, f"/portfolios/{portfolio}{part}", body)
            assert answer.status_code == 404, (method, part)
            assert isinstance(answer.json()["detail"], str)
    assert manager.of(mine) == before


def test_ops_03_the_operator_sees_everyones_with_their_owners(on_stage: Stage) -> None:
    owners = [new_manager(on_stage) for _ in "12"]
    made = [owner.portfolio(name=f"of {k}") for k, owner in enumerate(owners)]
    found = on_stage.operator.get("/admin/portfolios", limit=2)["portfolios"]
    assert [each["id"] for each in found] == made[::-1]
    for each, owner in zip(found, owners[::-1], strict=True):
        assert each["owner"] == owner.caller.get("/auth/me")["nickname"]
        assert {name: value for name, value in each.items() if name != "owner"} == owner.of(each["id"])
    assert on_stage.operator.get("/admin/portfolios", status="paused", limit=200)["portfolios"] == [
        each
        for each in on_stage.operator.get("/admin/portfolios", limit=200)["portfolios"]
        if each["status"] == "paused"
    ]
    assert owners[0].call("GET", "/admin/portfolios").status_code == 403


def test_the_overview_counts_them_by_status(on_stage: Stage) -> None:
    owner = new_manager(on_stage)
    before = on_stage.operator.get("/admin/overview")["portfolios"]
    portfolio = owner.portfolio()
    assert on_stage.operator.get("/admin/overview")["portfolios"] == {**before, "draft": before["draft"] + 1}
    owner.call("DELETE", f"/portfolios/{portfolio}")
    assert on_stage.operator.get("/admin/overview")["portfolios"] == before
