"""One strategy: its NAV against the benchmark, metrics, and for any day its orders with their reasons."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Static, TabbedContent, TabPane

from quantos.client import calls
from quantos.client.errors import NotFound
from tui.cells import at, check, number, percent, plain, words
from tui.colors import COLORS, moved, signed
from tui.plots import Line, compounded, drawdown, line_plot
from tui.screens.base import Detail
from tui.screens.changing import Change
from tui.screens.report import Report
from tui.shown import NOTHING
from tui.state import Bookmark
from tui.texts import say, word
from tui.widgets.columns import Column
from tui.widgets.drawn import Drawn
from tui.widgets.records import Records

ORDERS = (
    Column("symbol", lambda of: of["symbol"]),
    Column("side", lambda of: of["side"], words("side")),
    Column("quantity", lambda of: of["quantity"], number(), right=True),
    Column("filled", lambda of: of["filled"], number(), right=True),
    Column("result", lambda of: of["result"], words("result")),
    Column("why", lambda of: of["reason"], words("reason")),
)
POSITIONS = (
    Column("symbol", lambda of: of["symbol"]),
    Column("quantity", lambda of: of["quantity"], number(), right=True),
    Column("close", lambda of: of["close"], number(3), right=True),
    Column("market_value", lambda of: of["market_value"], number(2), right=True),
    Column("weight", lambda of: of["weight"], percent(2), right=True),
)
SIGNALS = (
    Column("trade_date", lambda of: of["trade_date"]),
    Column("names", lambda of: len(of["signals"]), right=True),
    Column("invested", lambda of: sum(line["weight"] for line in of["signals"]), percent(), right=True),
    Column("submitted_at", lambda of: of["submitted_at"], at("%Y-%m-%d %H:%M:%S")),
    Column("attested", lambda of: of["github_committed"], check),
    Column("is_settled", lambda of: of["is_settled"], check),
    Column("signal_hash", lambda of: of["signal_hash"]),
)
DAYS = (
    Column("date", lambda of: of["date"]),
    Column("type", lambda of: of["type"], words("audit")),
    Column("detail", lambda of: of["detail"]),
)
METRICS = (
    ("total_return", moved), ("annual_return", moved), ("benchmark_return", moved), ("excess_return", moved),
    ("sharpe", signed), ("excess_sharpe", signed), ("calmar", signed), ("volatility", percent()),
    ("max_drawdown", percent()), ("trading_days", number()),
)  # fmt: skip


VERDICTS = {0: "strategy.verified", 1: "strategy.not_verified"}
"""By the verifier's exit code; every other says that it could not read what it was to check."""


