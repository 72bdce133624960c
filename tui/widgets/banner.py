"""One quiet line that says that the server is away; not there while all is well."""

from __future__ import annotations

from textual.widgets import Static


class Banner(Static):
    """Says something, or is not there."""

    def on_mount(self) -> None:
        self.say("")

    def say(self, text: str) -> None:
        self.display = bool(text)
        self.update(text)
