"""What of the market is final because it was used to settle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class SettledDays:
    """The days from the first settled one to the last: their rows stay as they were used.

    `stopped`: (instrument number, day) where an unexplained reference keeps its holders from being settled.
    Nobody is settled with it, so a corporate action may still explain it.
    """

    first: date
    last: date
    stopped: frozenset[tuple[int, date]] = field(default_factory=frozenset)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def before(self, day: date) -> SettledDays | None:
        """Those before a day; None where there are none."""
        last = min(self.last, day - timedelta(days=1))
        return replace(self, last=last) if self.first <= last else None


@dataclass(frozen=True, slots=True)
class Reopened:
    """Settled days whose rows an open restatement may replace: from `first` on, and up to the last settled one.

    What it replaces is kept under its number, `restatement`.
    """

    restatement: int
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
