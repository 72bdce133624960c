"""A platform without an attestation repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from quantos.attestation.service import Commit, SettlementDigest, SettlementsCommitted


class Unattested:
    """Commits nothing and knows of no commit."""

    configured = False

    def commit_settlements(self, _: Mapping[date, Sequence[SettlementDigest]]) -> SettlementsCommitted:
        return SettlementsCommitted((), 0, 0, "repo_not_configured")

    def settlement_commit(self, trade_date: date, nav_sha256: str) -> Commit | None:  # noqa: ARG002
        return None

    def raw_url(self, kind: str, trade_date: date, sha: str) -> str | None:  # noqa: ARG002
        return None
