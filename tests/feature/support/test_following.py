"""What happened is told once: afterwards, from what is stored, through restarts, kills and a store that cannot write."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from quantos.kit.clock import parse_instant
from quantos.storage import events
from quantos.support.following import EVENTS_A_UNIT, READER
from tests.support.platforms import Caller, Stage, stage

ROOT = Path(__file__).parents[3]
START = parse_instant("2024-01-02T08:00:00+08:00")
KILLS = 5

REPLY_ON = """
import asyncio, sys
from pathlib import Path

from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from quantos.support.schemas import TicketChange

folder, start, ticket, tell = sys.argv[1:]
platform = Platform.open(Settings(data_dir=Path(folder)), simulate=parse_instant(start))
if tell == "tell":
    platform.support.start()

async def reply():
    done = 0
    while True:
        await platform.support.change_ticket(ticket, TicketChange(admin_reply=f"{sys.argv} {done}"))
        done += 1
        print("replied", done, flush=True)

asyncio.run(reply())
"""
"""Replies to a ticket without end, each acknowledged on standard output; told or, without `tell`, never told."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def on(folder: Path) -> Iterator[Stage]:
    with stage(folder, START) as opened:
        yield opened


def ticket(caller: Caller) -> str:
    found: str = caller.post("/tickets", {"title": "T", "category": "bug"})["id"]
    return found


def reply(on: Stage, made: str, text: str) -> None:
    assert on.operator.call("PATCH", f"/admin/tickets/{made}", {"admin_reply": text}).status_code == 200


def messages(on: Stage) -> list[str]:
    """What all users together were told, oldest first; without telling anything first."""
    with on.platform.records.read() as session:
        return list(session.scalars(text("SELECT message FROM notification ORDER BY number")))


def noted(on: Stage) -> int:
    with on.platform.records.read() as session:
        return len(events.after(session, 0, 10**6, {"ticket_changed"}))


def note(on: Stage, kind: str, *payloads: dict[str, Any]) -> None:
    with on.platform.records.write() as session:
        for payload in payloads:
            events.note(session.connection(), on.platform.clock.now(), kind, payload)


def killed(folder: Path, made: str, tell: str, replies: int, after_s: float) -> int:
    """Kill a program that replies, some time after so many replies; how many were acknowledged."""
    errors = folder.parent / "errors"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", REPLY_ON, str(folder), START.isoformat(), made, tell],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    for _ in range(replies):
        assert process.stdout.readline(), errors.read_text()
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    return replies + process.communicate()[0].count("replied")


def test_what_was_never_told_before_a_kill_is_told_at_the_next_start(folder: Path) -> None:
    with stage(folder, START) as on:
        agent = on.agent()
        made = ticket(agent)
    acknowledged = killed(folder, made, "", replies=3, after_s=0)
    with stage(folder, START) as on:
        assert noted(on) >= acknowledged
        agent = Caller(on.operator.runner, on.operator.http, agent.token)
        assert agent.get("/notifications/unread-count")["unread_count"] == noted(on)


def test_through_kills_at_any_moment_each_change_is_told_once(folder: Path) -> None:
    with stage(folder, START) as on:
        agent = on.agent()
        made = ticket(agent)
    moment, acknowledged = random.Random(7), 0
    for _ in range(KILLS):
        acknowledged += killed(folder, made, "tell", replies=20, after_s=moment.uniform(0, 0.05))
    with stage(folder, START) as on:
        agent = Caller(on.operator.runner, on.operator.http, agent.token)
        agent.get("/notifications/unread-count")
        told = messages(on)
        assert len(told) == noted(on) >= acknowledged
        with on.platform.records.read() as session:
            told_events = list(session.scalars(text("SELECT event FROM notification ORDER BY number")))
            noted_events = [event.id for event in events.after(session, 0, 10**6, {"ticket_changed"})]
        assert told_events == noted_events


def test_a_restart_tells_nothing_again(folder: Path) -> None:
    with stage(folder, START) as on:
        agent = on.agent()
        reply(on, ticket(agent), "once")
    for _ in range(2):
        with stage(folder, START) as on:
            agent = Caller(on.operator.runner, on.operator.http, agent.token)
            agent.get("/notifications")
            assert messages(on) == ["Reply: once"]


