"""Every query of tickets and notifications."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, insert, update
from sqlmodel import Session, col, select

from quantos.support.tables import Notification, Ticket


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
    session: Session, user_id: str, limit: int, offset: int, *, unread_only: bool
) -> Sequence[Notification]:
    """A page, newest first."""
    query = (
        select(Notification)
        .where(col(Notification.user_id) == user_id)
        .order_by(col(Notification.number).desc())
        .limit(limit)
        .offset(offset)
    )
    if unread_only:
        query = query.where(~col(Notification.is_read))
    return session.exec(query).all()


def count_unread(session: Session, user_id: str) -> int:
    query = select(func.count()).where(col(Notification.user_id) == user_id, ~col(Notification.is_read))
    return session.exec(query).one()


def mark_all_read(session: Session, user_id: str) -> int:
    """How many were unread."""
    unread = (col(Notification.user_id) == user_id, ~col(Notification.is_read))
    return session.connection().execute(update(Notification).where(*unread).values(is_read=True)).rowcount
