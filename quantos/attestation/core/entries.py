"""What of a signal is published: an entry that binds it and shows nothing of it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import NamedTuple


class Placed(NamedTuple):
    """A signal that is stored, for attestation."""

    number: int
    slug: str
    universe: str
    execution_price: str
    is_public: bool
    trade_date: date
    signal_hash: str
    nonce: str
    deadline: datetime


class Attested(NamedTuple):
    """The commit of a signal, or the reason why there is none (yet)."""

    sha: str | None
    committed_at: datetime | None
    reason: str | None


def without_commit(reason: str) -> Attested:
    """A signal that is not committed."""
    return Attested(None, None, reason)


class SignalEntry(NamedTuple):
    """One line of `attestations/{trade_date}.json`."""

    strategy_slug: str
    signal_hash: str
    universe: str
    execution_price: str

    def line(self, attested_at: datetime) -> bytes:
        """The entry as JSON on one line."""
        return as_line({**self._asdict(), "attested_at": precise(attested_at)})


def entry_of(signal: Placed) -> SignalEntry:
    """The entry of a signal; the slug of a strategy that is not public is hidden."""
    return SignalEntry(
        published_slug(signal.slug, signal.nonce, is_public=signal.is_public),
        signal.signal_hash,
        signal.universe,
        signal.execution_price,
    )


def published_slug(slug: str, secret: str, *, is_public: bool) -> str:
    """The slug, or SHA-256 of slug and secret (concatenated) where the strategy is not public."""
    return slug if is_public else hashlib.sha256(f"{slug}{secret}".encode()).hexdigest()


def as_line(entry: dict[str, object]) -> bytes:
    """JSON without a line break."""
    return json.dumps(entry, ensure_ascii=False).encode()


def precise(instant: datetime) -> str:
    """An instant of an entry, `2024-01-02T01:10:00.250000+00:00`."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def commit_time(instant: datetime) -> datetime:
    """An instant as a commit keeps it: whole seconds, UTC."""
    return instant.astimezone(UTC).replace(microsecond=0)
