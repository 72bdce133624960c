"""Every strategy of the platform."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult

from quantos.client import calls
from tui.screens.base import PlatformScreen
from tui.shown import in_shanghai
from tui.texts import say, word
from tui.widgets.records import Column, Records

STYLES = {"active": "bold $success", "paused": "$warning", "pending": "dim", "retired": "dim strike"}


def _status(value: str) -> Text:
    marks = {"active": "●", "paused": "‖", "pending": "○", "retired": "✕"}
    return Text(f"{marks.get(value, '?')} {word('status', value)}")


def _yes(value: bool) -> Text:
    return Text(say("value.yes") if value else say("value.no"))


COLUMNS = (
    Column("slug", lambda of: of["slug"]),
    Column("name", lambda of: of["name"]),
    Column("status", lambda of: of["status"], _status),
    Column("universe", lambda of: of["universe"]),
    Column("execution_price", lambda of: of["execution_price"]),
    Column("is_public", lambda of: of["is_public"], _yes),
    Column("owner", lambda of: of["owner"]),
    Column("created_at", lambda of: of["created_at"], lambda at: Text(in_shanghai(at, "%Y-%m-%d %H:%M"))),
)


class Strategies(PlatformScreen):
    """A table of strategies."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"run_finished", "operator_changed"})

    def path(self) -> list[str]:
        return [say("strategies.title")]

    def body(self) -> ComposeResult:
        yield Records(COLUMNS, "slug", say("strategies.empty"), id="strategies")

    async def load(self) -> None:
        found = [each async for each in self.dashboard.link.each(calls.list_all_strategies())]
        self.query_one(Records).show(found)
