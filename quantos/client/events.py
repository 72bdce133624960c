"""Server-sent events, line by line, as the platform writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

EVENTS: Final = "/api/v1/admin/events"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `id`: where to go on after it."""

    id: str
    kind: str
    data: Any


class Reader:
    """Puts lines together, and remembers the last event that was whole."""

    def __init__(self, last_event_id: str | None) -> None:
        self._last = last_event_id
        self._id, self._kind, self._data = "", "", list[str]()

    def headers(self) -> dict[str, str]:
        """Of the next connection, which begins with an empty line of thought."""
        self._id, self._kind, self._data = "", "", []
        more = {"Last-Event-ID": self._last} if self._last is not None else {}
        return {"Accept": "text/event-stream", **more}

    def take(self, line: str) -> Event | None:
        """One line; the event that an empty line completes."""
        if not line:
            return self._complete()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self._id = value
        elif name == "event":
            self._kind = value
        elif name == "data":
            self._data.append(value)
        return None

    def _complete(self) -> Event | None:
        identifier, kind, data = self._id, self._kind, self._data
        self._id, self._kind, self._data = "", "", []
        if identifier:
            self._last = identifier  # also without data: so a stream says where it begins
        if not data:
            return None
        return Event(identifier, kind or "message", json.loads("\n".join(data)))
