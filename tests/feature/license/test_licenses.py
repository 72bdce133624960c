"""Licences, their documents and images (LIC-06..09, AUTH-24, SEC-01)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from licensing import Circumstances, verify
from quantos.kit.clock import SystemClock, rfc3339
from tests.feature.license.asking import (
    BODY,
    DECIDE,
    PRINT,
    SIGNS,
    START,
    TERMS,
    UNKNOWN,
    Hands,
    approve,
    ask,
    image,
    latest,
    license_of,
    notices,
)
from tests.support.platforms import Caller, Stage, stage
from tests.unit.licensing.makers import ISSUED, KEYS, written


def test_lic_06_who_has_no_licence_is_told_so(agent: Caller) -> None:
    ask(agent)
    assert license_of(agent) == {"has_license": False}


def test_lic_06_a_licence_shows_what_it_grants_and_is_dated_by_the_systems_time(
    on: Stage, agent: Caller
) -> None:
    on.platform.licenses.system = Hands(ISSUED + timedelta(microseconds=7))
    approve(on, ask(agent))
    assert license_of(agent) == {"has_license": True, **BODY, **TERMS, "created_at": rfc3339(ISSUED)}
    on.platform.licenses.system = SystemClock()


def test_lic_06_limits_that_were_not_given_are_none(on: Stage, agent: Caller) -> None:
    answer = on.operator.call(
        "POST", DECIDE.format(ask(agent)["id"], "approve"), {"expires": "2027-01-31", "max_cores": None}
    )
    assert answer.status_code == 200
    found = license_of(agent)
    assert (found["max_cores"], found["max_memory_gb"]) == (None, None)


def test_lic_06_the_latest_licence_counts(on: Stage, agent: Caller) -> None:
    approve(on, ask(agent))
    approve(on, ask(agent, fingerprint="f" * 64), expires="2028-01-31")
    found = license_of(agent)
    assert (found["fingerprint"], found["expires"]) == ("f" * 64, "2028-01-31")
    assert "2028-01-31" in agent.call("GET", "/deploy/my-license/download").text


def test_lic_07_the_document_comes_as_it_was_signed(on: Stage, agent: Caller) -> None:
    request = ask(agent, customer="Acme 集团 \"'<b>")
    approve(on, request)
    answer = agent.call("GET", "/deploy/my-license/download")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="license.json"'
    verdict = verify(answer.content, KEYS, Circumstances(PRINT, datetime(2027, 1, 31, 15, 59, tzinfo=UTC)))
    assert verdict.valid, verdict.reasons
    document = json.loads(answer.content)
    assert UUID(document.pop("license_id")).version == 4
    del document["signature"]
    assert document == {
        **TERMS,
        "format": "quantos-license/1",
        "customer": request["customer"],
        "fingerprint": PRINT,
        "edition": "standard",
        "created_at": license_of(agent)["created_at"],
        "key_id": KEYS[0].id,
    }


@pytest.mark.parametrize(
    "field", ["customer", "fingerprint", "expires", "max_cores", "license_id", "created_at"]
)
def test_lic_11_a_changed_field_is_not_valid(on: Stage, agent: Caller, field: str) -> None:
    approve(on, ask(agent))
    content = agent.call("GET", "/deploy/my-license/download").content
    fields = json.loads(content)
    other = {
        "customer": "Acme Corq",
        "fingerprint": "0" * 64,
        "expires": "2037-01-31",
        "max_cores": 9,
        "license_id": "other",
        "created_at": "2024-01-02T00:00:01Z",
    }[field]
    changed = written({**fields, field: other})
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert verify(content, KEYS, Circumstances(PRINT, now)).valid
    assert not verify(changed, KEYS, Circumstances("0" * 64 if field == "fingerprint" else PRINT, now)).valid
    assert not verify(content, KEYS, Circumstances("0" * 64, now)).valid
    assert not verify(content, KEYS, Circumstances(PRINT, now + timedelta(days=31))).valid


def test_lic_07_without_a_licence_there_is_no_document(agent: Caller) -> None:
    ask(agent)
    answer = agent.call("GET", "/deploy/my-license/download")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "you have no licence: apply with POST /api/v1/deploy/license-request"}


@pytest.mark.parametrize(
    ("params", "arch"), [({}, "amd64"), ({"arch": "amd64"}, "amd64"), ({"arch": "arm64"}, "arm64")]
)
def test_lic_08_a_licensed_user_is_led_to_the_image(
    on: Stage, agent: Caller, params: dict[str, str], arch: str
) -> None:
    approve(on, ask(agent))
    answer = image(agent, **params)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/deploy-kit/images/quantos-{arch}.tar.gz"


@pytest.mark.parametrize("arch", ["", "AMD64", "x86_64", "../amd64", "amd64,arm64"])
def test_lic_08_another_architecture_is_422(on: Stage, agent: Caller, arch: str) -> None:
    approve(on, ask(agent))
    answer = image(agent, arch=arch)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", "arch"])


def test_lic_08_without_a_licence_the_image_is_403(agent: Caller) -> None:
    ask(agent)
    answer = image(agent)
    assert answer.status_code == 403
    assert "for licensed users" in answer.json()["detail"]


@pytest.fixture(params=["https://images.example.com/quantos", "https://images.example.com/quantos/"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START, image_url=request.param, **SIGNS) as opened:
        yield opened


def test_lic_08_images_can_lie_elsewhere(elsewhere: Stage) -> None:
    agent = elsewhere.agent()
    approve(elsewhere, ask(agent))
    location = image(agent, arch="arm64").headers["location"]
    assert location == "https://images.example.com/quantos/quantos-arm64.tar.gz"


def test_lic_09_all_licence_calls_need_credentials(on: Stage) -> None:
    nobody = on.public()
    for method, path in (
        ("POST", "/deploy/license-request"),
        ("GET", "/deploy/license-request"),
        ("GET", "/deploy/my-license"),
        ("GET", "/deploy/my-license/download"),
        ("GET", "/deploy/quantos-image/download"),
        ("GET", "/admin/license-requests"),
        ("POST", DECIDE.format(UNKNOWN, "approve")),
        ("POST", DECIDE.format(UNKNOWN, "reject")),
    ):
        assert nobody.call(method, path).status_code == 401, path


def test_auth_24_a_disabled_account_has_no_licence_calls(on: Stage, agent: Caller) -> None:
    approve(on, ask(agent))
    on.operator.call("PATCH", f"/admin/users/{agent.get('/auth/me')['id']}", {"disabled": True})
    for method, path in (
        ("POST", "/deploy/license-request"),
        ("GET", "/deploy/license-request"),
        ("GET", "/deploy/my-license"),
        ("GET", "/deploy/my-license/download"),
        ("GET", "/deploy/quantos-image/download"),
    ):
        answer = agent.call(method, path)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Account disabled"}), path


def test_sec_01_another_users_request_and_licence_are_not_seen(
    on: Stage, agent: Caller, other: Caller
) -> None:
    approve(on, ask(other))
    assert latest(agent) == {"has_request": False}
    assert license_of(agent) == {"has_license": False}
    assert agent.call("GET", "/deploy/my-license/download").status_code == 404
    assert image(agent).status_code == 403
    assert notices(agent) == []


def test_the_tier_is_assigned_by_the_operator_and_not_by_a_licence(on: Stage, agent: Caller) -> None:
    approve(on, ask(agent))
    assert agent.get("/billing/tier")["tier"] == "free"


def test_requests_and_licences_outlive_a_restart(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START, **SIGNS) as on:
        agent = on.agent()
        approve(on, ask(agent))
        before = latest(agent), license_of(agent), agent.call("GET", "/deploy/my-license/download").content
    with stage(tmp_path / "data", START) as on:
        agent = Caller(on.operator.runner, on.operator.http, agent.token)
        after = latest(agent), license_of(agent), agent.call("GET", "/deploy/my-license/download").content
    assert before == after
