"""Every query of tickets and notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, func, insert, update
from sqlmodel import Session, SQLModel, col, select

from quantos.storage.prepared import Look
from quantos.support.tables import Notification, Ticket

_notification: Final = SQLModel.metadata.tables["notification"]
_OF_USER: Final = (
    sa.select(_notification)
    .where(_notification.c.user_id == bindparam("user_id"))
    .order_by(_notification.c.number.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_NOTIFICATIONS: Final = Look(_OF_USER)
_UNREAD: Final = Look(_OF_USER.where(~_notification.c.is_read))
_COUNT_UNREAD: Final = Look(
    sa.select(func.count().label("unread")).where(
        _notification.c.user_id == bindparam("user_id"), ~_notification.c.is_read
    )
)


def add_ticket(session: Session, ticket: Ticket) -> None:
    """Insert without the ORM; `ticket.number` stays None."""
    session.connection().execute(insert(Ticket), ticket.model_dump(exclude={"number"}))


def ticket(session: Session, ticket_id: str) -> Ticket | None:
    return session.exec(select(Ticket).where(col(Ticket.id) == ticket_id)).one_or_none()


def tickets(
    session: Session, user_id: str | None, status: str | None, limit: int, offset: int
) -> Sequence[Ticket]:
    """A page, newest first; of all users where `user_id` is None."""
    query = select(Ticket).order_by(col(Ticket.number).desc()).limit(limit).offset(offset)
    if user_id is not None:
        query = query.where(col(Ticket.user_id) == user_id)
    if status is not None:
        query = query.where(col(Ticket.status) == status)
    return session.exec(query).all()


def count_tickets(session: Session, status: str | None) -> int:
    query = select(func.count()).select_from(Ticket)
    if status is not None:
        query = query.where(col(Ticket.status) == status)
    return session.exec(query).one()


def add_notification(session: Session, row: Notification) -> None:
    """Insert without the ORM; `row.number` stays None."""
    session.connection().execute(insert(Notification), row.model_dump(exclude={"number"}))


def all_notifications(session: Session, limit: int, offset: int) -> tuple[Sequence[Notification], int]:
    """A page of everyone's, newest first, and how many there are."""
    page = select(Notification).order_by(col(Notification.number).desc()).limit(limit).offset(offset)
    total = session.exec(select(func.count()).select_from(Notification)).one()
    return session.exec(page).all(), total


def end_notification(session: Session, subject: str, addition: str) -> None:
    """Mark what was told of a subject as read, and add to its message."""
    session.connection().execute(
        update(Notification)
        .where(col(Notification.subject) == subject)
        .values(is_read=True, message=col(Notification.message) + addition)
    )


def notification(session: Session, user_id: str, notification_id: str) -> Notification | None:
    query = select(Notification).where(
        col(Notification.id) == notification_id, col(Notification.user_id) == user_id
    )
    return session.exec(query).one_or_none()


def notifications(
    connection: Connection, user_id: str, limit: int, offset: int, *, unread_only: bool
) -> Sequence[Any]:
    """A page, newest first."""
    look = _UNREAD if unread_only else _NOTIFICATIONS
    return look.all(connection, {"user_id": user_id, "limit": limit, "offset": offset})


def count_unread(connection: Connection, user_id: str) -> int:
    return int(_COUNT_UNREAD.one_or_none(connection, {"user_id": user_id}).unread)


def mark_all_read(session: Session, user_id: str) -> int:
    """How many were unread."""
    unread = (col(Notification.user_id) == user_id, ~col(Notification.is_read))
    return session.connection().execute(update(Notification).where(*unread).values(is_read=True)).rowcount
