"""Calls that come together end as if one had come after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage, stage
from tests.support.portfolios import active_factor

Call = tuple[Caller, str, str, Any]
YESTERDAY = date(2024, 1, 2)
CLAIM = {"records": [{"date": "2023-01-03", "nav": 1.0}, {"date": "2023-01-04", "nav": 1.1}]}


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", parse_instant("2024-01-03T08:00+08:00")) as opened:
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def together(calls: Sequence[Call]) -> list[httpx.Response]:
    """All of them under way before the first is answered."""
    caller = calls[0][0]

    async def all_at_once() -> list[httpx.Response]:
        return await asyncio.gather(
            *(
                each.http.request(method, path, json=body, headers={"Authorization": f"Bearer {each.token}"})
                for each, method, path, body in calls
            )
        )

    return caller.runner.run(all_at_once())


def statuses(calls: Sequence[Call]) -> Counter[int]:
    return Counter(answer.status_code for answer in together(calls))


def test_tier_04_of_12_strategies_at_once_a_free_account_gets_3(agent: Caller) -> None:
    made = statuses(
        [(agent, "POST", "/strategies", {"name": "x", "slug": f"at-once-{n}"}) for n in range(12)]
    )
    assert made == {201: 3, 403: 9}
    assert len(agent.get("/strategies")["strategies"]) == 3


def test_port_20_of_portfolios_activated_at_once_no_more_than_the_tier_allows_start(
    on: Stage, agent: Caller
) -> None:
    values = {YESTERDAY: {"600519.SH": 1.0, "000858.SZ": 0.2}}
    factors = [active_factor(on, agent, values, name=name) for name in ("one", "two")]
    ids = [agent.post("/portfolios", {"name": f"p{n}", "universe": "hs300"})["id"] for n in range(5)]
    for portfolio in ids:
        for factor in factors:
            agent.post(f"/portfolios/{portfolio}/members", {"factor_id": factor})
    started = statuses([(agent, "POST", f"/portfolios/{each}/activate", None) for each in ids])
    assert started == {200: 3, 403: 2}
    found = agent.get("/portfolios")["portfolios"]
    assert Counter(each["status"] for each in found) == {"active": 3, "draft": 2}
    assert len(agent.get("/strategies")["strategies"]) == 3


def test_port_06_a_factor_added_many_times_at_once_is_a_member_once(on: Stage, agent: Caller) -> None:
    factor = active_factor(on, agent, {YESTERDAY: {"600519.SH": 1.0}}, name="one")
    portfolio = agent.post("/portfolios", {"name": "p", "universe": "hs300"})["id"]
    added = statuses([(agent, "POST", f"/portfolios/{portfolio}/members", {"factor_id": factor})] * 6)
    assert added == {201: 1, 409: 5}
    assert len(agent.get(f"/portfolios/{portfolio}")["members"]) == 1


@pytest.mark.parametrize(
    "bodies",
    [
        [{"nickname": "the_same"}] * 3,
        [{"email": "me@example.com"}, {"email": "ME@example.com"}, {"email": "me@EXAMPLE.com"}],
    ],
    ids=["nickname", "e-mail"],
)
def test_auth_16_17_of_accounts_that_take_the_same_at_once_one_gets_it(
    on: Stage, bodies: list[dict[str, str]]
) -> None:
    taken = statuses([(on.agent(), "PATCH", "/auth/profile", body) for body in bodies])
    assert taken == {200: 1, 409: 2}


def test_key_06_a_key_revoked_many_times_at_once_is_revoked_once(agent: Caller) -> None:
    key = agent.post("/billing/api-keys", {"name": "other"})["id"]
    assert statuses([(agent, "DELETE", f"/billing/api-keys/{key}", None)] * 6) == {200: 1, 404: 5}


def test_claim_01_of_first_uploads_at_once_one_is_the_first(agent: Caller) -> None:
    agent.post("/strategies", {"name": "x", "slug": "claims"})
    agent.post("/strategies/claims/signals", {"trade_date": "2024-01-04", "signals": []})
    assert statuses([(agent, "PUT", "/strategies/claims/claimed", CLAIM)] * 6) == {201: 1, 200: 5}
    assert statuses([(agent, "DELETE", "/strategies/claims/claimed", None)] * 6) == {200: 1, 404: 5}


def test_strat_19_nothing_undoes_a_retirement_that_came_between_other_changes(agent: Caller) -> None:
    agent.post("/strategies", {"name": "x", "slug": "ends"})
    agent.post("/strategies/ends/signals", {"trade_date": "2024-01-04", "signals": []})
    wanted = ("paused", "active", "retired", "paused", "active", "paused")
    answers = together([(agent, "PATCH", "/strategies/ends", {"status": status}) for status in wanted])
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert answers[2].status_code == 200
    assert agent.get("/strategies/ends")["status"] == "retired"
