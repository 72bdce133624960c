"""QuantOS License: apply, wait, view and download."""

from __future__ import annotations

from pathlib import Path

from quantos.kit.clock import parse_instant
from tests.feature.guide.shapes import names
from tests.feature.license.asking import SIGNS
from tests.support.platforms import Caller, Stage, stage

APPLY = {"customer": "Acme Corp", "fingerprint": "0f" * 32, "note": "optional"}


def test_a_licence_is_applied_for_once(agent: Caller) -> None:
    assert agent.get("/deploy/license-request") == {"has_request": False}
    answer = agent.call("POST", "/deploy/license-request", APPLY)
    assert answer.status_code == 201
    assert names('{ "id", "customer", "fingerprint", "status": "pending", "created_at" }') <= set(
        answer.json()
    )
    assert answer.json()["status"] == "pending"
    assert agent.call("POST", "/deploy/license-request", APPLY).status_code == 409
    latest = agent.get("/deploy/license-request")
    shown = '{ "has_request": true, "id", "customer", "fingerprint", "status", "admin_reply", "created_at" }'
    assert names(shown) <= set(latest)


def test_after_a_rejection_with_its_reply_a_new_one_is_taken(on: Stage, agent: Caller) -> None:
    request = agent.post("/deploy/license-request", APPLY)
    on.operator.post(f"/admin/license-requests/{request['id']}/reject", {"admin_reply": "which server?"})
    assert agent.get("/deploy/license-request")["admin_reply"] == "which server?"
    assert agent.call("POST", "/deploy/license-request", APPLY).status_code == 201


def test_without_a_licence(agent: Caller) -> None:
    assert agent.get("/deploy/my-license") == {"has_license": False}
    assert agent.call("GET", "/deploy/my-license/download").status_code == 404
    assert agent.call("GET", "/deploy/quantos-image/download", arch="amd64").status_code == 403


def test_an_approved_request_is_a_licence_at_once(tmp_path: Path) -> None:
    with stage(tmp_path / "data", parse_instant("2026-05-14T07:00+08:00"), **SIGNS) as on:
        agent = on.agent()
        request = agent.post("/deploy/license-request", APPLY)
        terms = {"expires": "2027-05-14", "max_cores": 8, "max_memory_gb": 64}
        on.operator.post(f"/admin/license-requests/{request['id']}/approve", terms)
        assert agent.get("/deploy/license-request")["status"] == "approved"
        shown = '{ "has_license": true, "customer", "fingerprint", "expires", "max_cores", "max_memory_gb", "created_at" }'
        mine = agent.get("/deploy/my-license")
        assert names(shown) == set(mine)
        file = agent.call("GET", "/deploy/my-license/download")
        assert file.headers["content-type"] == "application/json"
        assert {name: file.json()[name] for name in mine if name != "has_license"} == {
            name: value for name, value in mine.items() if name != "has_license"
        }
        for arch, params in (("amd64", {}), ("arm64", {"arch": "arm64"})):
            answer = agent.call("GET", "/deploy/quantos-image/download", **params)
            assert answer.status_code == 302
            assert answer.headers["location"].endswith(f"/quantos-{arch}.tar.gz")
