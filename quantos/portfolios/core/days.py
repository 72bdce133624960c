"""What becomes of a portfolio's trade date.

    signalled   its signal was submitted
    no_values   a member has no values for the trading day before, or no name has a value of every member
    failed      the platform could not make the signal
    missed      nothing was made before the deadline, as while the platform was not running

Only a signal is final. Until the deadline the others are tried again and may become one; after it they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """See the module docstring."""

    SIGNALLED = "signalled"
    NO_VALUES = "no_values"
    FAILED = "failed"
    MISSED = "missed"


MISSED: Final = (
    "no signal had been made by 09:15, the deadline: the platform was not running, or the portfolio became active"
    " after 09:00"
)
FAILED: Final = "the platform could not make it; its operator is told"


def without_values(names: Sequence[str], day: date) -> str:
    """Why there is no signal, of members without a single value."""
    which = ", ".join(names)
    return f"no values of {which} for {day}"


def without_common(universe: str, day: date, *, known: bool) -> str:
    """Why there is no signal, where the cross-section is empty."""
    of = f"member of {universe}" if known else "symbol"
    return f"no {of} has a value of every factor for {day}"
