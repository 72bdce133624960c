"""Tables of tickets and notifications."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field

from quantos.storage.types import Instant, Record

_UNREAD: Any = text("NOT is_read")


class Ticket(Record, table=True):
    """What a user has to say to the operator, and the operator's reply."""

    __tablename__: ClassVar[Any] = "ticket"
    __table_args__: ClassVar[Any] = (
        Index("ix_ticket_user_id", "user_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    title: str = Field(max_length=200)
    description: str = Field(sa_column=Column(Text, nullable=False))
    category: str = Field(max_length=8)
    status: str = Field(max_length=11)
    admin_reply: str | None = Field(default=None, sa_column=Column(Text))
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class Notification(Record, table=True):
    """What a user was told. `event`: the event that it tells, which no other one does."""

    __tablename__: ClassVar[Any] = "notification"
    __table_args__: ClassVar[Any] = (
        Index("ix_notification_user_id", "user_id", "number"),
        Index("ix_notification_unread", "user_id", sqlite_where=_UNREAD),
        Index("ix_notification_subject", "subject"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    kind: str = Field(max_length=40)
    title: str = Field(sa_column=Column(Text, nullable=False))
    message: str = Field(sa_column=Column(Text, nullable=False))
    subject: str | None = Field(default=None, max_length=80)
    is_read: bool = False
    event: str = Field(unique=True, max_length=40)
    created_at: datetime = Field(sa_type=Instant)
