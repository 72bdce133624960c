"""People: accounts with their tiers, invite codes, tickets with replies."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding

from quantos.client import calls
from tui.cells import at, marked, plain, words, yes
from tui.link import Link
from tui.screens.changing import Asked, Change
from tui.screens.report import Report
from tui.screens.tabbed import Tabbed, Table
from tui.texts import say, word
from tui.widgets.columns import Column, Record
from tui.widgets.records import Records

USERS = (
    Column("nickname", lambda of: of["nickname"]),
    Column("email", lambda of: of["email"], plain),
    Column("tier", lambda of: of["tier"], words("tier")),
    Column("disabled", lambda of: of["disabled"], yes),
    Column("has_password", lambda of: of["has_password"], yes),
    Column("created_at", lambda of: of["created_at"], at()),
    Column("id", lambda of: of["id"]),
)
INVITES = (
    Column("code", lambda of: of["masked"]),
    Column("uses", lambda of: of["uses"], right=True),
    Column("max_uses", lambda of: of["max_uses"], right=True),
    Column("expires", lambda of: of["expires_at"], at()),
    Column("created_at", lambda of: of["created_at"], at()),
)
TICKETS = (
    Column("status", lambda of: of["status"], marked("ticket")),
    Column("title", lambda of: of["title"]),
    Column("category", lambda of: of["category"], words("category")),
    Column("owner", lambda of: of["owner"]),
    Column("reply", lambda of: of["admin_reply"], plain),
    Column("created_at", lambda of: of["created_at"], at()),
)
KEYS = (
    Column("owner", lambda of: of["owner"]),
    Column("name", lambda of: of["name"]),
    Column("code", lambda of: of["masked"]),
    Column("last_used", lambda of: of["last_used_at"], at()),
    Column("created_at", lambda of: of["created_at"], at()),
)
NOTICES = (
    Column("created_at", lambda of: of["created_at"], at()),
    Column("owner", lambda of: of["owner"]),
    Column("read", lambda of: of["is_read"], yes),
    Column("title", lambda of: of["title"]),
    Column("message", lambda of: of["message"]),
)
OUTBOX = (
    Column("at", lambda of: of["at"], at()),
    Column("email", lambda of: of["to"]),
    Column("title", lambda of: of["subject"]),
    Column("message", lambda of: " ".join(of["text"].split())),
)
NOTICES_SHOWN = 1000
TIERS = ("free", "licensed")
STATUSES = ("open", "in_progress", "resolved", "closed")


async def _users(link: Link) -> list[Any]:
    return [each async for each in link.each(calls.list_users())]


async def _invites(link: Link) -> list[Any]:
    return [each async for each in link.each(calls.list_invites())]


async def _tickets(link: Link) -> list[Any]:
    return [each async for each in link.each(calls.list_all_tickets())]


async def _keys(link: Link) -> list[Any]:
    return [each async for each in link.each(calls.list_all_api_keys())]


async def _notices(link: Link) -> list[Any]:
    """The newest."""
    found = list[Any]()
    async for each in link.each(calls.list_all_notifications()):
        found.append(each)
        if len(found) >= NOTICES_SHOWN:
            break
    return found


async def _outbox(link: Link) -> list[Any]:
    found = (await link.ask(calls.list_outbox()))["messages"]
    return [{**each, "key": number} for number, each in enumerate(found)]


class People(Tabbed):
    """Accounts, keys, invites, tickets, and what everyone was told."""

    TABLES: ClassVar[tuple[Table, ...]] = (
        Table("users", USERS, "id", _users),
        Table("keys", KEYS, "id", _keys),
        Table("invites", INVITES, "id", _invites),
        Table("tickets", TICKETS, "id", _tickets),
        Table("notices", NOTICES, "id", _notices),
        Table("outbox", OUTBOX, "key", _outbox),
    )
    BINDINGS: ClassVar[list[Any]] = [
        Binding("N", "invite", say("key.invite")),
        Binding("T", "tier", say("key.tier")),
        Binding("D", "disable", say("key.disable")),
        Binding("A", "answer", say("key.answer")),
    ]

    def path(self) -> list[str]:
        return [say("people.title")]

    def _chosen(self, key: str) -> Record | None:
        """The record under the cursor, where its table is in view; else the table comes into view."""
        if self.table.key != key:
            self.visit_tab(key)
            return None
        return self.records.selected

    def action_invite(self) -> None:
        self.change(
            Change(
                say("people.invite"),
                say("people.invite_says"),
                lambda given: calls.create_invite(max_uses=int(given["max_uses"])),
                (Asked("max_uses", "1"),),
                lambda made: say("people.invited", code=made["invite_code"]),
            )
        )

    def action_tier(self) -> None:
        if user := self._chosen("users"):
            wanted: Any = TIERS[1 - TIERS.index(user["tier"])] if user["tier"] in TIERS else TIERS[0]
            said = say("people.tier_says", nickname=user["nickname"], tier=word("tier", wanted))
            make = lambda _: calls.change_user(user["id"], tier=wanted)  # noqa: E731
            self.change(Change(say("people.tier"), said, make))

    def action_disable(self) -> None:
        if user := self._chosen("users"):
            how = "enable" if user["disabled"] else "disable"
            said = say(f"people.{how}_says", nickname=user["nickname"])
            make = lambda _: calls.change_user(user["id"], disabled=not user["disabled"])  # noqa: E731
            self.change(Change(say(f"people.{how}"), said, make))

    def action_answer(self) -> None:
        if ticket := self._chosen("tickets"):
            fields = (Asked("reply", ticket["admin_reply"] or ""), Asked("status", "resolved"))
            said = say("people.answer_says", owner=ticket["owner"], title=ticket["title"])
            self.change(
                Change(
                    say("people.answer"),
                    said,
                    lambda given: calls.change_ticket(
                        ticket["id"], admin_reply=given["reply"], status=_status(given["status"])
                    ),
                    fields,
                )
            )

    @on(Records.Opened, "#notices")
    @on(Records.Opened, "#outbox")
    def _message_opened(self, event: Records.Opened) -> None:
        message = event.record
        title = f"{message.get('title') or message['subject']} · {message.get('owner') or message['to']}"
        self.app.push_screen(Report(title, message.get("message") or message["text"]))

    @on(Records.Opened, "#tickets")
    def _ticket_opened(self, event: Records.Opened) -> None:
        ticket = event.record
        text = Text(ticket["description"] + "\n")
        if ticket["admin_reply"]:
            text.append("\n" + say("column.reply") + "\n", "bold").append(ticket["admin_reply"])
        self.app.push_screen(Report(f"{ticket['title']} · {ticket['owner']}", text))


def _status(text: str) -> Any:
    if text not in STATUSES:
        raise ValueError(say("change.one_of", choices=", ".join(STATUSES)))
    return text
