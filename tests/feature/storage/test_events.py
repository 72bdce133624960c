"""The event log of the records store: facts that stand exactly when their unit of work does, read in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

import quantos.app  # noqa: F401 - every feature's tables
from quantos.errors import Conflict
from quantos.kit.clock import parse_instant
from quantos.storage import events
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records

AT = parse_instant("2024-01-02T18:15:00.123456+08:00")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    store = Records(tmp_path / "records.db")
    upgrade(store)
    yield store
    store.close()


def note(session: Session, kind: str, **payload: Any) -> None:
    events.note(session.connection(), AT, kind, payload)


def kinds(records: Records, after: int = 0, limit: int = 100, only: set[str] | None = None) -> list[str]:
    with records.read() as session:
        return [event.kind for event in events.after(session, after, limit, only)]


def test_an_event_comes_back_as_it_was_noted(records: Records) -> None:
    with records.write() as session:
        note(session, "first", name="信号 '\"", day=date(2024, 1, 2), count=3, none=None)
    with records.read() as session:
        (event,) = events.after(session, 0, 10)
    assert event.id == "records-1"
    assert event.at == AT
    assert event.payload == {"name": "信号 '\"", "day": "2024-01-02", "count": 3, "none": None}


def test_an_event_goes_with_its_unit_of_work(records: Records) -> None:
    with pytest.raises(Conflict), records.write() as session:
        note(session, "undone")
        raise Conflict("no")
    with records.write() as session:
        note(session, "done")
    assert kinds(records) == ["done"]


def test_of_units_that_share_a_commit_only_those_that_succeed_leave_events(records: Records) -> None:
    def unit(number: int) -> Any:
        def work(session: Session) -> None:
            note(session, f"unit-{number}")
            if number % 2:
                raise Conflict("no")

        return records.commit(work)

    async def together() -> None:
        await asyncio.gather(*map(unit, range(20)), return_exceptions=True)

    asyncio.run(together())
    assert sorted(kinds(records)) == sorted(f"unit-{n}" for n in range(0, 20, 2))


def test_the_log_is_read_in_order_from_any_place(records: Records) -> None:
    for number in range(5):
        with records.write() as session:
            note(session, f"e{number}")
    assert kinds(records, after=2) == ["e2", "e3", "e4"]
    assert kinds(records, after=2, limit=2) == ["e2", "e3"]
    assert kinds(records, only={"e4", "e0"}) == ["e0", "e4"]
    assert kinds(records, after=5) == []


def test_a_number_is_never_given_twice(records: Records) -> None:
    with records.write() as session:
        note(session, "deleted later")
    with records.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM event")
    with records.write() as session:
        note(session, "next")
        assert [event.sequence for event in events.after(session, 0, 10)] == [2]
        assert events.last(session) == 2


def test_a_reader_keeps_its_place_in_the_unit_of_work_of_what_it_did(records: Records) -> None:
    with records.read() as session:
        assert events.place(session, "one") == 0
    with records.write() as session:
        events.move(session, "one", 3)
        events.move(session, "other", 1)
    with pytest.raises(Conflict), records.write() as session:
        events.move(session, "one", 7)
        raise Conflict("no")
    with records.read() as session:
        assert [events.place(session, name) for name in ("one", "other", "third")] == [3, 1, 0]


def test_a_listener_is_woken_after_commits_with_events_and_finds_them_stored(records: Records) -> None:
    found: list[list[str]] = []
    records.listen(lambda: found.append(kinds(records)))
    with records.write() as session:
        events.move(session, "one", 3)
    assert found == []
    with records.write() as session:
        note(session, "first")
        note(session, "second")
        assert found == []
    assert found == [["first", "second"]]
    with records.write() as session:
        events.move(session, "one", 4)
    assert len(found) == 1


def test_a_listener_is_woken_before_the_request_is_answered(records: Records) -> None:
    found: list[list[str]] = []
    records.listen(lambda: found.append(kinds(records)))

    async def request() -> int:
        await records.commit(lambda session: note(session, "third"))
        return len(found)

    assert asyncio.run(request()) == 1
    assert found == [["third"]]


def test_nobody_is_woken_by_what_was_rolled_back(records: Records) -> None:
    woken: list[int] = []
    records.listen(lambda: woken.append(1))
    with pytest.raises(Conflict), records.write() as session:
        note(session, "undone")
        raise Conflict("no")
    assert woken == []
