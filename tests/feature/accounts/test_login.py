"""POST /auth/login: AUTH-11, AUTH-12, and what waits for somebody who guesses."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from quantos.accounts.core.passwords import wait_s
from quantos.accounts.pace import Pace
from quantos.accounts.refusals import LoginsWaiting
from quantos.kit.addresses import network_of

EMAIL, PASSWORD = "me@example.com", "my own password"


@pytest.fixture
def owner(site: Any, session: dict[str, Any], access: str) -> dict[str, Any]:
    answer = site.call("PATCH", "/auth/profile", access, json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 200
    return session


def log_in(site: Any, email: Any = EMAIL, password: Any = PASSWORD) -> Any:
    return site.call("POST", "/auth/login", json={"email": email, "password": password})


def test_auth_11_e_mail_and_password_give_tokens_and_the_user(site: Any, owner: dict[str, Any]) -> None:
    answer = log_in(site)
    assert answer.status_code == 200
    found = answer.json()
    assert found.keys() == {"access_token", "refresh_token", "user"}
    assert found["user"] == {**owner["user"], "email": EMAIL, "has_password": True}
    assert site.call("GET", "/auth/me", found["access_token"]).json() == found["user"]
    refreshed = site.call("POST", "/auth/refresh", json={"refresh_token": found["refresh_token"]})
    assert refreshed.status_code == 200


@pytest.mark.usefixtures("owner")
def test_auth_17_the_e_mail_may_be_written_in_any_letter_case(site: Any) -> None:
    assert log_in(site, email="ME@example.COM").status_code == 200


def test_a_password_typed_in_other_code_points_of_the_same_text_is_the_same(site: Any, access: str) -> None:
    site.call("PATCH", "/auth/profile", access, json={"email": EMAIL, "password": "Zürich-２０２６"})  # noqa: RUF001
    assert log_in(site, password="Zu\u0308rich-2026").status_code == 200


def test_auth_12_every_failure_has_the_same_answer(site: Any, owner: dict[str, Any]) -> None:
    anonymous = site.register()["user"]["email"]
    failures = [
        log_in(site, password="wrong password"),
        log_in(site, email="nobody@example.com"),
        log_in(site, email=anonymous),
        log_in(site, email=""),
        log_in(site, password=""),
        log_in(site, password="x" * 100_00),
        log_in(site, email="x" * 100_00),
    ]
    assert {answer.status_code for answer in failures} == {401}
    assert {answer.text for answer in failures} == {'{"detail":"Invalid e-mail or password"}'}
    assert {answer.headers["www-authenticate"] for answer in failures} == {"Bearer"}


@pytest.mark.usefixtures("owner")
def test_auth_12_a_password_is_checked_also_where_there_is_none_to_check(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that came sooner for an unknown e-mail would say which e-mails are known."""
    checked: list[list[str]] = []
    verify = PasswordHasher.verify

    def noted(hasher: PasswordHasher, hashed: Any, password: Any) -> Any:
        checked.append(hashed.split("$")[1:4])
        return verify(hasher, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    for email in (EMAIL, "nobody@example.com", site.register()["user"]["email"]):
        assert log_in(site, email=email, password="wrong password").status_code == 401
    assert checked == [["argon2id", "v=19", "m=65536,t=3,p=1"]] * 3


def test_auth_24_a_disabled_account_is_403_with_its_password_and_401_without(
    site: Any, owner: dict[str, Any]
) -> None:
    site.change(owner["user"]["id"], disabled=True)
    answer = log_in(site)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Account disabled"})
    assert log_in(site, password="wrong password").status_code == 401
    site.change(owner["user"]["id"], disabled=False)
    assert log_in(site).status_code == 200


def test_a_new_password_takes_the_place_of_the_old_one(site: Any, owner: dict[str, Any]) -> None:
    site.call("PATCH", "/auth/profile", owner["access_token"], json={"password": "another password"})
    assert log_in(site).status_code == 401
    assert log_in(site, password="another password").status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"email": EMAIL}, {"email": EMAIL, "password": 12345678}, {"email": None, "password": "x"}]
)
def test_a_malformed_log_in_is_422(site: Any, body: Any) -> None:
    assert site.call("POST", "/auth/login", json=body).status_code == 422


@pytest.mark.usefixtures("owner")
def test_log_ins_at_once_are_all_answered(site: Any) -> None:
    async def together() -> list[int]:
        body = {"email": EMAIL, "password": PASSWORD}
        calls = (site.http.post("/api/v1/auth/login", json=body) for _ in range(5))
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert site.run(together()) == [200] * 5


