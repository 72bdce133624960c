"""The operator's bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from tui.state import Bookmark
from tui.texts import say


class Bookmarks(ModalScreen[Bookmark]):
    """Choose one to go there."""

    BINDINGS: ClassVar[list[Any]] = [Binding("escape,apostrophe", "dismiss", say("key.back"))]

    def __init__(self, marks: Sequence[Bookmark]) -> None:
        super().__init__()
        self._marks = list(marks)

    @staticmethod
    def label(mark: Bookmark) -> str:
        """As people read it."""
        place = say(f"place.{mark.screen}")
        return f"{place} > {mark.name}" if mark.name else place

    def compose(self) -> ComposeResult:
        with Vertical(id="bookmarks"):
            yield Label(say("key.bookmarks"), classes="heading")
            if self._marks:
                yield OptionList(*(self.label(mark) for mark in self._marks), markup=False)
            else:
                yield Label(say("bookmark.none"))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._marks[event.option_index])
