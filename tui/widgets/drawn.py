"""A widget that draws itself anew for the size it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.widget import Widget

Draw = Callable[[int, int], Sequence[Text]]


class Drawn(Widget):
    """`drawn` takes the columns and rows there are, and gives the lines."""

    DEFAULT_CSS = "Drawn { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str, classes: str = "panel") -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._draw: Draw = lambda width, height: []  # noqa: ARG005

    def draw(self, draw: Draw) -> None:
        """Show this from now on."""
        self._draw = draw
        self.refresh()

    def render(self) -> Text:
        width, height = self.content_size
        return Text("\n").join(self._draw(width, height)[:height])
