"""The signals that are to be committed, for the attestation: its `Outbox`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quantos.attestation.core.batches import Window
from quantos.attestation.core.entries import Attested, Placed
from quantos.attestation.service import Claimed, Outstanding
from quantos.storage.records import Records
from quantos.strategies import attested as store


class SignalOutbox:
    """Each call is a unit of work of its own."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def adopt(self, now: datetime) -> None:
        """Signals stored without a repository whose deadline is still ahead wait for a commit from here on."""
        with self._records.read() as session:
            if not store.has_unasked(session, now):
                return
        with self._records.write() as session:
            store.ask_for(session, now)

    def is_due(self, window: Window) -> bool:
        """Whether `claim` would find anything."""
        with self._records.read() as session:
            return store.is_due(session, window)

    def claim(self, window: Window, limit: int) -> Claimed:
        """Claim the waiting signals that are due, oldest trade dates first, at most `limit`; and all claimed before."""
        with self._records.write() as session:
            before = store.claimed(session)
            numbered = {(signal.number, signal.trade_date) for signal in before}
            store.claim(session, window, limit)
            fresh = [
                each for each in store.claimed(session) if (each.number, each.trade_date) not in numbered
            ]
        return Claimed(fresh, before)

    def mark(self, attested: Sequence[tuple[Placed, Attested]]) -> None:
        """Note the commits of signals."""
        with self._records.write() as session:
            store.mark(session, attested)

    def release(self, signals: Sequence[Placed], *, again: bool) -> None:
        """These are not in git: they can be replaced again. `again`: they wait for the next attempt."""
        with self._records.write() as session:
            store.release(session, signals, again=again)

    def outstanding(self) -> Outstanding:
        with self._records.read() as session:
            return store.outstanding(session)
