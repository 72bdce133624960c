"""Days split over two threads: compiled code lets go of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

THREADED_FROM: Final = 64
"""Days: below, handing work to a second thread costs more than it saves."""

_HELPERS: Final = ThreadPoolExecutor(thread_name_prefix="factors")


def over_days(days: int, part: Callable[[int, int], None]) -> None:
    """Call `part(first, last)` for the days 0..days, in two halves at once where there are many."""
    if days < THREADED_FROM:
        part(0, days)
        return
    second = _HELPERS.submit(part, days // 2, days)
    part(0, days // 2)
    second.result()
