"""Leaderboard and research: the public strategies by their record, and the best runs of the Copilot's users."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Final, Literal, get_args

from rich.text import Text
from textual import on
from textual.binding import Binding

from quantos.client import calls
from tui.cells import at, marked, number, percent, plain
from tui.colors import moved, signed
from tui.link import Link
from tui.screens.strategy import StrategyDetail
from tui.screens.tabbed import Tabbed, Table
from tui.texts import say, word
from tui.widgets.columns import Column
from tui.widgets.records import Records

Period = Literal["daily", "weekly", "alltime"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
METRICS: Final = ("sharpe", "max_drawdown", "excess_return", "annual_return")


def _share(value: float | None) -> Text:
    """A percentage of the API, which is no share of one."""
    return moved(None if value is None else value / 100)


RANKING = (
    Column("rank", lambda of: of["rank"], right=True),
    Column("slug", lambda of: of["slug"]),
    Column("total_return", lambda of: of["total_return"], moved, right=True),
    Column("annual_return", lambda of: of["annual_return"], moved, right=True),
    Column("excess_return", lambda of: of["excess_return"], moved, right=True),
    Column("sharpe", lambda of: of["sharpe"], signed, right=True),
    Column("max_drawdown", lambda of: of["max_drawdown"], percent(), right=True),
    Column("daily_return", lambda of: of["daily_return"], moved, right=True),
    Column("trading_days", lambda of: of["trading_days"], number(), right=True),
    Column("status", lambda of: of["status"], marked("status")),
    Column("universe", lambda of: of["universe"]),
    Column("creator", lambda of: of["creator"]),
)
RUNS = (
    Column("rank", lambda of: of["rank"], right=True),
    Column("name", lambda of: of["strategy_name"]),
    Column("score", lambda of: of["score"], signed, right=True),
    Column("returns", lambda of: of["return_pct"], _share, right=True),
    Column("sharpe", lambda of: of["sharpe"], signed, right=True),
    Column("max_drawdown", lambda of: of["max_drawdown"], _share, right=True),
    Column("dataset", lambda of: of["dataset"], plain),
    Column("at", lambda of: of["run_at"], at()),
    Column("owner", lambda of: of["username"]),
    Column("note", lambda of: of["notes"], plain),
)


async def ranking(link: Link) -> list[dict[str, Any]]:
    """The public strategies that have a record, the best total first. Raises what a call raises."""
    public, evaluations = await asyncio.gather(
        _all(link, calls.list_public_strategies()), _all(link, calls.list_evaluations())
    )
    metrics = {each["slug"]: each["metrics"] for each in evaluations}
    known = [each for each in public if each["total_return"] is not None]
    known.sort(key=lambda each: -each["total_return"])
    return [
        {
            **each,
            **{name: metrics.get(each["slug"], {}).get(name) for name in METRICS},
            "rank": place,
        }
        for place, each in enumerate(known, 1)
    ]


async def _all(link: Link, call: Any) -> list[Any]:
    return [each async for each in link.each(call)]


class Board(Tabbed):
    """Two tables of the best."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"run_finished"})
    BINDINGS: ClassVar[list[Any]] = [Binding("p", "period", say("key.period"))]

    def __init__(self) -> None:
        super().__init__()
        self._period: Period = "alltime"

    def tables(self) -> tuple[Table, ...]:
        return (
            Table("ranking", RANKING, "slug", ranking),
            Table("best", RUNS, "id", self._best),
        )

    def path(self) -> list[str]:
        return [say("board.title")]

    async def load(self) -> None:
        await super().load()
        self.marks(*([word("period", self._period)] if self.table.key == "best" else []))

    async def _best(self, link: Link) -> list[dict[str, Any]]:
        found = (await link.ask(calls.list_best_runs(period=self._period)))["top"]
        return [{**each, "rank": place} for place, each in enumerate(found, 1)]

    def action_period(self) -> None:
        """Of the last day, the last week, or ever."""
        self._period = PERIODS[(PERIODS.index(self._period) + 1) % len(PERIODS)]
        if self.table.key != "best":
            self.visit_tab("best")
        self.reload()

    @on(Records.Opened, "#ranking")
    def _opened(self, event: Records.Opened) -> None:
        self.app.push_screen(StrategyDetail(event.record["slug"]))
