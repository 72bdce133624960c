"""Session tokens, as pure functions of key and time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from quantos.accounts.core.tokens import TOKEN_CHARS_MAX, Kind, TokenRefused, issue, read

KEY = "a-key-of-48-random-bytes-would-look-a-bit-different"
AT = datetime(2024, 1, 2, 0, 0, 0, 900_000, tzinfo=UTC)
DAY = timedelta(hours=24)


def signed_by_hand(claims: object, key: str = KEY, header: object = None) -> str:
    """RFC 7515 in four lines, independent of the library."""
    parts = [json.dumps(part).encode() for part in (header or {"alg": "HS256", "typ": "JWT"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(key.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def claims_of(token: str) -> object:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_the_claims_are_whole_seconds_rounded_down() -> None:
    assert claims_of(issue("u", Kind.ACCESS, KEY, AT)) == {
        "sub": "u",
        "kind": "access",
        "iat": 1704153600,
        "exp": 1704153600 + 86400,
    }


def test_a_refresh_token_lives_7_days() -> None:
    token = issue("u", Kind.REFRESH, KEY, AT)
    assert read(token, Kind.REFRESH, KEY, AT + 7 * DAY - timedelta(seconds=1)).user_id == "u"
    with pytest.raises(TokenRefused, match="expired"):
        read(token, Kind.REFRESH, KEY, AT + 7 * DAY)


def test_a_lifetime_of_its_own_is_kept() -> None:
    token = issue("u", Kind.ACCESS, KEY, AT, timedelta(days=15))
    assert read(token, Kind.ACCESS, KEY, AT + 14 * DAY).expires_s == 1704153600 + 15 * 86400


@pytest.mark.parametrize("year", [1990, 2024, 2090])
def test_the_systems_own_time_has_no_say(year: int) -> None:
    at = datetime(year, 6, 1, tzinfo=UTC)
    assert read(issue("u", Kind.ACCESS, KEY, at), Kind.ACCESS, KEY, at).user_id == "u"


def test_a_token_made_by_the_standard_is_read() -> None:
    token = signed_by_hand({"sub": "u", "kind": "access", "iat": 0, "exp": 1704153700})
    assert read(token, Kind.ACCESS, KEY, AT).user_id == "u"


def test_it_expires_at_the_very_second() -> None:
    token = signed_by_hand({"sub": "u", "kind": "access", "exp": 1704153600})
    with pytest.raises(TokenRefused, match="expired"):
        read(token, Kind.ACCESS, KEY, datetime(2024, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u", "kind": "access"},
        {"kind": "access", "exp": 2**40},
        {"sub": "u", "exp": 2**40},
        {"sub": "u", "kind": ["access"], "exp": 2**40},
        {"sub": "u", "kind": "access", "exp": 1e12},
        [],
        "x",
        None,
    ],
)
def test_a_signed_token_without_our_claims_is_refused(claims: object) -> None:
    with pytest.raises(TokenRefused):
        read(signed_by_hand(claims), Kind.ACCESS, KEY, AT)


def test_another_kind_is_refused() -> None:
    with pytest.raises(TokenRefused, match="its kind is not access"):
        read(issue("u", Kind.REFRESH, KEY, AT), Kind.ACCESS, KEY, AT)


def test_another_key_is_refused() -> None:
    with pytest.raises(TokenRefused):
        read(issue("u", Kind.ACCESS, KEY + "x", AT), Kind.ACCESS, KEY, AT)


def test_a_header_that_names_no_algorithm_is_refused() -> None:
    token = signed_by_hand({"sub": "u", "kind": "access", "exp": 2**40}, header={"alg": "none"})
    with pytest.raises(TokenRefused):
        read(token, Kind.ACCESS, KEY, AT)


def test_a_token_of_ours_is_far_shorter_than_the_longest_that_is_read() -> None:
    assert len(issue("0" * 36, Kind.REFRESH, KEY, AT)) < TOKEN_CHARS_MAX / 3


def test_a_longer_token_is_not_read() -> None:
    token = signed_by_hand({"sub": "u", "kind": "access", "exp": 2**40, "more": "x" * 1000})
    with pytest.raises(TokenRefused):
        read(token, Kind.ACCESS, KEY, AT)


def test_a_header_nested_deeper_than_the_stack_is_refused() -> None:
    token = base64.urlsafe_b64encode(b"[" * 740).decode() + ".e30.x"

    def read_below(frames: int) -> None:
        if frames:
            read_below(frames - 1)
        else:
            read(token, Kind.ACCESS, KEY, AT)

    issue("u", Kind.ACCESS, KEY, AT)  # loads the library, which takes frames too
    with pytest.raises(TokenRefused):
        read_below(500)


def test_the_signature_library_is_not_loaded_at_start() -> None:
    code = "import sys, quantos.accounts.routes; sys.exit('jwt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
