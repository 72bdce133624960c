"""Access and refresh tokens over the platform's clock (AUTH-07..10, AUTH-21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site


def me(site: Site, token: str) -> int:
    return site.call("GET", "/auth/me", token).status_code


def refresh(site: Site, token: str) -> httpx.Response:
    return site.call("POST", "/auth/refresh", json={"refresh_token": token})


def test_an_access_token_works_a_second_before_24_hours(site: Site, access: str) -> None:
    site.later(hours=24, seconds=-1)
    assert me(site, access) == 200


def test_an_access_token_is_refused_after_24_hours(site: Site, access: str) -> None:
    site.later(hours=24)
    assert me(site, access) == 401


def test_an_access_token_that_was_used_expires_all_the_same(site: Site, access: str) -> None:
    assert me(site, access) == 200
    site.later(hours=24)
    assert me(site, access) == 401


def test_a_refresh_token_works_a_second_before_7_days(site: Site, session: dict[str, Any]) -> None:
    site.later(days=7, seconds=-1)
    assert refresh(site, session["refresh_token"]).status_code == 200


def test_a_refresh_token_is_refused_after_7_days(site: Site, session: dict[str, Any]) -> None:
    site.later(days=7)
    assert refresh(site, session["refresh_token"]).status_code == 401


def test_the_refreshed_token_works_for_another_24_hours(site: Site, session: dict[str, Any]) -> None:
    site.later(days=6)
    answer = refresh(site, session["refresh_token"])
    assert (answer.status_code, set(answer.json())) == (200, {"access_token"})
    site.later(hours=23)
    assert me(site, answer.json()["access_token"]) == 200


def test_a_refresh_token_is_no_access_token(site: Site, session: dict[str, Any]) -> None:
    assert me(site, session["refresh_token"]) == 401


def test_an_access_token_is_no_refresh_token(site: Site, access: str) -> None:
    assert refresh(site, access).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "eyJ.eyJ.x", "信号", "." * 5000, "a" * 90_000])
def test_a_refresh_token_that_is_none_is_refused(site: Site, token: str) -> None:
    assert refresh(site, token).status_code == 401


def test_an_api_key_is_no_refresh_token(site: Site, api_key: str) -> None:
    assert refresh(site, api_key).status_code == 401


def test_me_is_the_registered_user(site: Site, session: dict[str, Any]) -> None:
    answer = site.call("GET", "/auth/me", session["access_token"])
    assert (answer.status_code, answer.json()) == (200, session["user"])


def test_me_is_the_same_for_an_api_key(site: Site, session: dict[str, Any], api_key: str) -> None:
    assert site.call("GET", "/auth/me", api_key).json() == session["user"]


def test_a_token_of_another_data_directory_is_refused(site: Site, access: str) -> None:
    site.accounts._bearers._jwt_key = "0" * 64
    assert me(site, access) == 401
