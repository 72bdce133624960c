"""How the cells of tables are shown, for all screens alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rich.text import Text

from tui.shown import NOTHING, in_shanghai
from tui.texts import say, word

MARKS: Final = {
    "active": ("●", "green"),
    "paused": ("‖", "yellow"),
    "pending": ("○", "dim"),
    "retired": ("✕", "dim"),
    "draft": ("○", "dim"),
    "ready": ("◐", ""),
    "validating": ("▶", "bold"),
    "rejected": ("✗", "red"),
    "approved": ("✓", "green"),
    "open": ("●", "yellow"),
    "in_progress": ("▶", "bold"),
    "resolved": ("✓", "green"),
    "closed": ("✕", "dim"),
    "running": ("▶", "bold"),
    "done": ("✓", "green"),
    "begun": ("▶", "bold"),
    "waiting_for_data": ("…", "yellow"),
    "failed": ("✗", "bold red"),
    "interrupted": ("✗", "bold red"),
    "refused": ("✗", "bold red"),
}
"""A word's mark and colour: no state is told by its colour alone."""


def marked(kind: str) -> Callable[[str], Text]:
    """A state with its mark."""

    def shown(value: str) -> Text:
        mark, style = MARKS.get(value, ("?", ""))
        return Text(f"{mark} {word(kind, value)}", style)

    return shown


def words(kind: str) -> Callable[[str], Text]:
    return lambda value: Text(NOTHING if value is None else word(kind, value))


def yes(value: bool | None) -> Text:
    if value is None:
        return Text(NOTHING, "dim")
    return Text(say("value.yes" if value else "value.no"))


def check(value: bool | None) -> Text:
    """Whether something holds, as a mark."""
    if value is None:
        return Text(NOTHING, "dim")
    return Text("✓", "green") if value else Text("✗", "red")


def at(form: str = "%Y-%m-%d %H:%M") -> Callable[[str | None], Text]:
    """An instant on Shanghai's clock."""
    return lambda value: Text(in_shanghai(value, form), "" if value else "dim")


def plain(value: Any) -> Text:
    return Text(NOTHING, "dim") if value is None else Text(str(value))


def number(digits: int = 0) -> Callable[[float | None], Text]:
    """A figure without a sign, its thousands apart."""
    return lambda value: Text(NOTHING, "dim") if value is None else Text(f"{value:,.{digits}f}")


def percent(digits: int = 1) -> Callable[[float | None], Text]:
    """A share of one that neither rises nor falls."""
    return lambda value: Text(NOTHING, "dim") if value is None else Text(f"{value * 100:.{digits}f}%")
