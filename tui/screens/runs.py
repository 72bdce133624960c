"""The settlement runs, the latest first; one that failed says why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult

from quantos.client import calls
from tui.screens.base import PlatformScreen
from tui.shown import NOTHING, in_shanghai, instant, span
from tui.texts import say, word
from tui.widgets.records import Column, Record, Records

MARKS = {
    "running": "▶",
    "done": "✓",
    "waiting_for_data": "…",
    "failed": "✗",
    "interrupted": "✗",
    "refused": "✗",
}


def _state(value: str) -> Text:
    return Text(f"{MARKS.get(value, '?')} {word('state', value)}")


def _took(run: Record) -> float | None:
    if run["finished"] is None:
        return None
    return (instant(run["finished"]) - instant(run["started"])).total_seconds()


def _span(seconds: float | None) -> Text:
    return Text(NOTHING if seconds is None else span(timedelta(seconds=seconds)))


def _why(run: Record) -> str:
    """The first strategy that failed, or what is waited for."""
    if run["failed"]:
        first = run["failed"][0]
        return " ".join(str(first[part]) for part in ("slug", "trade_date", "reason") if first.get(part))
    waiting: dict[str, Any] | None = run["waiting"]
    return "" if not waiting else say("runs.waits", what=", ".join(f"{k} {v}" for k, v in waiting.items()))


COLUMNS = (
    Column("date", lambda of: of["date"]),
    Column("state", lambda of: of["status"], _state),
    Column("kind", lambda of: of["kind"], lambda kind: Text(word("kind", kind))),
    Column("started", lambda of: of["started"], lambda at: Text(in_shanghai(at))),
    Column("took", _took, _span, right=True),
    Column("settled", lambda of: of["settled"], right=True),
    Column("held", lambda of: of["held"], right=True),
    Column("failed", lambda of: len(of["failed"]), right=True),
    Column("why", _why),
)


class Runs(PlatformScreen):
    """A table of runs."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"run_started", "run_finished", "day_settled"})

    def path(self) -> list[str]:
        return [say("runs.title")]

    def body(self) -> ComposeResult:
        yield Records(COLUMNS, "id", say("runs.empty"), id="runs")

    async def load(self) -> None:
        found = await self.dashboard.link.ask(calls.list_settlement_runs(limit=200))
        self.query_one(Records).show(found["settlement_runs"])
