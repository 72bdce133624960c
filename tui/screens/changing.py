"""Changing something: what it will do is said and asked once; afterwards the row of the audit trail is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from quantos.client import ApiError, Call, ClientError, NotTheApi, Unreachable, calls
from tui.shown import in_shanghai, span
from tui.texts import say, word

if TYPE_CHECKING:
    from tui.app import Dashboard
    from tui.link import Link

Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A field to fill in before a change. `wanted`: it may not be empty."""

    key: str
    value: str = ""
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A change: what it will do, what it needs to know, and its call. `make` raises ValueError, with the reason.

    `told`: what to show of the answer beside the audit row. `watched`: how far it has come, while it is made.
    """

    title: str
    says: str
    make: Callable[[Given], Call[Any]]
    fields: tuple[Asked, ...] = ()
    told: Callable[[Any], str] = field(default=lambda _: "")
    watched: Callable[[Link], Awaitable[str]] | None = None


class Changing(ModalScreen[bool]):
    """Asks, does, and shows what stands in the trail. Dismissed with whether anything was changed."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape", "leave", say("key.cancel")),
        Binding("enter", "go_on", say("key.confirm"), show=False),
    ]

    def __init__(self, change: Change) -> None:
        super().__init__()
        self._change = change
        self._done = False
        self._busy = False
        self._begun = 0.0
        self._progress = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="changing"):
            yield Label(self._change.title, classes="heading")
            yield Static(self._change.says, id="says")
            for asked in self._change.fields:
                yield Label(say(f"field.{asked.key}"))
                yield Input(asked.value, id=f"field-{asked.key}", compact=True)
            yield Static("", id="outcome")
            yield Label(say("change.keys"), classes="note", id="change-keys")

    def on_mount(self) -> None:
        self.query_one("#outcome").display = False
        self.set_interval(1.0, self._tick)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter leads through the fields, and from the last one does it."""
        event.stop()
        inputs = list(self.query(Input))
        at = inputs.index(event.input)
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.action_go_on()

    def action_go_on(self) -> None:
        if self._done:
            self.dismiss(True)
        elif not self._busy:
            self._do()

    def action_leave(self) -> None:
        self.dismiss(self._done)

    @work(exclusive=True)
    async def _do(self) -> None:
        given = {asked.key: self._given(asked) for asked in self._change.fields}
        missing = [asked for asked in self._change.fields if asked.wanted and not given[asked.key]]
        if missing:
            self._say(say("change.missing", field=say(f"field.{missing[0].key}")))
            return
        link = cast("Dashboard", self.app).link
        self._busy, self._begun = True, monotonic()
        self._say(say("change.doing"))
        try:
            answer = await link.ask(self._change.make(given))
            trail = await link.ask(calls.list_audit(limit=1))
        except ValueError as error:
            self._say(str(error))
            return
        except ApiError as error:
            self._say(say("app.refused", code=error.named, message=error.detail))
            return
        except (Unreachable, NotTheApi) as error:
            self._say(f"{error}\n{say('change.unknown')}")
            return
        finally:
            self._busy = False
        self._done = True
        self._say("\n".join(filter(None, (self._change.told(answer), *map(_row, trail["audit"])))))
        for widget in (*self.query(Input), self.query_one("#says")):
            widget.disabled = True
        self.query_one("#change-keys", Label).update(say("change.done_keys"))

    def _tick(self) -> None:
        """That it is at work, for how long, and how far it is."""
        if self._busy:
            self._say(
                f"{say('change.doing')} {span(timedelta(seconds=monotonic() - self._begun))}   {self._progress}"
            )
            if self._change.watched is not None:
                self._watch()

    @work(exclusive=True, group="watch")
    async def _watch(self) -> None:
        watched = self._change.watched
        if watched is not None:
            with suppress(ClientError):
                self._progress = await watched(cast("Dashboard", self.app).link)

    def _given(self, asked: Asked) -> str:
        return self.query_one(f"#field-{asked.key}", Input).value.strip()

    def _say(self, text: str) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.update(text)
        outcome.display = True


def _row(row: Mapping[str, Any]) -> str:
    """A row of the trail, in words."""
    line = say(
        "change.row",
        number=row["number"],
        at=in_shanghai(row["at"], "%Y-%m-%d %H:%M:%S"),
        action=word("action", row["action"]),
        target=row["target"] or "",
        state=word("state", row["state"]),
    )
    said = [line]
    for side in ("before", "after"):
        if row[side]:
            pairs = ", ".join(f"{key} {value}" for key, value in row[side].items())
            said.append(f"  {say(f'change.{side}')}: {pairs}")
    return "\n".join(said)
