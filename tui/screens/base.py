"""What every screen does: it loads what it shows, again when something happens there, and says what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Label

from quantos.client import ApiError, Event, NotTheApi, Unreachable
from tui.shown import in_shanghai
from tui.texts import say
from tui.widgets.banner import Banner
from tui.widgets.breadcrumbs import Breadcrumbs

if TYPE_CHECKING:
    from tui.app import Dashboard

SETTLE_S = 0.15
"""Events come in swarms: a screen loads once, when the swarm has passed."""


class PlatformScreen(Screen[None]):
    """A screen of the platform's state. Below it stand `path`, its place in words, and `load`."""

    BINDINGS: ClassVar[list[Any]] = [Binding("r", "reload", say("key.refresh"), show=False)]
    POLL_S: ClassVar[float] = 10.0
    """How often it loads without being told: what no event tells of, such as the disk."""
    KINDS: ClassVar[frozenset[str] | None] = None
    """The kinds of events after which it loads; None: all."""

    stale: reactive[bool] = reactive(default=False)

    def __init__(self) -> None:
        super().__init__()
        self._soon: Timer | None = None

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

    def compose(self) -> ComposeResult:
        yield Breadcrumbs(self.path())
        yield Banner()
        yield from self.body()
        yield Label("", id="refusal", classes="refusal")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#refusal").display = False
        self.set_interval(self.POLL_S, self.reload)
        self.tell_of_the_link()
        self.reload()

    def on_screen_resume(self) -> None:
        self.tell_of_the_link()
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

    @work(exclusive=True, group="load")
    async def reload(self) -> None:
        """Load in the background, in the place of a load that is under way."""
        refusal = self.query_one("#refusal", Label)
        try:
            await self.load()
        except Unreachable:
            return  # the banner says so
        except ApiError as error:
            refusal.update(say("app.refused", code=error.code, message=error.detail))
            refusal.display = True
        except NotTheApi as error:
            refusal.update(str(error))
            refusal.display = True
        else:
            refusal.display = False

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
