"""One settlement run: what became of each strategy, failures first, and what the run waits for."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from quantos.client import calls, shapes
from tui.cells import marked
from tui.screens.base import Detail
from tui.shown import in_shanghai
from tui.state import Bookmark
from tui.texts import say, word
from tui.widgets.columns import Column, Record
from tui.widgets.records import Records


def _text(key: str) -> Any:
    return lambda of: of.get(key)


COLUMNS = (
    Column("slug", _text("slug")),
    Column("trade_date", _text("trade_date")),
    Column("outcome", _text("outcome"), lambda v: Text("" if v is None else word("outcome", v))),
    Column("why", lambda of: of.get("reason") or of.get("code")),
)


class RunDetail(Detail):
    """A run."""

    KINDS: ClassVar[frozenset[str] | None] = frozenset({"day_settled", "run_finished"})

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._key = run_id

    def path(self) -> list[str]:
        return [say("runs.title"), self._key[:8]]

    def bookmark(self) -> Bookmark:
        return Bookmark("run", self._key, self._key[:8])

    def body(self) -> ComposeResult:
        yield Static(id="run-head", classes="panel")
        yield Records(COLUMNS, "key", say("empty.outcomes_of_run"), id="run")

    async def load(self) -> None:
        run = await self.dashboard.link.ask(calls.get_settlement_run(self._key))
        self.query_one("#run-head", Static).update(_head(run))
        self.query_one(Records).show(_outcomes(run))


def _head(run: shapes.RunDetail) -> Text:
    text = Text().append_text(marked("state")(run["status"]))
    text.append(f"   {run['date']}   {word('kind', run['kind'])}", "default")
    said = say(
        "runs.counted", settled=run["settled"], held=run["held"], failed=len(run["failed"]),
        started=in_shanghai(run["started"], "%m-%d %H:%M:%S"), finished=in_shanghai(run["finished"], "%H:%M:%S"),
    )  # fmt: skip
    text.append(f"\n{said}", "default")
    for key, value in {**(run["waiting"] or {}), **run["detail"]}.items():
        if value not in ([], {}, None):
            text.append(f"\n{key.replace('_', ' ')}: {value}", "dim")
    return text


def _outcomes(run: shapes.RunDetail) -> list[Record]:
    """Failures first, each with a key of its own."""
    failed = [{**each, "outcome": "failed"} for each in run["failed"]]
    places = {(each.get("slug"), each.get("trade_date")) for each in failed}
    rest = [each for each in run["outcomes"] if (each.get("slug"), each.get("trade_date")) not in places]
    return [{**each, "key": f"{each.get('slug')}/{each.get('trade_date')}"} for each in (*failed, *rest)]
