"""Licence requests and their decisions (LIC-01..05, LIC-14 NOTIF-06)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from quantos.errors import Unavailable
from quantos.kit.clock import rfc3339
from quantos.license.service import LicenseTerms
from tests.feature.license.asking import (
    BODY,
    DECIDE,
    PRINT,
    SIGNS,
    START,
    TERMS,
    UNKNOWN,
    approve,
    ask,
    latest,
    license_of,
    notices,
    reject,
)
from tests.support.platforms import Caller, Stage, stage


def test_lic_01_a_request_is_pending(on: Stage, agent: Caller) -> None:
    request = ask(agent, note="for the lab")
    assert UUID(request["id"]).version == 4
    assert request == {
        "id": request["id"],
        **BODY,
        "status": "pending",
        "created_at": rfc3339(on.platform.clock.now()),
    }


def test_lic_01_a_note_is_optional(agent: Caller) -> None:
    assert ask(agent, note=None)["status"] == "pending"


def test_lic_02_a_second_request_is_409_while_one_is_pending(agent: Caller, other: Caller) -> None:
    first = ask(agent)
    answer = agent.call("POST", "/deploy/license-request", {**BODY, "fingerprint": "f" * 64})
    assert answer.status_code == 409
    assert isinstance(answer.json()["detail"], str)
    assert latest(agent)["id"] == first["id"]
    ask(other)


def test_lic_02_after_a_decision_a_new_one_is_taken(on: Stage, agent: Caller) -> None:
    first = ask(agent)
    assert reject(on, first).status_code == 200
    second = ask(agent)
    assert approve(on, second).status_code == 200
    assert len({first["id"], second["id"], ask(agent)["id"]}) == 3


def test_lic_02_of_simultaneous_requests_one_is_taken(agent: Caller) -> None:
    async def together() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {agent.token}"}
        path = "/deploy/license-request"
        return await asyncio.gather(*(agent.http.post(path, json=BODY, headers=headers) for _ in range(8)))

    answers = agent.runner.run(together())
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_the_store_itself_refuses_a_second_pending_request(on: Stage, agent: Caller) -> None:
    request = ask(agent)
    again = (
        "INSERT INTO license_request (id, user_id, customer, fingerprint, status, created_at)"
        " SELECT 'again', user_id, customer, fingerprint, status, created_at FROM license_request WHERE id = :id"
    )
    with pytest.raises(IntegrityError), on.platform.records.write() as session:
        session.execute(text(again), {"id": request["id"]})


def test_lic_03_a_fingerprint_is_kept_in_lower_case(agent: Caller) -> None:
    assert ask(agent, fingerprint=PRINT.upper())["fingerprint"] == PRINT


@pytest.mark.parametrize(
    "fields",
    [
        {"fingerprint": PRINT[:-1]},
        {"fingerprint": PRINT + "0"},
        {"fingerprint": PRINT + "\n"},
        {"fingerprint": PRINT[:-1] + "g"},
        {"fingerprint": PRINT[:-1] + "\uff10"},  # a digit, but no hex digit
        {"fingerprint": " " + PRINT[1:]},
        {"fingerprint": ""},
        {"fingerprint": None},
        {"fingerprint": 64},
        {"customer": ""},
        {"customer": "x" * 201},
        {"customer": None},
        {"customer": "a\0b"},
        {"note": "x" * 20_001},
        {"note": 1},
    ],
)  # fmt: skip
def test_lic_03_a_malformed_request_is_422_and_leaves_nothing(agent: Caller, fields: dict[str, Any]) -> None:
    answer = agent.call("POST", "/deploy/license-request", {**BODY, **fields})
    (item,) = answer.json()["detail"]
    assert (answer.status_code, item["loc"]) == (422, ["body", *fields])
    assert latest(agent) == {"has_request": False}


def test_lic_03_the_bounds_of_a_customer_are_taken(on: Stage, agent: Caller) -> None:
    for customer in ("x", "信" * 200):
        request = ask(agent, customer=customer)
        assert request["customer"] == customer
        reject(on, request)


def test_lic_04_who_has_never_asked_has_no_request(agent: Caller) -> None:
    assert latest(agent) == {"has_request": False}


def test_lic_04_the_latest_request_is_shown(on: Stage, agent: Caller) -> None:
    first = ask(agent)
    assert latest(agent) == {"has_request": True, **first, "admin_reply": None}
    reject(on, first)
    second = ask(agent, customer="Acme Ltd")
    assert latest(agent) == {"has_request": True, **second, "admin_reply": None}


def test_lic_05_a_rejected_request_says_why(on: Stage, agent: Caller) -> None:
    request = ask(agent)
    answer = reject(on, request, "Which machine? <b>{x}</b>")
    assert answer.status_code == 200
    assert answer.json()["status"] == "rejected"
    assert latest(agent) == {
        "has_request": True,
        **request,
        "status": "rejected",
        "admin_reply": "Which machine? <b>{x}</b>",
    }
    assert license_of(agent) == {"has_license": False}


def test_lic_05_an_approved_request_has_its_licence_at_once(on: Stage, agent: Caller) -> None:
    request = ask(agent)
    answer = approve(on, request)
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    assert latest(agent)["status"] == "approved"
    assert license_of(agent)["has_license"] is True
    assert agent.call("GET", "/deploy/my-license/download").status_code == 200


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("again", ["approve", "reject"])
def test_lic_05_a_decision_is_made_once(on: Stage, agent: Caller, first: str, again: str) -> None:
    decide: dict[str, Callable[..., httpx.Response]] = {"approve": approve, "reject": reject}
    request = ask(agent)
    assert decide[first](on, request).status_code == 200
    before = (latest(agent), license_of(agent), notices(agent))
    answer = decide[again](on, request)
    assert answer.status_code == 400
    assert "a decision is made once" in answer.json()["detail"]
    assert (latest(agent), license_of(agent), notices(agent)) == before


def test_lic_14_without_the_vendors_key_nothing_is_approved_and_the_request_stays_pending(
    keyless: Stage,
) -> None:
    agent = keyless.agent()
    request = ask(agent)
    answer = approve(keyless, request)
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        "licences are signed with the vendor's key (QUANTOS_VENDOR_SIGNING_KEY), which this platform does not have:"
        " the request stays pending"
    )
    assert latest(agent) == {"has_request": True, **request, "admin_reply": None}
    assert license_of(agent) == {"has_license": False}
    assert notices(agent) == []


def test_without_the_vendors_key_a_request_can_be_rejected(keyless: Stage) -> None:
    agent = keyless.agent()
    assert reject(keyless, ask(agent)).status_code == 200
    assert latest(agent)["status"] == "rejected"


def test_err_10_a_signer_that_fails_leaves_the_request_pending(tmp_path: Path) -> None:
    def locked(_: LicenseTerms) -> bytes:
        raise Unavailable("the key is locked")

    with stage(tmp_path / "data", START, **SIGNS) as on:
        opens, on.platform.licenses.issue = on.platform.licenses.issue, locked
        agent = on.agent()
        request = ask(agent)
        answer = approve(on, request)
        assert (answer.status_code, answer.json()) == (503, {"detail": "the key is locked"})
        assert latest(agent)["status"] == "pending"
        assert license_of(agent) == {"has_license": False}
        on.platform.licenses.issue = opens
        assert approve(on, request).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": None},
        {"expires": "31.01.2027"},
        {"expires": "2027-02-30"},
        {"expires": 1800000000},
        {"max_cores": 0},
        {"max_cores": 65_537},
        {"max_cores": "8"},
        {"max_cores": 8.5},
        {"max_cores": True},
        {"max_memory_gb": 0},
        {"max_memory_gb": 2**70},
    ],
)
def test_a_malformed_approval_is_422_and_decides_nothing(
    on: Stage, agent: Caller, changes: dict[str, Any]
) -> None:
    answer = approve(on, ask(agent), **changes)
    assert answer.status_code == 422
    assert {tuple(item["loc"]) for item in answer.json()["detail"]} == {("body", *changes)}
    assert latest(agent)["status"] == "pending"


def test_an_approval_needs_the_day_on_which_it_ends(on: Stage, agent: Caller) -> None:
    path = DECIDE.format(ask(agent)["id"], "approve")
    assert on.operator.call("POST", path, {}).status_code == 422
    assert on.operator.call("POST", path).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"admin_reply": ""}, {"admin_reply": None}, {"admin_reply": "\0"}, None]
)
def test_a_rejection_needs_its_reason(on: Stage, agent: Caller, body: Any) -> None:
    request = ask(agent)
    assert on.operator.call("POST", DECIDE.format(request["id"], "reject"), body).status_code == 422
    assert latest(agent)["status"] == "pending"


def test_an_unknown_request_is_404_for_the_operator(on: Stage, keyless: Stage) -> None:
    for where in (on, keyless):
        for decide in (approve, reject):
            answer = decide(where, {"id": UNKNOWN})
            assert (answer.status_code, answer.json()) == (
                404,
                {"detail": "there is no such licence request"},
            )


def test_ops_02_a_user_decides_nothing(on: Stage, agent: Caller) -> None:
    request = ask(agent)
    assert agent.call("GET", "/admin/license-requests").status_code == 403
    assert agent.call("POST", DECIDE.format(request["id"], "approve"), TERMS).status_code == 403
    assert agent.call("POST", DECIDE.format(request["id"], "reject"), {"admin_reply": "x"}).status_code == 403
    assert latest(agent)["status"] == "pending"


def test_the_operator_sees_every_request_with_its_owner(on: Stage, agent: Caller, other: Caller) -> None:
    before = on.operator.get("/admin/license-requests")["total"]
    first, second = ask(agent, note="for the lab"), ask(other)
    clock = on.platform.clock.now() + timedelta(minutes=1)
    on.operator.post("/admin/clock", {"now": rfc3339(clock)})
    reject(on, second, "No.")
    answer = on.operator.get("/admin/license-requests", limit=2)
    assert answer["total"] == before + 2
    owners = [caller.get("/auth/me") for caller in (agent, other)]
    assert answer["license_requests"] == [
        {
            **second,
            "status": "rejected",
            "user_id": owners[1]["id"],
            "owner": owners[1]["nickname"],
            "note": None,
            "admin_reply": "No.",
            "decided_at": rfc3339(clock),
        },
        {
            **first,
            "user_id": owners[0]["id"],
            "owner": owners[0]["nickname"],
            "note": "for the lab",
            "admin_reply": None,
            "decided_at": None,
        },
    ]


def test_the_operators_list_can_be_filtered_and_paged(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        made = [ask(on.agent()) for _ in range(5)]
        reject(on, made[2])
        pending = on.operator.get("/admin/license-requests", status="pending")
        assert (len(pending["license_requests"]), pending["total"]) == (4, 4)
        rejected = on.operator.get("/admin/license-requests", status="rejected")
        assert [each["id"] for each in rejected["license_requests"]] == [made[2]["id"]]
        pages = [
            on.operator.get("/admin/license-requests", limit=2, offset=offset)["license_requests"]
            for offset in (0, 2, 4, 6)
        ]
        assert [[each["id"] for each in page] for page in pages] == [
            [made[4]["id"], made[3]["id"]],
            [made[2]["id"], made[1]["id"]],
            [made[0]["id"]],
            [],
        ]
        for query in ({"status": "open"}, {"limit": 0}, {"limit": 201}, {"offset": -1}):
            assert on.operator.call("GET", "/admin/license-requests", **query).status_code == 422


def test_notif_06_the_owner_is_told_of_the_decision(on: Stage, agent: Caller) -> None:
    reject(on, ask(agent), "Which machine?")
    approve(on, ask(agent))
    approved, rejected = notices(agent)
    assert approved == (
        "Your licence request is approved",
        "The licence for Acme Corp can be downloaded: GET /api/v1/deploy/my-license/download.",
    )
    assert rejected == (
        "Your licence request is rejected",
        "The request for Acme Corp was rejected: Which machine? Submit a new one after addressing this.",
    )
