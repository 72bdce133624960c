"""Today: is it all right? Each line names the key, or the call, that leads to its cause."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic
from typing import Any, ClassVar, Final

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from quantos.client import calls, shapes
from tui.colors import COLORS, moved
from tui.plots import hbar
from tui.screens.base import PlatformScreen
from tui.shown import NOTHING, bar, in_shanghai, instant, size, span
from tui.texts import say, word

MARKS: Final = {
    "never_run": ("○", "dim"),
    "running": ("▶", "bold"),
    "done": ("✓", "green"),
    "waiting": ("…", "yellow"),
    "failed": ("✗", "bold red"),
    "skipped": ("-", "dim"),
    "not_available": (" ", "dim"),
}
DISK_LOW: Final = 0.05
LEADS: Final = {"signals": 2, "settlement": 5, "data": 6, "disk": 8, "license": 8, "counts": 2}
"""The key that leads from a card to what is behind it."""

CAUSES: Final = (
    ("data", 6),
    ("values", 4),
    ("market", 6),
    ("calendar", 6),
    ("settle", 5),
    ("job", 5),
    ("ticket", 7),
)
"""By how an alarm's code begins; every other leads to the appliance."""

LATEST: Final = 30
BAR: Final = 20
MOVERS: Final = 4
"""Shown of the strategies that rose most, and of those that fell most."""


class Today(PlatformScreen):
    """The first screen."""

    POLL_S: ClassVar[float] = 2.0

    def __init__(self) -> None:
        super().__init__()
        self._overview: shapes.OverviewOut | None = None
        self._asked_at = 0.0
        self._moved_for: tuple[str | None, int] | None = None

    def path(self) -> list[str]:
        return [say("key.today")]

    def body(self) -> ComposeResult:
        yield Static(id="clock")
        with Horizontal(id="cards"):
            for name in ("signals", "settlement", "data", "disk", "license", "counts"):
                card = Static(id=name, classes="card")
                card.border_title = f"{say(f'today.{name}')} [{LEADS[name]}]".replace("[", r"\[")
                yield card
        with Horizontal(id="halves"):
            with VerticalScroll(id="left", can_focus=False):
                jobs = Static(id="jobs", classes="panel")
                jobs.border_title = say("today.jobs") + r" \[5]"
                yield jobs
                deadlines = Static(id="deadlines", classes="panel")
                deadlines.border_title = say("today.deadlines")
                yield deadlines
                movers = Static(id="movers", classes="panel")
                movers.border_title = say("today.movers") + r" \[2]"
                yield movers
            with Vertical(id="right"):
                alarms = VerticalScroll(Static(id="alarms"), id="alarm-panel", classes="panel")
                alarms.border_title = say("today.alarms")
                yield alarms
                latest = VerticalScroll(
                    Static(id="latest"), id="latest-panel", classes="panel", can_focus=False
                )
                latest.border_title = say("today.latest") + r" \[5]"
                yield latest

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    async def load(self) -> None:
        overview = await self.dashboard.link.ask(calls.get_overview())
        self._overview, self._asked_at = overview, monotonic()
        self._show(overview)
        if self._moved_for != (settled := (overview["settlement"]["date"], overview["settlement"]["done"])):
            standings = [each async for each in self.dashboard.link.each(calls.list_standings())]
            runs = await self.dashboard.link.ask(calls.list_settlement_runs(limit=LATEST))
            self._moved_for = settled
            room = MOVERS if self.size.height < 40 else 2 * MOVERS
            self.query_one("#movers", Static).update(movers(standings, room))
            self.query_one("#latest", Static).update(latest(runs["settlement_runs"]))

    def _now(self, overview: shapes.OverviewOut) -> datetime:
        """The platform's clock; between two answers it goes on by itself, unless it is simulated."""
        gone_by = 0.0 if overview["simulated"] else monotonic() - self._asked_at
        return instant(overview["now"]) + timedelta(seconds=gone_by)

    def _tick(self) -> None:
        if self._overview is not None and self.dashboard.link.gone is None:
            self._show_time(self._overview)

    def _show(self, overview: shapes.OverviewOut) -> None:
        self.marks(*([say("app.simulated")] if overview["simulated"] else []))
        self._show_time(overview)
        for name, content in cards(overview).items():
            self.query_one(f"#{name}", Static).update(content)
        self.query_one("#jobs", Static).update(jobs(overview["jobs"]))
        self.query_one("#alarms", Static).update(alarms(overview["alarms"]))
        self.query_one("#alarm-panel").set_class(bool(overview["alarms"]), "alarmed")

    def _show_time(self, overview: shapes.OverviewOut) -> None:
        now, day = self._now(overview), overview["trading_day"]
        line = Text(say("today.clock", date=in_shanghai(now, "%Y-%m-%d"), time=in_shanghai(now, "%H:%M:%S")))
        line.append(
            "   " + (say("today.trading_day", day=day) if day else say("today.no_trading_day")), "bold"
        )
        self.query_one("#clock", Static).update(line)
        self.query_one("#deadlines", Static).update(deadlines(overview["deadlines"], now))


