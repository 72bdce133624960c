"""API shapes of tickets and notifications."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from quantos.kit.web import STORABLE, Answer, ApiModel, PatchModel
from quantos.support.tables import Notification, Ticket

TEXT_MAX: Final = 20_000

Category = Literal["bug", "feature", "feedback", "data", "other"]
TicketStatus = Literal["open", "in_progress", "resolved", "closed"]
Title = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
Description = Annotated[str, Field(max_length=TEXT_MAX), STORABLE]
Reply = Annotated[str, Field(min_length=1, max_length=TEXT_MAX), STORABLE]


class TicketNew(ApiModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"title": "settlement missing", "description": "for alpha on ...", "category": "data"}
        }
    )

    title: Title
    description: Description = ""
    category: Category


def _without_default(schema: dict[str, Any]) -> None:
    """What is absent stays as it is: the schema must not promise a value."""
    del schema["default"]


class TicketChange(PatchModel):
    """Read `model_fields_set`: a field that is absent is left as it is, and null is refused."""

    status: TicketStatus = Field(default="open", json_schema_extra=_without_default)
    admin_reply: Reply = Field(default="-", json_schema_extra=_without_default)


class TicketOut(Answer):
    """A ticket as the guide shows it."""

    id: str
    user_id: str
    title: str
    description: str
    category: Category
    status: TicketStatus
    admin_reply: str | None
    resolved_at: datetime | None
    created_at: datetime


class OwnedTicket(TicketOut):
    """With its owner's nickname, for the operator."""

    owner: str


class TicketList(Answer):
    tickets: list[TicketOut]


class OwnedTicketList(Answer):
    tickets: list[OwnedTicket]
    total: int


class NotificationOut(Answer):
    id: str
    type: Annotated[str, Field(description="The kind of event that it tells.")]
    title: str
    message: str
    is_read: bool
    created_at: Annotated[datetime, Field(description="When that happened.")]


class NotificationList(Answer):
    notifications: list[NotificationOut]


class OwnedNotification(NotificationOut):
    """With the nickname of whom it told, for the operator."""

    owner: str


class OwnedNotificationList(Answer):
    notifications: list[OwnedNotification]
    total: int


class UnreadCount(Answer):
    unread_count: int


class MarkedRead(Answer):
    """`marked`: how many were unread."""

    marked: int


def ticket_out(ticket: Ticket) -> dict[str, Any]:
    """As in `TicketOut`."""
    return ticket.model_dump(exclude={"number"})


def notification_out(row: Notification) -> dict[str, Any]:
    """As in `NotificationOut`."""
    return {
        "id": row.id,
        "type": row.kind,
        "title": row.title,
        "message": row.message,
        "is_read": row.is_read,
        "created_at": row.created_at,
    }
