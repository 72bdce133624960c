"""Which settlement digests are new in the repository, and in how many commits they go there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from quantos.attestation.core.dayfile import ForeignFile
from quantos.attestation.core.digests import SettlementDigest
from quantos.attestation.core.entries import as_line

DATES_MAX: Final = 250
ENTRIES_MAX: Final = 20_000
"""Of one commit."""


class Judged(NamedTuple):
    """Digests of a date beside what is there."""

    new: list[SettlementDigest]
    present: int
    conflicting: list[SettlementDigest]


def judge(there: Iterable[Mapping[str, Any]], digests: Sequence[SettlementDigest]) -> Judged:
    """`there`: the entries of the date's file. The same `nav_sha256` is the same entry, whatever its slug.

    Raises ForeignFile.

    (`nav_sha256` binds strategy, day, revision and all else; a strategy that was made public in between has
    another published slug.)
    """
    known: set[str] = set()
    taken: set[tuple[str, int]] = set()
    for entry in there:
        known.add(str(entry.get("nav_sha256")))
        revision = entry.get("revision", 0)
        if type(revision) is not int:
            raise ForeignFile("an entry has no revision")
        taken.add((str(entry.get("strategy_slug")), revision))
    judged = Judged([], 0, [])
    present = 0
    for digest in digests:
        key = (digest.strategy_slug, digest.revision)
        if digest.nav_sha256 in known:
            present += 1
        elif key in taken:
            judged.conflicting.append(digest)
        else:
            judged.new.append(digest)
            known.add(digest.nav_sha256)
            taken.add(key)
    return judged._replace(present=present)


def line(digest: SettlementDigest, committed_at: datetime) -> bytes:
    """The entry as JSON on one line. `committed_at`: the time of its commit."""
    return as_line(
        {
            "strategy_slug": digest.strategy_slug,
            "revision": digest.revision,
            "nav_sha256": digest.nav_sha256,
            "snapshot_sha256": digest.snapshot_sha256,
            "rules_version": digest.rules_version,
            "committed_at": committed_at.isoformat(),
        }
    )


def batches(
    by_date: Mapping[date, Sequence[SettlementDigest]],
) -> Iterator[dict[date, Sequence[SettlementDigest]]]:
    """The dates in their order, parted into what one commit takes."""
    batch: dict[date, Sequence[SettlementDigest]] = {}
    count = 0
    for day in sorted(by_date):
        digests = by_date[day]
        if batch and (len(batch) >= DATES_MAX or count + len(digests) > ENTRIES_MAX):
            yield batch
            batch, count = {}, 0
        batch[day] = digests
        count += len(digests)
    if batch:
        yield batch
