"""Every factor: its figures in sample, its checks as marks, and what came after."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult

from quantos.client import calls
from tui.cells import at, marked, number, percent
from tui.colors import signed
from tui.screens.base import PlatformScreen
from tui.screens.factor import FactorDetail
from tui.shown import NOTHING
from tui.texts import say
from tui.widgets.columns import Column, Record
from tui.widgets.records import Records


def _is(name: str) -> Any:
    return lambda of: of["is"][name]


def _checks(of: Record) -> str | None:
    """✓ and ✗ in the order of the checks: IC, IR, turnover, self-correlation, coverage."""
    return "".join("✓" if each["passed"] else "✗" for each in of["checks"]) if of["checks"] else None


def _marks(value: str | None) -> Text:
    if value is None:
        return Text(NOTHING, "dim")
    text = Text()
    for mark in value:
        text.append(mark, "green" if mark == "✓" else "bold red")
    return text


COLUMNS = (
    Column("name", lambda of: of["name"]),
    Column("status", lambda of: of["status"], marked("factor")),
    Column("universe", lambda of: of["universe"]),
    Column("ic_mean", _is("ic_mean"), lambda v: signed(v, 4), right=True),
    Column("ic_ir", _is("ic_ir"), signed, right=True),
    Column("turnover", _is("turnover"), percent(), right=True),
    Column("sharpe", _is("sharpe"), signed, right=True),
    Column("fitness", _is("fitness"), signed, right=True),
    Column("coverage", _is("coverage"), percent(), right=True),
    Column("max_correlation", _is("max_correlation"), number(2), right=True),
    Column("checks", _checks, _marks),
    Column("os_30", lambda of: of["os"]["ic_mean_30d"], lambda v: signed(v, 4), right=True),
    Column("os_120", lambda of: of["os"]["ic_mean_120d"], lambda v: signed(v, 4), right=True),
    Column("data_days", _is("data_days"), number(), right=True),
    Column("owner", lambda of: of["owner"]),
    Column("validated_at", lambda of: of["validated_at"], at()),
    Column("created_at", lambda of: of["created_at"], at()),
)


class Factors(PlatformScreen):
    """A table of factors."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"factor_validated", "run_finished"})

    def path(self) -> list[str]:
        return [say("factors.title")]

    def body(self) -> ComposeResult:
        yield Records(COLUMNS, "id", say("factors.empty"), id="factors")

    async def load(self) -> None:
        found = [each async for each in self.dashboard.link.each(calls.list_all_factors())]
        self.query_one(Records).show(found)

    @on(Records.Opened)
    def _opened(self, event: Records.Opened) -> None:
        self.app.push_screen(FactorDetail(event.record["id"], event.record["name"]))
