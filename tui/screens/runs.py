"""The settlement runs, the latest first; one that failed says why. Beside them the jobs and the restatements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding

from quantos.client import calls
from tui.cells import at, marked, plain, words
from tui.link import Link
from tui.screens.changing import Asked, Change
from tui.screens.run import RunDetail
from tui.screens.tabbed import Tabbed, Table
from tui.shown import NOTHING, in_shanghai, instant, span
from tui.texts import say, word
from tui.widgets.columns import Column, Record
from tui.widgets.records import Records


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
    Column("state", lambda of: of["status"], marked("state")),
    Column("kind", lambda of: of["kind"], lambda kind: Text(word("kind", kind))),
    Column("started", lambda of: of["started"], lambda at: Text(in_shanghai(at))),
    Column("took", _took, _span, right=True),
    Column("settled", lambda of: of["settled"], right=True),
    Column("held", lambda of: of["held"], right=True),
    Column("failed", lambda of: len(of["failed"]), right=True),
    Column("why", _why),
)


RESTATEMENTS = (
    Column("from", lambda of: of["from"]),
    Column("why", lambda of: of["reason"]),
    Column("strategy_days", lambda of: of["strategy_days"], right=True),
    Column("strategies", lambda of: of["strategies"], right=True),
    Column("days", lambda of: of["days"], right=True),
    Column("by", lambda of: of["by"]),
    Column("at", lambda of: of["at"], at()),
)
JOBS = (
    Column("job", lambda of: of["name"], words("job")),
    Column("time", lambda of: of["time"]),
    Column("state", lambda of: of["state"], marked("state")),
    Column("last_run", lambda of: of["last_run"], at()),
    Column("last_date", lambda of: of["last_date"], plain),
    Column("next_run", lambda of: of["next_run"], at()),
    Column("retry_at", lambda of: of["retry_at"], at()),
    Column("detail", lambda of: ", ".join(f"{k} {v}" for k, v in (of["detail"] or {}).items())),
)
SETTLEMENT = "settle_all_active_strategies"


async def _runs(link: Link) -> list[Any]:
    return (await link.ask(calls.list_settlement_runs(limit=200)))["settlement_runs"]


async def _jobs(link: Link) -> list[Any]:
    return (await link.ask(calls.list_jobs()))["jobs"]


async def _restatements(link: Link) -> list[Any]:
    return (await link.ask(calls.list_restatements(limit=200)))["restatements"]


class Runs(Tabbed):
    """Runs, jobs, restatements."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset(
        {"run_started", "run_finished", "day_settled", "operator_changed", "job_failed"}
    )
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table("runs", COLUMNS, "id", _runs),
        Table("jobs", JOBS, "name", _jobs),
        Table("restatements", RESTATEMENTS, "id", _restatements),
    )
    BINDINGS: ClassVar[list[Any]] = [
        Binding("R", "run", say("key.run")),
        Binding("Z", "restate", say("key.restate")),
    ]

    def path(self) -> list[str]:
        return [say("runs.title")]

    @on(Records.Opened, "#runs")
    def _opened(self, event: Records.Opened) -> None:
        self.app.push_screen(RunDetail(event.record["id"]))

    def action_run(self) -> None:
        """Of the day of the run under the cursor, or the job under it."""
        chosen = self.records.selected or {}
        name = chosen["name"] if self.table.key == "jobs" else SETTLEMENT
        day = chosen.get("last_date" if self.table.key == "jobs" else "date") or ""
        self.change(
            Change(
                say("runs.run", job=word("job", name)),
                say("runs.run_says"),
                lambda given: calls.run_job(name, date=given["date"] or None),
                (Asked("date", day, wanted=False),),
                lambda done: f"{word('job', done['job'])} {done['date']}: {word('state', done['state'])}",
            )
        )

    def action_restate(self) -> None:
        chosen = self.records.selected or {}
        day = chosen.get("date") or chosen.get("from") or ""
        self.change(
            Change(
                say("runs.restate"),
                say("runs.restate_says"),
                lambda given: calls.restate_settlement(
                    from_=given["from"], reason=given["reason"], data=given["data"] or None
                ),
                (Asked("from", day), Asked("reason"), Asked("data", wanted=False)),
                lambda done: say(
                    "runs.restated", days=done["settled_again"], changed=done["changed"]["strategy_days"]
                ),
            )
        )
