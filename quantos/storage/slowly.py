"""What took long at a store, told in the log: which store, for how long, and by which of our functions.

The function and not the statement: values never reach the log, and who reads it finds the place at once.
"""

from __future__ import annotations

import logging
import sys
from time import perf_counter
from types import FrameType
from typing import Final

_BELOW: Final = ("quantos.storage.", "contextlib", "sqlalchemy.")
"""Modules whose frames stand between a store and who uses it."""

logger = logging.getLogger(__name__)


class Slowly:
    """`from_s`: told from here on; 0: never. It costs a look at the clock."""

    def __init__(self, store: str, from_s: float) -> None:
        self._store, self._from_s = store, from_s

    def tell(self, did: str, started: float, by: str = "") -> None:
        """`started`: as `perf_counter` said it. `by`: who did it, where that is no frame of this thread."""
        seconds = perf_counter() - started
        if 0 < self._from_s <= seconds:
            logger.warning(
                "slow query: the %s store was %s for %.3f s by %s", self._store, did, seconds, by or _user()
            )


def _user() -> str:
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the way to name who called, and only of what is slow
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_BELOW):
        frame = frame.f_back
    return "nobody known" if frame is None else f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}"
