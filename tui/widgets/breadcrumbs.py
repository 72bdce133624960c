"""Where one is: the platform, the screen, and what of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.reactive import reactive
from textual.widgets import Static

from tui.texts import say


class Breadcrumbs(Static):
    """The path on the left; what holds everywhere (simulated, read only) on the right."""

    marks: reactive[tuple[str, ...]] = reactive(())

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__()
        self._path = [say("app.title"), *path]

    def render(self) -> Text:
        line = Text(" > ".join(self._path), style="bold")
        if self.marks:
            line.append("   " + " · ".join(self.marks), style="dim")
        return line
