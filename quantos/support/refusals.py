"""What support refuses."""

from __future__ import annotations

from quantos.errors import NotFound


class TicketNotFound(NotFound):
    code = "ticket_not_found"


class NotificationNotFound(NotFound):
    code = "notification_not_found"
