"""Market data: how whole it is month by month, what was imported, what was refused and why, the calendar."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static, TabbedContent, TabPane

from quantos.client import ApiError, calls, shapes
from tui.calendars import month_lines, months_around, side_by_side
from tui.cells import at, number, plain, words
from tui.link import Link
from tui.plots import SHADES
from tui.screens.changing import Asked, Change
from tui.screens.tabbed import Tabbed, Table
from tui.shown import NOTHING, in_shanghai
from tui.texts import say, word
from tui.widgets.columns import Column
from tui.widgets.records import Records

QUARANTINE = (
    Column("reason", lambda of: of["reason"], words("refusal")),
    Column("symbol", lambda of: of["symbol"], plain),
    Column("trade_date", lambda of: of["trade_date"], plain),
    Column("meaning", lambda of: of["meaning"]),
    Column("load", lambda of: of["load"], right=True),
    Column("row", lambda of: ", ".join(f"{name} {value}" for name, value in of["row"].items())),
)
LOADS = (
    Column("load", lambda of: of["id"], right=True),
    Column("kind", lambda of: of["kind"]),
    Column("rows", lambda of: of["rows"], number(), right=True),
    Column("stored", lambda of: of["stored"], number(), right=True),
    Column("changed", lambda of: of["changed"], number(), right=True),
    Column("quarantined", lambda of: of["quarantined"], number(), right=True),
    Column("loaded_at", lambda of: of["loaded_at"], at()),
    Column("source", lambda of: of["source"]),
)
BOARDS = (
    Column("board", lambda of: of["board"]),
    Column("instruments", lambda of: of["instruments"], number(), right=True),
    Column("with_bars", lambda of: of["with_bars"], number(), right=True),
    Column("bars", lambda of: of["bars"], number(), right=True),
    Column("first", lambda of: of["first"], plain),
    Column("last", lambda of: of["last"], plain),
)
ACCEPTED = (
    Column("date", lambda of: of["date"]),
    Column("why", lambda of: of["reason"]),
    Column("by", lambda of: of["by"]),
)
QUARANTINE_SHOWN = 1000
MONTHS = 12
MONTHS_BEFORE, MONTHS_AFTER = 2, 6


async def _coverage(link: Link) -> shapes.CoverageOut:
    return await link.ask(calls.read_coverage())


async def _boards(link: Link) -> list[Any]:
    return (await _coverage(link))["boards"]


async def _loads(link: Link) -> list[Any]:
    return (await _coverage(link))["loads"]


async def _accepted(link: Link) -> list[Any]:
    return (await _coverage(link))["accepted"]


async def _quarantine(link: Link) -> list[Any]:
    """The newest refused rows, each with a number of its own."""
    found: list[Any] = []
    async for row in link.each(calls.list_quarantine()):
        found.append({**row, "key": len(found)})
        if len(found) >= QUARANTINE_SHOWN:
            break
    return found


class Market(Tabbed):
    """What of the market is there."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"operator_changed", "market_loaded"})
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table("boards", BOARDS, "board", _boards),
        Table("quarantine", QUARANTINE, "key", _quarantine),
        Table("loads", LOADS, "id", _loads),
        Table("accepted", ACCEPTED, "date", _accepted),
    )
    BINDINGS: ClassVar[list[Any]] = [
        Binding("I", "import", say("key.import")),
        Binding("A", "accept", say("key.accept")),
    ]

    def path(self) -> list[str]:
        return [say("market.title")]

    def body(self) -> ComposeResult:
        with TabbedContent():
            with TabPane(say("tab.coverage"), id="pane-coverage"), VerticalScroll():
                yield Static(id="months")
            with TabPane(say("tab.calendar"), id="pane-calendar"), VerticalScroll():
                yield Static(id="calendar")
            for table in self.TABLES:
                with TabPane(say(f"tab.{table.key}"), id=f"pane-{table.key}"):
                    yield Records(table.columns, table.identity, say(f"empty.{table.key}"), id=table.key)

    async def load(self) -> None:
        active = self.query_one(TabbedContent).active
        if active == "pane-calendar":
            await self._load_calendar()
            return
        if active != "pane-coverage":
            await super().load()
            return
        coverage = await _coverage(self.dashboard.link)
        months = (await self.dashboard.link.ask(calls.list_market_months()))["months"]
        self.query_one("#months", Static).update(_covered(coverage).append_text(heat_map(months)))

    async def _load_calendar(self) -> None:
        """Around today, as many months as there is room for."""
        now = (await self.dashboard.link.ask(calls.get_overview()))["now"]
        today = in_shanghai(now, "%Y-%m-%d")
        names = months_around(date.fromisoformat(today), MONTHS_BEFORE, MONTHS_AFTER)
        months = await asyncio.gather(*(self._month(name, today) for name in names))
        shown = Text(say("market.calendar_says", today=today) + "\n\n", "dim")
        width = self.query_one("#pane-calendar").size.width - 4
        self.query_one("#calendar", Static).update(shown.append_text(side_by_side(months, width)))

    async def _month(self, name: str, today: str) -> list[Text]:
        try:
            found = await self.dashboard.link.ask(calls.read_calendar(month=name))
        except ApiError:  # beyond the calendar
            return month_lines(name, (), today, say("market.weekdays"))
        trading: Any = found["trading_days"]  # type: ignore[typeddict-item]
        return month_lines(name, trading, today, say("market.weekdays"))

    def action_import(self) -> None:
        self.change(
            Change(
                say("market.import"),
                say("market.import_says"),
                lambda given: calls.import_market(path=given["path"]),
                (Asked("path"),),
                lambda done: say(
                    "market.imported", rows=done["rows"], stored=done["stored"],
                    refused=sum(done["quarantined"].values()), took=f"{done['elapsed_s']:.1f}",
                ),
                _stored,
            )
        )  # fmt: skip

    def action_accept(self) -> None:
        self.change(
            Change(
                say("market.accept"),
                say("market.accept_says"),
                lambda given: calls.accept_day(date=given["date"], reason=given["reason"]),
                (Asked("date"), Asked("reason")),
            )
        )


