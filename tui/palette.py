"""The command palette: every screen, every key of the present one, and every thing by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from quantos.client import ClientError, calls
from tui.state import Bookmark
from tui.texts import say

if TYPE_CHECKING:
    from tui.app import Dashboard

Command = tuple[str, str, Callable[[], object]]
"""What is typed, what it says beside it, what it does."""


class Everything(Provider):
    """Searches commands and things."""

    async def startup(self) -> None:
        """What the screens list, by name; a server that is away leaves the commands."""
        self._things: list[Command] = []
        link, app = self._dashboard.link, self._dashboard

        def to(screen: str, of: str, name: str) -> Command:
            return f"{say(f'place.{screen}')}: {name}", "", lambda: app.go_to(Bookmark(screen, of, name))

        try:
            self._things += [
                to("strategy", s["slug"], s["slug"]) async for s in link.each(calls.list_all_strategies())
            ]
            self._things += [
                to("factor", f["id"], f["name"]) async for f in link.each(calls.list_all_factors())
            ]
            self._things += [
                to("portfolio", p["id"], p["name"]) async for p in link.each(calls.list_all_portfolios())
            ]
        except ClientError:
            return

    @property
    def _dashboard(self) -> Dashboard:
        return cast("Dashboard", self.app)

    async def discover(self) -> Hits:
        for name, said, do in self._commands():
            yield DiscoveryHit(name, do, help=said)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, said, do in (*self._commands(), *self._things):
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), do, help=said)

    def _commands(self) -> Iterator[Command]:
        """The keys that do something on the screen below, each once."""
        seen = set[str]()
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if not binding.description or binding.system or binding.description in seen:
                continue
            seen.add(binding.description)
            shown = self.app.get_key_display(binding)

            def do(action: str = binding.action, node: object = active.node) -> object:
                return self.app.run_worker(self.app.run_action(action, node))  # type: ignore[arg-type]

            yield binding.description, say("palette.key", key=shown or key), do
