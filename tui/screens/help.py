"""Every key that does something where one is."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Label, Static

from tui.texts import TABLES, language, say


class Help(ModalScreen[None]):
    """The keys of the screen below, those of what is chosen there first."""

    BINDINGS: ClassVar[list[Any]] = [Binding("escape,question_mark,q", "dismiss", say("key.back"))]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        ours = {text for key, text in TABLES[language()].items() if key.startswith("key.")}
        self._keys = [
            (self_key, bound.binding.description)
            for self_key, bound in below.active_bindings.items()
            if bound.binding.description in ours
        ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Label(say("help.title"), classes="heading")
            table = Table.grid(padding=(0, 2))
            for key, description in self._keys:
                table.add_row(self.app.get_key_display(Binding(key, "", "")), description)
            yield Static(table)
            yield Label(say("help.close"), classes="note")
