"""PATCH /auth/profile: AUTH-13 to AUTH-20, AUTH-25."""

from __future__ import annotations

from typing import Any

import pytest

PROFILE = {"nickname": "my_username", "email": "me@example.com", "password": "mypassword"}


def patch(site: Any, token: str, body: Any) -> Any:
    return site.call("PATCH", "/auth/profile", token, json=body)


def refused_field(answer: Any) -> Any:
    assert answer.status_code == 422, answer.text
    (item,) = answer.json()["detail"]
    assert set(item) == {"type", "loc", "msg"}
    return item["loc"]


def test_auth_13_all_three_fields_make_a_complete_profile(
    site: Any, session: dict[str, Any], access: str
) -> None:
    answer = patch(site, access, PROFILE)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": session["user"]["id"],
        "nickname": "my_username",
        "email": "me@example.com",
        "has_password": True,
        "profile_complete": True,
    }
    assert site.call("GET", "/auth/me", access).json() == {**answer.json(), "tier": "free"}


@pytest.mark.parametrize(
    ("order", "complete"),
    [
        (["nickname"], [False]),
        (["password", "email", "nickname"], [False, False, True]),
        (["email", "nickname"], [False, False]),
    ],
)
def test_auth_19_a_profile_is_complete_once_all_three_have_been_set(
    site: Any, access: str, order: list[str], complete: list[bool]
) -> None:
    answers = [patch(site, access, {field: PROFILE[field]}).json() for field in order]
    assert [answer["profile_complete"] for answer in answers] == complete
    assert [answer["has_password"] for answer in answers] == [
        "password" in order[: done + 1] for done in range(len(order))
    ]


@pytest.mark.parametrize(
    "email",
    ["user_a1b2c3@quantgpt.local", "me@QuantGPT.Local", "A@QUANTGPT.LOCAL"],
)
def test_auth_14_the_domain_of_anonymous_accounts_is_reserved(site: Any, access: str, email: str) -> None:
    assert refused_field(patch(site, access, {"email": email})) == ["body", "email"]


def test_auth_14_other_domains_that_look_alike_are_not(site: Any, access: str) -> None:
    for email in ("me@quantgpt.local.example", "me@not-quantgpt.local"):
        assert patch(site, access, {"email": email}).json()["email"] == email


@pytest.mark.parametrize(
    "nickname", ["ab", "a" * 30, "量化研究员", "𠀀𠮷", "A-b_9", "九五二七", "__", "user_a1b2c3"]
)
def test_auth_15_a_nickname_has_letters_digits_chinese_underscores_and_hyphens(
    site: Any, access: str, nickname: str
) -> None:
    assert patch(site, access, {"nickname": nickname}).json()["nickname"] == nickname


@pytest.mark.parametrize(
    "nickname",
    [
        "a",
        "a" * 31,
        "",
        "a b",
        "a.b",
        "ab\n",
        "é1",
        "\u0430b",
        "a\u200bb",
        "a@b",
        "名，字",
        "٣٤",
        "ab\x00",
        None,
        12,
    ],
)
def test_auth_15_anything_else_is_422(site: Any, access: str, nickname: Any) -> None:
    assert refused_field(patch(site, access, {"nickname": nickname})) == ["body", "nickname"]


def test_auth_16_a_nickname_of_another_is_409_and_ones_own_again_200(site: Any, access: str) -> None:
    assert patch(site, access, {"nickname": "mine"}).status_code == 200
    assert patch(site, access, {"nickname": "mine"}).status_code == 200
    other = site.register()
    taken = patch(site, other["access_token"], {"nickname": "mine"})
    assert taken.status_code == 409
    assert taken.json() == {"detail": "this nickname is in use: choose another"}
    generated = patch(site, access, {"nickname": other["user"]["nickname"]})
    assert generated.status_code == 409


