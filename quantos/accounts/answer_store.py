"""Every query of the answers that are kept for an `Idempotency-Key`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import sqlite
from sqlmodel import Session, SQLModel

from quantos.accounts.tables import KeptAnswer

_answer: Final = SQLModel.metadata.tables[KeptAnswer.__tablename__]
_FIND: Final = select(_answer.c.request, _answer.c.answer).where(
    _answer.c.place == bindparam("place"), _answer.c.begun_at > bindparam("outdated")
)
_FORGET: Final = delete(_answer).where(_answer.c.begun_at <= bindparam("outdated"))


def find(session: Session, place: str, outdated: datetime) -> tuple[str, bytes | None] | None:
    """The request's digest and its sealed answer, None where there is none yet; of one begun after `outdated`."""
    row = session.connection().execute(_FIND, {"place": place, "outdated": outdated}).first()
    return None if row is None else (row[0], row[1])


def begin(connection: Connection, place: str, request: str, begun_at: datetime) -> None:
    """Note that the key was used, in the unit of work of what it was used for."""
    _put(connection, place, request, begun_at, None)


def keep(
    connection: Connection, place: str, request: str, begun_at: datetime, answer: bytes, outdated: datetime
) -> None:
    """Keep the answer, and forget those that were begun up to `outdated`."""
    connection.execute(_FORGET, {"outdated": outdated})
    _put(connection, place, request, begun_at, answer)


def _put(connection: Connection, place: str, request: str, begun_at: datetime, answer: bytes | None) -> None:
    values = {"place": place, "request": request, "begun_at": begun_at, "answer": answer}
    added = _insert(connection.dialect.name).values(values)
    connection.execute(
        added.on_conflict_do_update(
            index_elements=["place"], set_={name: added.excluded[name] for name in values if name != "place"}
        )
    )


def _insert(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a dialect takes its time to load

        return postgresql.insert(_answer)
    return sqlite.insert(_answer)