@pytest.mark.usefixtures("owner")
def test_beyond_what_may_wait_for_a_hash_a_log_in_is_429_and_says_when_to_come_back(site: Any) -> None:
    site.accounts._profiles._passwords._under_way = 64
    answer = log_in(site)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "5"
    assert isinstance(answer.json()["detail"], str)
    site.accounts._profiles._passwords._under_way = 0
    assert log_in(site).status_code == 200


# how long a guesser waits, by a clock that is moved by hand


class Guesser:
    def __init__(self) -> None:
        self.now = 1000.0
        self.pace = Pace(lambda: self.now)

    def guess(self, email: str = EMAIL, address: str = "192.0.2.1") -> float:
        """Seconds that one guess, sent when the one before was answered, waits; then it fails."""
        waited = self.pace.take_turn((email, address))
        self.now += waited
        return waited


def test_the_wait_after_failures_doubles_up_to_five_seconds() -> None:
    assert [wait_s(failures) for failures in (0, 4, 5, 6, 7, 10, 11, 1000)] == [
        0,
        0,
        0.1,
        0.2,
        0.4,
        3.2,
        5,
        5,
    ]
    guesser = Guesser()
    assert [round(guesser.guess(), 6) for _ in range(14)] == [
        *(0, 0, 0, 0, 0),
        *(0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5),
    ]


def test_guesses_sent_all_at_once_wait_as_long_as_one_after_the_other() -> None:
    pace = Pace(lambda: 1000.0)
    waits = [pace.take_turn((EMAIL, "192.0.2.1")) for _ in range(11)]
    assert [round(wait, 6) for wait in waits] == [0, 0, 0, 0, 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3]


def test_who_guesses_from_elsewhere_makes_the_owner_wait_for_nothing() -> None:
    guesser = Guesser()
    for _ in range(50):
        guesser.guess()
    assert guesser.pace.take_turn((EMAIL, "198.51.100.7")) == 0


@pytest.mark.usefixtures("owner")
def test_an_attempt_counts_for_the_address_that_it_came_from(site: Any) -> None:
    async def fail_from(address: str) -> int:
        transport = httpx.ASGITransport(site.app, client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://quantos") as http:
            body = {"email": EMAIL.upper(), "password": "wrong password"}
            return (await http.post("/api/v1/auth/login", json=body)).status_code

    for address in ("192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2"):
        assert site.run(fail_from(address)) == 401
    counted = site.accounts._profiles._pace._attempts
    assert {guessed: each.count for guessed, each in counted.items()} == {
        (EMAIL, "192.0.2.1"): 2,
        (EMAIL, "2001:db8::/64"): 2,
    }


def test_whoever_shares_the_guessers_address_waits_five_seconds_and_is_let_in() -> None:
    guesser = Guesser()
    for _ in range(500):
        guesser.guess()
    assert guesser.guess() == 5


def test_a_success_ends_the_count() -> None:
    guesser = Guesser()
    for _ in range(9):
        guesser.guess()
    guesser.pace.succeeded((EMAIL, "192.0.2.1"))
    assert [guesser.guess() for _ in range(5)] == [0] * 5


def test_a_quarter_of_an_hour_without_failure_ends_the_count() -> None:
    guesser = Guesser()
    for _ in range(9):
        guesser.guess()
    guesser.now += 901
    assert guesser.guess() == 0


def test_what_waits_is_bounded_and_the_next_is_told_when_to_come_back() -> None:
    pace = Pace(lambda: 1000.0)
    with pytest.raises(LoginsWaiting) as refused:
        for _ in range(50):
            assert pace.take_turn((EMAIL, "192.0.2.1")) <= 30
    assert 1 <= refused.value.retry_after_s <= 5


def test_what_is_remembered_is_bounded() -> None:
    guesser = Guesser()
    for number in range(70_000):
        guesser.guess(f"{number}@example.com")
    assert len(guesser.pace._attempts) == 65_536


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.usefixtures("owner")
def test_the_right_password_is_let_in_after_many_wrong_ones(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10**6, 100))  # each look at the time is 100 s later
    monkeypatch.setattr(site.accounts._profiles._pace, "_monotonic_s", lambda: next(clock))
    for _ in range(20):
        assert log_in(site, password="wrong password").status_code == 401
    assert log_in(site).status_code == 200
