"""Bearer credentials as they come over the wire (AUTH-23, SEC-02, OPS-02)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site

GUARDED = [
    ("GET", "/auth/me"),
    ("GET", "/billing/tier"),
    ("GET", "/billing/tiers"),
    ("GET", "/billing/api-keys"),
    ("POST", "/billing/api-keys"),
    ("DELETE", "/billing/api-keys/x"),
    ("POST", "/tickets"),
]
OPERATORS = [
    ("POST", "/admin/invites"),
    ("GET", "/admin/invites"),
    ("GET", "/admin/users"),
    ("PATCH", "/admin/users/x"),
]


def me(site: Site, *authorization: str | bytes) -> httpx.Response:
    headers = [(b"authorization", a if isinstance(a, bytes) else a.encode()) for a in authorization]
    return site.run(site.http.get("/api/v1/auth/me", headers=headers))


def claims(site: Site, user_id: str, **more: Any) -> dict[str, Any]:
    now = int(site.clock.now().timestamp())
    return {"sub": user_id, "kind": "access", "iat": now, "exp": now + 3600, **more}


def segment(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(("method", "path"), GUARDED + OPERATORS)
def test_without_credentials_it_is_401(site: Site, method: str, path: str) -> None:
    assert site.call(method, path).status_code == 401


@pytest.mark.parametrize(("method", "path"), GUARDED + OPERATORS)
def test_credentials_are_judged_before_the_body(site: Site, method: str, path: str) -> None:
    assert site.call(method, path, "qgpt_wrong", content=b"{").status_code == 401


@pytest.mark.parametrize(("method", "path"), OPERATORS)
def test_a_user_is_no_operator(site: Site, access: str, api_key: str, method: str, path: str) -> None:
    assert [site.call(method, path, token).status_code for token in (access, api_key)] == [403, 403]


@pytest.mark.parametrize(("method", "path"), OPERATORS)
def test_an_unknown_token_at_the_operators_door_is_401(site: Site, method: str, path: str) -> None:
    assert site.call(method, path, site.operator + "x").status_code == 401


def test_the_operator_is_no_user(site: Site) -> None:
    assert site.call("GET", "/auth/me", site.operator).status_code == 401


def test_a_401_has_a_string_detail_and_names_the_scheme(site: Site) -> None:
    answer = me(site)
    assert isinstance(answer.json()["detail"], str)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_read_in_any_case(site: Site, access: str, scheme: str) -> None:
    assert me(site, f"{scheme} {access}").status_code == 200


def test_spaces_around_the_token_do_not_count(site: Site, access: str) -> None:
    assert me(site, f"Bearer   {access}  ").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {}",
        "{}",
        "Bearer\t{}",
        "Bearer{}",
        "Bearer {} {}",
        "Bearer {},",
        "Token {}",
    ],
)
def test_a_malformed_header_is_401(site: Site, access: str, header: str) -> None:
    assert me(site, header.replace("{}", access)).status_code == 401


def test_two_headers_are_401_even_if_both_are_good(site: Site, access: str) -> None:
    assert me(site, f"Bearer {access}", f"Bearer {access}").status_code == 401


def test_a_token_signed_with_another_key_is_401(site: Site, session: dict[str, Any]) -> None:
    forged = jwt.encode(
        claims(site, session["user"]["id"]), "another-key-of-the-same-length-as-ours-has", "HS256"
    )
    assert me(site, f"Bearer {forged}").status_code == 401


def test_the_same_claims_under_our_key_are_accepted(site: Site, session: dict[str, Any]) -> None:
    key = site.directory.secret("jwt-key")
    assert (
        me(site, f"Bearer {jwt.encode(claims(site, session['user']['id']), key, 'HS256')}").status_code == 200
    )


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS512", "RS256", "", None, 1])
def test_a_token_without_our_algorithm_is_401(site: Site, session: dict[str, Any], alg: Any) -> None:
    body = segment(claims(site, session["user"]["id"]))
    for signature in ("", "x", session["access_token"].split(".")[2]):
        header = segment({"alg": alg, "typ": "JWT"})
        assert me(site, f"Bearer {header}.{body}.{signature}").status_code == 401


def test_another_hmac_under_our_key_is_401(site: Site, session: dict[str, Any]) -> None:
    key = site.directory.secret("jwt-key")
    token = jwt.encode(claims(site, session["user"]["id"]), key, "HS384")
    assert me(site, f"Bearer {token}").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"sub": ""},
        {"sub": None},
        {"sub": 1},
        {"sub": ["x"]},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"kind": None},
        {"kind": "refresh"},
        {"kind": "operator"},
    ],
)
def test_odd_claims_under_our_key_are_401(site: Site, session: dict[str, Any], wrong: dict[str, Any]) -> None:
    key = site.directory.secret("jwt-key")
    token = (
        segment({"alg": "HS256", "typ": "JWT"}) + "." + segment(claims(site, session["user"]["id"], **wrong))
    )
    signed = jwt.api_jws.encode(
        json.dumps(claims(site, session["user"]["id"], **wrong)).encode(), key, "HS256"
    )
    assert token
    assert me(site, f"Bearer {signed}").status_code == 401


def test_a_tampered_payload_is_401(site: Site, session: dict[str, Any]) -> None:
    head, _, signature = session["access_token"].split(".")
    body = segment(claims(site, session["user"]["id"], exp=2**40))
    assert me(site, f"Bearer {head}.{body}.{signature}").status_code == 401


def test_a_header_nested_without_end_is_401(site: Site) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 740).decode()
    assert me(site, f"Bearer {nested}.e30.x").status_code == 401


@pytest.mark.parametrize(
    "key", ["qgpt_", "qgpt_x", "qgpt_" + "A" * 43, "qgpt_" + "A" * 900, "QGPT_" + "A" * 43]
)
def test_an_unknown_api_key_is_401(site: Site, key: str) -> None:
    assert me(site, f"Bearer {key}").status_code == 401


tokens = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=60).map(lambda tail: b"qgpt_" + tail),
    st.lists(st.binary(max_size=40).map(base64.urlsafe_b64encode), min_size=2, max_size=4).map(b".".join),
)
headers = st.one_of(st.binary(max_size=80), tokens.map(lambda token: b"Bearer " + token))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(headers, max_size=2))
def test_no_bearer_header_gives_anything_but_401(site: Site, sent: list[bytes]) -> None:
    answer = me(site, *sent)
    assert (answer.status_code, type(answer.json()["detail"])) == (401, str)
