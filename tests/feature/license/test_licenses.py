"""Licences, their documents and images (LIC-06..09, AUTH-24, SEC-01)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from quantos.kit.clock import rfc3339
from tests.feature.license.asking import (
    BODY,
    DECIDE,
    PRINT,
    START,
    TERMS,
    UNKNOWN,
    VENDOR,
    approve,
    ask,
    image,
    latest,
    license_of,
    notices,
    signed,
)
from tests.support.platforms import Caller, Stage, stage


def test_lic_06_who_has_no_licence_is_told_so(agent: Caller) -> None:
    ask(agent)
    assert license_of(agent) == {"has_license": False}


def test_lic_06_a_licence_shows_what_it_grants(on: Stage, agent: Caller) -> None:
    approve(on, ask(agent))
    assert license_of(agent) == {
        "has_license": True,
        **BODY,
        **TERMS,
        "created_at": rfc3339(on.platform.clock.now()),
    }


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
    document = json.loads(answer.content)
    VENDOR.public_key().verify(bytes.fromhex(document["signature"]), document["terms"].encode())
    terms = json.loads(document["terms"])
    assert UUID(terms.pop("id")).version == 4
    issued = on.platform.clock.now()
    assert terms == {
        **TERMS,
        "customer": request["customer"],
        "fingerprint": PRINT,
        "issued_at": str(issued),
    }


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
    with stage(tmp_path / "data", START, image_url=request.param) as opened:
        opened.platform.licenses.issue = signed
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
    with stage(tmp_path / "data", START) as on:
        on.platform.licenses.issue = signed
        agent = on.agent()
        approve(on, ask(agent))
        before = latest(agent), license_of(agent), agent.call("GET", "/deploy/my-license/download").content
    with stage(tmp_path / "data", START) as on:
        agent = Caller(on.operator.runner, on.operator.http, agent.token)
        after = latest(agent), license_of(agent), agent.call("GET", "/deploy/my-license/download").content
    assert before == after
