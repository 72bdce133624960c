"""Attestation as the rest of the platform sees it."""

# ruff: noqa: ARG002 - no repository yet

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from quantos.attestation.core.digests import Commit, SettlementDigest, SettlementsCommitted

__all__ = ["Attestation", "Commit", "SettlementDigest", "SettlementsCommitted"]


class Attestation:
    """The attestation repository of this platform; where none is configured nothing is committed."""

    @property
    def configured(self) -> bool:
        """Whether there is a repository."""
        return False

    def commit_settlements(
        self, entries_by_date: Mapping[date, Sequence[SettlementDigest]]
    ) -> SettlementsCommitted:
        """Commit the digests of settled strategy-days: one commit for the call, more where there are very many.

        Idempotent: an entry that is there already (the same `nav_sha256`, which binds all else) is not doubled.
        Called from any thread but the event loop's; returns once the commits are durable, or with the reason why
        there are none, and then the same call may be made again. Raises DigestConflict where a strategy-day and
        revision is there with another digest; the other entries are committed all the same.
        """
        return SettlementsCommitted((), 0, 0, "repo_not_configured")

    @property
    def version(self) -> int:
        """Changes with every commit: what was looked up before may be out of date."""
        return 0

    def signal_commit(self, trade_date: date, signal_hash: str) -> Commit | None:
        """The commit that brought a signal's hash into the repository; None where there is none."""
        return None

    def settlement_commit(self, trade_date: date, nav_sha256: str) -> Commit | None:
        """The commit that brought a settlement digest into the repository; None where there is none."""
        return None

    def raw_url(self, kind: Literal["attestations", "settlements"], trade_date: date, sha: str) -> str | None:
        """Where anyone reads the file of a date as of a commit; None without a repository."""
        return None
