"""Changes of a strategy's status, as the attestation repository publishes them.

A change stands in the file of the first trade date that it governs: the first whose deadline lies after it. An
entry binds strategy, instant and status; there is nothing in it that a digest would have to hide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from quantos.attestation.core.entries import as_line, precise, published_slug


class Noted(NamedTuple):
    """A change by its number; its instant shows whether the number still means the same one."""

    number: int
    changed_at: datetime


class StatusChanged(NamedTuple):
    """A change of status that is stored.

    `place`: in the strategy's log, from 1 on; several may be of one instant. `salt`: of strategy and `trade_date`,
    as the package of that day shows it.
    """

    number: int
    slug: str
    is_public: bool
    trade_date: date
    place: int
    status: str
    changed_at: datetime
    salt: str

    @property
    def published_slug(self) -> str:
        """The slug, hidden where the strategy is not public."""
        return published_slug(self.slug, self.salt, is_public=self.is_public)

    def line(self, committed_at: datetime) -> bytes:
        """The entry as JSON on one line."""
        return as_line(
            {
                "strategy_slug": self.published_slug,
                "change": self.place,
                "status": self.status,
                "changed_at": precise(self.changed_at),
                "committed_at": committed_at.isoformat(),
            }
        )


def missing(there: Iterable[Mapping[str, Any]], changes: Sequence[StatusChanged]) -> list[StatusChanged]:
    """Those that the entries of their date do not have, under whichever name: public or hidden."""
    known = {(entry.get("strategy_slug"), entry.get("change"), entry.get("changed_at")) for entry in there}
    return [change for change in changes if known.isdisjoint(_keys(change))]


def _keys(change: StatusChanged) -> set[tuple[str, int, str]]:
    slugs = [published_slug(change.slug, change.salt, is_public=is_public) for is_public in (True, False)]
    return {(slug, change.place, precise(change.changed_at)) for slug in slugs}
