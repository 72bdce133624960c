"""PUB-01 to PUB-05, PAGE-01 to PAGE-03: the list of public strategies."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from sqlmodel import select

from quantos.accounts.schemas import ProfileChange
from quantos.accounts.tables import User
from quantos.kit.clock import SimulatedClock, parse_instant
from quantos.performance.core.claims import Curve
from tests.feature.verification.conftest import Site

FIELDS = [
    "slug",
    "name",
    "description",
    "universe",
    "holding_period",
    "execution_price",
    "status",
    "creator",
    "created_at",
    "activated_at",
    "trading_days",
    "has_claimed",
    "latest_date",
    "nav",
    "total_return",
    "daily_return",
]


def listed(site: Site, query: str = "") -> list[str]:
    return [each["slug"] for each in site.get(query).json()["strategies"]]


def test_a_settled_strategy_is_shown_with_its_last_day(site: Site) -> None:
    number = site.strategy("alpha", description="说明 <b>", holding_period=5, execution_price="close")
    site.settlement.navs[number] = [1_010_000_000, 1_052_300_500]
    answer = site.get("").json()
    assert list(answer) == ["strategies"]
    (found,) = answer["strategies"]
    assert sorted(found) == sorted(FIELDS)
    assert found["nav"] == 1052300.5
    assert found["total_return"] == pytest.approx(0.0523005)
    assert found["daily_return"] == pytest.approx(1.0523005 / 1.01 - 1)
    expected = {
        "slug": "alpha",
        "name": "ALPHA",
        "description": "说明 <b>",
        "universe": "hs300",
        "holding_period": 5,
        "execution_price": "close",
        "status": "active",
        "created_at": "2024-01-02T00:00:00Z",
        "activated_at": "2024-01-02T00:00:00Z",
        "trading_days": 2,
        "has_claimed": False,
        "latest_date": "2024-01-03",
    }
    assert expected.items() <= found.items()


def test_the_list_and_the_record_show_the_same_returns(site: Site) -> None:
    number = site.strategy("alpha", initial_capital=333_333)
    site.settlement.navs[number] = [333_333_001, 334_000_777, 331_234_567]
    (found,) = site.get("").json()["strategies"]
    last = site.get("/alpha/track-record").json()["records"][-1]
    assert found["total_return"] == last["cumulative_return"]
    assert found["daily_return"] == last["daily_return"]


def test_the_first_days_return_is_against_the_initial_capital(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = [990_000_000]
    (found,) = site.get("").json()["strategies"]
    assert found["daily_return"] == pytest.approx(-0.01)


def test_an_active_strategy_without_a_settled_day_has_no_numbers_yet(site: Site) -> None:
    site.strategy("alpha")
    (found,) = site.get("").json()["strategies"]
    assert found["trading_days"] == 0
    assert [found[name] for name in ("latest_date", "nav", "total_return", "daily_return")] == [None] * 4


def test_the_creator_is_a_nickname_and_nothing_else_of_the_owner_is_public(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = [1_000_000_000]
    with site.records.read() as session:
        user = session.exec(select(User)).one()
        nickname, secrets = user.nickname, (user.id, user.email)
    (found,) = site.get("").json()["strategies"]
    assert found["creator"] == nickname
    for route in ("", "/alpha/track-record", "/alpha/performance"):
        text = json.dumps(site.get(route).json())
        assert not any(secret in text for secret in secrets)
        assert "@" not in text


def test_pending_strategies_are_not_listed(site: Site) -> None:
    site.strategy("alpha", active=False)
    assert listed(site) == []


def test_strategies_that_are_not_public_are_not_listed(site: Site) -> None:
    site.strategy("alpha")
    site.change("alpha", is_public=False)
    assert listed(site) == []


def test_paused_and_retired_strategies_stay_listed(site: Site) -> None:
    site.strategy("alpha")
    site.strategy("beta")
    site.change("alpha", status="paused")
    site.change("beta", status="retired")
    found = {each["slug"]: each["status"] for each in site.get("").json()["strategies"]}
    assert found == {"alpha": "paused", "beta": "retired"}


def test_a_strategy_retired_before_its_first_signal_was_never_listed(site: Site) -> None:
    site.strategy("alpha", active=False)
    site.change("alpha", status="retired")
    assert listed(site) == []


def test_universe_filters(site: Site) -> None:
    site.strategy("alpha", universe="hs300")
    site.strategy("beta", universe="etf_all")
    assert listed(site, "?universe=etf_all") == ["beta"]
    assert listed(site, "?universe=csi2000") == []


def test_the_latest_created_comes_first(site: Site) -> None:
    for slug in ("zulu", "alpha", "mike"):
        site.strategy(slug)
    assert listed(site) == ["mike", "alpha", "zulu"]


def test_pages_joined_are_the_whole_list(site: Site) -> None:
    for number in range(7):
        site.strategy(f"strategy-{number}")
    site.change("strategy-3", status="paused")
    whole = listed(site)
    pages = [listed(site, f"?limit=3&offset={offset}") for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [slug for page in pages for slug in page] == whole


def test_fifty_are_listed_by_default(site: Site) -> None:
    clock = site.clock
    assert isinstance(clock, SimulatedClock)
    for owner in range(3):
        site.user()
        for number in range(17):
            site.strategy(f"s-{owner}-{number}")
    clock.move_to(parse_instant("2024-01-02T09:00:00+08:00"))
    assert len(listed(site)) == 50
    assert len(listed(site, "?limit=200")) == 51


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=1.5", "offset=-1", "offset=x", "universe=sp500", "universe="],
)
def test_values_outside_are_422(site: Site, query: str) -> None:
    answer = site.get(f"?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


def test_the_documentation_describes_the_public_routes(site: Site) -> None:
    paths = site.app.openapi()["paths"]
    record = paths["/api/v1/public/strategies/{slug}/track-record"]["get"]
    assert [parameter["name"] for parameter in record["parameters"] if parameter["in"] != "header"] == [
        "slug"
    ]
    assert record["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("TrackRecord")
    assert "404" in record["responses"]
    listing = paths["/api/v1/public/strategies"]["get"]
    in_query = [parameter["name"] for parameter in listing["parameters"] if parameter["in"] == "query"]
    assert in_query == ["universe", "limit", "offset"]


def test_a_list_is_made_once_and_sent_again_as_it_is(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = [1_010_000_000]
    first = site.get("")
    site.settlement.navs = AskedForNothing(site.settlement.navs)
    assert [site.get(query).content for query in ("", "", "?limit=50", "?offset=0")] == [first.content] * 4


class AskedForNothing(dict[int, list[int]]):
    """NAVs that nobody may look up any more."""

    def get(self, *_: object) -> list[int]:
        raise AssertionError("the list was made again")


def claimed(site: Site) -> None:
    assert site.caller
    dates = np.array(["2023-12-28", "2023-12-29"], "datetime64[D]")
    site.run(site.claims.upload(site.caller, "alpha", Curve(dates, np.array([1.0, 1.1]))))


def renamed(site: Site) -> None:
    assert site.caller
    site.run(site.accounts.change_profile(site.caller, ProfileChange(nickname="another")))


CHANGES: dict[str, Callable[[Site, int], object]] = {
    "a settled day": lambda site, number: site.settlement.navs.update({number: [1_010_000_000]}),
    "a name": lambda site, _: site.change("alpha", name="other"),
    "a status": lambda site, _: site.change("alpha", status="paused"),
    "a claim": lambda site, _: claimed(site),
    "a nickname": lambda site, _: renamed(site),
    "another strategy": lambda site, _: site.strategy("beta"),
    "privacy": lambda site, _: site.change("alpha", is_public=False),
}


@pytest.mark.parametrize("query", ["", "?universe=hs300&limit=1"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_list_that_was_sent_before_shows_what_has_changed_since(
    site: Site, query: str, change: str
) -> None:
    number = site.strategy("alpha")
    before = site.get(query).json()
    CHANGES[change](site, number)
    assert site.get(query).json() != before