def test_who_is_answered_a_change_finds_the_notice_of_it(on: Stage) -> None:
    agent = on.agent()
    made = ticket(agent)
    for k in range(30):
        reply(on, made, f"number {k}")
        assert agent.get("/notifications", limit=1)["notifications"][0]["message"] == f"Reply: number {k}"


def test_it_is_told_also_while_nobody_reads(folder: Path) -> None:
    with stage(folder, START) as on:
        agent = on.agent()
        reply(on, ticket(agent), "unread")
        for _ in range(3000):  # the thread that tells is on its way
            if messages(on):
                break
            time.sleep(0.01)
        assert messages(on) == ["Reply: unread"]


def test_what_is_not_told_yet_is_told_before_all_is_marked_as_read(on: Stage) -> None:
    agent = on.agent()
    on.platform.support.stop()  # so that only who asks has it told
    reply(on, ticket(agent), "late")
    assert agent.post("/notifications/read-all") == {"marked": 1}
    assert agent.get("/notifications/unread-count")["unread_count"] == 0


def test_many_readers_at_once_find_it_told_once(on: Stage) -> None:
    agent = on.agent()
    made = ticket(agent)

    async def read() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {agent.token}"}
        path = "/notifications/unread-count"
        return await asyncio.gather(*(agent.http.get(path, headers=headers) for _ in range(20)))

    for k in range(5):
        reply(on, made, f"number {k}")
        answers = agent.runner.run(read())
        assert {answer.json()["unread_count"] for answer in answers} == {k + 1}


def test_more_events_than_fit_one_unit_of_work_are_told_in_order(on: Stage) -> None:
    user = on.agent().get("/auth/me")["id"]
    count = 2 * EVENTS_A_UNIT + 1
    changes = [{"user_id": user, "before": str(k), "after": "licensed"} for k in range(count)]
    note(on, "tier_changed", *changes)
    on.platform.support._follower.follow()
    assert [message.split(".")[0] for message in messages(on)] == [f"It was {k}" for k in range(count)]


def test_an_event_that_cannot_be_told_keeps_back_none_after_it(
    on: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    user = on.agent().get("/auth/me")["id"]
    good = {"user_id": user, "before": "free", "after": "licensed"}
    with caplog.at_level(logging.ERROR):
        note(
            on,
            "tier_changed",
            {"before": "free"},
            {**good, "user_id": "nobody"},
            {**good, "after": "gold"},
            good,
        )
        on.platform.support._follower.follow()
    assert messages(on) == ["It was free. You may now have 20 strategies that are not retired."]
    with on.platform.records.read() as session:
        ids = [event.id for event in events.after(session, 0, 10, {"tier_changed"})]
    told = {record.getMessage() for record in caplog.records}
    assert told == {f"event {id_} (tier_changed) cannot be told" for id_ in ids[:3]}


def test_kinds_that_are_nobodys_news_are_passed_over(on: Stage) -> None:
    note(on, "day_settled", {"trade_date": "2024-01-02"})
    agent = on.agent()
    assert agent.get("/notifications") == {"notifications": []}
    with on.platform.records.read() as session:
        assert events.place(session, READER) == 0
    reply(on, ticket(agent), "news")
    agent.get("/notifications")
    with on.platform.records.read() as session:
        (change,) = events.after(session, 0, 10, {"ticket_changed"})
        assert events.place(session, READER) == change.sequence


def test_a_store_that_cannot_be_written_is_read_all_the_same_and_told_later(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with stage(folder, START) as on:
        agent = on.agent()
        made = ticket(agent)
        reply(on, made, "first")
        assert len(agent.get("/notifications")["notifications"]) == 1
        on.platform.support.stop()
        reply(on, made, "second")
        set_read_only(on, read_only=True)
        assert len(agent.get("/notifications")["notifications"]) == 1
        assert "notifications are not written yet" in caplog.text
        set_read_only(on, read_only=False)
        assert len(agent.get("/notifications")["notifications"]) == 2


def set_read_only(on: Stage, *, read_only: bool) -> None:
    """The writer's only connection refuses to write, as SQLite does on a file system that became read-only."""
    connection = on.platform.records.engine.raw_connection()
    connection.cursor().execute(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
    connection.close()
