"""When signals are committed: each at once, or all of a deadline shortly before it.

In deadline mode a signal can be replaced until its batch begins, `lead` before its deadline; one that comes
after that is committed at once.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from quantos.kit.clock import SHANGHAI

DEADLINES: Final = (time(9, 15), time(15))
"""Of open and of close strategies, Shanghai time."""


class When(StrEnum):
    """The moment at which signals are committed."""

    SUBMISSION = "submission"
    DEADLINE = "deadline"


class Intake(StrEnum):
    """What becomes of a signal when it is stored, as the signal's row keeps it."""

    WAITING = "waiting"
    """To be committed later; it can be replaced and deleted until then."""
    CLAIMED = "claimed"
    """Being committed: for the owner it is attested already."""


class Window(NamedTuple):
    """Waiting signals are due whose deadline lies in after < deadline <= until; None is unbounded."""

    after: datetime | None
    until: datetime | None


def intake(when: When, deadline: datetime, now: datetime, lead: timedelta) -> Intake:
    """What becomes of a signal that is stored now."""
    early = when is When.DEADLINE and now < deadline - lead
    return Intake.WAITING if early else Intake.CLAIMED


def due(when: When, now: datetime, lead: timedelta, *, late_too: bool) -> Window:
    """Which waiting signals are to be committed now. `late_too`: those whose deadline has passed as well."""
    return Window(None if late_too else now, now + lead if when is When.DEADLINE else None)


def next_batch(now: datetime, lead: timedelta) -> datetime:
    """The next instant after `now` at which a batch begins, on any day."""
    day = now.astimezone(SHANGHAI).date()
    coming = (
        datetime.combine(day + timedelta(days=days), at, SHANGHAI) - lead
        for days in range(3)
        for at in DEADLINES
    )
    return next(instant for instant in coming if instant > now)