class StrategyDetail(Detail):
    """A strategy of anyone's."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"run_finished", "day_settled", "signal_submitted"})
    BINDINGS: ClassVar[list[Any]] = [
        Binding("comma", "day(-1)", say("key.day_before"), key_display=","),
        Binding("full_stop", "day(1)", say("key.day_after"), key_display="."),
        Binding("v", "verify", say("key.verify")),
        Binding("o", "public", say("key.public"), show=False),
        Binding("X", "remove_backfill", say("key.remove_backfill"), show=False),
    ]

    def __init__(self, slug: str) -> None:
        super().__init__()
        self._slug = slug
        self._day: str | None = None
        self._days: list[str] = []
        self._simulated = False

    def path(self) -> list[str]:
        return [say("strategies.title"), self._slug]

    def bookmark(self) -> Bookmark:
        return Bookmark("strategy", self._slug, self._slug)

    def body(self) -> ComposeResult:
        with Horizontal(id="upper"):
            with Vertical(id="plots"):
                yield Drawn(id="nav")
                yield Drawn(id="drawdown")
            yield Static(id="metrics", classes="panel")
        with TabbedContent():
            for key, columns, identity in (
                ("orders", ORDERS, "symbol"),
                ("positions", POSITIONS, "symbol"),
                ("signals", SIGNALS, "id"),
                ("days", DAYS, "date"),
            ):
                with TabPane(say(f"tab.{key}"), id=f"pane-{key}"):
                    yield Records(columns, identity, say(f"empty.{key}"), id=key)

    async def load(self) -> None:
        ask = self.dashboard.link.ask
        record, performance, signals, days = await asyncio.gather(
            ask(calls.get_any_track_record(self._slug)),
            ask(calls.get_any_performance(self._slug)),
            ask(calls.list_any_signals(self._slug, limit=200)),
            ask(calls.get_any_audit_log(self._slug, limit=200)),
        )
        records: Sequence[Any] = record["records"]
        self._days = [each["date"] for each in records]
        self._simulated = bool(record.get("simulated"))
        self._show_curves(records, record)
        self.query_one("#metrics", Static).update(metrics(performance["metrics"], record))
        self.query_one("#signals", Records).show(signals["signals"])
        self.query_one("#days", Records).show(days["audit_log"])
        await self._load_day()

    def _show_curves(self, records: Sequence[Any], record: Any) -> None:
        navs = [1.0, *(each["nav"] for each in records)]
        beside = [1.0, *compounded([each["benchmark_return"] for each in records])]
        lines = [Line(navs, "bold cyan"), Line(beside, "dim")]
        if "claimed" in record:
            claimed = [each["nav"] for each in record["claimed"]["records"]]
            gap: list[float | None] = [None] * len(claimed)
            lines = [Line([*gap, *navs], "bold cyan"), Line([*gap, *beside], "dim"), Line(claimed, "magenta")]
        title = say("strategy.nav") + (say("strategy.claimed") if "claimed" in record else "")
        self._plot("#nav", title, lambda width, height: line_plot(lines, width, height))
        falls = Line(drawdown(navs), COLORS.down)
        self._plot(
            "#drawdown",
            say("strategy.drawdown"),
            lambda width, height: line_plot([falls], width, height, "{:.1%}"),
        )

    def _plot(self, where: str, title: str, draw: Any) -> None:
        plot = self.query_one(where, Drawn)
        plot.border_title = title
        plot.draw(draw)

    async def _load_day(self) -> None:
        """The orders and positions of the day that is looked at; without one, of the last."""
        try:
            package = await self.dashboard.link.ask(
                calls.get_any_verification_package(self._slug, date=self._day)
                if self._day
                else calls.get_any_verification_package(self._slug)
            )
        except NotFound:
            return  # nothing is settled yet: the tables say so
        self.marks(say("strategy.day", day=package["trade_date"]))
        self.query_one("#orders", Records).show(package["verification"]["orders"])
        self.query_one("#positions", Records).show(package["verification"]["positions"])

    def action_day(self, by: int) -> None:
        if self._days:
            now = self._days.index(self._day) if self._day in self._days else len(self._days) - 1
            self._look_at(self._days[max(0, min(len(self._days) - 1, now + by))])

    def _look_at(self, day: str) -> None:
        self._day = day
        self.reload()

    @on(Records.Opened, "#days")
    def _day_opened(self, event: Records.Opened) -> None:
        self._look_at(event.record["date"])
        self.visit_tab("orders")

    @on(Records.Opened, "#signals")
    def _signal_opened(self, event: Records.Opened) -> None:
        lines = [f"{line['symbol']}  {line['weight']:.4f}" for line in event.record["signals"]]
        self.app.push_screen(Report(f"{self._slug} {event.record['trade_date']}", "\n".join(lines)))

    def action_public(self) -> None:
        webbrowser.open(self._public_url())

    def _public_url(self) -> str:
        return f"{self.dashboard.link.url}/api/v1/public/strategies/{self._slug}"

    @work(exclusive=True, group="verify")
    async def action_verify(self) -> None:
        """The independent verifier, as a program of its own, on what the public sees."""
        self.notify(say("strategy.verifying"))
        program = await asyncio.create_subprocess_exec(
            *verifier(self._public_url(), simulated=self._simulated),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await program.communicate()
        verdict = say(VERDICTS.get(program.returncode or 0, "strategy.not_read"))
        self.app.push_screen(Report(f"{verdict}: {self._slug}", said.decode(errors="replace").strip()))

    def action_remove_backfill(self) -> None:
        self.change(
            Change(
                say("strategy.remove_backfill", slug=self._slug),
                say("strategy.remove_backfill_says"),
                lambda _: calls.remove_backfill(self._slug),
            )
        )


def verifier(url: str, *, simulated: bool) -> list[str]:
    """Its command. Only of a platform that says itself that its time is simulated is that allowed."""
    return [sys.executable, "-m", "quantos.cli", "verify", url, *(["--allow-simulated"] if simulated else [])]


def metrics(found: Any, record: Any) -> Table:
    """The metrics, and what stands beside the record."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, shown in METRICS:
        table.add_row(Text(say(f"column.{name}"), "dim"), shown(found[name]))
    tracking = record.get("claimed", {}).get("tracking")
    if tracking:
        table.add_row(Text(say("strategy.verdict"), "dim"), Text(word("verdict", tracking["verdict"])))
        table.add_row(
            Text(say("strategy.tracking_error"), "dim"), percent(2)(tracking["tracking_error_annualized"])
        )
        table.add_row(Text(say("strategy.correlation"), "dim"), signed(tracking["correlation"]))
    for name in ("restatements", "backfilled"):
        if record.get(name):
            count = len(record[name]["records"] if name == "backfilled" else record[name])
            table.add_row(Text(say(f"strategy.{name}"), "dim"), plain(count or NOTHING))
    return table
