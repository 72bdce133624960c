"""Tickets and notifications as users and the operator see them."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from quantos.accounts.service import Accounts, Caller
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.storage import audit, events
from quantos.storage.records import Records
from quantos.support import store
from quantos.support.core import tickets
from quantos.support.core.texts import Language
from quantos.support.core.tickets import Status
from quantos.support.following import Follower
from quantos.support.refusals import NotificationNotFound, TicketNotFound
from quantos.support.schemas import TicketChange, TicketNew, notification_out, ticket_out
from quantos.support.tables import Ticket

__all__ = ["Language", "Support"]


class Support:
    """What users say to the operator, and what they are told."""

    def __init__(self, records: Records, clock: Clock, accounts: Accounts, language: Language = "en") -> None:
        """`language`: of the notifications."""
        self._records, self._clock, self._accounts = records, clock, accounts
        self._follower = Follower(records, language)

    def start(self) -> None:
        """Notify of what has happened since the last time, and from now on as it happens."""
        self._follower.start()

    def stop(self) -> None:
        """Before the records store closes."""
        self._follower.stop()

    # a user's tickets

    async def open_ticket(self, caller: Caller, new: TicketNew) -> dict[str, Any]:
        ticket = Ticket(
            id=new_id(),
            user_id=caller.user_id,
            status=tickets.NEW.value,
            created_at=self._clock.now(),
            **new.model_dump(),
        )
        await self._records.commit(lambda session: store.add_ticket(session, ticket))
        return ticket_out(ticket)

    def tickets(self, caller: Caller, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        """The caller's, newest first."""
        with self._records.read() as session:
            found = store.tickets(session, caller.user_id, status, limit, offset)
            return {"tickets": [ticket_out(ticket) for ticket in found]}

    def ticket(self, caller: Caller, ticket_id: str) -> dict[str, Any]:
        """Raises TicketNotFound, for a foreign one too."""
        with self._records.read() as session:
            found = store.ticket(session, ticket_id)
            if found is None or found.user_id != caller.user_id:
                raise TicketNotFound("there is no such ticket among yours")
            return ticket_out(found)

    # the operator's part

    def all_tickets(self, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        """Everyone's with the owners' nicknames, newest first, and how many there are."""
        with self._records.read() as session:
            found = store.tickets(session, None, status, limit, offset)
            owners = self._accounts.nicknames(session, {ticket.user_id for ticket in found})
            shown = [{**ticket_out(ticket), "owner": owners[ticket.user_id]} for ticket in found]
            return {"tickets": shown, "total": store.count_tickets(session, status)}

    async def all_notifications(self, limit: int, offset: int) -> dict[str, Any]:
        """What everyone was told, with their nicknames, newest first, and how much there is."""
        await self._follower.caught_up()
        with self._records.read() as session:
            found, total = store.all_notifications(session, limit, offset)
            owners = self._accounts.nicknames(session, {row.user_id for row in found})
            shown = [{**notification_out(row), "owner": owners[row.user_id]} for row in found]
            return {"notifications": shown, "total": total}

    async def change_ticket(self, ticket_id: str, change: TicketChange) -> dict[str, Any]:
        """Set the fields that `change` has; its owner is told of what is new. Raises TicketNotFound."""

        def work(session: Session) -> dict[str, Any]:
            ticket = store.ticket(session, ticket_id)
            if ticket is None:
                raise TicketNotFound("there is no such ticket")
            self._apply(session, ticket, change)
            owners = self._accounts.nicknames(session, {ticket.user_id})
            return {**ticket_out(ticket), "owner": owners[ticket.user_id]}

        return await self._records.commit(work)

    def _apply(self, session: Session, ticket: Ticket, change: TicketChange) -> None:
        given, now, before = change.model_fields_set, self._clock.now(), Status(ticket.status)
        after = Status(change.status) if "status" in given else before
        reply = change.admin_reply if "admin_reply" in given else ticket.admin_reply
        news = reply if reply != ticket.admin_reply else None
        old = {"status": before.value, "admin_reply": ticket.admin_reply}
        ticket.resolved_at = tickets.resolved_at(before, after, ticket.resolved_at, now)
        ticket.status, ticket.admin_reply = after.value, reply
        if after is before and news is None:
            return
        changed = {
            "user_id": ticket.user_id,
            "ticket_id": ticket.id,
            "title": ticket.title,
            "status_before": before.value,
            "status": after.value,
            "admin_reply": news,
        }
        events.note(session.connection(), now, "ticket_changed", changed)
        new = {"status": after.value, "admin_reply": reply}
        audit.note(session.connection(), now, "ticket_changed", ticket.id, old, new)

    # notifications

    async def notifications(
        self, caller: Caller, limit: int, offset: int, *, unread_only: bool
    ) -> dict[str, Any]:
        """The caller's, newest first."""
        await self._follower.caught_up()
        with self._records.look() as connection:
            found = store.notifications(connection, caller.user_id, limit, offset, unread_only=unread_only)
        return {"notifications": [notification_out(row) for row in found]}

    async def unread_count(self, caller: Caller) -> int:
        await self._follower.caught_up()
        with self._records.look() as connection:
            return store.count_unread(connection, caller.user_id)

    async def mark_read(self, caller: Caller, notification_id: str) -> dict[str, Any]:
        """Raises NotificationNotFound, for a foreign one too."""

        def work(session: Session) -> dict[str, Any]:
            found = store.notification(session, caller.user_id, notification_id)
            if found is None:
                raise NotificationNotFound("there is no such notification among yours")
            found.is_read = True
            return notification_out(found)

        return await self._records.commit(work)

    async def mark_all_read(self, caller: Caller) -> int:
        """How many were unread."""
        await self._follower.caught_up()
        return await self._records.commit(lambda session: store.mark_all_read(session, caller.user_id))
