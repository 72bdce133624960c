"""What every screen does: it loads what it shows, again when something happens there, and says what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Label, TabbedContent, TabPane

from quantos.client import ApiError, Event, NotTheApi, Unreachable
from tui.screens.changing import Change, Changing
from tui.shown import in_shanghai
from tui.state import Bookmark
from tui.texts import say, word
from tui.widgets.banner import Banner
from tui.widgets.breadcrumbs import Breadcrumbs
from tui.widgets.records import Records

if TYPE_CHECKING:
    from tui.app import Dashboard

SETTLE_S = 0.15
"""Events come in swarms: a screen loads once, when the swarm has passed."""


class PlatformScreen(Screen[None]):
    """A screen of the platform's state. Below it stand `path`, its place in words, and `load`."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("r", "reload", say("key.refresh"), show=False),
        Binding("left_square_bracket", "turn(-1)", say("key.tab_before"), key_display="[", show=False),
        Binding("right_square_bracket", "turn(1)", say("key.tab_after"), key_display="]"),
    ]
    AUTO_FOCUS = "Grid"
    POLL_S: ClassVar[float] = 10.0
    """How often it loads without being told: what no event tells of, such as the disk."""
    KINDS: ClassVar[frozenset[str] | None] = None
    """The kinds of events after which it loads; None: all."""

    stale: reactive[bool] = reactive(default=False)

    def __init__(self) -> None:
        super().__init__()
        self._soon: Timer | None = None
        self._is_composed = False
        self._marks: tuple[str, ...] = ()

    @property
    def dashboard(self) -> Dashboard:
        return cast("Dashboard", self.app)

    def path(self) -> list[str]:
        """Where one is, from the left."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """What stands between the breadcrumbs and the footer."""
        raise NotImplementedError

    async def load(self) -> None:
        """Ask and show. Raises what a call raises."""
        raise NotImplementedError

    def bookmark(self) -> Bookmark | None:
        """What leads here again."""
        return None

    def marks(self, *more: str) -> None:
        """What the breadcrumbs say beside the path."""
        self._marks = more
        always = [say("app.read_only")] if self.dashboard.read_only else []
        for crumbs in self.query(Breadcrumbs):
            crumbs.marks = (*more, *always)

    def marks_again(self) -> None:
        """Whether one only reads has changed."""
        self.marks(*self._marks)

    def change(self, change: Change) -> None:
        """Ask for a change, and load what came of it; nothing is changed while one only reads."""
        if self.dashboard.read_only:
            self.notify(say("change.read_only"), severity="warning")
            return

        def over(changed: bool | None) -> None:
            if changed:
                self.reload()

        self.app.push_screen(Changing(change), over)

    def compose(self) -> ComposeResult:
        yield Breadcrumbs(self.path())
        yield Banner()
        yield from self.body()
        yield Label("", id="refusal", classes="refusal")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#refusal").display = False
        self._is_composed = True
        self.set_interval(self.POLL_S, self.reload)
        self.tell_of_the_link()
        self.reload()

    def on_screen_resume(self) -> None:
        self.tell_of_the_link()
        self.marks(*self._marks)
        self.reload()

    def happened(self, event: Event) -> None:
        """Something happened on the platform."""
        if (self.KINDS is None or event.kind in self.KINDS) and self._soon is None:
            self._soon = self.set_timer(SETTLE_S, self._settled)

    def _settled(self) -> None:
        self._soon = None
        self.reload()

    def action_reload(self) -> None:
        self.reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to turn where there are no tabs."""
        if action == "turn":
            return bool(self.query(TabbedContent))
        return super().check_action(action, parameters)

    def action_turn(self, by: int) -> None:
        keys = [str(pane.id) for pane in self.query(TabPane)]
        active = self.query_one(TabbedContent).active
        self.visit_tab(keys[(keys.index(active) + by) % len(keys)].removeprefix("pane-"))

    def visit_tab(self, key: str) -> None:
        """Bring a tab into view."""
        self.query_one(TabbedContent).active = f"pane-{key}"
        for table in self.query_one(f"#pane-{key}").query(Records):
            table.focus_table()

    def reload(self) -> None:
        """Load in the background, in the place of a load that is under way; not before there is where to show it."""
        if self._is_composed:
            self._reload()

    @work(exclusive=True, group="load")
    async def _reload(self) -> None:
        try:
            await self.load()
            refusal = self.query_one("#refusal", Label)
        except Unreachable:
            return  # the banner says so
        except NoMatches:
            if self.is_running and self.query(Breadcrumbs):
                raise
            return  # it was left while the server was asked
        except ApiError as error:
            self._refuse(refused(error))
        except NotTheApi as error:
            self._refuse(str(error))
        else:
            refusal.display = False

    def _refuse(self, said: str) -> None:
        for refusal in self.query("#refusal").results(Label):
            refusal.update(said)
            refusal.display = True

    def tell_of_the_link(self) -> None:
        """The server is gone, or back."""
        gone = self.dashboard.link.gone
        self.set_class(gone is not None, "stale")
        if gone is None:
            said = ""
        elif gone.last_answer is None:
            said = say("app.never", url=self.dashboard.link.url, reason=gone.reason)
        else:
            since, at = (in_shanghai(when, "%H:%M:%S") for when in (gone.since, gone.last_answer))
            said = say("app.gone", since=since, at=at)
        for banner in self.query(Banner):  # there is none before the screen is put together
            banner.say(said)


def refused(error: ApiError) -> str:
    """A refusal by its code, and what to do where that is known."""
    said = say("app.refused", code=error.named, message=error.detail)
    remedy = word("remedy", error.named)
    return said if remedy == error.named.replace("_", " ") else f"{said}  {remedy}"


class Detail(PlatformScreen):
    """A screen of one thing; Escape leads back to where it was opened."""

    BINDINGS: ClassVar[list[Any]] = [Binding("escape", "app.pop_screen", say("key.back"))]
