"""The last lines of the log, in memory, bounded and without secrets.

A line is redacted and cut to size when it is written, so memory never holds more. Its time is the system's, as in
the log itself, also where the platform's clock is simulated.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Final, NamedTuple

LINES_MAX: Final = 1000
LINE_CHARS_MAX: Final = 4000


class Line(NamedTuple):
    """A line of the log. `number` counts from the start of the process."""

    number: int
    at: datetime
    level: str
    logger: str
    message: str


class LogTail(logging.Handler):
    """Keeps the last lines. Add it to a logger; remove it before the platform is closed."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self.redact = redact
        self._lines: deque[Line] = deque(maxlen=LINES_MAX)
        self._number = 0
        self._reading = threading.Lock()
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = self.redact(self.format(record))
        except (TypeError, ValueError, KeyError):  # a message and values that do not fit
            self.handleError(record)
            return
        if len(message) > LINE_CHARS_MAX:
            message = f"{message[:LINE_CHARS_MAX]} ..."
        with self._reading:
            self._number += 1
            at = datetime.fromtimestamp(record.created, UTC)
            self._lines.append(Line(self._number, at, record.levelname, record.name, message))

    def tail(self, limit: int, *, after: int = 0, level: int = logging.NOTSET) -> list[Line]:
        """The last lines in the order in which they were written, at least of a level; of those after a number the first."""
        with self._reading:
            lines = list(self._lines)
        wanted = [
            line
            for line in lines
            if line.number > after and logging.getLevelNamesMapping()[line.level] >= level
        ]
        return list(islice(wanted, limit)) if after else wanted[-limit:]
