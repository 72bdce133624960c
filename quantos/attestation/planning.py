"""What a group of signals adds to the repository: one commit for each trade date."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from quantos.attestation import failures
from quantos.attestation.core import messages
from quantos.attestation.core.dayfile import ForeignFile, append, path_of
from quantos.attestation.core.entries import Attested, Placed, SignalEntry, entry_of, without_commit
from quantos.attestation.days import Day, Days
from quantos.attestation.failures import NotCommitted
from quantos.attestation.repository import Change

logger = logging.getLogger(__name__)


class Addition(NamedTuple):
    """What one commit adds to the file of a date. `data`: the file with it."""

    trade_date: date
    day: Day
    entries: dict[Placed, SignalEntry]
    data: bytes

    @property
    def change(self) -> Change:
        message = messages.of_signals(self.trade_date, list(self.entries.values()))
        return Change({path_of("attestations", self.trade_date): self.data}, message)

    def take_in(self, commit: Attested) -> None:
        """The file of the date is now as it was committed."""
        self.day.take_in(self.data, self.entries.values(), commit)


class Plan(NamedTuple):
    """What is new in which file, what is there already, and what must not be added."""

    additions: list[Addition]
    present: list[Placed]
    refused: dict[Placed, Attested]
    failed: list[tuple[list[Placed], NotCommitted]]
    """Of dates whose file cannot be read or continued: they hold up no other."""


def plan(days: Days, signals: Sequence[Placed], now: datetime) -> Plan:
    found = Plan([], [], {}, [])
    for trade_date, of_date in groupby(sorted(signals, key=_date_of), key=_date_of):
        group = list(of_date)
        try:
            day = days.of(trade_date, now)
            new = _new_of(day, group, found)
            if new:
                lines = [entry.line(now) for entry in new.values()]
                found.additions.append(Addition(trade_date, day, new, append(day.data, lines)))
        except NotCommitted as refusal:
            found.failed.append((group, refusal))
        except ForeignFile as foreign:
            path = path_of("attestations", trade_date)
            found.failed.append(
                (list(new), NotCommitted(failures.BROKEN, f"{path} cannot be continued: {foreign}"))
            )
    return found


def _new_of(day: Day, group: Sequence[Placed], found: Plan) -> dict[Placed, SignalEntry]:
    """The signals that are not in the file of their date; what becomes of the others goes into `found`."""
    new: dict[Placed, SignalEntry] = {}
    hashes: set[str] = set()
    slugs: set[str] = set()
    for signal in dict.fromkeys(group):
        entry = entry_of(signal)
        if entry.signal_hash in day.commits or entry.signal_hash in hashes:
            found.present.append(signal)
        elif entry.strategy_slug not in day.hashes and entry.strategy_slug not in slugs:
            hashes.add(entry.signal_hash)
            slugs.add(entry.strategy_slug)
            new[signal] = entry
        else:
            logger.error("%s has another hash in the file of %s", entry.strategy_slug, signal.trade_date)
            found.refused[signal] = without_commit(failures.OTHERWISE)
    return new


def _date_of(signal: Placed) -> date:
    return signal.trade_date
