"""Tiers, credentials and names of accounts."""

from __future__ import annotations

import pytest

from quantos.accounts.core import credentials, users
from quantos.accounts.core.tiers import NEW_ACCOUNT, TIERS


def test_free_has_3_strategies_and_licensed_20() -> None:
    assert {name: tier.max_strategies for name, tier in TIERS.items()} == {"free": 3, "licensed": 20}


@pytest.mark.parametrize("name", ["free", "licensed"])
def test_every_tier_has_all_five_universes(name: str) -> None:
    assert TIERS[name].universes == ("hs300", "csi500", "csi1000", "csi2000", "etf_all")


def test_a_new_account_is_free() -> None:
    assert NEW_ACCOUNT.name == "free"


def test_a_key_is_its_random_bytes_in_url_safe_letters() -> None:
    assert credentials.api_key(b"\xff" * 32) == "qgpt_" + "_" * 42 + "8"


def test_an_invite_code_has_16_random_bytes() -> None:
    assert credentials.invite_code(bytes(16)) == "qinv_" + "A" * 22


def test_a_secret_is_kept_as_its_sha_256() -> None:
    # the first test vector of FIPS 180-2
    assert credentials.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_secret_is_shown_by_its_last_4_characters() -> None:
    assert credentials.masked("qgpt_", credentials.last4("qgpt_abcdefgh")) == "qgpt_...efgh"


def test_a_nickname_has_6_lower_case_hex_digits() -> None:
    assert users.anonymous_nickname(b"\xa1\xb2\x0c") == "user_a1b20c"


def test_an_anonymous_email_is_in_the_reserved_domain() -> None:
    assert users.anonymous_email("user_a1b2c3") == "user_a1b2c3@quantgpt.local"


def test_emails_compare_in_lower_case() -> None:
    assert users.email_key("Me@Example.COM") == users.email_key("me@example.com")


@pytest.mark.parametrize("missing", ["nickname_set", "email_set", "has_password"])
def test_a_profile_needs_all_three(missing: str) -> None:
    parts = {"nickname_set": True, "email_set": True, "has_password": True}
    assert users.profile_complete(**parts)
    assert not users.profile_complete(**{**parts, missing: False})
