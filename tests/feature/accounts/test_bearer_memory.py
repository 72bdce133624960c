"""What the guard remembers between calls: little, and nothing that has changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from quantos.accounts import bearer, store
from quantos.accounts.refusals import InvalidToken

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site


def test_a_second_call_asks_the_store_nothing(
    site: Site, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = api_key.encode()
    first = site.accounts._bearers.standing(token)

    def unread() -> None:
        raise AssertionError("the store was read")

    with monkeypatch.context() as closed:
        closed.setattr(site.records, "read", unread)
        assert site.accounts._bearers.standing(token) is first


def test_it_remembers_a_bounded_number(site: Site, access: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "REMEMBERED_MAX", 3)
    keys = [site.key(access)["api_key"] for _ in range(5)]
    assert [site.call("GET", "/auth/me", key).status_code for key in keys * 2] == [200] * 10
    assert len(site.accounts._bearers._credentials) == 3


def test_unknown_tokens_are_not_remembered(site: Site) -> None:
    for number in range(10):
        with pytest.raises(InvalidToken):
            site.accounts._bearers.standing(b"qgpt_%d" % number)
    assert site.accounts._bearers._credentials == {}


def test_it_holds_no_token(site: Site, access: str, api_key: str) -> None:
    bearers = site.accounts._bearers
    bearers.standing(access.encode())
    bearers.standing(api_key.encode())
    held = repr((bearers._credentials, bearers._standings))
    assert access not in held
    assert api_key not in held


def test_a_key_revoked_while_it_is_looked_up_is_not_remembered(
    site: Site, access: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = site.key(access)["api_key"].encode()
    found = store.key_owner

    def revoked_meanwhile(session: Any, key_hash: str) -> Any:
        owner = found(session, key_hash)
        site.accounts._bearers.forget_key(key_hash)
        return owner

    with monkeypatch.context() as slow:
        slow.setattr(store, "key_owner", revoked_meanwhile)
        site.accounts._bearers.standing(token)
    assert hashlib.sha256(token).digest() not in site.accounts._bearers._credentials


def test_an_account_changed_while_it_is_looked_up_is_not_remembered(
    site: Site, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = store.standing

    def disabled_meanwhile(records: Any, user_id: str) -> Any:
        standing = found(records, user_id)
        site.accounts._bearers.forget_user(user_id)
        return standing

    with monkeypatch.context() as slow:
        slow.setattr(store, "standing", disabled_meanwhile)
        site.accounts._bearers.standing_of(session["user"]["id"])
    assert site.accounts._bearers._standings == {}


def test_it_answers_outside_an_event_loop_too(site: Site, api_key: str) -> None:
    assert site.accounts._bearers.standing(api_key.encode()).caller.tier == "free"
