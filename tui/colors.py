"""Which colour a rise has: red in Chinese markets, green elsewhere, blue for eyes that tell neither apart.

A sign always stands beside the colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from tui.shown import NOTHING

RED, GREEN, BLUE, ORANGE = "#d62728", "#2ca02c", "#56B4E9", "#E69F00"


@dataclass(slots=True)
class Colors:
    """What the operator chose."""

    red_up: bool = False
    safe: bool = False

    @property
    def up(self) -> str:
        if self.safe:
            return BLUE
        return RED if self.red_up else GREEN

    @property
    def down(self) -> str:
        if self.safe:
            return ORANGE
        return GREEN if self.red_up else RED

    def of(self, value: float) -> str:
        """The colour of a change; none of no change."""
        return self.up if value > 0 else self.down if value < 0 else ""


COLORS = Colors()
"""Of the one dashboard that a program is."""


def moved(value: float | None, digits: int = 2) -> Text:
    """A share of one that rose or fell."""
    if value is None:
        return Text(NOTHING, "dim")
    return Text(f"{value * 100:+.{digits}f}%", COLORS.of(value))


def signed(value: float | None, digits: int = 2) -> Text:
    """A figure whose sign is good or bad, such as a Sharpe ratio or an IC."""
    if value is None:
        return Text(NOTHING, "dim")
    return Text(f"{value:+.{digits}f}", COLORS.of(value))
