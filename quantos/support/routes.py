"""HTTP of tickets and notifications: the user's routes and the operator's."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, joined
from quantos.kit.web import Flag, Offset, json_response, limit, refusals
from quantos.support.schemas import (
    MarkedRead,
    NotificationList,
    NotificationOut,
    OwnedNotificationList,
    OwnedTicket,
    OwnedTicketList,
    TicketChange,
    TicketList,
    TicketNew,
    TicketOut,
    TicketStatus,
    UnreadCount,
)
from quantos.support.service import Support

TicketId = Annotated[str, Path(description="As the answer to its creation gives it.")]
NotificationId = Annotated[str, Path(description="As the list of notifications gives it.")]
StatusFilter = Annotated[TicketStatus | None, Query(description="Only those in this status.")]
UnreadOnly = Annotated[Flag, Query(description="Leave out those that were read.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown, or another user's")


def router(support: Support, accounts: Accounts) -> APIRouter:
    """The user's routes."""
    return joined(_opening(support, accounts), _tickets(support, accounts), _notifications(support, accounts))


def _opening(support: Support, accounts: Accounts) -> APIRouter:
    """The one call that a disabled account may still make."""
    routes = Routes(accounts.user_even_disabled, "tickets")

    @routes.post(
        "/tickets",
        operation_id="create_ticket",
        summary="Tell the operator of a bug, a wish, or data that are wrong",
        status_code=201,
        response_model=TicketOut,
        responses=refusals(s401="missing, malformed or expired credentials") | _MALFORMED,
    )
    async def create_ticket(request: Request, body: TicketNew) -> Response:
        """Each call makes a new ticket. A disabled account may call this too."""
        return json_response(await support.open_ticket(request.state.caller, body), 201)

    return routes


def _tickets(support: Support, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "tickets", _USERS)

    @routes.get(
        "/tickets",
        operation_id="list_tickets",
        summary="The caller's tickets, newest first",
        response_model=TicketList,
        responses=_MALFORMED,
    )
    async def list_tickets(
        request: Request, status: StatusFilter = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """In every status, unless `status` is given."""
        return json_response(support.tickets(request.state.caller, status, limit, offset))

    @routes.get(
        "/tickets/{ticket_id}",
        operation_id="get_ticket",
        summary="One of the caller's tickets",
        response_model=TicketOut,
        responses=_UNKNOWN,
    )
    async def get_ticket(request: Request, ticket_id: TicketId) -> Response:
        """With the operator's reply, once there is one."""
        return json_response(support.ticket(request.state.caller, ticket_id))

    return routes


def _notifications(support: Support, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "notifications", _USERS)

    @routes.get(
        "/notifications",
        operation_id="list_notifications",
        summary="What the caller was told, newest first",
        response_model=NotificationList,
        responses=_MALFORMED,
    )
    async def list_notifications(
        request: Request, unread_only: UnreadOnly = False, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """Of tickets, the tier, licences, and days of strategies that are not settled; those are marked as read
        once the day is settled after all.
        """
        caller = request.state.caller
        return json_response(await support.notifications(caller, limit, offset, unread_only=unread_only))

    @routes.get(
        "/notifications/unread-count",
        operation_id="count_unread_notifications",
        summary="How many notifications are unread",
        response_model=UnreadCount,
    )
    async def count_unread_notifications(request: Request) -> Response:
        """Of the caller's own."""
        return json_response({"unread_count": await support.unread_count(request.state.caller)})

    @routes.patch(
        "/notifications/{notification_id}/read",
        operation_id="read_notification",
        summary="Mark a notification as read",
        response_model=NotificationOut,
        responses=_UNKNOWN,
    )
    async def read_notification(request: Request, notification_id: NotificationId) -> Response:
        """One that is read already stays so."""
        return json_response(await support.mark_read(request.state.caller, notification_id))

    @routes.post(
        "/notifications/read-all",
        operation_id="read_all_notifications",
        summary="Mark every notification as read",
        response_model=MarkedRead,
    )
    async def read_all_notifications(request: Request) -> Response:
        """Of the caller's own. It may be called again."""
        return json_response({"marked": await support.mark_all_read(request.state.caller)})

    return routes


def admin_router(support: Support, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/tickets",
        operation_id="list_all_tickets",
        summary="Everyone's tickets, with their owners, newest first",
        response_model=OwnedTicketList,
        responses=_MALFORMED,
    )
    async def list_all_tickets(
        status: StatusFilter = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """`total` counts those that the filter leaves."""
        return json_response(support.all_tickets(status, limit, offset))

    @routes.patch(
        "/admin/tickets/{ticket_id}",
        operation_id="change_ticket",
        summary="Reply to a ticket, or set its status",
        response_model=OwnedTicket,
        responses=refusals(s404="no such ticket") | _MALFORMED,
    )
    async def change_ticket(ticket_id: TicketId, body: TicketChange) -> Response:
        """Its owner is notified of a new reply and of a change of status. `resolved` sets `resolved_at`."""
        return json_response(await support.change_ticket(ticket_id, body))

    @routes.get(
        "/admin/notifications",
        operation_id="list_all_notifications",
        summary="What everyone was told, newest first",
        response_model=OwnedNotificationList,
        responses=_MALFORMED,
    )
    async def list_all_notifications(limit: int = limit(50), offset: Offset = 0) -> Response:
        """With the nicknames of whom it told, and whether they have read it."""
        return json_response(await support.all_notifications(limit, offset))

    return routes
