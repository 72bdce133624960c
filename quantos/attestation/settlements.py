"""Committing settlement digests, in the committer's thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date

from quantos.attestation import failures
from quantos.attestation.committer import Committer
from quantos.attestation.core import messages
from quantos.attestation.core.dayfile import ForeignFile, append, begin, entries, path_of
from quantos.attestation.core.digests import Commit, DigestConflict, SettlementDigest, SettlementsCommitted
from quantos.attestation.core.entries import commit_time
from quantos.attestation.core.publishing import batches, judge, line
from quantos.attestation.failures import NotCommitted
from quantos.attestation.repository import Change
from quantos.kit.clock import Clock

logger = logging.getLogger(__name__)


def commit_settlements(
    committer: Committer, clock: Clock, entries_by_date: Mapping[date, Sequence[SettlementDigest]]
) -> SettlementsCommitted:
    """Commit what is new. Raises DigestConflict, once all that can be is committed."""
    commits: list[Commit] = []
    conflicts: list[SettlementDigest] = []
    refusals: list[NotCommitted] = []
    added = present = 0
    try:
        for batch in batches(entries_by_date):
            found = _commit(committer, clock, batch, conflicts, refusals)
            commits += [found.commit] if found.commit else []
            added += found.added
            present += found.present
    except NotCommitted as refusal:
        refusals.append(refusal)
    if refusals:
        committer.failed(refusals[0], of_signals=False)
    reason = refusals[0].reason if refusals else None
    if conflicts:
        named = ", ".join(
            f"{each.strategy_slug} {each.trade_date} r{each.revision}" for each in conflicts[:5]
        )
        logger.error("%d settlement digests contradict the repository: %s", len(conflicts), named)
        raise DigestConflict(
            f"{len(conflicts)} settlement digests contradict those in the repository: {named};"
            " what was published stays, and the settlement must be looked into",
            conflicts,
            reason,
        )
    return SettlementsCommitted(tuple(commits), added, present, reason)


class _Batch:
    """What came of one batch."""

    def __init__(self, commit: Commit | None, added: int, present: int) -> None:
        self.commit, self.added, self.present = commit, added, present


def _commit(
    committer: Committer,
    clock: Clock,
    batch: Mapping[date, Sequence[SettlementDigest]],
    conflicts: list[SettlementDigest],
    refusals: list[NotCommitted],
) -> _Batch:
    """One commit. A day whose file cannot be continued is left out, and is among the refusals."""
    repository, now = committer.repository(), clock.now()
    at = commit_time(now)
    files: dict[str, bytes] = {}
    dates: list[date] = []
    added = present = 0
    restated = True
    for day, digests in batch.items():
        path = path_of("settlements", day)
        data = repository.read(path) or begin("settlements", day, now)
        try:
            judged = judge(entries("settlements", data), digests)
            continued = append(data, [line(digest, at) for digest in judged.new])
        except ForeignFile as foreign:
            refusals.append(NotCommitted(failures.BROKEN, f"{path} cannot be continued: {foreign}"))
            continue
        present += judged.present
        conflicts += judged.conflicting
        if judged.new:
            files[path] = continued
            dates.append(day)
            added += len(judged.new)
            restated = restated and all(digest.revision > 0 for digest in judged.new)
    if not files:
        return _Batch(None, 0, present)
    (sha,) = committer.commit([Change(files, messages.of_settlements(dates, restated=restated))], now)
    committer.succeeded()
    return _Batch(Commit(sha, at), added, present)
