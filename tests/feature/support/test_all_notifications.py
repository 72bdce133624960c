"""What the operator sees of everyone's notifications and API keys."""

from __future__ import annotations

from tests.support.platforms import Caller, Stage


def _answered(on: Stage, caller: Caller, title: str) -> None:
    made = caller.post("/tickets", {"title": title, "category": "bug"})["id"]
    on.operator.call("PATCH", f"/admin/tickets/{made}", {"admin_reply": "seen"})


def test_the_operator_sees_what_everyone_was_told_newest_first(
    on: Stage, agent: Caller, other: Caller
) -> None:
    before = on.operator.get("/admin/notifications")["total"]
    _answered(on, agent, "first")
    _answered(on, other, "second")
    found = on.operator.get("/admin/notifications", limit=2)
    assert found["total"] == before + 2
    assert [each["title"] for each in found["notifications"]] == [
        'Your ticket "second"', 'Your ticket "first"'
    ]  # fmt: skip
    names = [caller.get("/auth/me")["nickname"] for caller in (other, agent)]
    assert [each["owner"] for each in found["notifications"]] == names
    assert not found["notifications"][0]["is_read"]


def test_the_operator_sees_every_active_key_masked_with_its_owner(
    on: Stage, agent: Caller, other: Caller
) -> None:
    names = [caller.get("/auth/me")["nickname"] for caller in (other, agent)]
    found = on.operator.get("/admin/api-keys", limit=200)
    owners = [each["owner"] for each in found["api_keys"]]
    assert owners[:2] == names
    assert found["total"] == len(found["api_keys"])
    assert agent.token is not None
    assert found["api_keys"][1]["masked"].endswith(agent.token[-4:])
    assert agent.token not in str(found)


def test_a_revoked_key_is_listed_no_more(on: Stage, agent: Caller) -> None:
    before = on.operator.get("/admin/api-keys")["total"]
    key = agent.get("/billing/api-keys")["api_keys"][0]["id"]
    agent.call("DELETE", f"/billing/api-keys/{key}")
    assert on.operator.get("/admin/api-keys")["total"] == before - 1


def test_users_see_neither(on: Stage, agent: Caller) -> None:
    for path in ("/admin/notifications", "/admin/api-keys", "/admin/leaderboard"):
        assert agent.call("GET", path).status_code == 403
