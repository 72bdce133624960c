"""The two event logs as one stream, in an order that never changes.

    records-1  records-2  series-1  series-2  records-3 ...

Each store has a log of its own, and no commit spans both. An event of the series store gets its place when it is
first read: after the newest event of the records log at that moment, written down in the records store
(`stream_place`) before anyone is shown it. The records log has one writer, so nothing can come in front of what
was shown: whoever goes on after an id, of either store, misses nothing and sees nothing twice.

The key of an event is (records sequence, 0), or (that of the event before it, own sequence) in the series store.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Final, NamedTuple

import orjson
from sqlalchemy import Index, func, insert, select
from sqlmodel import Field, Session, SQLModel

from quantos.storage import events
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.storage.types import Record

SERIES: Final = "series"
DIGITS_MAX: Final = 18
PLACED_AT_ONCE: Final = 1000


class StreamPlace(Record, table=True):
    """An event of the series store, and the event of the records store that it follows; 0 before the first."""

    __tablename__: ClassVar[Any] = "stream_place"
    __table_args__: ClassVar[Any] = (Index("ix_stream_place_after", "after_records", "sequence"),)

    sequence: int = Field(primary_key=True)
    after_records: int


class Place(NamedTuple):
    """Where an event stands in the stream; places are ordered as they compare."""

    records: int
    series: int = 0

    @property
    def id(self) -> str:
        """Of the event that stands there: `{store}-{sequence}`; `records-0` before the first."""
        return f"{SERIES}-{self.series}" if self.series else f"{events.STORE}-{self.records}"


class Streamed(NamedTuple):
    """An event of the stream. `payload`: JSON text."""

    place: Place
    at: datetime
    kind: str
    payload: str


_place: Final = SQLModel.metadata.tables["stream_place"]
_event: Final = SQLModel.metadata.tables["event"]


def place_new(records: Records, series: Series) -> None:
    """Give events of the series store that have no place one each, at the end of the stream."""
    with records.read() as session:
        known = _placed(session)
    if not _series_after(series, known, 1):
        return
    with records.write() as session:
        known, end = _placed(session), events.last(session)
        while found := _series_after(series, known, PLACED_AT_ONCE):
            rows = [{"sequence": sequence, "after_records": end} for sequence, *_ in found]
            session.connection().execute(insert(_place), rows)
            known = found[-1][0]


def end(records: Records) -> Place:
    """The place of the newest event that has one; (0, 0) before the first."""
    with records.read() as session:
        query = select(_place.c.after_records, _place.c.sequence).order_by(_place.c.sequence.desc()).limit(1)
        last = session.execute(query).first()
        newest = Place(events.last(session))
        return newest if last is None else max(newest, Place(*last))


def parse(text: str) -> tuple[str, int] | None:
    """The store and sequence of an id; None for what is none."""
    store, _, number = text.partition("-")
    is_number = number.isascii() and number.isdigit() and len(number) <= DIGITS_MAX
    return (store, int(number)) if store in {events.STORE, SERIES} and is_number else None


def place_of(records: Records, store: str, sequence: int) -> Place | None:
    """Where an event stands; None where the logs have none of that id."""
    with records.read() as session:
        if store == SERIES:
            query = select(_place.c.after_records).where(_place.c.sequence == sequence)
            after = session.execute(query).scalar_one_or_none()
            return None if after is None else Place(after, sequence)
        found = session.execute(select(_event.c.sequence).where(_event.c.sequence == sequence)).first()
        return None if found is None and sequence else Place(sequence)


def after(records: Records, series: Series, place: Place, limit: int) -> list[Streamed]:
    """The first events after a place, in order, at most `limit`."""
    with records.read() as session:
        own = session.execute(
            select(_event.c.sequence, _event.c.at, _event.c.kind, _event.c.payload)
            .where(_event.c.sequence > place.records)
            .order_by(_event.c.sequence)
            .limit(limit)
        ).all()
        places = session.execute(
            select(_place.c.sequence, _place.c.after_records)
            .where(_is_after(place))
            .order_by(_place.c.after_records, _place.c.sequence)
            .limit(limit)
        ).all()
    found = [Streamed(Place(row.sequence), row.at, row.kind, row.payload) for row in own]
    after_of = {row.sequence: row.after_records for row in places}
    for sequence, at, kind, payload in _series_events(series, list(after_of)):
        found.append(Streamed(Place(after_of[sequence], sequence), at, kind, payload))
    found.sort(key=lambda event: event.place)
    return found[:limit]


def before(records: Records, place: Place, count: int) -> Place:
    """The place from which `count` events lead up to `place`, or the beginning of the stream."""
    with records.read() as session:
        own = session.scalars(
            select(_event.c.sequence)
            .where(_event.c.sequence <= place.records)
            .order_by(_event.c.sequence.desc())
            .limit(count + 1)
        ).all()
        places = session.execute(
            select(_place.c.after_records, _place.c.sequence)
            .order_by(_place.c.after_records.desc(), _place.c.sequence.desc())
            .limit(count + 1)
        ).all()
    known = sorted([*map(Place, own), *(Place(*row) for row in places)], reverse=True)
    before_them = [each for each in known if each <= place][count : count + 1]
    return before_them[0] if before_them else Place(0)


def _is_after(place: Place) -> Any:
    beyond = _place.c.after_records > place.records
    return beyond | ((_place.c.after_records == place.records) & (_place.c.sequence > place.series))


def _placed(session: Session) -> int:
    return session.execute(select(func.max(_place.c.sequence))).scalar_one() or 0


def _series_after(series: Series, sequence: int, limit: int) -> list[tuple[int]]:
    with series.read() as cursor:
        return cursor.execute(
            "SELECT sequence FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?", [sequence, limit]
        ).fetchall()


def _series_events(series: Series, sequences: list[int]) -> list[tuple[int, datetime, str, str]]:
    if not sequences:
        return []
    with series.read() as cursor:
        rows = cursor.execute(
            'SELECT sequence, "at", kind, payload FROM event WHERE sequence BETWEEN ? AND ? ORDER BY sequence',
            [min(sequences), max(sequences)],
        ).fetchall()
    wanted = frozenset(sequences)
    return [(row[0], row[1].replace(tzinfo=UTC), row[2], row[3]) for row in rows if row[0] in wanted]


def shown(event: Streamed) -> bytes:
    """An event as the stream sends it: `{id, at, kind, payload}` on one line."""
    payload = orjson.Fragment(event.payload)
    said = {"id": event.place.id, "at": event.at, "kind": event.kind, "payload": payload}
    return orjson.dumps(said, option=orjson.OPT_UTC_Z)
