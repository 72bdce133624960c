"""Every strategy of the platform: its terms, where it stands, and its metrics of the last evaluation."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from quantos.client import calls
from tui.cells import at, check, marked, number, percent, plain, yes
from tui.colors import moved, signed
from tui.link import Link
from tui.screens.base import PlatformScreen
from tui.screens.strategy import StrategyDetail
from tui.texts import say
from tui.widgets.columns import Column
from tui.widgets.records import Records

COLUMNS = (
    Column("slug", lambda of: of["slug"]),
    Column("status", lambda of: of["status"], marked("status")),
    Column("universe", lambda of: of["universe"]),
    Column("nav", lambda of: of["nav"], number(), right=True),
    Column("daily_return", lambda of: of["daily_return"], moved, right=True),
    Column("total_return", lambda of: of["total_return"], moved, right=True),
    Column("sharpe", lambda of: of["sharpe"], signed, right=True),
    Column("max_drawdown", lambda of: of["max_drawdown"], percent(), right=True),
    Column("excess_return", lambda of: of["excess_return"], moved, right=True),
    Column("last_signal", lambda of: of["last_signal"], plain),
    Column("attested", lambda of: of["attested"], check),
    Column("latest_date", lambda of: of["latest_date"], plain),
    Column("trading_days", lambda of: of["trading_days"], right=True),
    Column("name", lambda of: of["name"]),
    Column("owner", lambda of: of["owner"]),
    Column("is_public", lambda of: of["is_public"], yes),
    Column("execution_price", lambda of: of["execution_price"]),
    Column("created_at", lambda of: of["created_at"], at()),
)
STANDING = ("nav", "daily_return", "total_return", "last_signal", "attested", "latest_date", "trading_days")
METRICS = ("sharpe", "max_drawdown", "excess_return")


async def listed(link: Link) -> list[dict[str, Any]]:
    """Every strategy with where it stands. Raises what a call raises."""

    async def all_of(call: Any) -> list[Any]:
        return [each async for each in link.each(call)]

    strategies, standings, evaluations = await asyncio.gather(
        all_of(calls.list_all_strategies()), all_of(calls.list_standings()), all_of(calls.list_evaluations())
    )
    stands = {each["slug"]: each for each in standings}
    metrics = {each["slug"]: each["metrics"] for each in evaluations}
    return [
        {
            **strategy,
            **{name: stands.get(strategy["slug"], {}).get(name) for name in STANDING},
            **{name: metrics.get(strategy["slug"], {}).get(name) for name in METRICS},
        }
        for strategy in strategies
    ]


class Strategies(PlatformScreen):
    """A table of strategies."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset(
        {"run_finished", "operator_changed", "signal_submitted", "day_settled"}
    )

    def path(self) -> list[str]:
        return [say("strategies.title")]

    def body(self) -> ComposeResult:
        yield Records(COLUMNS, "slug", say("strategies.empty"), id="strategies")

    async def load(self) -> None:
        self.query_one(Records).show(await listed(self.dashboard.link))

    @on(Records.Opened)
    def _opened(self, event: Records.Opened) -> None:
        self.app.push_screen(StrategyDetail(event.record["slug"]))
