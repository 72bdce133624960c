"""`Idempotency-Key` on a POST: done once, answered as the first time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from quantos.storage.records import RecordsUnavailable

KEY = "5f0b6b0e-6f1c-4a8e-9a53-3c8f4f1f1a77"
OTHER = "0b7f3d6e-30c9-4d0c-8f0b-0f4f6f7f1a02"


def create_key(site: Any, token: str, name: str = "agent", key: str = KEY) -> Any:
    return site.call(
        "POST", "/billing/api-keys", token, json={"name": name}, headers={"Idempotency-Key": key}
    )


def keys_of(site: Any, token: str) -> Any:
    return site.call("GET", "/billing/api-keys", token).json()["api_keys"]


def test_the_same_key_and_body_give_the_first_answer_again(site: Any, access: str) -> None:
    first, second = create_key(site, access), create_key(site, access)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert len(keys_of(site, access)) == 1
    assert site.call("GET", "/auth/me", second.json()["api_key"]).status_code == 200
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert second.headers["content-length"] == first.headers["content-length"]


def test_another_body_is_422_and_does_nothing(site: Any, access: str) -> None:
    create_key(site, access)
    refused = create_key(site, access, name="another")
    assert refused.status_code == 422
    (item,) = refused.json()["detail"]
    assert (set(item), item["loc"]) == ({"type", "loc", "msg"}, ["body"])
    assert "use a new key" in item["msg"]
    assert [each["name"] for each in keys_of(site, access)] == ["agent"]
    assert create_key(site, access).status_code == 201  # the first answer is still there


def test_another_call_with_the_same_key_is_422(site: Any, access: str) -> None:
    create_key(site, access)
    headers = {"Idempotency-Key": KEY}
    assert site.call("POST", "/tickets", access, json={"name": "agent"}, headers=headers).status_code == 422


def test_another_key_is_another_request(site: Any, access: str) -> None:
    assert create_key(site, access).json() != create_key(site, access, key=OTHER).json()
    assert len(keys_of(site, access)) == 2


def test_without_the_header_nothing_is_different(site: Any, access: str) -> None:
    body = {"name": "agent"}
    for _ in range(2):
        answer = site.call("POST", "/billing/api-keys", access, json=body)
        assert answer.status_code == 201
        assert "idempotency-replayed" not in answer.headers
    assert len(keys_of(site, access)) == 2


def test_a_body_beyond_the_limit_is_413_and_leaves_the_key_unused(site: Any, access: str) -> None:
    async def in_pieces() -> Any:
        for _ in range(3):
            yield b" " * 50_000

    headers = {"Idempotency-Key": KEY, "Authorization": f"Bearer {access}"}
    refused = site.run(site.http.post("/api/v1/billing/api-keys", content=in_pieces(), headers=headers))
    assert refused.status_code == 413
    assert create_key(site, access).status_code == 201


def test_a_large_body_is_told_from_another(site: Any, access: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantos.accounts.idempotency.LARGE_BYTES", 0)
    first = create_key(site, access)
    assert create_key(site, access).content == first.content
    assert create_key(site, access, name="another").status_code == 422


def test_a_key_belongs_to_its_caller(site: Any, access: str) -> None:
    other = site.register()["access_token"]
    first, second = create_key(site, access), create_key(site, other)
    assert first.json()["id"] != second.json()["id"]
    assert len(keys_of(site, access)) == len(keys_of(site, other)) == 1


def test_a_user_is_one_caller_by_any_credential(site: Any, access: str) -> None:
    first = create_key(site, access)
    assert create_key(site, first.json()["api_key"]).content == first.content


def test_the_operator_is_a_caller_of_its_own(site: Any, access: str) -> None:
    headers = {"Idempotency-Key": KEY}
    first, second = (
        site.call("POST", "/admin/invites", site.operator, json={}, headers=headers) for _ in "12"
    )
    assert first.json()["invite_code"] == second.json()["invite_code"]
    assert site.call("GET", "/admin/invites", site.operator).json()["total"] == 2  # one of them the fixture's
    assert create_key(site, access).status_code == 201


def test_an_answer_is_kept_for_24_hours_by_the_platforms_clock(site: Any, api_key: str) -> None:
    first = create_key(site, api_key)
    site.later(hours=23, minutes=59, seconds=59)
    assert create_key(site, api_key).content == first.content
    site.later(seconds=1)
    again = create_key(site, api_key)
    assert again.status_code == 201
    assert again.json()["id"] != first.json()["id"]


def test_what_is_outdated_is_forgotten(site: Any, api_key: str) -> None:
    create_key(site, api_key)
    site.later(hours=24)
    create_key(site, api_key, key=OTHER)
    with site.records.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept_answer").scalar() == 1


def test_a_refusal_is_given_again_too(site: Any, access: str) -> None:
    first, second = create_key(site, access, name=""), create_key(site, access, name="")
    assert (first.status_code, second.status_code) == (422, 422)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


def test_who_is_refused_for_the_credentials_is_looked_at_anew(
    site: Any, session: dict[str, Any], access: str
) -> None:
    site.change(session["user"]["id"], disabled=True)
    assert create_key(site, access).status_code == 403
    site.change(session["user"]["id"], disabled=False)
    assert create_key(site, access).status_code == 201
    site.change(session["user"]["id"], disabled=True)
    assert create_key(site, access).status_code == 403  # nor is an answer given to who may not have it


def test_a_revoked_key_gets_no_answer_again(site: Any, access: str) -> None:
    agent = site.key(access)
    create_key(site, agent["api_key"])
    site.call("DELETE", f"/billing/api-keys/{agent['id']}", access)
    assert create_key(site, agent["api_key"]).status_code == 401
    assert create_key(site, access).headers["idempotency-replayed"] == "true"


def test_where_nobody_is_asked_who_they_are_a_key_must_be_long(site: Any) -> None:
    body = {"invite_code": site.invite(max_uses=5)}
    short = site.call("POST", "/auth/invite", json=body, headers={"Idempotency-Key": "register-1"})
    assert short.status_code == 400
    assert "16 at least" in short.json()["detail"]
    first, second = (
        site.call("POST", "/auth/invite", json=body, headers={"Idempotency-Key": KEY}) for _ in "12"
    )
    assert first.status_code == 201
    assert second.content == first.content
    invite = site.call("GET", "/admin/invites", site.operator).json()["invites"][0]
    assert invite["uses"] == 1


def test_what_anyone_is_refused_is_not_kept(site: Any) -> None:
    for code in ("unknown", ""):
        site.call("POST", "/auth/invite", json={"invite_code": code}, headers={"Idempotency-Key": KEY + code})
    site.call("POST", "/auth/invite", json={}, headers={"Idempotency-Key": OTHER})
    with site.records.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept_answer").scalar() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "schl\u00fcssel", "tab\there"])
def test_a_header_that_is_no_key_is_400(site: Any, access: str, key: str) -> None:
    headers = [("Idempotency-Key", key.encode("latin-1")), ("Authorization", f"Bearer {access}")]
    answer = site.run(
        site.http.request("POST", "/api/v1/billing/api-keys", json={"name": "x"}, headers=headers)
    )
    assert answer.status_code == 400
    assert "Idempotency-Key must have" in answer.json()["detail"]
    assert keys_of(site, access) == []


def test_two_keys_on_one_request_are_none(site: Any, access: str) -> None:
    headers = [("Idempotency-Key", KEY), ("Idempotency-Key", OTHER), ("Authorization", f"Bearer {access}")]
    answer = site.run(
        site.http.request("POST", "/api/v1/billing/api-keys", json={"name": "x"}, headers=headers)
    )
    assert answer.status_code == 400


def test_on_other_methods_the_header_says_nothing(site: Any, access: str) -> None:
    headers = {"Idempotency-Key": ""}
    for nickname in ("first", "second"):
        answer = site.call("PATCH", "/auth/profile", access, json={"nickname": nickname}, headers=headers)
        assert answer.json()["nickname"] == nickname
    assert site.call("GET", "/auth/me", access, headers=headers).status_code == 200


def test_of_requests_that_come_together_one_is_done_and_all_have_its_answer(site: Any, access: str) -> None:
    async def together() -> list[Any]:
        headers = {"Idempotency-Key": KEY, "Authorization": f"Bearer {access}"}
        calls = (
            site.http.post("/api/v1/billing/api-keys", json={"name": "agent"}, headers=headers)
            for _ in range(20)
        )
        return list(await asyncio.gather(*calls))

    answers = site.run(together())
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(keys_of(site, access)) == 1


def test_a_request_that_comes_together_with_another_body_is_422_at_once(site: Any, access: str) -> None:
    async def together() -> list[int]:
        headers = {"Idempotency-Key": KEY, "Authorization": f"Bearer {access}"}
        calls = (
            site.http.post("/api/v1/billing/api-keys", json={"name": name}, headers=headers)
            for name in ("one", "two")
        )
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert site.run(together()) == [201, 422]


def test_who_waits_too_long_is_told_to_come_back(
    site: Any, access: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantos.accounts.idempotency.WAIT_S_MAX", 0.0)

    async def together() -> list[Any]:
        headers = {"Idempotency-Key": KEY, "Authorization": f"Bearer {access}"}
        calls = (
            site.http.post("/api/v1/billing/api-keys", json={"name": "agent"}, headers=headers)
            for _ in range(3)
        )
        return list(await asyncio.gather(*calls))

    answers = site.run(together())
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {answer.json()["detail"] for answer in answers if answer.status_code == 409} == {
        "the first request with this Idempotency-Key is still under way: send it again in a moment"
    }
    assert len(keys_of(site, access)) == 1


def test_what_failed_for_the_storage_is_done_when_it_is_sent_again(
    site: Any, access: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise RecordsUnavailable("the disk of the records store is full: free space, nothing was stored")

    with monkeypatch.context() as broken:
        broken.setattr("quantos.accounts.store.add", full)
        assert create_key(site, access).status_code == 503
    answer = create_key(site, access)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


def test_who_goes_away_does_not_stop_what_was_begun(site: Any, access: str) -> None:
    async def leave_at_once() -> None:
        headers = {"Idempotency-Key": KEY, "Authorization": f"Bearer {access}"}
        call = asyncio.ensure_future(
            site.http.post("/api/v1/billing/api-keys", json={"name": "agent"}, headers=headers)
        )
        while not site.accounts.idempotency._under_way:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()

    site.run(leave_at_once())
    assert create_key(site, access).headers["idempotency-replayed"] == "true"
    assert len(keys_of(site, access)) == 1


def test_neither_key_nor_body_nor_answer_can_be_read_in_the_store(site: Any) -> None:
    body = {"invite_code": site.invite()}
    session = site.call("POST", "/auth/invite", json=body, headers={"Idempotency-Key": KEY}).json()
    api_key = create_key(site, session["access_token"], name="the-name-of-a-key").json()["api_key"]
    with site.records.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT place, request, answer FROM kept_answer").all()
        assert len(rows) == 2
    kept = b"".join(str(row[0]).encode() + str(row[1]).encode() + bytes(row[2]) for row in rows)
    for secret in (KEY, api_key, session["access_token"], session["refresh_token"], body["invite_code"]):
        assert secret.encode() not in kept
    for word in (b"the-name-of-a-key", b"api_key", b"application/json"):
        assert word not in kept
    files = b"".join(file.read_bytes() for file in site.folder.rglob("*") if file.is_file())
    for secret in (KEY, api_key, session["access_token"], body["invite_code"]):
        assert secret.encode() not in files


def test_an_answer_that_was_tampered_with_is_not_given(site: Any, access: str) -> None:
    create_key(site, access)
    with site.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE kept_answer SET answer = zeroblob(length(answer))")
    assert create_key(site, access).status_code == 500
    assert len(keys_of(site, access)) == 1
