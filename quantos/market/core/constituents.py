"""Who is in an index on a date.

Sources name members in two ways: a list (these on this day) or spells (this one from a day to a day). Both are
brought to lists: a source's list of a day holds until its next list, and where there is none, 190 days at the
most after the last day the source speaks of, which is longer than half a year between two reviews.

For one date one source counts, whole: the one whose list

    1. has the number of members of its index (within 1 %), where that number is known;
    2. started last;
    3. is known on the date rather than held;
    4. has the name that sorts first.

The others are reported, never mixed in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

HELD_DAYS_MAX: Final = 190
SIZE_TOLERANCE: Final = 0.01
MONTH_ENDS_LATE_PER_CENT: Final = 80

INDEX_SIZES: Final = {
    "000016.SH": 50,
    "000300.SH": 300,
    "000688.SH": 50,
    "000852.SH": 1000,
    "000905.SH": 500,
    "932000.CSI": 2000,
}

Spell = tuple[date, date | None, str]
"""(first day, last day, symbol); no last day: the members of a list of the first day."""


@dataclass(frozen=True, slots=True)
class MemberList:
    """A source's members from `start` on, spoken of until `known_to`, valid until `valid_to`."""

    index_symbol: str
    source: str
    start: date
    known_to: date
    valid_to: date
    members: frozenset[str]

    @property
    def complete(self) -> bool:
        size = INDEX_SIZES.get(self.index_symbol)
        return size is None or abs(len(self.members) - size) <= size * SIZE_TOLERANCE


@dataclass(frozen=True, slots=True)
class Constituents:
    """The members on a date, and what the other sources say."""

    chosen: MemberList
    others: tuple[MemberList, ...]


def member_lists(index_symbol: str, source: str, spells: Iterable[Spell]) -> list[MemberList]:
    """A source's lists in date order."""
    rows = sorted(spells, key=lambda row: (row[0], row[2]))
    members: dict[date, set[str]] = {}
    known_to: dict[date, date] = {}
    for start, end, symbol in rows:
        if end is None:
            members.setdefault(start, set()).add(symbol)
            known_to[start] = start
    closed = [(start, end, symbol) for start, end, symbol in rows if end is not None]
    if closed:
        data_end = max(end for _, end, _ in closed)
        changes = sorted(
            {start for start, _, _ in closed}
            | {end + timedelta(days=1) for _, end, _ in closed if end < data_end}
        )
        for position, day in enumerate(changes):
            members[day] = {symbol for start, end, symbol in closed if start <= day <= end}
            last = changes[position + 1] - timedelta(days=1) if position + 1 < len(changes) else data_end
            known_to[day] = last
    starts = sorted(day for day in members if members[day])
    following = [*starts[1:], date.max]
    return [
        MemberList(
            index_symbol,
            source,
            day,
            known_to[day],
            min(known_to[day] + timedelta(days=HELD_DAYS_MAX), after - timedelta(days=1)),
            frozenset(members[day]),
        )
        for day, after in zip(starts, following, strict=True)
    ]


def constituents_on(lists_by_source: dict[str, Sequence[MemberList]], day: date) -> Constituents | None:
    """One source's members on a day; None where no source speaks of it."""
    candidates = []
    for lists in lists_by_source.values():
        position = bisect_right([one.start for one in lists], day) - 1
        if position >= 0 and day <= lists[position].valid_to:
            candidates.append(lists[position])
    if not candidates:
        return None
    candidates.sort(
        key=lambda one: (not one.complete, -one.start.toordinal(), day > one.known_to, one.source)
    )
    return Constituents(candidates[0], tuple(candidates[1:]))


def odd_sizes(lists: Iterable[MemberList]) -> list[MemberList]:
    """Lists whose number of members is not that of their index."""
    return [
        one
        for one in lists
        if one.index_symbol in INDEX_SIZES and len(one.members) != INDEX_SIZES[one.index_symbol]
    ]


def starts_at_month_ends(lists: Sequence[MemberList], last_sessions: frozenset[date]) -> bool:
    """Most lists after the first start on a month's last session: reviews take effect in its middle."""
    later = lists[1:]
    late = sum(one.start in last_sessions or (one.start + timedelta(days=1)).day == 1 for one in later)
    return len(later) >= 4 and 100 * late >= MONTH_ENDS_LATE_PER_CENT * len(later)
