"""Notifications (NOTIF-01..06, and what of PAGE and SEC is theirs)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from quantos.kit.clock import parse_instant, rfc3339
from quantos.market.core.calendar import shipped_calendar
from quantos.storage import events
from tests.support.platforms import Caller, Stage, made_up, stage

UNKNOWN = "00000000-0000-4000-8000-000000000000"
A, B = "600001.SH", "600002.SH"
DAYS = shipped_calendar().between(date(2024, 1, 2), date(2024, 1, 31))
START = parse_instant("2024-01-02T08:00:00+08:00")


def told(caller: Caller, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get("/notifications", **params)["notifications"]
    return found


def unread(caller: Caller) -> int:
    count: int = caller.get("/notifications/unread-count")["unread_count"]
    return count


def user_id(caller: Caller) -> str:
    found: str = caller.get("/auth/me")["id"]
    return found


def ticket(caller: Caller, title: str = "T") -> str:
    found: str = caller.post("/tickets", {"title": title, "category": "bug"})["id"]
    return found


def change(on: Stage, ticket_id: str, **fields: Any) -> None:
    assert on.operator.call("PATCH", f"/admin/tickets/{ticket_id}", fields).status_code == 200


def replies(on: Stage, caller: Caller, count: int) -> None:
    """That many notifications."""
    made = ticket(caller)
    for k in range(count):
        change(on, made, admin_reply=f"reply {k}")


def set_tier(on: Stage, caller: Caller, tier: str) -> None:
    assert on.operator.call("PATCH", f"/admin/users/{user_id(caller)}", {"tier": tier}).status_code == 200


def note(on: Stage, kind: str, **payload: Any) -> None:
    """What a feature does that has news."""
    with on.platform.records.write() as session:
        events.note(session.connection(), on.platform.clock.now(), kind, payload)


def test_notif_01_a_notification_has_this_shape(on: Stage, agent: Caller) -> None:
    change(on, ticket(agent, "NAV"), status="resolved")
    (found,) = told(agent)
    assert UUID(found["id"]).version == 4
    assert found == {
        "id": found["id"],
        "type": "ticket_changed",
        "title": 'Your ticket "NAV"',
        "message": "It is now resolved.",
        "is_read": False,
        "created_at": rfc3339(on.platform.clock.now()),
    }


def test_notif_01_they_come_newest_first_50_unless_told_otherwise(on: Stage, agent: Caller) -> None:
    replies(on, agent, 53)
    newest = [f"Reply: reply {k}" for k in range(52, -1, -1)]
    assert [each["message"] for each in told(agent)] == newest[:50]
    assert [each["message"] for each in told(agent, limit=200)] == newest


def test_page_03_pages_of_notifications_join_to_the_whole_list(on: Stage, agent: Caller) -> None:
    replies(on, agent, 7)
    pages = [told(agent, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [each for page in pages for each in page] == told(agent, limit=200)


def test_notif_02_those_that_were_read_can_be_left_out(on: Stage, agent: Caller) -> None:
    replies(on, agent, 3)
    _, middle, _ = told(agent)
    agent.call("PATCH", f"/notifications/{middle['id']}/read")
    assert len(told(agent)) == 3
    assert [each["message"] for each in told(agent, unread_only="true")] == [
        "Reply: reply 2",
        "Reply: reply 0",
    ]
    assert told(agent, unread_only="True") == told(agent, unread_only="true")
    assert told(agent, unread_only="false") == told(agent)


@pytest.mark.parametrize("flag", ["", "1", "yes", "on", "truth", "true "])
def test_notif_02_a_flag_that_is_neither_true_nor_false_is_422(agent: Caller, flag: str) -> None:
    answer = agent.call("GET", "/notifications", unread_only=flag)
    assert answer.status_code == 422
    item = {"type": "value_error", "loc": ["query", "unread_only"], "msg": "must be true or false"}
    assert answer.json()["detail"] == [item]


def test_notif_03_the_unread_ones_are_counted(on: Stage, agent: Caller, other: Caller) -> None:
    replies(on, agent, 3)
    assert agent.get("/notifications/unread-count") == {"unread_count": 3}
    assert other.get("/notifications/unread-count") == {"unread_count": 0}


def test_notif_04_one_is_marked_as_read_and_again(on: Stage, agent: Caller) -> None:
    replies(on, agent, 2)
    newest, older = told(agent)
    for _ in range(2):
        answer = agent.call("PATCH", f"/notifications/{newest['id']}/read")
        assert (answer.status_code, answer.json()) == (200, {**newest, "is_read": True})
        assert told(agent) == [{**newest, "is_read": True}, older]
    assert unread(agent) == 1


def test_sec_01_a_foreign_notification_looks_like_an_unknown_one(
    on: Stage, agent: Caller, other: Caller
) -> None:
    replies(on, other, 1)
    (foreign,) = told(other)
    answers = [
        agent.call("PATCH", f"/notifications/{key}/read") for key in (foreign["id"], UNKNOWN, "1", "x" * 500)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {'{"detail":"there is no such notification among yours"}'}
    assert told(agent) == []
    assert told(other) == [foreign]


def test_notif_05_all_are_marked_as_read_and_again(on: Stage, agent: Caller, other: Caller) -> None:
    replies(on, agent, 3)
    replies(on, other, 1)
    answers = [agent.call("POST", "/notifications/read-all") for _ in range(2)]
    assert [(each.status_code, each.json()) for each in answers] == [
        (200, {"marked": 3}),
        (200, {"marked": 0}),
    ]
    assert unread(agent) == 0
    assert {each["is_read"] for each in told(agent)} == {True}
    assert unread(other) == 1


def test_sec_02_notifications_need_credentials(on: Stage) -> None:
    nobody = on.public()
    for method, path in (
        ("GET", "/notifications"),
        ("GET", "/notifications/unread-count"),
        ("PATCH", f"/notifications/{UNKNOWN}/read"),
        ("POST", "/notifications/read-all"),
    ):
        assert nobody.call(method, path).status_code == 401


def test_notif_06_the_owner_is_told_of_a_reply_and_of_a_status(
    on: Stage, agent: Caller, other: Caller
) -> None:
    made = ticket(agent, "信号")
    change(on, made, status="in_progress")
    change(on, made, admin_reply="Look {at} it")
    change(on, made, status="closed", admin_reply="Done")
    change(on, made, status="closed", admin_reply="Done")
    assert [(each["type"], each["title"], each["message"]) for each in told(agent)] == [
        ("ticket_changed", 'Your ticket "信号"', message)
        for message in ("It is now closed. Reply: Done", "Reply: Look {at} it", "It is now in progress.")
    ]
    assert told(other) == []


def test_notif_06_a_user_is_told_of_a_change_of_tier(on: Stage, agent: Caller) -> None:
    set_tier(on, agent, "licensed")
    (found,) = told(agent)
    assert (found["type"], found["title"]) == ("tier_changed", "Your tier is now licensed")
    assert found["message"] == "It was free. You may now have 20 strategies that are not retired."


def test_a_tier_that_is_set_to_what_it_is_is_no_news(on: Stage, agent: Caller) -> None:
    set_tier(on, agent, "free")
    on.operator.call("PATCH", f"/admin/users/{user_id(agent)}", {"disabled": False})
    assert told(agent) == []


def test_a_refused_change_of_an_account_is_no_news(on: Stage, agent: Caller) -> None:
    answer = on.operator.call("PATCH", f"/admin/users/{user_id(agent)}", {"tier": "gold"})
    assert answer.status_code == 422
    assert told(agent) == []


def test_notif_06_the_owner_is_told_of_a_factors_validation(on: Stage, agent: Caller) -> None:
    owner = user_id(agent)
    note(on, "factor_validated", user_id=owner, factor_id="f", name="alpha", status="active", reasons=[])
    note(
        on,
        "factor_validated",
        user_id=owner,
        factor_id="f",
        name="beta",
        status="rejected",
        reasons=["IC too low", "turnover too high"],
    )
    assert [(each["title"], each["message"]) for each in told(agent)] == [
        (
            "Factor beta is rejected",
            (
                "It failed its validation: IC too low; turnover too high."
                " Upload more or better data and submit it again."
            ),
        ),
        ("Factor alpha is active", "It passed its validation and is tracked out of sample from now on."),
    ]


def test_notif_06_the_owner_is_told_of_a_portfolio_day_without_signal(on: Stage, agent: Caller) -> None:
    missed = {
        "portfolio_id": "p",
        "name": "mix",
        "trade_date": "2024-01-03",
        "reason": "a factor has no values",
    }
    note(on, "portfolio_day_missed", user_id=user_id(agent), **missed)
    (found,) = told(agent)
    assert found["type"] == "portfolio_day_missed"
    assert found["title"] == "No signal of mix for 2024-01-03"
    assert "a factor has no values" in found["message"]


def missing_and_mended(on: Stage) -> Caller:
    """An owner whose strategy has been settled on the first day and not on the second, for want of bars."""
    on.platform.market.import_bars(quiet(DAYS[0]))
    agent = on.agent()
    agent.post("/strategies", {"name": "One", "slug": "one"})
    on.submit(agent, "one", DAYS[0], {A: 0.5})
    on.clock_to(DAYS[1], "20:00")
    return agent


def quiet(day: date) -> Any:
    return made_up(
        {(symbol, day): (price, price, price, 1_000_000) for symbol, price in ((A, 10.0), (B, 20.0))}
    )


def test_notif_06_the_owner_is_told_of_a_missing_settlement_until_it_is_mended(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        agent, stranger = missing_and_mended(on), on.agent()
        (found,) = told(agent)
        assert found == {
            "id": found["id"],
            "type": "settlement_missing",
            "title": f"No NAV of one for {DAYS[1]}",
            "message": (
                f"The day is not settled: the settlement waits for market data of {DAYS[1]}:"
                " 0 of 2 instruments are there. It is made up in order as soon as that is possible."
            ),
            "is_read": False,
            "created_at": f"{DAYS[1]}T10:45:00Z",
        }
        on.operator.post("/admin/jobs/settlement_watchdog/run", {"date": DAYS[1].isoformat()})
        assert told(agent) == [found]
        on.platform.market.import_bars(quiet(DAYS[1]))
        assert len(on.navs("one")) == 2
        assert unread(agent) == 0
        assert told(agent) == [{**found, "is_read": True, "message": f"{found['message']} Settled since."}]
        assert told(stranger) == []


def test_notifications_speak_the_language_of_the_platform(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START, lang="zh") as on:
        agent = missing_and_mended(on)
        on.platform.market.import_bars(quiet(DAYS[1]))
        set_tier(on, agent, "licensed")
        tier, missing = told(agent)
        assert tier["message"] == "此前为 free。现在最多可有 20 个未退役的策略。"
        assert missing["title"] == f"one 在 {DAYS[1]} 没有净值"
        assert missing["message"].endswith("现已结算。")
