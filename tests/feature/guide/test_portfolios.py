"""Multi-Factor Portfolio: every call and example of the chapter, as it is written there."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from quantos.app import build_app
from tests.feature.guide.conftest import PRICES, TODAY
from tests.feature.guide.shapes import departures
from tests.support.described import Described
from tests.support.platforms import Caller, Stage
from tests.support.portfolios import active_factor

CREATE: Final = {"name": "momentum_value", "universe": "hs300", "weighting": "equal", "top_n": 50}
YESTERDAY: Final = date(2026, 5, 13)
SHOWN: Final[dict[str, Any]] = {
    "id": "...",
    **CREATE,
    "status": "draft",
    "members": [{"factor_id": "...", "name": "..."}],
    "strategy": None,
    "created_at": "...",
}
SIGNALS: Final[dict[str, Any]] = {
    "signals": [{"trade_date": "2026-05-14", "stock_count": 2, "is_settled": False, "github_committed": True}]
}


@pytest.fixture
def factors(on: Stage, agent: Caller) -> list[str]:
    """Two active factors with yesterday's values of two shares."""
    values = {YESTERDAY: dict(zip(PRICES, (1.23, -0.45), strict=True))}
    return [active_factor(on, agent, values, name=name) for name in ("momentum", "value")]


def created(agent: Caller, factors: list[str]) -> str:
    portfolio: str = agent.post("/portfolios", CREATE)["id"]
    for factor in factors:
        agent.post(f"/portfolios/{portfolio}/members", {"factor_id": factor})
    return portfolio


def described(on: Stage, operation: str, answer: Any) -> list[str]:
    """Where an answer is not what the platform's own description says."""
    api = Described(build_app(on.platform).openapi(), {})
    found = next(each for each in api.operations if each.name == operation)
    schema = found.described["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    return api.departures(schema, answer.json())


def test_a_portfolio_is_created(on: Stage, agent: Caller) -> None:
    answer = agent.call("POST", "/portfolios", CREATE)
    assert answer.status_code == 201
    assert departures(answer.json(), SHOWN) == []
    assert {name: answer.json()[name] for name in CREATE} == CREATE
    assert described(on, "create_portfolio", answer) == []


def test_weighting_and_top_n_have_the_defaults_of_the_table(agent: Caller) -> None:
    found = agent.post("/portfolios", {"name": "momentum_value", "universe": "hs300"})
    assert {name: found[name] for name in CREATE} == CREATE


def test_portfolios_are_listed_shown_and_deleted(on: Stage, agent: Caller, factors: list[str]) -> None:
    portfolio = created(agent, factors)
    listed, shown = agent.call("GET", "/portfolios"), agent.call("GET", f"/portfolios/{portfolio}")
    assert departures(listed.json(), {"portfolios": [SHOWN]}) == []
    assert listed.json()["portfolios"] == [shown.json()]
    assert [each["factor_id"] for each in shown.json()["members"]] == factors
    assert described(on, "list_portfolios", listed) == described(on, "get_portfolio", shown) == []
    deleted = agent.call("DELETE", f"/portfolios/{portfolio}")
    assert (deleted.status_code, described(on, "delete_portfolio", deleted)) == (200, [])
    assert agent.get("/portfolios") == {"portfolios": []}


def test_members_are_added_and_removed(on: Stage, agent: Caller, factors: list[str]) -> None:
    portfolio = created(agent, [])
    added = agent.call("POST", f"/portfolios/{portfolio}/members", {"factor_id": factors[0]})
    assert (added.status_code, described(on, "add_portfolio_member", added)) == (201, [])
    again = agent.call("POST", f"/portfolios/{portfolio}/members", {"factor_id": factors[0]})
    assert again.status_code == 409
    removed = agent.call("DELETE", f"/portfolios/{portfolio}/members/{factors[0]}")
    assert (removed.status_code, removed.json()["members"]) == (200, [])
    assert described(on, "remove_portfolio_member", removed) == []


def test_the_example_of_a_member_names_no_factor(agent: Caller) -> None:
    portfolio = created(agent, [])
    assert agent.call("POST", f"/portfolios/{portfolio}/members", {"factor_id": ""}).status_code == 404


def test_from_draft_to_active_to_paused_and_back(on: Stage, agent: Caller, factors: list[str]) -> None:
    portfolio = created(agent, factors)
    for action, status in (("activate", "active"), ("pause", "paused"), ("resume", "active")):
        answer = agent.call("POST", f"/portfolios/{portfolio}/{action}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.json()["strategy"]["status"] == status
        assert described(on, f"{action}_portfolio", answer) == []
    assert agent.call("DELETE", f"/portfolios/{portfolio}").status_code == 400


def test_an_activation_makes_a_strategy_and_its_signal_at_once(
    on: Stage, agent: Caller, factors: list[str]
) -> None:
    """The clock of the guide stands at seven in the morning of a trading day."""
    portfolio = created(agent, factors)
    slug = agent.post(f"/portfolios/{portfolio}/activate")["strategy"]["slug"]
    assert slug == f"mf-momentum_value-{portfolio[:8]}"
    assert agent.get(f"/strategies/{slug}")["execution_price"] == "open"
    answer = agent.call("GET", f"/portfolios/{portfolio}/signals", limit=30, offset=0)
    assert departures(answer.json(), SIGNALS) == []
    assert described(on, "list_portfolio_signals", answer) == []
    (signal,) = agent.get(f"/strategies/{slug}/signals")["signals"]
    assert signal["signals"] == [{"symbol": symbol, "weight": 1 / 50} for symbol in PRICES]
    on.clock_to(TODAY, "19:00:00")
    (settled,) = agent.get(f"/portfolios/{portfolio}/signals")["signals"]
    assert (settled["is_settled"], settled["stock_count"], settled["github_committed"]) == (True, 2, True)


def test_what_the_platform_tells_beside_the_guide(on: Stage, agent: Caller, factors: list[str]) -> None:
    portfolio = created(agent, factors)
    changed = agent.call("PATCH", f"/portfolios/{portfolio}", {"top_n": 5})
    agent.post(f"/portfolios/{portfolio}/activate")
    days = agent.call("GET", f"/portfolios/{portfolio}/days")
    explained = agent.call("GET", f"/portfolios/{portfolio}/signals/{TODAY}/explain")
    everyones = on.operator.call("GET", "/admin/portfolios")
    for operation, answer in {
        "change_portfolio": changed,
        "list_portfolio_days": days,
        "explain_portfolio_signal": explained,
        "list_all_portfolios": everyones,
    }.items():
        assert (answer.status_code, described(on, operation, answer)) == (200, []), operation
    assert [each["symbol"] for each in explained.json()["selected"]] == list(PRICES)
