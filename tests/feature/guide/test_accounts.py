"""Quickstart, Authentication, Profile Setup, Token & Key Management, Account Tiers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.feature.guide.shapes import departures, names
from tests.support.platforms import Caller, Stage

REGISTERED: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIs...",
    "refresh_token": "eyJhbGciOiJIUzI1NiIs...",
    "user": {
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "nickname": "user_a1b2c3",
        "email": "user_a1b2c3@quantgpt.local",
        "tier": "free",
        "profile_complete": False,
        "has_password": False,
    },
}
TIER = {
    "tier": "free",
    "max_strategies": 3,
    "strategy_universes": ["hs300", "csi500", "csi1000", "csi2000", "etf_all"],
}


def redeemed(on: Stage) -> Any:
    code = on.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
    return on.public().post("/auth/invite", {"invite_code": code})


@pytest.fixture
def user(on: Stage) -> Caller:
    caller = on.public()
    caller.token = redeemed(on)["access_token"]
    return caller


def test_the_quickstart_in_its_three_steps(on: Stage) -> None:
    registered = redeemed(on)
    assert departures(registered, REGISTERED) == []
    assert registered["access_token"].startswith("eyJ")
    assert registered["refresh_token"].startswith("eyJ")
    caller = on.public()
    caller.token = registered["access_token"]
    answer = caller.call("POST", "/billing/api-keys", {"name": "my-agent"})
    assert answer.status_code == 201
    assert answer.json()["api_key"].startswith("qgpt_")
    caller.token = answer.json()["api_key"]
    assert caller.get("/strategies") == {"strategies": []}


def test_a_profile_is_set_in_any_combination(user: Caller) -> None:
    body = {"nickname": "my_username", "email": "me@example.com", "password": "mypassword"}
    answer = user.call("PATCH", "/auth/profile", body)
    assert answer.status_code == 200, answer.text
    assert names('{ "id", "nickname", "email", "has_password", "profile_complete" }') <= set(answer.json())
    assert (answer.json()["has_password"], answer.json()["profile_complete"]) == (True, True)
    logged_in = user.call("POST", "/auth/login", {"email": "me@example.com", "password": "mypassword"})
    assert departures(logged_in.json(), REGISTERED) == []


def test_an_address_of_anonymous_accounts_is_rejected(user: Caller) -> None:
    assert user.call("PATCH", "/auth/profile", {"email": "me@quantgpt.local"}).status_code == 422


def test_a_token_is_renewed(on: Stage) -> None:
    refreshed = on.public().post("/auth/refresh", {"refresh_token": redeemed(on)["refresh_token"]})
    assert refreshed["access_token"].startswith("eyJ")


def test_keys_are_listed_and_revoked(user: Caller) -> None:
    user.post("/billing/api-keys", {"name": "my-agent"})
    assert "id" in user.get("/auth/me")
    [key] = next(value for value in user.get("/billing/api-keys").values() if isinstance(value, list))
    assert user.call("DELETE", f"/billing/api-keys/{key['id']}").status_code == 200
    [none] = [value for value in user.get("/billing/api-keys").values() if isinstance(value, list)]
    assert none == []


def test_tiers(user: Caller) -> None:
    tier = user.get("/billing/tier")
    assert {name: tier[name] for name in TIER} == TIER
    tiers = str(user.get("/billing/tiers"))
    assert "free" in tiers
    assert "licensed" in tiers


def test_credentials_that_fail_as_the_recovery_chapter_says(on: Stage, user: Caller) -> None:
    user.token = "qgpt_" + "0" * 40
    answer = user.call("GET", "/strategies")
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("Invalid token")


def test_a_disabled_account_can_still_write_a_ticket(on: Stage, user: Caller) -> None:
    on.operator.call("PATCH", f"/admin/users/{user.get('/auth/me')['id']}", {"disabled": True})
    answer = user.call("GET", "/strategies")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Account disabled"})
    ticket = {"category": "other", "title": "account disabled"}
    assert user.call("POST", "/tickets", ticket).status_code == 201
