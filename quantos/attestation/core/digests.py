"""The digests of a settled strategy-day, as the attestation repository publishes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from quantos.errors import Conflict


@dataclass(frozen=True, slots=True)
class SettlementDigest:
    """What binds the settlement of a strategy-day.

    `strategy_slug`: as it is to be published, so for a strategy that is not public SHA-256 of slug and salt.
    `revision`: 0, and 1, 2, ... for restatements. Hashes are 64 lower-case hex digits.
    """

    trade_date: date
    strategy_slug: str
    revision: int
    nav_sha256: str
    snapshot_sha256: str
    rules_version: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the repository. `committed_at`: its own time, whole seconds, UTC."""

    sha: str
    committed_at: datetime


@dataclass(frozen=True, slots=True)
class SettlementsCommitted:
    """How a run of settlement digests ended.

    `commits`: those that were made, in their order; `added`: entries new in them; `present`: entries that were
    there already. `reason`: why digests are not committed (`repo_not_configured`, `disk_full`, ...); None where
    all are.
    """

    commits: tuple[Commit, ...]
    added: int
    present: int
    reason: str | None


class DigestConflict(Conflict):
    """A strategy-day and revision stands in the repository with another digest.

    `digests`: those that do. `reason`: why others of the same call are not committed either; None where all of them
    are.
    """

    code = "digest_conflict"

    def __init__(
        self, message: str, digests: Sequence[SettlementDigest] = (), reason: str | None = None
    ) -> None:
        super().__init__(message)
        self.digests, self.reason = digests, reason
