"""What operators changed: who, what, before and after, written in the unit of work that changes it.

A change of the records store is noted in the same unit of work (`note`): there is none without its row. A change
of the series store, or one that takes long, is noted before it begins and completed when it has ended
(`Audit.of`): killed in between, its row says that it was begun, and that nobody saw its end. What is refused
changed nothing and leaves nothing.

Neither `before` nor `after` ever holds a secret: of an invite code there are the last four characters. Each row
comes with an event `operator_changed`, which names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, NamedTuple

import orjson
from sqlalchemy import Column, Connection, Index, Text, delete, func, insert, select, update
from sqlmodel import Field, Session, SQLModel

from quantos.errors import QuantosError
from quantos.kit.clock import Clock
from quantos.storage import events
from quantos.storage.records import Records
from quantos.storage.types import Instant, Record

OPERATOR: Final = "operator"
BEGUN, DONE, FAILED, INTERRUPTED = "begun", "done", "failed", "interrupted"
State = Literal["begun", "done", "failed", "interrupted"]
REFUSED_BELOW: Final = 500
"""A refusal of the caller's own making changed nothing."""

VALUE_CHARS_MAX: Final = 20_000
"""Of `before` and of `after`, as JSON; what is longer is left out, and says so."""


class AuditRow(Record, table=True):
    """A change by an operator. `before`, `after`: JSON; null where there was, or is, nothing."""

    __tablename__: ClassVar[Any] = "audit"
    __table_args__: ClassVar[Any] = (
        Index("ix_audit_action", "action", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    by: str = Field(max_length=40)
    action: str = Field(max_length=40)
    target: str | None = Field(default=None, sa_column=Column(Text))
    state: str = Field(max_length=11)
    before: str | None = Field(default=None, sa_column=Column(Text))
    after: str | None = Field(default=None, sa_column=Column(Text))


class Entry(NamedTuple):
    """A row as it is read."""

    number: int
    at: datetime
    by: str
    action: str
    target: str | None
    state: str
    before: Any
    after: Any


class Wanted(NamedTuple):
    """Which rows; None: any. `since` inclusive, `until` exclusive."""

    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: str | None = None


_audit: Final = SQLModel.metadata.tables["audit"]


def note(
    connection: Connection, at: datetime, action: str, target: str | None, before: Any, after: Any
) -> None:
    """A change, in the unit of work that makes it."""
    _tell(connection, at, _add(connection, at, action, target, DONE, before, after), action, target, DONE)


@dataclass(slots=True)
class Change:
    """A change under way. `after`: what it came to, in plain values; `target`: where that is known only then."""

    number: int
    target: str | None
    after: Any = None
    before: Any = field(default=None)


class Audit:
    """Changes that no unit of work of the records store holds."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records, self._clock = records, clock

    @contextmanager
    def of(self, action: str, target: str | None, asked: Mapping[str, Any] | None = None) -> Iterator[Change]:
        """Note that `action` begins, and afterwards what it came to. For threads, not for the event loop."""
        begun = dict(asked) if asked else None
        with self._records.write() as session:
            now = self._clock.now()
            number = _add(session.connection(), now, action, target, BEGUN, None, begun)
        change = Change(number, target, begun)
        try:
            yield change
        except QuantosError as refusal:
            if refusal.status < REFUSED_BELOW:
                self._forget(number)
            else:
                self._end(change, action, FAILED, {**(begun or {}), "reason": refusal.message})
            raise
        except BaseException as error:
            self._end(change, action, FAILED, {**(begun or {}), "reason": type(error).__name__})
            raise
        self._end(change, action, DONE, change.after)

    def mark_interrupted(self) -> None:
        """At start: what a killed process had begun."""
        with self._records.write() as session:
            session.connection().execute(
                update(_audit).where(_audit.c.state == BEGUN).values(state=INTERRUPTED)
            )

    def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[list[Entry], int]:
        """Newest first, and how many there are."""
        with self._records.read() as session:
            return page(session, wanted, limit, offset)

    def _end(self, change: Change, action: str, state: str, after: Any) -> None:
        with self._records.write() as session:
            connection = session.connection()
            values = {
                "state": state,
                "target": change.target,
                "before": _text(change.before),
                "after": _text(after),
            }
            connection.execute(update(_audit).where(_audit.c.number == change.number).values(values))
            _tell(connection, self._clock.now(), change.number, action, change.target, state)

    def _forget(self, number: int) -> None:
        with self._records.write() as session:
            session.connection().execute(delete(_audit).where(_audit.c.number == number))


def page(session: Session, wanted: Wanted, limit: int, offset: int) -> tuple[list[Entry], int]:
    """Newest first, and how many there are."""
    conditions = [
        *([_audit.c.action == wanted.action] if wanted.action is not None else []),
        *([_audit.c.target == wanted.target] if wanted.target is not None else []),
        *([_audit.c.state == wanted.state] if wanted.state is not None else []),
        *([_audit.c.at >= wanted.since] if wanted.since is not None else []),
        *([_audit.c.at < wanted.until] if wanted.until is not None else []),
    ]
    query = select(_audit).where(*conditions).order_by(_audit.c.number.desc()).limit(limit).offset(offset)
    rows = session.execute(query).all()
    total = session.execute(select(func.count()).select_from(_audit).where(*conditions)).scalar_one()
    found = [
        Entry(
            row.number,
            row.at,
            row.by,
            row.action,
            row.target,
            row.state,
            _value(row.before),
            _value(row.after),
        )
        for row in rows
    ]
    return found, total


def _add(
    connection: Connection, at: datetime, action: str, target: str | None, state: str, before: Any, after: Any
) -> int:
    values = {"at": at, "by": OPERATOR, "action": action, "target": target, "state": state}
    added = connection.execute(insert(_audit), {**values, "before": _text(before), "after": _text(after)})
    key = added.inserted_primary_key
    assert key is not None, "one row was inserted"
    return int(key[0])


def _tell(
    connection: Connection, at: datetime, number: int, action: str, target: str | None, state: str
) -> None:
    told = {"audit": number, "by": OPERATOR, "action": action, "target": target, "state": state}
    events.note(connection, at, "operator_changed", told)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()
    if len(text) > VALUE_CHARS_MAX:
        return orjson.dumps({"left_out": f"{len(text)} characters"}).decode()
    return text


def _value(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
