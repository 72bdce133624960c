"""API keys (KEY-01..10, SEC-01 for keys, IDEM-01)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def me(site: Site, token: str) -> int:
    return site.call("GET", "/auth/me", token).status_code


def listed(site: Site, token: str) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = site.call("GET", "/billing/api-keys", token).json()["api_keys"]
    return keys


def revoke(site: Site, token: str, key_id: str) -> int:
    return site.call("DELETE", f"/billing/api-keys/{key_id}", token).status_code


def test_a_new_key_is_shown_once_and_whole(site: Site, access: str) -> None:
    answer = site.call("POST", "/billing/api-keys", access, json={"name": "my-agent"})
    key = answer.json()
    assert answer.status_code == 201
    assert UUID(key["id"])
    assert key == {
        "id": key["id"],
        "name": "my-agent",
        "api_key": key["api_key"],
        "created_at": "2024-01-02T00:00:00Z",
    }


def test_a_key_has_its_prefix_and_32_random_bytes(site: Site, access: str) -> None:
    keys = {site.key(access)["api_key"] for _ in range(5)}
    assert len(keys) == 5
    assert all(key.startswith("qgpt_") and len(key) == 5 + 43 for key in keys)


def test_the_list_shows_the_last_4_characters_only(site: Site, access: str) -> None:
    key = site.key(access)
    assert listed(site, access) == [
        {
            "id": key["id"],
            "name": "my-agent",
            "masked": f"qgpt_...{key['api_key'][-4:]}",
            "created_at": "2024-01-02T00:00:00Z",
            "last_used_at": None,
        }
    ]


def test_no_other_call_returns_the_key(site: Site, access: str) -> None:
    key = site.key(access)["api_key"]
    answers = [
        site.call("GET", path, key).text
        for path in ("/auth/me", "/billing/api-keys", "/billing/tier", "/billing/tiers")
    ]
    answers.append(site.call("GET", "/admin/users", site.operator).text)
    assert not [text for text in answers if key[5:] in text]


def test_the_same_name_makes_another_key(site: Site, access: str) -> None:
    first, second = site.key(access, "same"), site.key(access, "same")
    assert first["id"] != second["id"]
    assert first["api_key"] != second["api_key"]
    assert [key["id"] for key in listed(site, access)] == [second["id"], first["id"]]


def test_a_revoked_key_gives_401_and_is_not_listed(site: Site, access: str) -> None:
    key = site.key(access)
    assert me(site, key["api_key"]) == 200
    answer = site.call("DELETE", f"/billing/api-keys/{key['id']}", access)
    assert (answer.status_code, answer.json()) == (200, {"revoked": True})
    assert me(site, key["api_key"]) == 401
    assert listed(site, access) == []


def test_revoking_one_key_leaves_the_others(site: Site, access: str) -> None:
    kept, gone = site.key(access), site.key(access)
    assert revoke(site, access, gone["id"]) == 200
    assert me(site, kept["api_key"]) == 200


def test_revoking_again_is_404(site: Site, access: str) -> None:
    key = site.key(access)
    assert [revoke(site, access, key["id"]) for _ in range(2)] == [200, 404]


@pytest.mark.parametrize("key_id", [UNKNOWN, "x", "%00", "%ff", "信号", "1" * 5000, "' OR 1=1 --"])
def test_an_unknown_key_is_404(site: Site, access: str, key_id: str) -> None:
    assert revoke(site, access, key_id) == 404


def test_a_foreign_key_is_404_and_goes_on_working(site: Site, access: str) -> None:
    foreign = site.key(site.register()["access_token"])
    assert revoke(site, access, foreign["id"]) == 404
    assert me(site, foreign["api_key"]) == 200


def test_a_foreign_key_is_not_listed(site: Site, access: str) -> None:
    site.key(site.register()["access_token"])
    assert listed(site, access) == []


def test_a_key_works_after_years(site: Site, api_key: str) -> None:
    site.later(days=2000)
    assert me(site, api_key) == 200


@pytest.mark.parametrize(
    "name", ["a", "x" * 100, "信" * 100, "😀" * 100, " ", '<b>"quoted"</b>', "'; DROP TABLE user; --"]
)
def test_a_name_comes_back_unchanged(site: Site, access: str, name: str) -> None:
    assert site.key(access, name)["name"] == name
    assert listed(site, access)[0]["name"] == name


@pytest.mark.parametrize("name", ["", "x" * 101, None, 1, True, ["x"], {"x": 1}, "a\0b"])
def test_a_wrong_name_is_422(site: Site, access: str, name: Any) -> None:
    answer = site.call("POST", "/billing/api-keys", access, json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "name"]
    assert listed(site, access) == []


def test_a_key_creates_and_revokes_keys_itself_too(site: Site, api_key: str) -> None:
    made = site.key(api_key)
    assert revoke(site, api_key, made["id"]) == 200
    (own,) = listed(site, api_key)
    assert revoke(site, api_key, own["id"]) == 200
    assert me(site, api_key) == 401


def test_no_key_or_token_is_in_the_store(site: Site, session: dict[str, Any], api_key: str) -> None:
    me(site, api_key)
    site.accounts.close()
    secrets = [api_key, session["access_token"], session["refresh_token"], site.operator]
    stored = b"".join(file.read_bytes() for file in site.folder.glob("records.db*"))
    assert not [secret for secret in secrets if secret.encode() in stored]


def test_no_key_or_token_is_in_the_log(
    site: Site, session: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = site.key(session["access_token"])
    me(site, key["api_key"])
    site.call("POST", "/auth/refresh", json={"refresh_token": session["refresh_token"]})
    revoke(site, key["api_key"], key["id"])
    me(site, key["api_key"])
    secrets = [key["api_key"], session["access_token"], session["refresh_token"]]
    assert not [secret for secret in secrets if secret in caplog.text]


def test_a_use_is_listed_at_once(site: Site, api_key: str) -> None:
    site.later(hours=1)
    me(site, api_key)
    assert listed(site, api_key)[0]["last_used_at"] == "2024-01-02T01:00:00Z"


def test_uses_within_a_minute_count_as_one(site: Site, access: str, api_key: str) -> None:
    me(site, api_key)
    site.later(seconds=59)
    me(site, api_key)
    assert listed(site, access)[0]["last_used_at"] == "2024-01-02T00:00:00Z"
    site.later(seconds=1)
    me(site, api_key)
    assert listed(site, access)[0]["last_used_at"] == "2024-01-02T00:01:00Z"
