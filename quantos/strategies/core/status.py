"""The status machine, and what a status meant at an instant.

    pending --first signal--> active <--> paused
    pending, active, paused --> retired          retired is terminal

A change is written to a log with its instant. A deadline D is governed by the last change *before* D: a
change at D itself comes too late for D, as a signal received at D does. Instants of one strategy's log never
decrease, so log order decides where the clock stands still.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from quantos.errors import WrongState
from quantos.market.core.calendar import TradingCalendar
from quantos.strategies.core.deadlines import Execution, last_locked


class Status(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


REQUESTABLE: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.RETIRED}),
    Status.ACTIVE: frozenset({Status.PAUSED, Status.RETIRED}),
    Status.PAUSED: frozenset({Status.ACTIVE, Status.RETIRED}),
    Status.RETIRED: frozenset(),
}
"""What the owner may ask for. pending -> active is not among them: only the first signal does that."""


TAKE_SIGNALS: Final = frozenset({Status.PENDING, Status.ACTIVE})


class InvalidTransition(WrongState):
    code = "invalid_transition"


class StatusChange(NamedTuple):
    status: Status
    at: datetime


def check_transition(present: Status, wanted: Status) -> None:
    """Raises InvalidTransition where the owner may not ask for `wanted`."""
    if wanted in REQUESTABLE[present]:
        return
    allowed = ", ".join(sorted(REQUESTABLE[present])) or "nothing, it is terminal"
    hint = ": submit the first signal to activate it" if (present, wanted) == ("pending", "active") else ""
    article = "an" if present is Status.ACTIVE else "a"
    raise InvalidTransition(
        f"{article} {present} strategy cannot become {wanted}{hint} (possible: {allowed})"
    )


def is_missed(present: Status, wanted: Status | None) -> bool:
    """Whether the days of a pause are to be filled in before this change."""
    return present is Status.PAUSED and wanted in {Status.ACTIVE, Status.RETIRED}


def status_at(log: Sequence[StatusChange], deadline: datetime) -> Status:
    """The status that governs a deadline; pending before the first change."""
    for change in reversed(log):
        if change.at < deadline:
            return change.status
    return Status.PENDING


def settle_until(log: Sequence[StatusChange], execution: Execution, days: TradingCalendar) -> date | None:
    """The last trade date that may be settled; None where there is no bound (active).

    paused: the last trade date whose deadline passed while the strategy was active; retired: the last one
    whose deadline passed before retirement (the days of a pause before it are hold days). date.min where
    there is none.
    """
    if not log:
        return date.min
    last = log[-1]
    if last.status is Status.ACTIVE:
        return None
    if last.status is Status.RETIRED:
        return last_locked(execution, last.at, days) or date.min
    for begun, ended in reversed(list(pairwise(log))):
        if begun.status is Status.ACTIVE:
            day = last_locked(execution, ended.at, days)
            if day is not None and status_at(log, execution.deadline(day)) is Status.ACTIVE:
                return day
    return date.min


def governed_from(at: datetime, execution: Execution, days: TradingCalendar) -> date:
    """The first trade date that a change at `at` governs: whose deadline lies after it. Raises CalendarEnds."""
    day = last_locked(execution, at, days)
    return days.first if day is None else days.next_after(day)
