"""A screen of several tables, one at a time: `[` and `]` turn them over. Only the one in view is loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import TabbedContent, TabPane

from tui.link import Link
from tui.screens.base import PlatformScreen
from tui.texts import say
from tui.widgets.columns import Column, Record
from tui.widgets.records import Records

Fetch = Callable[[Link], Awaitable[Sequence[Record]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name in the texts, its columns, the field that tells records apart, where they come from."""

    key: str
    columns: tuple[Column, ...]
    identity: str
    fetch: Fetch


class Tabbed(PlatformScreen):
    """Below it stand `TABLES`."""

    AUTO_FOCUS = ""  # what has the focus comes into view, and with it its tab
    TABLES: ClassVar[tuple[Table, ...]] = ()

    def tables(self) -> tuple[Table, ...]:
        """What is shown, from the left."""
        return self.TABLES

    def body(self) -> ComposeResult:
        with TabbedContent():
            for table in self.tables():
                with TabPane(say(f"tab.{table.key}"), id=f"pane-{table.key}"):
                    yield Records(table.columns, table.identity, say(f"empty.{table.key}"), id=table.key)

    @property
    def table(self) -> Table:
        """The one in view."""
        active = self.query_one(TabbedContent).active.removeprefix("pane-")
        return next((each for each in self.tables() if each.key == active), self.tables()[0])

    @property
    def records(self) -> Records:
        """The widget of the one in view."""
        return self.query_one(f"#{self.table.key}", Records)

    async def load(self) -> None:
        table = self.table
        found = await table.fetch(self.dashboard.link)
        self.query_one(f"#{table.key}", Records).show(found)

    @on(TabbedContent.TabActivated)
    def _turned(self) -> None:
        for records in self.query(Records):
            if records.id == self.query_one(TabbedContent).active.removeprefix("pane-"):
                records.focus_table()
        self.reload()
