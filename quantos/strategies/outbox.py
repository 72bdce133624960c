"""The signals and changes of status that are to be committed, for the attestation: its `Outbox`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime

from quantos.attestation.core.batches import Window
from quantos.attestation.core.entries import Attested, Placed
from quantos.attestation.core.statuses import Noted
from quantos.attestation.service import Claimed, Outstanding, StatusChanged
from quantos.market.core.calendar import CalendarEnds
from quantos.market.service import Market
from quantos.storage.records import Records
from quantos.strategies import attested as store
from quantos.strategies.core.deadlines import Execution
from quantos.strategies.core.status import governed_from


class SignalOutbox:
    """Each call is a unit of work of its own."""

    def __init__(self, records: Records, market: Market) -> None:
        self._records, self._market = records, market
        self.salt_of: Callable[[str, date], str] = _unplugged
        """What hides the slug of a strategy that is not public, by slug and trade date; plugged in from above."""

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
        """These are not in git. `again`: they wait for the next attempt; else another hash stands in their place."""
        with self._records.write() as session:
            store.release(session, signals, again=again)

    def refused(self, limit: int) -> tuple[int, list[tuple[str, date]]]:
        """Signals in whose place the repository has another hash: how many, and the first of them, as (slug, date)."""
        with self._records.read() as session:
            return store.refused(session, limit)

    def acknowledge(self) -> int:
        """Those of `refused` are known to the operator and no longer among them; how many they were."""
        with self._records.write() as session:
            return store.acknowledge(session)

    def outstanding(self) -> Outstanding:
        with self._records.read() as session:
            return store.outstanding(session)

    def statuses(self, after: Noted | None) -> list[StatusChanged]:
        """The changes of status after that one, by number; all where there is no such one. They end where a change
        lies at the end of the calendar: it waits for the next one.
        """
        with self._records.read() as session:
            is_there = after is not None and store.has_status(session, *after)
            rows = store.statuses(session, after.number if after is not None and is_there else 0)
        changes: list[StatusChanged] = []
        with suppress(CalendarEnds):
            changes.extend(self._changed(*row) for row in rows)  # what came before the end stays
        return changes

    def _changed(
        self, number: int, slug: str, execution: str, is_public: bool, place: int, status: str, at: datetime
    ) -> StatusChanged:
        """Raises CalendarEnds."""
        day = governed_from(at, Execution(execution), self._market.calendar)
        return StatusChanged(number, slug, is_public, day, place, status, at, self.salt_of(slug, day))


def _unplugged(slug: str, trade_date: date) -> str:
    raise AssertionError(f"nothing hides {slug} on {trade_date}: the salts are plugged in")
