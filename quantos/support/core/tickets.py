"""The states of a ticket. The operator sets them, in any order; a new ticket is open.

    open, in_progress    somebody still has to do something
    resolved             done, at `resolved_at`
    closed               over, resolved or not

A ticket keeps the instant of its resolution until it is taken up again.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


NEW: Final = Status.OPEN


def resolved_at(before: Status, after: Status, resolved: datetime | None, now: datetime) -> datetime | None:
    """When a ticket was resolved that goes from `before` to `after` at `now`; `resolved`: as it stood."""
    if after is Status.RESOLVED:
        return resolved if before is Status.RESOLVED else now
    return resolved if after is Status.CLOSED else None
