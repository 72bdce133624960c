"""Commit messages of the attestation repository, as docs/verification.md states them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from quantos.attestation.core.entries import SignalEntry

_HASH_LINE: Final = re.compile(r"^hash: (\S+)(?: \S+)?$", re.MULTILINE)


def of_signals(trade_date: date, committed: Sequence[SignalEntry]) -> str:
    """The message of a commit of signals, one or several."""
    subject = f"signal attestation {trade_date}"
    if len(committed) == 1:
        (only,) = committed
        return f"{subject} — {only.strategy_slug}\n\nhash: {only.signal_hash}\n"
    lines = "".join(f"hash: {entry.signal_hash} {entry.strategy_slug}\n" for entry in committed)
    return f"{subject} — {len(committed)} strategies\n\n{lines}"


def of_settlements(dates: Sequence[date], *, restated: bool) -> str:
    """The message of a commit of settlement digests. `dates` ascend."""
    what = "restatement" if restated else "settlement"
    return f"{what} digests {_span(dates)}\n"


def of_statuses(dates: Sequence[date]) -> str:
    """The message of a commit of changes of status. `dates` ascend."""
    return f"status changes {_span(dates)}\n"


def of_key() -> str:
    """The message of the commit that publishes the key by which commits are signed from then on."""
    return "public key of the attestations\n"


def _span(dates: Sequence[date]) -> str:
    first, last = dates[0], dates[-1]
    return f"{first}" if first == last else f"{first} to {last}"


def hashes_in(message: str) -> list[str]:
    """The signal hashes that a commit's message names."""
    return _HASH_LINE.findall(message)
