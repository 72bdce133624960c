"""Whose turn it is: what is due and what is tried again, one queue in the order of time. Pure.

A run that fails is tried again after 1, 4 and 8 minutes (a generation at 09:00 therefore until 09:13, before the
deadline of its signals). Then it stands as failed until the operator runs it, or the next day's run makes up
what it left.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from quantos.scheduler.core.timetable import Due

RETRY_AFTER: Final = (timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=8))
"""After the end of the first, second and third run that failed."""


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """A run that is to begin at an instant, or as soon after it as can be. `attempt`: 1, 2, ..."""

    instant: datetime
    due: Due
    attempt: int = 1


def again_at(finished: datetime, attempt: int) -> datetime | None:
    """When a run that failed is tried again; None where it was tried often enough."""
    return finished + RETRY_AFTER[attempt - 1] if attempt <= len(RETRY_AFTER) else None


class Turns:
    """The turns up to an instant, first come first served; what is tried again joins the queue on the way."""

    def __init__(self, turns: Iterable[Turn], until: datetime) -> None:
        self._until = until
        self._queue = [turn for turn in turns if turn.instant <= until]
        heapq.heapify(self._queue)

    def __bool__(self) -> bool:
        return bool(self._queue)

    def pop(self) -> Turn:
        return heapq.heappop(self._queue)

    def put(self, turn: Turn) -> None:
        if turn.instant <= self._until:
            heapq.heappush(self._queue, turn)
