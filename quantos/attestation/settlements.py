"""Committing settlement digests, in the committer's thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date

from quantos.attestation.committer import Committer
from quantos.attestation.core import messages
from quantos.attestation.core.dayfile import append, begin, entries, path_of
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
    added = present = 0
    reason: str | None = None
    try:
        for batch in batches(entries_by_date):
            found = _commit(committer, clock, batch, conflicts)
            commits += [found.commit] if found.commit else []
            added += found.added
            present += found.present
    except NotCommitted as refusal:
        committer.failed(refusal, of_signals=False)
        reason = refusal.reason
    if conflicts:
        named = ", ".join(
            f"{each.strategy_slug} {each.trade_date} r{each.revision}" for each in conflicts[:5]
        )
        logger.error("%d settlement digests contradict the repository: %s", len(conflicts), named)
        raise DigestConflict(
            f"{len(conflicts)} settlement digests contradict those in the repository: {named};"
            " what was published stays, and the settlement must be looked into"
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
) -> _Batch:
    repository, now = committer.repository(), clock.now()
    at = commit_time(now)
    files: dict[str, bytes] = {}
    dates: list[date] = []
    added = present = 0
    restated = True
    for day, digests in batch.items():
        path = path_of("settlements", day)
        data = repository.read(path) or begin("settlements", day, now)
        judged = judge(entries("settlements", data), digests)
        present += judged.present
        conflicts += judged.conflicting
        if judged.new:
            files[path] = append(data, [line(digest, at) for digest in judged.new])
            dates.append(day)
            added += len(judged.new)
            restated = restated and all(digest.revision > 0 for digest in judged.new)
    if not files:
        return _Batch(None, 0, present)
    (sha,) = committer.commit([Change(files, messages.of_settlements(dates, restated=restated))], now)
    committer.succeeded()
    return _Batch(Commit(sha, at), added, present)
