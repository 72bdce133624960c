"""Tiers, disabled accounts and the operator's calls (TIER-01..05, AUTH-24, OPS-03)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site

UNIVERSES = ["hs300", "csi500", "csi1000", "csi2000", "etf_all"]
FREE = {"tier": "free", "max_strategies": 3, "strategy_universes": UNIVERSES}
LICENSED = {"tier": "licensed", "max_strategies": 20, "strategy_universes": UNIVERSES}


def tier(site: Site, token: str) -> Any:
    return site.call("GET", "/billing/tier", token).json()


def first_user(site: Site) -> dict[str, Any]:
    user: dict[str, Any] = site.call("GET", "/admin/users", site.operator).json()["users"][0]
    return user


def test_a_new_account_may_have_3_strategies(site: Site, access: str) -> None:
    assert tier(site, access) == FREE


def test_the_tiers_are_free_and_licensed(site: Site, access: str) -> None:
    assert site.call("GET", "/billing/tiers", access).json() == {"tiers": [FREE, LICENSED]}


def test_the_operator_assigns_licensed_at_once(site: Site, session: dict[str, Any], api_key: str) -> None:
    assert tier(site, api_key) == FREE
    assert site.change(session["user"]["id"], tier="licensed").status_code == 200
    assert tier(site, api_key) == tier(site, session["access_token"]) == LICENSED


def test_a_tier_is_taken_back_at_once(site: Site, session: dict[str, Any], api_key: str) -> None:
    site.change(session["user"]["id"], tier="licensed")
    tier(site, api_key)
    site.change(session["user"]["id"], tier="free")
    assert tier(site, api_key) == FREE


def test_other_accounts_keep_their_tier(site: Site, session: dict[str, Any]) -> None:
    other = site.register()["access_token"]
    site.change(session["user"]["id"], tier="licensed")
    assert tier(site, other) == FREE


@pytest.mark.parametrize("credential", ["access", "api_key"])
def test_a_disabled_account_is_told_so_at_once(
    site: Site, session: dict[str, Any], api_key: str, credential: str
) -> None:
    token = {"access": session["access_token"], "api_key": api_key}[credential]
    assert site.call("GET", "/auth/me", token).status_code == 200
    site.change(session["user"]["id"], disabled=True)
    for method, path in [
        ("GET", "/auth/me"),
        ("GET", "/billing/tier"),
        ("GET", "/billing/tiers"),
        ("GET", "/billing/api-keys"),
        ("POST", "/billing/api-keys"),
        ("DELETE", "/billing/api-keys/x"),
        ("GET", "/admin/users"),
    ]:
        answer = site.call(method, path, token)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Account disabled"})


def test_a_disabled_account_cannot_refresh(site: Site, session: dict[str, Any]) -> None:
    site.change(session["user"]["id"], disabled=True)
    answer = site.call("POST", "/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert (answer.status_code, answer.json()) == (403, {"detail": "Account disabled"})


def test_a_disabled_account_opens_tickets(site: Site, session: dict[str, Any]) -> None:
    site.change(session["user"]["id"], disabled=True)
    answer = site.call("POST", "/tickets", session["access_token"])
    assert (answer.status_code, answer.json()) == (201, {"user_id": session["user"]["id"]})


def test_an_enabled_account_works_again_at_once(site: Site, session: dict[str, Any]) -> None:
    site.change(session["user"]["id"], disabled=True)
    assert site.call("GET", "/auth/me", session["access_token"]).status_code == 403
    site.change(session["user"]["id"], disabled=False)
    assert site.call("GET", "/auth/me", session["access_token"]).status_code == 200


def test_a_change_takes_effect_although_its_caller_went_away(
    site: Site, session: dict[str, Any], access: str
) -> None:
    assert site.call("GET", "/auth/me", access).status_code == 200

    async def leave_early() -> None:
        from quantos.accounts.schemas import UserChange  # noqa: PLC0415

        change = UserChange(disabled=True)
        call = asyncio.ensure_future(site.accounts.change_user(session["user"]["id"], change))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.sleep(0.2)

    site.run(leave_early())
    assert site.call("GET", "/auth/me", access).status_code == 403


def test_the_changed_account_is_the_answer(site: Site, session: dict[str, Any]) -> None:
    answer = site.change(session["user"]["id"], tier="licensed", disabled=True)
    assert answer.json() == {
        **session["user"],
        "tier": "licensed",
        "number": 1,
        "disabled": True,
        "created_at": "2024-01-02T00:00:00Z",
    }
    assert first_user(site) == answer.json()


def test_no_fields_change_nothing(site: Site, session: dict[str, Any]) -> None:
    site.change(session["user"]["id"], tier="licensed", disabled=True)
    answer = site.change(session["user"]["id"])
    assert (answer.status_code, answer.json()["tier"], answer.json()["disabled"]) == (200, "licensed", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"tier": "gold"},
        {"tier": None},
        {"tier": 1},
        {"disabled": None},
        {"disabled": "true"},
        {"disabled": 1},
        {"nickname": "x"},
        {"tier": "licensed", "number": 7},
    ],
)
def test_a_wrong_change_is_422_and_changes_nothing(
    site: Site, session: dict[str, Any], fields: dict[str, Any]
) -> None:
    before = first_user(site)
    assert site.change(session["user"]["id"], **fields).status_code == 422
    assert first_user(site) == before


@pytest.mark.parametrize("user_id", ["00000000-0000-4000-8000-000000000000", "1", "%00"])
def test_an_unknown_account_is_404(site: Site, user_id: str) -> None:
    assert site.change(user_id, disabled=True).status_code == 404


def test_accounts_are_listed_newest_first_and_numbered_from_1(site: Site) -> None:
    ids = [site.register()["user"]["id"] for _ in range(3)]
    users = site.call("GET", "/admin/users", site.operator).json()["users"]
    assert [user["id"] for user in users] == ids[::-1]
    assert [user["number"] for user in users] == [3, 2, 1]


def test_pages_of_accounts_join_to_the_whole(site: Site) -> None:
    for _ in range(5):
        site.register()
    whole = site.call("GET", "/admin/users", site.operator).json()["users"]
    pages = [
        site.call("GET", f"/admin/users?limit=2&offset={offset}", site.operator).json()
        for offset in (0, 2, 4, 6)
    ]
    assert [user for page in pages for user in page["users"]] == whole
    assert [page["total"] for page in pages] == [5, 5, 5, 5]


@pytest.mark.parametrize("path", ["users", "invites"])
def test_an_offset_beyond_the_end_is_an_empty_page_however_large(site: Site, path: str) -> None:
    answer = site.call("GET", f"/admin/{path}?offset={10**30}", site.operator)
    assert (answer.status_code, answer.json()[path]) == (200, [])


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "limit=1e2"])
@pytest.mark.parametrize("path", ["/admin/users", "/admin/invites"])
def test_a_page_outside_the_bounds_is_422(site: Site, path: str, query: str) -> None:
    answer = site.call("GET", f"{path}?{query}", site.operator)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.split("=", maxsplit=1)[0]]


def test_the_operator_makes_invites(site: Site) -> None:
    answer = site.call("POST", "/admin/invites", site.operator, json={"max_uses": 1})
    assert (answer.status_code, set(answer.json())) == (201, {"invite_code"})
    joined = [site.call("POST", "/auth/invite", json=answer.json()).status_code for _ in range(2)]
    assert joined == [201, 401]


def test_an_invite_expires_when_the_operator_said(site: Site) -> None:
    body = {"expires_at": "2024-01-02T09:00:00+08:00"}
    code = site.call("POST", "/admin/invites", site.operator, json=body).json()
    assert site.call("POST", "/auth/invite", json=code).status_code == 201
    site.later(hours=1)
    assert site.call("POST", "/auth/invite", json=code).status_code == 401


def test_invites_are_listed_masked(site: Site) -> None:
    body = {"max_uses": 2, "expires_at": "2024-02-01T00:00:00Z"}
    code = site.call("POST", "/admin/invites", site.operator, json=body).json()["invite_code"]
    site.call("POST", "/auth/invite", json={"invite_code": code})
    answer = site.call("GET", "/admin/invites", site.operator).json()
    (invite,) = answer["invites"]
    assert answer["total"] == 1
    assert invite == {
        "id": invite["id"],
        "masked": f"qinv_...{code[-4:]}",
        "max_uses": 2,
        "uses": 1,
        "expires_at": "2024-02-01T00:00:00Z",
        "created_at": "2024-01-02T00:00:00Z",
    }


@pytest.mark.parametrize(
    "body",
    [
        {"max_uses": 0},
        {"max_uses": -1},
        {"max_uses": 1_000_001},
        {"max_uses": 1.5},
        {"max_uses": "5"},
        {"max_uses": True},
        {"max_uses": 2**70},
        {"expires_at": "2024-02-01"},
        {"expires_at": "2024-02-01T00:00:00"},
        {"expires_at": 1704067200},
        {"expires_at": "0001-01-01T00:00:00+08:00"},
        {"expires_at": "9999-12-31T23:59:59-08:00"},
        {"expires_at": "soon"},
    ],
)
def test_a_wrong_invite_is_422(site: Site, body: dict[str, Any]) -> None:
    assert site.call("POST", "/admin/invites", site.operator, json=body).status_code == 422
    assert site.call("GET", "/admin/invites", site.operator).json()["total"] == 0


def test_what_other_features_ask(site: Site, session: dict[str, Any]) -> None:
    user = session["user"]
    other = site.register()["user"]
    asked = [user["id"], other["id"], "nobody"] + [f"x{i}" for i in range(1000)]
    with site.records.read() as records:
        assert site.accounts.nicknames(records, asked) == {
            user["id"]: user["nickname"],
            other["id"]: other["nickname"],
        }
        assert site.accounts.tier_of(records, user["id"]) == "free"
    assert [site.accounts.max_strategies(name) for name in ("free", "licensed")] == [3, 20]
