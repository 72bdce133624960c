"""The event stream: every event once and in one order, however often a reader comes back, and however slow it is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import orjson
import pytest

from quantos.admin import feed as feeds
from quantos.storage import events
from quantos.storage.stream import Place
from tests.feature.admin.conftest import START, Site
from tests.support.sse import Listening


def note(site: Site, kind: str, **payload: Any) -> None:
    """An event of the records store."""
    with site.records.write() as session:
        events.note(session.connection(), START, kind, payload)


def note_in_series(site: Site, kind: str, **payload: Any) -> None:
    """An event of the series store, as settlement leaves one."""
    with site.series.write() as cursor:
        cursor.execute(
            "INSERT INTO event SELECT coalesce(max(sequence), 0) + 1, ?, ?, ? FROM event",
            [START.replace(tzinfo=None), kind, orjson.dumps(payload).decode()],
        )


def listening(site: Site, last_id: str | None = None, query: str = "") -> Coroutine[Any, Any, Listening]:
    return Listening(site.app, site.operator, last_id, query).open()


def logged(site: Site) -> set[str]:
    """The ids of everything that was ever noted."""
    with site.records.read() as session:
        found = {event.id for event in events.after(session, 0, 10**6)}
    with site.series.read() as cursor:
        return found | {f"series-{k}" for (k,) in cursor.execute("SELECT sequence FROM event").fetchall()}


def test_events_of_both_stores_come_as_they_happen(site: Site) -> None:
    async def story() -> Listening:
        reader = await listening(site)
        for k, act in enumerate((note, note_in_series, note)):
            await asyncio.to_thread(act, site, f"kind_{k}", number=k, text="信号\n\n")
            await reader.read(k + 1)
        await reader.leave()
        return reader

    reader = site.run(story())
    assert reader.status == 200
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert reader.ids == ["records-1", "series-1", "records-2"]
    assert [event.kind for event in reader.events] == ["kind_0", "kind_1", "kind_2"]
    assert [event.data for event in reader.events] == [
        {
            "id": reader.ids[k],
            "at": "2024-01-02T00:00:00Z",
            "kind": f"kind_{k}",
            "payload": {"number": k, "text": "信号\n\n"},
        }
        for k in range(3)
    ]


def test_without_an_id_a_reader_begins_with_what_comes_next(site: Site) -> None:
    note(site, "before")

    async def story() -> Listening:
        reader = await listening(site)
        await asyncio.to_thread(note, site, "after")
        await reader.read(1)
        await reader.leave()
        return reader

    reader = site.run(story())
    assert [event.kind for event in reader.events] == ["after"]
    assert b"id: records-1\n\n" in reader.text.split(b"event:")[0]


@pytest.mark.parametrize("recent", [1, 3, 50])
def test_a_reader_may_begin_with_the_latest_events(site: Site, recent: int) -> None:
    for k in range(4):
        note(site, f"kind_{k}")
        note_in_series(site, f"kind_{k}")
    site.run(placed(site))
    whole = site.run(all_events(site))

    async def story() -> list[str]:
        reader = await listening(site, query=f"recent={recent}")
        await reader.read(min(recent, 8))
        await reader.leave()
        return reader.ids

    assert site.run(story()) == whole[-recent:]


async def placed(site: Site) -> None:
    await (await listening(site)).leave()


async def all_events(site: Site) -> list[str]:
    """The whole stream, from its beginning."""
    count = len(logged(site))
    reader = await listening(site, "records-0")
    await reader.read(count)
    await reader.leave()
    return reader.ids


def test_after_any_event_exactly_the_rest_comes(site: Site) -> None:
    for k in range(30):
        (note if k % 3 else note_in_series)(site, f"kind_{k}")

    async def story() -> None:
        whole = await all_events(site)
        assert set(whole) == logged(site)
        assert len(whole) == 30
        for k, id_ in enumerate(whole[:-1]):
            reader = await listening(site, id_)
            await reader.read(29 - k)
            await reader.leave()
            assert reader.ids == whole[k + 1 :]

    site.run(story())


def test_while_both_stores_are_written_a_reader_that_comes_and_goes_misses_nothing(site: Site) -> None:
    moment = random.Random(5)

    def write(act: Any, count: int) -> None:
        for k in range(count):
            act(site, f"kind_{k}")

    async def story() -> list[str]:
        writers = [
            asyncio.to_thread(write, note, 150),
            asyncio.to_thread(write, note, 150),
            asyncio.to_thread(write, note_in_series, 60),
        ]
        writing = asyncio.gather(*writers)
        seen: list[str] = []
        last = "records-0"
        while len(seen) < 360:
            reader = await listening(site, last)
            await reader.read(min(moment.randint(1, 40), 360 - len(seen)))
            await reader.leave()
            seen += reader.ids
            last = (reader.ids or [last])[-1]
        await writing
        return seen

    seen = site.run(story())
    assert len(seen) == len(set(seen)) == 360
    assert set(seen) == logged(site)
    assert site.run(all_events(site)) == seen


def test_the_order_is_the_same_after_a_restart(site: Site) -> None:
    for act in (note, note_in_series, note_in_series, note):
        act(site, "kind")
    before = site.run(all_events(site))
    site.operations.feed._ring.clear()
    note_in_series(site, "late")
    note(site, "later")
    after = site.run(all_events(site))
    assert after[: len(before)] == before
    assert set(after) == logged(site)


def test_many_readers_get_the_same(site: Site) -> None:
    async def story() -> list[list[str]]:
        readers = await asyncio.gather(*(listening(site) for _ in range(40)))
        for k in range(20):
            await asyncio.to_thread(note, site, f"kind_{k}")
        for reader in readers:
            await reader.read(20)
            await reader.leave()
        return [reader.ids for reader in readers]

    found = site.run(story())
    assert found == [[f"records-{k}" for k in range(1, 21)]] * 40


def test_a_reader_that_does_not_read_holds_nothing_and_nobody_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "EVENTS_MAX", 50)
    monkeypatch.setattr(feeds, "BYTES_MAX", 20_000)

    async def story() -> None:
        slow, quick = await listening(site), await listening(site)
        slow.reading.clear()
        for k in range(300):
            await asyncio.to_thread(note, site, f"kind_{k}", text="x" * 500)
        await quick.read(300)
        feed = site.operations.feed
        assert len(feed._ring) <= 50
        assert sum(len(frame.data) for frame in feed._ring) == feed._ring_bytes <= 20_000
        assert len(slow.events) <= 1  # what was on its way
        slow.reading.set()
        await slow.read(300)
        assert slow.ids == quick.ids == [f"records-{k}" for k in range(1, 301)]
        await slow.leave()
        await quick.leave()
        assert feed._ring_bytes == 0
        assert not feed._ring

    site.run(story())


def test_a_quiet_stream_says_that_it_is_alive(site: Site) -> None:
    async def story() -> Listening:
        reader = await listening(site)
        while reader.heartbeats < 2:
            await reader._next()
        await asyncio.to_thread(note, site, "news")
        await reader.read(1)
        await reader.leave()
        return reader

    assert site.run(story()).ids == ["records-1"]


def test_whoever_goes_away_is_forgotten(site: Site) -> None:
    async def story() -> None:
        readers = [await listening(site) for _ in range(5)]
        assert len(site.operations.feed._readers) == 5
        readers[0].reading.clear()
        for reader in readers:
            await reader.leave()
        assert not site.operations.feed._readers

    site.run(story())


def test_the_end_of_the_server_ends_every_stream(site: Site) -> None:
    async def story() -> list[Listening]:
        readers = [await listening(site) for _ in range(5)]
        await asyncio.to_thread(site.operations.feed.close)
        for reader in readers:
            await reader.ended()
        return readers

    assert [reader.is_whole for reader in site.run(story())] == [True] * 5


def test_a_token_that_was_replaced_reads_nothing_more(site: Site) -> None:
    async def story() -> Listening:
        reader = await listening(site)
        site.accounts._operator_bytes = b"another"
        await asyncio.to_thread(note, site, "secret")
        await reader.ended()
        return reader

    reader = site.run(story())
    assert reader.is_whole
    assert reader.events == []


def test_no_more_readers_are_taken_than_the_server_has_connections_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "READERS_MAX", 3)

    async def story() -> tuple[int, int]:
        readers = [await listening(site) for _ in range(3)]
        refused = await listening(site)
        await readers.pop().leave()
        taken = await listening(site)
        for reader in (*readers, taken):
            await reader.leave()
        return refused.status, taken.status

    assert site.run(story()) == (503, 200)


@pytest.mark.parametrize(
    "last_id", ["records-7", "series-1", "records-", "other-1", "records-1e3", "x" * 999, ""]
)
def test_an_id_that_was_never_sent_is_refused(site: Site, last_id: str) -> None:
    note(site, "kind")
    answer = site.call("GET", "/admin/events", headers={"Last-Event-ID": last_id})
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.json()["detail"]
    assert not site.operations.feed._readers


@pytest.mark.parametrize("recent", ["-1", "201", "x", "1.0"])
def test_no_other_number_of_latest_events_can_be_asked_for(site: Site, recent: str) -> None:
    assert site.call("GET", f"/admin/events?recent={recent}").status_code == 422


def test_ops_02_the_stream_is_the_operators(site: Site) -> None:
    assert site.call("GET", "/admin/events", token=None).status_code == 401
    assert site.call("GET", "/admin/events", token=site.a_users_token()).status_code == 403


def test_where_the_series_events_cannot_be_placed_the_others_come_all_the_same(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantos.storage import stream  # noqa: PLC0415
    from quantos.storage.records import RecordsUnavailable  # noqa: PLC0415

    place_new = stream.place_new

    def full(*_: Any) -> None:
        raise RecordsUnavailable("the disk of the records store is full")

    async def story() -> list[str]:
        reader = await listening(site)
        monkeypatch.setattr(stream, "place_new", full)
        await asyncio.to_thread(note_in_series, site, "waits")
        await asyncio.to_thread(note, site, "comes")
        await reader.read(1)
        monkeypatch.setattr(stream, "place_new", place_new)
        await asyncio.to_thread(note, site, "room_again")
        await reader.read(3)
        await reader.leave()
        return [event.kind for event in reader.events]

    assert sorted(site.run(story())) == ["comes", "room_again", "waits"]
    assert "the disk of the records store is full" in caplog.text


def test_places_are_ordered_as_the_stream_is() -> None:
    assert sorted([Place(2), Place(1, 2), Place(1), Place(0, 1), Place(1, 1)]) == [
        Place(0, 1),
        Place(1),
        Place(1, 1),
        Place(1, 2),
        Place(2),
    ]
