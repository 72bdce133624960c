"""The dashboard: its screens, what holds on all of them, and its connection to the platform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme

from quantos.client import Event
from tui import state
from tui.colors import COLORS
from tui.link import Link
from tui.palette import Everything
from tui.screens.appliance import Appliance
from tui.screens.base import PlatformScreen
from tui.screens.board import Board
from tui.screens.bookmarks import Bookmarks
from tui.screens.factor import FactorDetail
from tui.screens.factors import Factors
from tui.screens.help import Help
from tui.screens.market import Market
from tui.screens.people import People
from tui.screens.portfolio import PortfolioDetail
from tui.screens.portfolios import Portfolios
from tui.screens.run import RunDetail
from tui.screens.runs import Runs
from tui.screens.strategies import Strategies
from tui.screens.strategy import StrategyDetail
from tui.screens.today import Today
from tui.state import Bookmark
from tui.texts import language, say
from tui.widgets.records import Records

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
PLACES: Final = (
    "today", "strategies", "factors", "portfolios", "runs", "market", "people", "appliance", "board"
)  # fmt: skip
"""The screens, by the keys 1 to 9."""


class Dashboard(App[None]):
    """The operator's dashboard of one platform."""

    TITLE = "QuantOS"
    CSS_PATH = "styles/dashboard.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as the base declares it
    COMMANDS: ClassVar[set[Any]] = {Everything}
    BINDINGS: ClassVar[list[Any]] = [
        *(
            Binding(str(number), f"visit('{name}')", say(f"key.{name}"), show=False)
            for number, name in enumerate(PLACES, 1)
        ),
        Binding("question_mark", "help", say("key.help"), key_display="?"),
        Binding("colon", "command_palette", say("key.palette"), key_display=":"),
        Binding("m", "mark", say("key.mark"), show=False),
        Binding("apostrophe", "bookmarks", say("key.bookmarks"), key_display="'", show=False),
        Binding("t", "next_theme", say("key.theme"), show=False),
        Binding("u", "up_color", say("key.up_color"), show=False),
        Binding("w", "read_only", say("key.read_only"), show=False),
        Binding("q", "quit", say("key.quit")),
    ]
    SCREENS: ClassVar[dict[str, Any]] = {
        "today": Today,
        "strategies": Strategies,
        "factors": Factors,
        "portfolios": Portfolios,
        "runs": Runs,
        "market": Market,
        "people": People,
        "appliance": Appliance,
        "board": Board,
    }

    def __init__(
        self, url: str, token: str, *, read_only: bool = False, remembered: Path | None = None
    ) -> None:
        """`read_only`: for the whole session. `remembered`: the file of the operator's choices; None: none."""
        super().__init__()
        self.link = Link(url, token)
        self.link.on_change = self._link_changed
        self.read_only = read_only
        self._always_read_only = read_only
        self._remembered = remembered
        self.state = state.load(remembered) if remembered else state.State()

    def get_default_screen(self) -> Screen[Any]:
        """Today is where one begins, and what lies under everything else."""
        return Today()

    def on_mount(self) -> None:
        self.register_theme(SAFE)
        self.theme = self.state.theme if self.state.theme in THEMES else THEMES[0]
        self._color()
        self.run_worker(self.link.follow(self._happened), group="events")

    async def on_unmount(self) -> None:
        await self.link.close()

    def remember(self) -> None:
        """Keep the operator's choices for the next time."""
        if self._remembered:
            state.save(self._remembered, self.state)

    def action_visit(self, name: str) -> None:
        """Go to a screen from wherever one is; today, below all, is not woken in between."""
        top = 1 if name == "today" else 2
        while len(self.screen_stack) > top:
            self.pop_screen()
        if name == "today" or self.screen is self.get_screen(name):
            return
        if len(self.screen_stack) == top:
            self.switch_screen(name)
        else:
            self.push_screen(name)

    def go_to(self, mark: Bookmark) -> None:
        """Go where a bookmark leads."""
        details: dict[str, tuple[str, Callable[[], PlatformScreen]]] = {
            "strategy": ("strategies", lambda: StrategyDetail(mark.of)),
            "factor": ("factors", lambda: FactorDetail(mark.of, mark.name)),
            "portfolio": ("portfolios", lambda: PortfolioDetail(mark.of, mark.name)),
            "run": ("runs", lambda: RunDetail(mark.of)),
        }
        if mark.screen in details:
            place, detail = details[mark.screen]
            self.action_visit(place)
            self.push_screen(detail())
        else:
            self.action_visit(mark.screen if mark.screen in PLACES else "today")

    def action_help(self) -> None:
        self.push_screen(Help(self.screen))

    def action_next_theme(self) -> None:
        at = THEMES.index(self.theme) if self.theme in THEMES else -1
        self.theme = self.state.theme = THEMES[(at + 1) % len(THEMES)]
        self._color()
        self.remember()

    def action_up_color(self) -> None:
        """Whether what rises is red, as in Chinese markets, or green."""
        self.state.red_up = not COLORS.red_up
        self._color()
        self.remember()

    def _color(self) -> None:
        COLORS.safe = self.theme == SAFE.name
        COLORS.red_up = language() == "zh" if self.state.red_up is None else self.state.red_up
        for screen in self.screen_stack:
            for records in screen.query(Records):
                records.draw_again()
            if isinstance(screen, PlatformScreen) and screen.is_mounted:
                screen.reload()

    def action_read_only(self) -> None:
        """Changes are allowed, or not; a session that was started read only stays so."""
        self.read_only = self._always_read_only or not self.read_only
        if isinstance(self.screen, PlatformScreen):
            self.screen.marks_again()

    def action_mark(self) -> None:
        """Set a bookmark here, or take it away."""
        screen = self.screen
        if isinstance(screen, PlatformScreen):
            mark = screen.bookmark() or Bookmark(_place_of(screen))
            stands = self.state.toggle(mark)
            self.remember()
            self.notify(say("bookmark.set" if stands else "bookmark.removed", name=Bookmarks.label(mark)))

    def action_bookmarks(self) -> None:
        self.push_screen(Bookmarks(self.state.bookmarks), self._to_bookmark)

    def _to_bookmark(self, mark: Bookmark | None) -> None:
        if mark is not None:
            self.go_to(mark)

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


def _place_of(screen: Screen[Any]) -> str:
    return next((name for name, kind in Dashboard.SCREENS.items() if isinstance(screen, kind)), "today")
