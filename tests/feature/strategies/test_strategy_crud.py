"""Strategies over HTTP: creation, listing, changes, retirement (STRAT, TIER-04, IDEM-03)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from quantos.strategies.schemas import StrategyNew

FIELDS = [
    "slug",
    "name",
    "description",
    "universe",
    "execution_price",
    "holding_period",
    "initial_capital",
    "commission_rate",
    "slippage_rate",
    "status",
    "is_public",
    "activated_at",
    "retired_at",
    "created_at",
]
MINIMAL = {"name": "Alpha", "slug": "alpha"}


def refused(answer: Any, loc: Any, status: Any = 422) -> None:
    assert answer.status_code == status, answer.text
    items = answer.json()["detail"]
    assert all(set(item) == {"type", "loc", "msg"} for item in items)
    assert loc in [item["loc"] for item in items]


def test_strat_01_creation_answers_201_with_exactly_the_guides_fields(agent: Any) -> None:
    answer = agent.call("POST", "/strategies", MINIMAL)
    assert answer.status_code == 201
    assert sorted(answer.json()) == sorted(FIELDS)


def test_strat_02_defaults(agent: Any) -> None:
    made = agent.call("POST", "/strategies", MINIMAL).json()
    assert re.fullmatch(r"2024-01-02T00:00:00(\.0+)?(Z|\+00:00)", made.pop("created_at"))
    assert made == {
        "slug": "alpha",
        "name": "Alpha",
        "description": None,
        "universe": "hs300",
        "execution_price": "open",
        "holding_period": 10,
        "initial_capital": 1000000,
        "commission_rate": 0.0003,
        "slippage_rate": 0.002,
        "status": "pending",
        "is_public": True,
        "activated_at": None,
        "retired_at": None,
    }


@pytest.mark.parametrize("field", ["name", "slug"])
def test_strat_03_name_and_slug_are_required(agent: Any, field: Any) -> None:
    body = {key: value for key, value in MINIMAL.items() if key != field}
    refused(agent.call("POST", "/strategies", body), ["body", field])


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "x" * 101), ("name", None), ("description", "x" * 2001)]
)
def test_strat_03_lengths_of_texts_are_bounded(agent: Any, field: Any, value: Any) -> None:
    refused(agent.call("POST", "/strategies", {**MINIMAL, field: value}), ["body", field])


def test_strat_03_description_and_is_public_may_be_given_at_creation(agent: Any) -> None:
    body = {**MINIMAL, "name": "x" * 100, "description": "d" * 2000, "is_public": False}
    made = agent.call("POST", "/strategies", body).json()
    assert (made["name"], made["description"], made["is_public"]) == ("x" * 100, "d" * 2000, False)


@pytest.mark.parametrize("slug", ["abc", "0_-", "a" * 49])
def test_strat_04_slugs_of_the_form_are_taken(agent: Any, slug: Any) -> None:
    assert agent.call("POST", "/strategies", {**MINIMAL, "slug": slug}).json()["slug"] == slug


@pytest.mark.parametrize(
    "slug", ["ab", "a" * 50, "-abc", "_abc", "Abc", "ab c", "abc\n", "äbc", "abc/d", "", 5]
)
def test_strat_04_other_slugs_are_refused(agent: Any, slug: Any) -> None:
    refused(agent.call("POST", "/strategies", {**MINIMAL, "slug": slug}), ["body", "slug"])


def test_strat_05_a_slug_is_unique_against_other_users_and_retired_strategies(site: Any, agent: Any) -> None:
    agent.strategy("taken")
    agent.call("DELETE", "/strategies/taken")
    answer = site.agent().call("POST", "/strategies", {"name": "x", "slug": "taken"})
    assert answer.status_code == 409
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("universe", ["hs300", "csi500", "csi1000", "csi2000", "etf_all"])
def test_strat_06_the_five_universes(agent: Any, universe: Any) -> None:
    assert agent.call("POST", "/strategies", {**MINIMAL, "universe": universe}).json()["universe"] == universe


BAD = [
    ("universe", "HS300"),
    ("universe", None),
    ("execution_price", "vwap"),
    ("execution_price", ""),
    ("holding_period", 0),
    ("holding_period", 61),
    ("holding_period", 1.5),
    ("holding_period", "10"),
    ("holding_period", True),
    ("initial_capital", 99_999),
    ("initial_capital", 100_000_001),
    ("initial_capital", 1e6 + 0.5),
    ("initial_capital", "1000000"),
    ("commission_rate", -0.0001),
    ("commission_rate", 0.0501),
    ("commission_rate", "0.0003"),
    ("commission_rate", False),
    ("commission_rate", 0.000000001),
    ("slippage_rate", 0.123456789),
    ("slippage_rate", 0.051),
    ("is_public", "yes"),
    ("is_public", 1),
    ("name", 5),
    ("name", "a\0b"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_strat_06_to_10_values_outside_are_refused_by_field_and_nothing_is_stored(
    agent: Any, field: Any, value: Any
) -> None:
    refused(agent.call("POST", "/strategies", {**MINIMAL, field: value}), ["body", field])
    assert agent.call("GET", "/strategies").json() == {"strategies": []}


GOOD = [
    ("execution_price", "close"),
    ("holding_period", 1),
    ("holding_period", 60),
    ("initial_capital", 100_000),
    ("initial_capital", 100_000_000),
    ("initial_capital", 1e6),  # JSON has one kind of number
    ("commission_rate", 0),
    ("commission_rate", 0.05),
    ("slippage_rate", 0.00000001),
    ("slippage_rate", 0.04999999),
    ("commission_rate", 0.00012345),
]


@pytest.mark.parametrize(("field", "value"), GOOD)
def test_strat_07_to_10_values_at_the_bounds_are_taken_and_shown_as_the_same_number(
    agent: Any, field: Any, value: Any
) -> None:
    agent.call("POST", "/strategies", {**MINIMAL, field: value})
    assert agent.get("alpha")[field] == value


def test_strat_11_the_list_is_the_callers_own_with_all_statuses(site: Any, agent: Any) -> None:
    site.agent().strategy("foreign")
    for slug in ("one", "two", "three"):
        agent.strategy(slug)
    agent.call("DELETE", "/strategies/two")
    listed = agent.call("GET", "/strategies").json()
    assert list(listed) == ["strategies"]
    assert [(s["slug"], s["status"]) for s in listed["strategies"]] == [
        ("one", "pending"),
        ("two", "retired"),
        ("three", "pending"),
    ]


def test_strat_12_the_status_filters(agent: Any) -> None:
    agent.strategy("pen")
    agent.active("act")
    agent.active("pau")
    agent.patch("pau", status="paused")
    agent.active("ret")
    agent.call("DELETE", "/strategies/ret")
    for status, slug in {"pending": "pen", "active": "act", "paused": "pau", "retired": "ret"}.items():
        found = agent.call("GET", f"/strategies?status={status}").json()["strategies"]
        assert [each["slug"] for each in found] == [slug]


@pytest.mark.parametrize("status", ["open", "ACTIVE", ""])
def test_strat_12_another_status_filter_is_refused(agent: Any, status: Any) -> None:
    refused(agent.call("GET", f"/strategies?status={status}"), ["query", "status"])


def test_strat_13_one_strategy_is_the_object_itself(agent: Any) -> None:
    made = agent.call("POST", "/strategies", MINIMAL).json()
    assert agent.get("alpha") == made


def test_strat_14_patch_changes_the_four_fields_and_answers_the_object(agent: Any) -> None:
    agent.active()
    before = agent.get("alpha")
    change = {"name": "N", "description": "D", "is_public": False, "status": "paused"}
    answer = agent.patch("alpha", **change)
    assert answer.status_code == 200
    assert answer.json() == {**before, **change}
    assert agent.get("alpha") == answer.json()


IMMUTABLE = {
    "slug": "other",
    "universe": "csi500",
    "execution_price": "close",
    "holding_period": 5,
    "initial_capital": 200_000,
    "commission_rate": 0.001,
    "slippage_rate": 0.001,
    "activated_at": None,
    "x": 1,
}


@pytest.mark.parametrize("field", IMMUTABLE)
def test_strat_15_any_other_field_is_refused_and_nothing_is_changed(agent: Any, field: Any) -> None:
    agent.strategy()
    before = agent.get("alpha")
    refused(agent.patch("alpha", name="New", **{field: IMMUTABLE[field]}), ["body", field])
    assert agent.get("alpha") == before


def test_strat_16_delete_retires_and_it_stays_listed(site: Any, agent: Any) -> None:
    agent.strategy()
    site.at("2024-01-02T10:30:00")
    answer = agent.call("DELETE", "/strategies/alpha")
    assert answer.status_code == 200
    assert answer.json()["status"] == "retired"
    assert answer.json()["retired_at"].startswith("2024-01-02T02:30:00")
    assert [each["slug"] for each in agent.call("GET", "/strategies").json()["strategies"]] == ["alpha"]


def test_strat_19_retired_is_terminal(agent: Any) -> None:
    agent.strategy()
    agent.call("DELETE", "/strategies/alpha")
    before = agent.get("alpha")
    assert agent.call("DELETE", "/strategies/alpha").status_code == 400
    for change in ({}, {"name": "x"}, {"status": "active"}, {"status": "retired"}, {"is_public": False}):
        assert agent.patch("alpha", **change).status_code == 400
    assert agent.get("alpha") == before


@pytest.mark.parametrize("status", ["open", "", None, 1])
def test_strat_20_a_status_outside_the_four_is_refused(agent: Any, status: Any) -> None:
    agent.strategy()
    refused(agent.patch("alpha", status=status), ["body", "status"])


def test_strat_22_foreign_and_unknown_slugs_are_the_same_404_on_every_route(site: Any, agent: Any) -> None:
    site.agent().active("foreign")
    answers = []
    for slug in ("foreign", "unknown", "NOT A SLUG", "%00", "x" * 300):
        answers += [
            agent.call("GET", f"/strategies/{slug}"),
            agent.patch(slug, name="mine"),
            agent.call("DELETE", f"/strategies/{slug}"),
            agent.signal(slug, "2024-01-03", ("600519.SH", 1.0)),
            agent.call("GET", f"/strategies/{slug}/signals"),
            agent.call("DELETE", f"/strategies/{slug}/signals/2024-01-02"),
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_strat_23_an_empty_patch_changes_nothing(agent: Any) -> None:
    agent.strategy()
    before = agent.get("alpha")
    answer = agent.patch("alpha")
    assert (answer.status_code, answer.json()) == (200, before)


def test_strat_23_null_clears_a_description_and_nothing_else(agent: Any) -> None:
    agent.strategy(description="text")
    for field in ("name", "is_public", "status"):
        refused(agent.patch("alpha", **{field: None}), ["body", field])
    assert agent.patch("alpha", description=None).json()["description"] is None


def test_strat_24_patching_to_retired_is_the_same_as_delete(agent: Any) -> None:
    agent.strategy("one")
    agent.strategy("two")
    by_patch = agent.patch("one", status="retired").json()
    by_delete = agent.call("DELETE", "/strategies/two").json()
    assert by_patch["retired_at"] is not None
    assert {**by_patch, "slug": "two"} == by_delete


def test_tier_04_only_strategies_that_are_not_retired_count(site: Any) -> None:
    agent = site.agent("free")
    for slug in ("one", "two", "three"):
        agent.strategy(slug)
    answer = agent.call("POST", "/strategies", {"name": "x", "slug": "four"})
    assert answer.status_code == 403
    assert "3" in answer.json()["detail"]
    agent.call("DELETE", "/strategies/two")
    agent.strategy("four")
    assert agent.call("POST", "/strategies", {"name": "x", "slug": "five"}).status_code == 403


def test_tier_04_a_licensed_account_has_twenty(agent: Any) -> None:
    for number in range(20):
        agent.strategy(f"number-{number}")
    assert agent.call("POST", "/strategies", {"name": "x", "slug": "one-more"}).status_code == 403


def test_idem_03_simultaneous_identical_creations_give_one_201_and_otherwise_409(site: Any) -> None:
    agent = site.agent("free")
    agent.strategy("one")
    agent.strategy("two")

    async def together() -> Any:
        return await asyncio.gather(*[agent.send("POST", "/strategies", MINIMAL) for _ in range(12)])

    codes = sorted(answer.status_code for answer in site.run(together()))
    assert codes == [201] + [409] * 11
    assert len(agent.call("GET", "/strategies").json()["strategies"]) == 3


def test_page_02_the_strategies_list_pages_without_overlap(agent: Any) -> None:
    slugs = [f"number-{number}" for number in range(7)]
    for slug in slugs:
        agent.strategy(slug)
    pages = [
        agent.call("GET", f"/strategies?limit=3&offset={offset}").json()["strategies"]
        for offset in (0, 3, 6, 9)
    ]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [each["slug"] for page in pages for each in page] == slugs


@pytest.mark.parametrize("offset", [7, 2**62 + 1, 2**63, 10**30])
def test_page_03_an_offset_beyond_the_end_is_an_empty_list(agent: Any, offset: Any) -> None:
    agent.strategy()
    for path, name in (("/strategies", "strategies"), ("/strategies/alpha/signals", "signals")):
        answer = agent.call("GET", f"{path}?offset={offset}")
        assert (answer.status_code, answer.json()) == (200, {name: []})


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1.5"])
def test_page_01_limit_and_offset_outside_are_refused(agent: Any, query: Any) -> None:
    agent.strategy()
    name = query.partition("=")[0]
    refused(agent.call("GET", f"/strategies?{query}"), ["query", name])
    refused(agent.call("GET", f"/strategies/alpha/signals?{query}"), ["query", name])


def test_ops_03_the_operator_sees_everyones_strategies_with_their_owner(site: Any, agent: Any) -> None:
    other = site.agent()
    agent.strategy("mine")
    other.strategy("theirs")
    listed = site.operator().call("GET", "/admin/strategies").json()["strategies"]
    assert [(each["slug"], each["owner"]) for each in listed] == [
        ("mine", agent.nickname),
        ("theirs", other.nickname),
    ]
    assert sorted(listed[0]) == sorted([*FIELDS, "owner"])


def test_ops_02_the_operators_list_is_the_operators(site: Any, agent: Any) -> None:
    assert agent.call("GET", "/admin/strategies").status_code == 403
    assert site.run(site.http.get("/api/v1/admin/strategies")).status_code == 401


def test_page_02_200_strategies_are_listed_by_default(site: Any, agent: Any) -> None:
    with site.records.write() as session:
        for number in range(201):
            new = StrategyNew(name="Alpha", slug=f"alpha-{number:03}")
            strategy = site.strategies.add(session, agent.user_id, new, site.clock.now())
            strategy.status = "retired"
            session.add(strategy)
    listed = agent.call("GET", "/strategies").json()["strategies"]
    assert [each["slug"] for each in listed] == [f"alpha-{number:03}" for number in range(200)]
