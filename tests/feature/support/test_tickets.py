"""Tickets (TICKET-01..08, AUTH-24, and what of PAGE, ERR, SEC and IDEM is theirs)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from quantos.kit.clock import rfc3339
from tests.support.platforms import Caller, Stage

UNKNOWN = "00000000-0000-4000-8000-000000000000"
BODY = {"title": "account disabled", "category": "other"}


def opened(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = caller.call("POST", "/tickets", {**BODY, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(caller: Caller, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get("/tickets", **params)["tickets"]
    return found


def change(on: Stage, ticket: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = on.operator.call("PATCH", f"/admin/tickets/{ticket['id']}", fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def later(on: Stage) -> str:
    """The time after a few seconds."""
    now = rfc3339(on.platform.clock.now() + timedelta(seconds=7))
    on.operator.post("/admin/clock", {"now": now})
    return now


def notices(caller: Caller) -> int:
    count: int = caller.get("/notifications/unread-count")["unread_count"]
    return count


def test_ticket_01_a_new_ticket_is_open_and_shown_whole(on: Stage, agent: Caller) -> None:
    body = {"title": "NAV of alpha", "description": "It has none.", "category": "data"}
    answer = agent.call("POST", "/tickets", body)
    ticket = answer.json()
    assert answer.status_code == 201
    assert UUID(ticket["id"]).version == 4
    assert ticket == {
        "id": ticket["id"],
        "user_id": agent.get("/auth/me")["id"],
        **body,
        "status": "open",
        "admin_reply": None,
        "resolved_at": None,
        "created_at": rfc3339(on.platform.clock.now()),
    }


@pytest.mark.parametrize("category", ["bug", "feature", "feedback", "data", "other"])
def test_ticket_02_each_of_the_five_categories_is_taken(agent: Caller, category: str) -> None:
    assert opened(agent, category=category)["category"] == category


@pytest.mark.parametrize("category", ["Bug", "", "billing", None, 1, ["bug"]])
def test_ticket_02_any_other_category_is_422(agent: Caller, category: Any) -> None:
    answer = agent.call("POST", "/tickets", {**BODY, "category": category})
    (item,) = answer.json()["detail"]
    assert (answer.status_code, item["loc"]) == (422, ["body", "category"])
    assert listed(agent) == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": None}, "title"),
        ({"title": 7}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"description": "x" * 20_001}, "description"),
        ({"description": None}, "description"),
        ({"description": "\0"}, "description"),
    ],
)
def test_ticket_03_a_text_out_of_its_bounds_is_422(agent: Caller, fields: dict[str, Any], place: str) -> None:
    answer = agent.call("POST", "/tickets", {**BODY, **fields})
    (item,) = answer.json()["detail"]
    assert (answer.status_code, item["loc"]) == (422, ["body", place])
    assert listed(agent) == []


def test_ticket_03_the_bounds_themselves_are_taken(agent: Caller) -> None:
    for title, description in (("x", ""), ("信" * 200, "号" * 20_000)):
        ticket = opened(agent, title=title, description=description)
        assert (ticket["title"], ticket["description"]) == (title, description)


def test_ticket_03_without_a_description_it_is_empty(agent: Caller) -> None:
    assert opened(agent)["description"] == ""


@pytest.mark.parametrize("missing", ["title", "category"])
def test_ticket_03_title_and_category_are_required(agent: Caller, missing: str) -> None:
    body = {name: value for name, value in BODY.items() if name != missing}
    answer = agent.call("POST", "/tickets", body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == [{"type": "missing", "loc": ["body", missing], "msg": "is required"}]


def test_ticket_04_the_list_is_ones_own_newest_first(agent: Caller, other: Caller) -> None:
    first, second = opened(agent, title="first"), opened(agent, title="second")
    opened(other)
    assert listed(agent) == [second, first]


def test_ticket_04_the_list_can_be_filtered_by_status(on: Stage, agent: Caller) -> None:
    waiting, done = opened(agent), opened(agent)
    change(on, done, status="resolved")
    assert [ticket["id"] for ticket in listed(agent, status="open")] == [waiting["id"]]
    assert [ticket["id"] for ticket in listed(agent, status="resolved")] == [done["id"]]
    assert listed(agent, status="closed") == []


@pytest.mark.parametrize("status", ["", "Open", "pending", "open,closed"])
def test_ticket_04_an_unknown_status_is_422(on: Stage, agent: Caller, status: str) -> None:
    for caller, path in ((agent, "/tickets"), (on.operator, "/admin/tickets")):
        answer = caller.call("GET", path, status=status)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "status"]


def test_ticket_05_a_ticket_is_shown_as_it_was_made(agent: Caller) -> None:
    ticket = opened(agent)
    assert agent.get(f"/tickets/{ticket['id']}") == ticket


def test_ticket_05_a_foreign_ticket_looks_like_an_unknown_one(agent: Caller, other: Caller) -> None:
    ticket = opened(other)
    answers = [agent.call("GET", f"/tickets/{key}") for key in (ticket["id"], UNKNOWN, "1", "x" * 500)]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {'{"detail":"there is no such ticket among yours"}'}


def test_ticket_06_each_post_makes_a_new_ticket(agent: Caller) -> None:
    assert opened(agent)["id"] != opened(agent)["id"]
    assert len(listed(agent)) == 2


def test_ticket_07_a_disabled_account_can_open_a_ticket_and_do_nothing_else(on: Stage, agent: Caller) -> None:
    user = agent.get("/auth/me")["id"]
    assert on.operator.call("PATCH", f"/admin/users/{user}", {"disabled": True}).status_code == 200
    ticket = opened(agent)
    assert ticket["user_id"] == user
    for method, path in (
        ("GET", "/tickets"),
        ("GET", f"/tickets/{ticket['id']}"),
        ("GET", "/notifications"),
        ("GET", "/notifications/unread-count"),
        ("POST", "/notifications/read-all"),
        ("PATCH", f"/notifications/{UNKNOWN}/read"),
    ):
        answer = agent.call(method, path)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Account disabled"})
    assert on.operator.call("PATCH", f"/admin/users/{user}", {"disabled": False}).status_code == 200
    assert listed(agent) == [ticket]


def test_ticket_08_the_operator_sees_everyones_tickets_with_their_owners(
    on: Stage, agent: Caller, other: Caller
) -> None:
    before = on.operator.get("/admin/tickets")["total"]
    first, second = opened(agent), opened(other)
    answer = on.operator.get("/admin/tickets", limit=2)
    assert answer["total"] == before + 2
    names = [caller.get("/auth/me")["nickname"] for caller in (other, agent)]
    assert answer["tickets"] == [
        {**ticket, "owner": name} for ticket, name in zip((second, first), names, strict=True)
    ]


def test_ticket_08_the_operators_list_can_be_filtered(on: Stage, agent: Caller) -> None:
    ticket = opened(agent)
    change(on, ticket, status="in_progress")
    answer = on.operator.get("/admin/tickets", status="in_progress")
    assert ([found["id"] for found in answer["tickets"]], answer["total"]) == ([ticket["id"]], 1)
    change(on, ticket, status="closed")
    assert on.operator.get("/admin/tickets", status="in_progress") == {"tickets": [], "total": 0}


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed"])
def test_ticket_08_the_operator_sets_the_status(on: Stage, agent: Caller, status: str) -> None:
    ticket = opened(agent)
    assert change(on, ticket, status=status)["status"] == status
    assert agent.get(f"/tickets/{ticket['id']}")["status"] == status


def test_ticket_08_resolving_sets_the_instant_and_taking_up_again_clears_it(on: Stage, agent: Caller) -> None:
    ticket = opened(agent)
    at = later(on)
    assert change(on, ticket, status="resolved")["resolved_at"] == at
    later(on)
    assert change(on, ticket, status="resolved")["resolved_at"] == at
    assert change(on, ticket, admin_reply="see above")["resolved_at"] == at
    assert change(on, ticket, status="closed")["resolved_at"] == at
    assert change(on, ticket, status="in_progress")["resolved_at"] is None


def test_ticket_08_the_operator_replies(on: Stage, agent: Caller) -> None:
    ticket = opened(agent)
    assert change(on, ticket, admin_reply='收到 <b>"it\'s"</b>')["status"] == "open"
    assert agent.get(f"/tickets/{ticket['id']}") == {**ticket, "admin_reply": '收到 <b>"it\'s"</b>'}


def test_a_change_without_fields_changes_nothing_and_tells_nobody(on: Stage, agent: Caller) -> None:
    ticket = opened(agent)
    assert change(on, ticket) == {**ticket, "owner": agent.get("/auth/me")["nickname"]}
    change(on, ticket, status="open")
    assert notices(agent) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "done"},
        {"status": None},
        {"admin_reply": None},
        {"admin_reply": ""},
        {"admin_reply": "x" * 20_001},
        {"admin_reply": "\0"},
        {"title": "other"},
        {"status": "closed", "resolved_at": "2024-01-01T00:00:00Z"},
    ],
)
def test_err_10_a_refused_change_of_a_ticket_changes_nothing(
    on: Stage, agent: Caller, fields: dict[str, Any]
) -> None:
    ticket = opened(agent)
    assert on.operator.call("PATCH", f"/admin/tickets/{ticket['id']}", fields).status_code == 422
    assert agent.get(f"/tickets/{ticket['id']}") == ticket
    assert notices(agent) == 0


def test_the_operator_is_told_of_an_unknown_ticket(on: Stage) -> None:
    answer = on.operator.call("PATCH", f"/admin/tickets/{UNKNOWN}", {"status": "closed"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "there is no such ticket"})


def test_ops_02_a_user_cannot_change_a_ticket_not_even_ones_own(agent: Caller) -> None:
    ticket = opened(agent)
    for method, path in (("GET", "/admin/tickets"), ("PATCH", f"/admin/tickets/{ticket['id']}")):
        assert (
            agent.call(method, path, {"status": "closed"} if method == "PATCH" else None).status_code == 403
        )
    assert agent.get(f"/tickets/{ticket['id']}") == ticket


def test_sec_02_tickets_need_credentials(on: Stage) -> None:
    nobody = on.public()
    for method, path in (
        ("POST", "/tickets"),
        ("GET", "/tickets"),
        ("GET", f"/tickets/{UNKNOWN}"),
        ("GET", "/admin/tickets"),
        ("PATCH", f"/admin/tickets/{UNKNOWN}"),
    ):
        assert nobody.call(method, path).status_code == 401


def test_err_07_texts_come_back_unchanged(agent: Caller) -> None:
    text = "<script>alert('x')</script> \"'; DROP TABLE ticket;-- {status} %s 信号 🎯 \\u0000 \r\n\t"
    ticket = opened(agent, title=text, description=text)
    assert (ticket["title"], ticket["description"]) == (text, text)
    assert listed(agent)[0] == ticket


@pytest.mark.parametrize(
    "body", [b'{"title": "\\ud800", "category": "bug"}', b'{"title": "x"', b"", b"[]", b"null", b'"bug"']
)
def test_err_04_a_body_that_is_no_ticket_is_422(agent: Caller, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {agent.token}", "Content-Type": "application/json"}
    answer: httpx.Response = agent.runner.run(
        agent.http.request("POST", "/tickets", content=body, headers=headers)
    )
    assert answer.status_code == 422
    assert {frozenset(item) for item in answer.json()["detail"]} == {frozenset({"type", "loc", "msg"})}
    assert listed(agent) == []


def test_page_02_a_page_of_tickets_has_50_unless_told_otherwise(on: Stage, agent: Caller) -> None:
    made = [opened(agent, title=str(k))["id"] for k in range(53)]
    newest = made[::-1]
    assert [ticket["id"] for ticket in listed(agent)] == newest[:50]
    assert [ticket["id"] for ticket in on.operator.get("/admin/tickets")["tickets"]] == newest[:50]


def test_page_03_pages_of_tickets_join_to_the_whole_list(agent: Caller) -> None:
    for k in range(7):
        opened(agent, title=str(k))
    pages = [listed(agent, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [ticket for page in pages for ticket in page] == listed(agent, limit=200)


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (201, 0), (-1, 0), (1, -1), ("x", 0), (1, "1.0")])
def test_page_01_a_page_out_of_bounds_is_422(on: Stage, agent: Caller, limit: Any, offset: Any) -> None:
    for caller, path in ((agent, "/tickets"), (on.operator, "/admin/tickets"), (agent, "/notifications")):
        answer = caller.call("GET", path, limit=limit, offset=offset)
        assert answer.status_code == 422, path
        assert answer.json()["detail"][0]["loc"][0] == "query"


def test_page_01_the_bounds_of_a_page_are_taken(on: Stage, agent: Caller) -> None:
    for caller, path in ((agent, "/tickets"), (on.operator, "/admin/tickets"), (agent, "/notifications")):
        for limit, offset in ((1, 0), (200, 0), (200, 10**30)):
            assert caller.call("GET", path, limit=limit, offset=offset).status_code == 200
