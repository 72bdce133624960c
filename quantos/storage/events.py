"""The event log of the records store: facts, each noted in the unit of work that makes it true.

A feature that changes something others react to leaves an event and calls nobody. Whoever reacts reads the log
afterwards, in order, and keeps its own place in it, moved in the same unit of work as what it did: each event
is reacted to once, whatever is killed in between. `Records.listen` wakes a reader after the commit.

One writer commits at a time, so the order of the sequence is the order of the commits, and a reader that has
seen an event has missed none before it. To the outside an event's id is `records-{sequence}`; the series store
has a log of its own in the same form. docs/events.md names the kinds and what each says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple

import orjson
from sqlalchemy import Column, Connection, Text, bindparam, func, insert, select
from sqlmodel import Field, Session, SQLModel

from quantos.storage.prepared import Prepared
from quantos.storage.types import Instant, Record, instant_text

STORE: Final = "records"
NOTED: Final = "events_noted"
"""The kinds of events noted on a connection; the records store reads them at the commit."""


class EventRow(Record, table=True):
    """A fact. `payload`: a JSON object."""

    __tablename__: ClassVar[Any] = "event"
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}

    sequence: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    kind: str = Field(max_length=40)
    payload: str = Field(sa_column=Column(Text, nullable=False))


class EventReader(Record, table=True):
    """How far a reader has reacted to the log: up to and with this event."""

    __tablename__: ClassVar[Any] = "event_reader"

    name: str = Field(primary_key=True, max_length=40)
    sequence: int


class Event(NamedTuple):
    """An event as it is read."""

    sequence: int
    at: datetime
    kind: str
    payload: dict[str, Any]

    @property
    def id(self) -> str:
        """As the event stream names it."""
        return f"{STORE}-{self.sequence}"


_event: Final = SQLModel.metadata.tables["event"]
_reader: Final = SQLModel.metadata.tables["event_reader"]
_PLACE: Final = Prepared(select(_reader.c.sequence).where(_reader.c.name == bindparam("name")))
_ADD: Final = Prepared(
    insert(_event).values({name: bindparam(name) for name in ("at", "kind", "payload")})  # bound as stored
)


def note(connection: Connection, at: datetime, kind: str, payload: Mapping[str, Any]) -> None:
    """Leave an event in the unit of work that `connection` stands in. Dates in `payload` become ISO texts."""
    _ADD.run(
        connection, {"at": instant_text(at), "kind": kind, "payload": orjson.dumps(dict(payload)).decode()}
    )
    connection.info.setdefault(NOTED, set()).add(kind)


def after(session: Session, sequence: int, limit: int, kinds: Collection[str] | None = None) -> list[Event]:
    """The first events after `sequence`, in order, at most `limit`; of these kinds, or of all."""
    query = (
        select(_event.c.sequence, _event.c.at, _event.c.kind, _event.c.payload)
        .where(_event.c.sequence > sequence)
        .order_by(_event.c.sequence)
        .limit(limit)
    )
    if kinds is not None:
        query = query.where(_event.c.kind.in_(kinds))
    rows = session.execute(query)
    return [Event(row.sequence, row.at, row.kind, orjson.loads(row.payload)) for row in rows]


def last(session: Session) -> int:
    """The sequence of the newest event; 0 before the first."""
    return session.execute(select(func.max(_event.c.sequence))).scalar_one() or 0


def place(session: Session, reader: str) -> int:
    """How far a reader has reacted to the log; 0 for a new one, which starts at the log's beginning."""
    found = _PLACE.rows(session.connection(), {"name": reader})
    return int(found[0][0]) if found else 0


def move(session: Session, reader: str, sequence: int) -> None:
    """Note that a reader has reacted to everything up to `sequence`, in the unit of work of what it did."""
    session.merge(EventReader(name=reader, sequence=sequence))