def test_auth_17_e_mails_compare_in_any_letter_case(site: Any, access: str) -> None:
    assert patch(site, access, {"email": "Me@Example.com"}).json()["email"] == "Me@Example.com"
    assert patch(site, access, {"email": "me@example.COM"}).json()["email"] == "me@example.COM"
    other = site.register()["access_token"]
    taken = patch(site, other, {"email": "ME@EXAMPLE.com"})
    assert taken.status_code == 409
    assert "in use" in taken.json()["detail"]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "me",
        "me@",
        "@example.com",
        "me@example",
        "me@@example.com",
        "me@exa mple.com",
        "me@-example.com",
        "me@example..com",
        ".me@example.com",
        "me.@example.com",
        "me@example.com\n",
        "me@example.com, you@example.com",
        "a" * 65 + "@example.com",
        "me@" + "a." * 130 + "com",
        None,
        7,
    ],
)
def test_auth_17_a_malformed_e_mail_is_422(site: Any, access: str, email: Any) -> None:
    assert refused_field(patch(site, access, {"email": email})) == ["body", "email"]


@pytest.mark.parametrize(
    "email", ["a@b.cn", "first.last+tag@sub.example.co", "x_y-z@1st.example", "o'b@x.org"]
)
def test_auth_17_ordinary_e_mails_are_taken(site: Any, access: str, email: str) -> None:
    assert patch(site, access, {"email": email}).json()["email"] == email


@pytest.mark.parametrize("password", ["", "seven77", "x" * 129, None, 12345678, "nul\x00nul1"])
def test_auth_18_a_password_of_another_length_is_422(site: Any, access: str, password: Any) -> None:
    answer = patch(site, access, {"password": password})
    assert refused_field(answer) == ["body", "password"]
    assert not password or str(password) not in answer.text


@pytest.mark.parametrize("password", ["eight888", "密" * 8, "x" * 128])
def test_auth_18_a_password_is_stored_as_a_slow_salted_hash_alone(
    site: Any, access: str, password: str
) -> None:
    other = site.register()["access_token"]
    for token in (access, other):
        assert patch(site, token, {"password": password}).json()["has_password"] is True
    with site.records.engine.connect() as connection:
        hashes = connection.exec_driver_sql("SELECT password_hash FROM user").scalars().all()
    assert len(set(hashes)) == 2
    assert all(each.startswith("$argon2id$v=19$m=65536,t=3,") for each in hashes)
    for file in site.folder.rglob("*"):
        assert file.is_dir() or password.encode() not in file.read_bytes()


def test_auth_20_the_same_data_give_the_same_result(site: Any, access: str) -> None:
    first, second = patch(site, access, PROFILE), patch(site, access, PROFILE)
    assert (first.status_code, first.json()) == (second.status_code, second.json())


def test_auth_22_an_api_key_sets_the_profile_too_and_works_without_one(site: Any, api_key: str) -> None:
    assert site.call("GET", "/auth/me", api_key).json()["profile_complete"] is False
    assert patch(site, api_key, {"nickname": "agent-7"}).json()["nickname"] == "agent-7"


def test_auth_25_an_empty_change_changes_nothing(site: Any, session: dict[str, Any], access: str) -> None:
    answer = patch(site, access, {})
    assert answer.status_code == 200
    assert {**answer.json(), "tier": "free"} == session["user"]


@pytest.mark.parametrize("field", ["tier", "id", "disabled", "profile_complete", "Nickname"])
def test_auth_25_an_unknown_field_is_422_and_the_others_are_not_set(
    site: Any, access: str, field: str
) -> None:
    assert refused_field(patch(site, access, {"nickname": "new-name", field: "x"})) == ["body", field]
    assert site.call("GET", "/auth/me", access).json()["nickname"] != "new-name"


def test_err_10_a_change_that_is_refused_in_part_changes_nothing(site: Any, access: str) -> None:
    other = site.register()
    before = site.call("GET", "/auth/me", access).json()
    refused = patch(site, access, {**PROFILE, "nickname": other["user"]["nickname"]})
    assert refused.status_code == 409
    assert site.call("GET", "/auth/me", access).json() == before


def test_sec_02_a_profile_needs_credentials(site: Any) -> None:
    assert site.call("PATCH", "/auth/profile", json=PROFILE).status_code == 401
