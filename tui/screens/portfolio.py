"""One portfolio: its members with their weights, its signals, what became of each day; activate, pause, resume."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static, TabbedContent, TabPane

from quantos.client import ApiError, Call, Unreachable, calls, shapes
from quantos.client.errors import NotFound
from tui.cells import at, check, marked, number, percent, words
from tui.colors import signed
from tui.screens.base import Detail
from tui.screens.changing import Asked, Change
from tui.screens.report import Report
from tui.state import Bookmark
from tui.texts import say, word
from tui.widgets.columns import Column
from tui.widgets.records import Records

MEMBERS = (
    Column("name", lambda of: of["name"]),
    Column("weight", lambda of: of.get("weight"), percent(1), right=True),
    Column("sign", lambda of: of.get("sign"), lambda v: signed(v, 0), right=True),
    Column("ic_mean", lambda of: of.get("ic_mean"), lambda v: signed(v, 4), right=True),
    Column("ic_ir", lambda of: of.get("ic_ir"), signed, right=True),
)
SIGNALS = (
    Column("trade_date", lambda of: of["trade_date"]),
    Column("names", lambda of: of["stock_count"], number(), right=True),
    Column("submitted_at", lambda of: of["submitted_at"], at("%Y-%m-%d %H:%M:%S")),
    Column("attested", lambda of: of["github_committed"], check),
    Column("is_settled", lambda of: of["is_settled"], check),
    Column("signal_hash", lambda of: of["signal_hash"]),
)
DAYS = (
    Column("trade_date", lambda of: of["trade_date"]),
    Column("outcome", lambda of: of["outcome"], words("outcome")),
    Column("why", lambda of: of["reason"]),
    Column("noted_at", lambda of: of["noted_at"], at()),
)


class PortfolioDetail(Detail):
    """A portfolio of anyone's."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("A", "lead('activate')", say("key.activate")),
        Binding("P", "lead('pause')", say("key.pause")),
        Binding("R", "lead('resume')", say("key.resume")),
    ]

    def __init__(self, portfolio_id: str, name: str) -> None:
        super().__init__()
        self._key, self._called = portfolio_id, name

    def path(self) -> list[str]:
        return [say("portfolios.title"), self._called]

    def bookmark(self) -> Bookmark:
        return Bookmark("portfolio", self._key, self._called)

    def body(self) -> ComposeResult:
        yield Static(id="portfolio-head", classes="panel")
        with TabbedContent():
            for key, columns, identity in (
                ("members", MEMBERS, "factor_id"),
                ("made", SIGNALS, "id"),
                ("outcomes", DAYS, "trade_date"),
            ):
                with TabPane(say(f"tab.{key}"), id=f"pane-{key}"):
                    yield Records(columns, identity, say(f"empty.{key}"), id=key)

    async def load(self) -> None:
        link = self.dashboard.link
        everyone = [each async for each in link.each(calls.list_all_portfolios())]
        signals, days = await asyncio.gather(
            link.ask(calls.list_any_portfolio_signals(self._key, limit=200)),
            link.ask(calls.list_any_portfolio_days(self._key, limit=200)),
        )
        mine = next((each for each in everyone if each["id"] == self._key), None)
        if mine is None:
            self.query_one("#portfolio-head", Static).update(say("portfolio.deleted"))
            return
        made = signals["signals"]
        self.query_one("#portfolio-head", Static).update(_head(mine, made))
        weighed = await self._weighed(mine, made[0]["trade_date"]) if made else list(mine["members"])
        self.query_one("#members", Records).show(weighed)
        self.query_one("#made", Records).show(made)
        self.query_one("#outcomes", Records).show(days["days"])

    async def _weighed(self, portfolio: shapes.OwnedPortfolio, day: str) -> list[dict[str, Any]]:
        """The members as they entered the last signal."""
        try:
            explained = await self.dashboard.link.ask(calls.explain_any_portfolio_signal(self._key, day))
        except NotFound:
            return [dict(each) for each in portfolio["members"]]
        found = {each["factor_id"]: each for each in explained["factors"]}
        return [{**each, **found.get(each["factor_id"], {})} for each in portfolio["members"]]

    def action_lead(self, how: str) -> None:
        make: dict[str, Callable[[Any], Call[Any]]] = {
            "activate": lambda given: calls.activate_any_portfolio(
                self._key, initial_capital=_whole(given["initial_capital"])
            ),
            "pause": lambda _: calls.pause_any_portfolio(self._key),
            "resume": lambda _: calls.resume_any_portfolio(self._key),
        }
        fields = (Asked("initial_capital", "1000000"),) if how == "activate" else ()
        title = say(f"portfolio.{how}", name=self._called)
        self.change(Change(title, say(f"portfolio.{how}_says"), make[how], fields))

    @on(Records.Opened, "#made")
    def _explain(self, event: Records.Opened) -> None:
        self._explained(event.record["trade_date"])

    @work(exclusive=True, group="explain")
    async def _explained(self, day: str) -> None:
        try:
            found = await self.dashboard.link.ask(calls.explain_any_portfolio_signal(self._key, day))
        except ApiError as error:
            self.notify(say("app.refused", code=error.named, message=error.detail), severity="error")
            return
        except Unreachable:
            return  # the banner says so
        self.app.push_screen(Report(f"{self._called} {day}", explanation(found)))


def _whole(text: str) -> int:
    try:
        return int(text.replace(",", ""))
    except ValueError:
        raise ValueError(say("change.no_number", text=text)) from None


def _head(portfolio: shapes.OwnedPortfolio, signals: list[shapes.PortfolioSignal]) -> Text:
    line = Text().append_text(marked("portfolio")(portfolio["status"]))
    line.append(
        "   "
        + say(
            "portfolio.head", universe=portfolio["universe"], top_n=portfolio["top_n"],
            weighting=word("weighting", portfolio["weighting"]), owner=portfolio["owner"],
        ),
        "default",
    )  # fmt: skip
    strategy = portfolio["strategy"]
    if strategy is not None:
        line.append(f"   {strategy['slug']} {word('status', strategy['status'])}", "dim")
    waiting = next((each for each in signals if not each["is_settled"]), None)
    if waiting:
        said = say("portfolio.next", date=waiting["trade_date"], names=waiting["stock_count"])
        line.append(f"\n{said}", "default")
    return line


def explanation(found: shapes.Explanation) -> Text:
    """Why a signal is what it is: the factors, the names it took, and those just below."""
    text = Text(
        say(
            "portfolio.explained",
            values_of=found["values_of"],
            names=found["cross_section"],
            top_n=found["top_n"],
        )
    )
    text.append("\n\n" + say("tab.members") + "\n", "bold")
    for factor in found["factors"]:
        text.append(f"  {factor['sign']:+d} x {factor['weight']:.1%}  {factor['name']}\n")
    names = {factor["factor_id"]: factor["name"] for factor in found["factors"]}
    for key, rows in (("selected", found["selected"]), ("below", found["below_the_cut"])):
        text.append("\n" + say(f"portfolio.{key}") + "\n", "bold")
        for row in rows:
            text.append(f"  {row['rank']:>3}  {row['symbol']}  {row['score']:+.3f}")
            parts = "  ".join(
                f"{names[each['factor_id']]} {each['contribution']:+.3f}" for each in row["factors"]
            )
            text.append(f"  {parts}\n", "dim")
    if found["too_dear"]:
        text.append("\n" + say("portfolio.too_dear") + "\n", "bold")
        for dear in found["too_dear"]:
            text.append(f"  {dear['symbol']}  {dear['lot_cost']:,.0f} > {dear['target']:,.0f}\n")
    return text
