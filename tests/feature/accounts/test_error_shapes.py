"""What a refused request looks like (ERR-01, 02, 04, 05, 07, 08, 11; CONV-01, 02, 07, 08)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site

JSON = {"Content-Type": "application/json"}


def post(site: Site, token: str, content: bytes, **headers: str) -> httpx.Response:
    return site.call("POST", "/billing/api-keys", token, content=content, headers={**JSON, **headers})


def findings(answer: httpx.Response) -> list[dict[str, Any]]:
    """The items of a well-formed 422."""
    assert answer.status_code == 422, answer.text
    items: list[dict[str, Any]] = answer.json()["detail"]
    assert items
    for item in items:
        assert set(item) == {"type", "loc", "msg"}
        assert item["loc"][0] in {"body", "query", "path"}
    return items


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"}",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"{'name': 'x'}",
        b'{"name": "x",}',
        b'{"name": "x"} x',
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b'\xef\xbb\xbf{"name": "x"}',
        '{"name": "x"}'.encode("utf-16"),
        b'{"name": "x", "more": NaN}',
        b'{"name": "x", "more": Infinity}',
        b'{"name": "x", "more": -Infinity}',
        b'{"name": "x", "more": 1e999}',
        b'{"name": "x", "more": -1e999}',
        b'{"name": "x", "more": ' + b"9" * 400 + b"}",
        b"[" * 50_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"name": ' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_a_body_that_is_not_strict_json_is_422(site: Site, access: str, body: bytes) -> None:
    findings(post(site, access, body))
    assert site.call("GET", "/billing/api-keys", access).json() == {"api_keys": []}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "json",
        "",
        "/",
        ";",
        "ÿ",
    ],
)
def test_a_wrong_content_type_is_422(site: Site, access: str, content_type: str) -> None:
    headers = {"Content-Type": content_type.encode("latin-1")}
    answer = site.call("POST", "/billing/api-keys", access, content=b'{"name": "x"}', headers=headers)
    findings(answer)


def test_no_content_type_is_422(site: Site, access: str) -> None:
    findings(site.call("POST", "/billing/api-keys", access, content=b'{"name": "x"}'))


def test_json_with_a_charset_is_json(site: Site, access: str) -> None:
    answer = post(site, access, b'{"name": "x"}', **{"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 201


def test_a_deep_body_within_the_readers_limit_is_read(site: Site, access: str) -> None:
    body = b'{"name": "x", "more": ' + b"[" * 900 + b"]" * 900 + b"}"
    assert post(site, access, body).status_code == 201


def test_a_deep_value_in_the_place_of_a_text_is_422(site: Site, access: str) -> None:
    findings(post(site, access, b'{"name": ' + b"[" * 900 + b"]" * 900 + b"}"))


def test_unknown_fields_of_a_post_are_ignored(site: Site, access: str) -> None:
    assert post(site, access, b'{"name": "x", "colour": "red"}').status_code == 201


def test_a_missing_field_is_named(site: Site, access: str) -> None:
    (finding,) = findings(post(site, access, b"{}"))
    assert finding["loc"] == ["body", "name"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/invite", {"invite_code": ["s3cr3t-input"]}),
        ("POST", "/auth/refresh", {"refresh_token": {"s3cr3t-input": 1}}),
        ("POST", "/admin/invites", {"expires_at": "s3cr3t-input"}),
        ("POST", "/admin/invites", {"max_uses": "s3cr3t-input"}),
        ("PATCH", "/admin/users/x", {"tier": "s3cr3t-input"}),
        ("POST", "/auth/invite", "s3cr3t-input"),
    ],
)
def test_a_422_does_not_repeat_the_input(site: Site, method: str, path: str, body: Any) -> None:
    answer = site.call(method, path, site.operator, json=body)
    findings(answer)
    assert "s3cr3t-input" not in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/auth", "/auth/me/", "/auth//me", "/%00", "/%ff%fe"])
def test_an_unknown_path_is_404_with_a_string(site: Site, access: str, path: str) -> None:
    answer = site.call("GET", path, access)
    said = {"detail": "there is nothing at this path: /openapi.json lists what there is"}
    assert (answer.status_code, answer.json()) == (404, said)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/auth/me", {"GET"}),
        ("GET", "/auth/invite", {"POST"}),
        ("DELETE", "/billing/api-keys", {"GET", "POST"}),
        ("OPTIONS", "/billing/api-keys/x", {"DELETE"}),
        ("BREW", "/billing/tier", {"GET"}),
    ],
)
def test_another_method_is_405_with_a_string_and_names_the_allowed(
    site: Site, access: str, method: str, path: str, allowed: set[str]
) -> None:
    answer = site.call(method, path, access)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    said = f"this path does not take this method: it takes {answer.headers['allow']}"
    assert answer.json() == {"detail": said}


def test_head_of_a_route_without_it_is_405(site: Site, access: str) -> None:
    assert site.call("HEAD", "/auth/me", access).status_code == 405


def test_a_body_beyond_the_limit_is_413_with_a_string(site: Site, access: str) -> None:
    answer = post(site, access, b'{"name": "' + b"x" * 100_000 + b'"}')
    assert (answer.status_code, type(answer.json()["detail"])) == (413, str)


def test_a_streamed_body_beyond_the_limit_is_413(site: Site, access: str) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"[" * 10_000

    answer = site.call("POST", "/billing/api-keys", access, content=parts(), headers=JSON)
    assert (answer.status_code, type(answer.json()["detail"])) == (413, str)


@pytest.mark.parametrize("length", ["9" * 20, "9" * 5000, "-1", "x", "", "1e3"])
def test_an_absurd_content_length_is_413(site: Site, access: str, length: str) -> None:
    answer = post(site, access, b"{}", **{"Content-Length": length})
    assert (answer.status_code, type(answer.json()["detail"])) == (413, str)


def test_a_fault_of_ours_says_nothing_of_the_inside(
    site: Site, access: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> None:
        raise ZeroDivisionError("/secret/path.py: SELECT 1")

    monkeypatch.setattr(site.accounts, "me", broken)
    answer = site.call("GET", "/auth/me", access)
    assert answer.status_code == 500
    assert answer.json() == {"detail": "internal error: please report it with a ticket"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=60),
    anything.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        ["name", "invite_code", "refresh_token", "max_uses", "expires_at", "tier", "disabled"]
    ).flatmap(lambda field: anything.map(lambda value: json.dumps({field: value}).encode())),
)
calls = st.sampled_from(
    [
        ("POST", "/billing/api-keys"),
        ("POST", "/auth/invite"),
        ("POST", "/auth/refresh"),
        ("POST", "/admin/invites"),
        ("PATCH", "/admin/users/x"),
    ]
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=calls, body=bodies)
def test_no_body_gives_500(site: Site, access: str, call: tuple[str, str], body: bytes) -> None:
    method, path = call
    token = site.operator if path.startswith("/admin") else access
    answer = site.call(method, path, token, content=body, headers=JSON)
    assert answer.status_code in {200, 201, 401, 404, 422}
    if answer.status_code == 422:
        findings(answer)