def cards(overview: shapes.OverviewOut) -> dict[str, Text]:
    """What each card says."""
    signals, settled, data = overview["signals"], overview["settlement"], overview["data"]
    disk, strategies = overview["disk"], overview["strategies"]
    mark, style = MARKS.get(settled["state"], ("✗", "bold red"))
    return {
        "signals": _lines(
            say("today.signals_of", received=signals["received"], expected=signals["expected"]),
            say("today.attested", attested=signals["attested"]),
        ),
        "settlement": _lines(
            f"{mark} {word('state', settled['state'])} {settled['done']}/{settled['total']}",
            bar(settled["done"], settled["total"], 10)
            if settled["state"] == "running"
            else settled["date"] or NOTHING,
            style=style,
        ),
        "data": _lines(
            say("today.data_to", date=data["last_date"]) if data["last_date"] else say("today.data_none"),
            say("today.data_missing", days=data["missing"]) if data["missing"] else say("today.data_whole"),
            style="yellow" if data["missing"] or not data["last_date"] else "",
        ),
        "disk": _lines(
            say("today.disk_free", free=size(disk["free_bytes"])),
            bar(disk["total_bytes"] - disk["free_bytes"], disk["total_bytes"], 10),
            style="bold red" if disk["free_bytes"] < DISK_LOW * disk["total_bytes"] else "",
        ),
        "license": _lines(
            word("edition", overview["license"]["edition"]),
            say("today.license_until", date=overview["license"]["until"][:10])
            if overview["license"]["until"]
            else word("mode", overview["license"]["mode"]),
            style="yellow" if overview["license"]["ends_soon"] else "",
        ),
        "counts": _lines(
            f"{strategies.get('active', 0)} {word('status', 'active')}",
            f"{strategies.get('paused', 0)} {word('status', 'paused')}",
        ),
    }


def jobs(found: list[shapes.DueJob]) -> Table:
    """The day's jobs in their order, each with its state, its last run and its next."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", expand=True)
    table.add_column("", width=1)
    table.add_column("", ratio=1, no_wrap=True)
    for heading in (say("today.job_last"), say("today.job_next")):
        table.add_column(heading, no_wrap=True)
    for job in found:
        mark, style = MARKS.get(job["state"], ("?", ""))
        done = job["state"] == "done"
        last = Text(in_shanghai(job["last_run"]), "dim") if done else Text(word("state", job["state"]), style)
        table.add_row(Text(mark, style), Text(word("job", job["name"])), last, Text(in_shanghai(job["due"])))
    return table


def deadlines(found: shapes.Deadlines, now: datetime) -> Table:
    """The next ones, counted down."""
    table = Table.grid(padding=(0, 2))
    ahead: dict[str, Any] = {"open": found["open"], "close": found["close"]}
    for name, deadline in ahead.items():
        label = Text(say(f"today.deadline.{name}"))
        if deadline is None:
            table.add_row(label, Text(say("today.no_deadline"), "dim"))
            continue
        left = instant(deadline["at"]) - now
        said = say("today.in", left=span(left)) if left > timedelta() else say("today.over")
        style = "bold yellow" if left < timedelta(minutes=10) else ""
        table.add_row(label, Text(in_shanghai(deadline["at"])), Text(said, style))
    return table


def alarms(found: list[shapes.AlarmOut]) -> Text:
    """What must be looked at, with what to do."""
    if not found:
        return Text("✓ " + say("today.all_right"), "green")
    lines = Text()
    for alarm in found:
        key = next((key for start, key in CAUSES if alarm["code"].startswith(start)), 8)
        lines.append(f"✗ {alarm['code']}", "bold red").append(f"  [{key}]\n", "bold")
        lines.append(f"  {alarm['message']}\n")
    return lines


def latest(runs: list[shapes.RunOut]) -> Table:
    """The last settlement runs, each with how many it settled, held and failed."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", width=1)
    table.add_column("")
    for heading in ("settled", "held", "failed", "took"):
        table.add_column(say(f"column.{heading}"), justify="right")
    for run in runs:
        mark, style = MARKS.get(run["status"], ("✗", "bold red"))
        failed = len(run["failed"])
        took = NOTHING
        if run["finished"] is not None:
            took = span(instant(run["finished"]) - instant(run["started"]))
        table.add_row(
            Text(mark, style), run["date"], f"{run['settled']:,}", f"{run['held']:,}",
            Text(str(failed), "bold red" if failed else "dim"), Text(took, "dim"),
        )  # fmt: skip
    return table


def movers(standings: list[shapes.StandingOut], room: int = MOVERS) -> Table:
    """The strategies that rose and fell most on the last settled day."""
    last = max((each["latest_date"] or "" for each in standings), default="")
    known = [each for each in standings if each["latest_date"] == last and each["daily_return"] is not None]
    ranked = sorted(known, key=lambda each: each["daily_return"] or 0.0, reverse=True)
    shown = ranked if len(ranked) <= 2 * room else [*ranked[:room], *ranked[-room:]]
    top = max((abs(each["daily_return"] or 0.0) for each in shown), default=0.0)
    table = Table.grid(padding=(0, 2))
    if not shown:
        table.add_row(Text(say("today.no_movers"), "dim"))
    for each in shown:
        nav = Text(f"{each['nav']:,.0f}" if each["nav"] is not None else NOTHING, "dim")
        share = each["daily_return"] or 0.0
        table.add_row(moved(share), each["slug"], nav, Text(hbar(share, top, BAR), COLORS.of(share)))
    return table


def _lines(first: str, second: str, style: str = "") -> Text:
    return Text().append(first, style).append("\n" + second, "dim")
