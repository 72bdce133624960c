"""A text to read: an explanation, a verdict, a row in full."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from tui.texts import say


class Report(ModalScreen[None]):
    """Read it, copy it with y, close it with Escape."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape,q,enter", "dismiss", say("key.back")),
        Binding("y", "copy", say("key.copy_cell")),
    ]

    def __init__(self, title: str, content: str | Text) -> None:
        super().__init__()
        self._title, self._content = title, Text(content) if isinstance(content, str) else content

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="report"):
            yield Label(self._title, classes="heading", markup=False)
            yield Static(self._content)
            yield Label(say("report.keys"), classes="note")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._content.plain)
        self.notify(say("app.copied", what=self._title))
