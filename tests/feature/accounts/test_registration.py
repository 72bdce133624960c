"""Registration with invite codes (AUTH-01..06)."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site

UNKNOWN_CODE = "Invalid invite code: it is unknown, expired or used up"


def join(site: Site, code: str) -> httpx.Response:
    return site.call("POST", "/auth/invite", json={"invite_code": code})


def account_count(site: Site) -> int:
    total: int = site.call("GET", "/admin/users", site.operator).json()["total"]
    return total


def test_a_code_makes_an_account_with_both_tokens(site: Site) -> None:
    answer = join(site, site.invite())
    assert answer.status_code == 201
    assert set(answer.json()) == {"access_token", "refresh_token", "user"}


def test_tokens_look_like_jwts(session: dict[str, Any]) -> None:
    assert session["access_token"].startswith("eyJ")
    assert session["refresh_token"].startswith("eyJ")


def test_a_new_user_is_anonymous_and_free(session: dict[str, Any]) -> None:
    user = session["user"]
    assert UUID(user["id"]).version == 4
    assert str(UUID(user["id"])) == user["id"], "in the form with hyphens"
    assert re.fullmatch(r"user_[0-9a-f]{6}", user["nickname"])
    assert user == {
        "id": user["id"],
        "nickname": user["nickname"],
        "email": f"{user['nickname']}@quantgpt.local",
        "tier": "free",
        "profile_complete": False,
        "has_password": False,
    }


def test_the_same_code_makes_another_account_each_time(site: Site) -> None:
    code = site.invite(max_uses=2)
    first, second = join(site, code).json(), join(site, code).json()
    assert first["user"]["id"] != second["user"]["id"]
    assert first["access_token"] != second["access_token"]


def test_a_code_is_refused_after_its_last_use(site: Site) -> None:
    code = site.invite(max_uses=2)
    assert [join(site, code).status_code for _ in range(3)] == [201, 201, 401]
    assert account_count(site) == 2


def test_an_unknown_code_makes_no_account(site: Site) -> None:
    answer = join(site, "qinv_nobody_gave_this_out")
    assert (answer.status_code, answer.json()) == (401, {"detail": UNKNOWN_CODE})
    assert account_count(site) == 0


def test_an_expired_code_makes_no_account(site: Site) -> None:
    code = site.invite(expires_at=site.clock.now() + timedelta(hours=1))
    site.later(hours=1)
    assert join(site, code).status_code == 401
    assert account_count(site) == 0


def test_a_code_works_up_to_the_second_before_it_expires(site: Site) -> None:
    code = site.invite(expires_at=site.clock.now() + timedelta(hours=1))
    site.later(minutes=59, seconds=59)
    assert join(site, code).status_code == 201


def test_unknown_expired_and_used_up_codes_are_told_apart_by_nobody(site: Site) -> None:
    used_up, expired = site.invite(max_uses=1), site.invite(expires_at=site.clock.now())
    join(site, used_up)
    assert {join(site, code).text for code in (used_up, expired, "x", "")} == {
        f'{{"detail":"{UNKNOWN_CODE}"}}'
    }


def test_of_20_simultaneous_uses_of_a_code_for_7_exactly_7_succeed(site: Site) -> None:
    code = site.invite(max_uses=7)

    async def all_at_once() -> list[httpx.Response]:
        calls = (site.http.post("/api/v1/auth/invite", json={"invite_code": code}) for _ in range(20))
        return await asyncio.gather(*calls)

    statuses = sorted(answer.status_code for answer in site.run(all_at_once()))
    assert statuses == [201] * 7 + [401] * 13
    assert account_count(site) == 7


def test_a_code_is_nowhere_in_the_store(site: Site) -> None:
    code = site.invite()
    join(site, code)
    assert not [file.name for file in site.folder.glob("records.db*") if code.encode() in file.read_bytes()]


def test_a_drawn_nickname_that_is_taken_is_drawn_again(site: Site, session: dict[str, Any]) -> None:
    taken = bytes.fromhex(session["user"]["nickname"].removeprefix("user_"))
    free = bytes([taken[0] ^ 1, taken[1], taken[2]])
    code = site.invite()
    draws = iter([taken, taken, free])
    site.accounts._random_bytes = lambda _: next(draws)
    assert join(site, code).json()["user"]["nickname"] == f"user_{free.hex()}"


def test_without_a_free_nickname_the_code_keeps_its_use(site: Site, session: dict[str, Any]) -> None:
    taken = bytes.fromhex(session["user"]["nickname"].removeprefix("user_"))
    code = site.invite(max_uses=1)
    drawn, site.accounts._random_bytes = site.accounts._random_bytes, lambda _: taken
    assert join(site, code).status_code == 503
    site.accounts._random_bytes = drawn
    assert join(site, code).status_code == 201
