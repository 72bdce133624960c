"""Every portfolio of factors."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from quantos.client import calls
from tui.cells import at, marked, words
from tui.screens.base import PlatformScreen
from tui.screens.portfolio import PortfolioDetail
from tui.texts import say
from tui.widgets.columns import Column, Record
from tui.widgets.records import Records


def _strategy(of: Record) -> str | None:
    return of["strategy"]["slug"] if of["strategy"] else None


COLUMNS = (
    Column("name", lambda of: of["name"]),
    Column("status", lambda of: of["status"], marked("portfolio")),
    Column("universe", lambda of: of["universe"]),
    Column("weighting", lambda of: of["weighting"], words("weighting")),
    Column("top_n", lambda of: of["top_n"], right=True),
    Column("members", lambda of: ", ".join(each["name"] for each in of["members"])),
    Column("slug", _strategy),
    Column("owner", lambda of: of["owner"]),
    Column("created_at", lambda of: of["created_at"], at()),
)


class Portfolios(PlatformScreen):
    """A table of portfolios."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset(
        {"operator_changed", "signal_submitted", "run_finished"}
    )

    def path(self) -> list[str]:
        return [say("portfolios.title")]

    def body(self) -> ComposeResult:
        yield Records(COLUMNS, "id", say("portfolios.empty"), id="portfolios")

    async def load(self) -> None:
        found = [each async for each in self.dashboard.link.each(calls.list_all_portfolios())]
        self.query_one(Records).show(found)

    @on(Records.Opened)
    def _opened(self, event: Records.Opened) -> None:
        self.app.push_screen(PortfolioDetail(event.record["id"], event.record["name"]))