async def _stored(link: Link) -> str:
    """How far an import has come."""
    coverage = await _coverage(link)
    return say("market.stored", bars=f"{coverage['bars']:,}", loads=len(coverage["loads"]))


def _covered(coverage: shapes.CoverageOut) -> Text:
    """The sums above the map."""
    if coverage["first_date"] is None:
        return Text(say("today.data_none") + "\n")
    calendar = coverage["calendar"]
    text = Text(
        say(
            "market.covered", instruments=f"{coverage['instruments']:,}", bars=f"{coverage['bars']:,}",
            first=coverage["first_date"], last=coverage["last_date"], whole=coverage["last_whole"],
        )
    )  # fmt: skip
    if coverage["synthetic"]:
        text.append("   " + say("market.synthetic"), "bold yellow")
    style = "bold yellow" if calendar["ends_soon"] else ""
    text.append("\n" + say("market.calendar", last=calendar["last"], left=calendar["days_left"]), style)
    for universe, bench in coverage["benchmarks"].items():
        span = NOTHING if bench is None else f"{bench['series']} {bench['first']} to {bench['last']}"
        text.append(f"\n{universe:<10}{span}", "dim")
    refused = ", ".join(
        f"{word('refusal', reason)} {count:,}" for reason, count in coverage["quarantine"].items()
    )
    text.append("\n" + say("market.refused", reasons=refused or NOTHING), "yellow" if refused else "dim")
    return text.append("\n\n")


def heat_map(months: list[shapes.MonthOut]) -> Text:
    """A row a year, a cell a month: the share of its trading days with bars, and the bars of a day."""
    if not months:
        return Text("")
    found = {each["month"]: each for each in months}
    first, last = int(months[0]["month"][:4]), int(months[-1]["month"][:4])
    text = Text("      " + "".join(f"{month:>5}" for month in range(1, MONTHS + 1)) + "\n", "dim")
    for year in range(first, last + 1):
        text.append(f"{year}  ", "dim")
        for month in range(1, MONTHS + 1):
            text.append_text(_cell(found.get(f"{year}-{month:02d}")))
        text.append("\n")
    return text.append("\n" + say("market.legend"), "dim")


def _cell(month: shapes.MonthOut | None) -> Text:
    """`20██`: how many days have bars, as dark as their share; what lacks some is marked."""
    if month is None:
        return Text("    ·", "dim")
    share = month["days"] / month["sessions"] if month["sessions"] else 0.0
    mark = SHADES[max(1, min(4, int(share * 4)))]
    whole = month["days"] >= month["sessions"]
    return Text(
        f" {month['days']:>2}{'' if whole else '!'}{mark * (2 if whole else 1)}",
        "green" if whole else "yellow",
    )
