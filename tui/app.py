"""The dashboard: its screens, what holds on all of them, and its connection to the platform."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme

from quantos.client import Event
from tui.link import Link
from tui.screens.base import PlatformScreen
from tui.screens.help import Help
from tui.screens.runs import Runs
from tui.screens.strategies import Strategies
from tui.screens.today import Today
from tui.texts import say

NEW_DAY: Final = {"day_settled", "run_started", "run_finished"}

SAFE: Final = Theme(
    name="quantos-safe",
    primary="#56B4E9",
    secondary="#CC79A7",
    accent="#F0E442",
    success="#0072B2",
    warning="#E69F00",
    error="#D55E00",
    dark=True,
)
"""Told apart by any eye: the colours of Okabe and Ito, without red against green."""

THEMES: Final = ("textual-dark", "textual-light", SAFE.name)


class Dashboard(App[None]):
    """The operator's dashboard of one platform."""

    TITLE = "QuantOS"
    CSS_PATH = "styles/dashboard.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as the base declares it
    BINDINGS: ClassVar[list[Any]] = [
        Binding("1", "visit('today')", say("key.today")),
        Binding("2", "visit('strategies')", say("key.strategies")),
        Binding("3", "visit('runs')", say("key.runs")),
        Binding("question_mark", "help", say("key.help"), key_display="?"),
        Binding("t", "next_theme", say("key.theme"), show=False),
        Binding("q", "quit", say("key.quit")),
    ]
    SCREENS: ClassVar[dict[str, Any]] = {"today": Today, "strategies": Strategies, "runs": Runs}

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        self.link = Link(url, token)
        self.link.on_change = self._link_changed

    def get_default_screen(self) -> Screen[Any]:
        """Today is where one begins, and what lies under everything else."""
        return Today()

    def on_mount(self) -> None:
        self.register_theme(SAFE)
        self.run_worker(self.link.follow(self._happened), group="events")

    async def on_unmount(self) -> None:
        await self.link.close()

    def action_visit(self, name: str) -> None:
        """Go to a screen from wherever one is."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if name != "today":
            self.push_screen(name)

    def action_help(self) -> None:
        self.push_screen(Help(self.screen))

    def action_next_theme(self) -> None:
        at = THEMES.index(self.theme) if self.theme in THEMES else -1
        self.theme = THEMES[(at + 1) % len(THEMES)]

    async def _happened(self, event: Event) -> None:
        if isinstance(self.screen, PlatformScreen):
            self.screen.happened(event)

    def _link_changed(self) -> None:
        screen = self.screen
        if isinstance(screen, PlatformScreen):
            screen.tell_of_the_link()
            if self.link.gone is None:
                self.notify(say("app.back_again"))
                screen.reload()
