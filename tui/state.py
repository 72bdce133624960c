"""What the dashboard remembers of an operator: theme, colours, bookmarks. A file of the user's own."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place: the screen, and of a detail its id and name."""

    screen: str
    of: str = ""
    name: str = ""


@dataclass(slots=True)
class State:
    """Everything remembered. `red_up`: None is as the language has it."""

    theme: str = "textual-dark"
    red_up: bool | None = None
    bookmarks: list[Bookmark] = field(default_factory=list)

    def toggle(self, mark: Bookmark) -> bool:
        """Set a bookmark, or take it away; whether it stands now."""
        if mark in self.bookmarks:
            self.bookmarks.remove(mark)
            return False
        self.bookmarks.append(mark)
        return True


def state_file() -> Path:
    """`quantos/dashboard.json` in the user's configuration folder."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "quantos" / "dashboard.json"


def load(path: Path) -> State:
    """What is there; the defaults where it cannot be read."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        marks = [Bookmark(**each) for each in found.get("bookmarks", [])]
        return State(str(found.get("theme", State().theme)), found.get("red_up"), marks)
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


def save(path: Path, state: State) -> None:
    """A dashboard that cannot remember still shows everything."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(state), indent=1) + "\n", encoding="utf-8")
