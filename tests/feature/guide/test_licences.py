"""QuantOS License: apply, wait, view and download."""

from __future__ import annotations

from tests.feature.guide.shapes import names
from tests.support.platforms import Caller, Stage

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
