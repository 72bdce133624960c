"""Which signals the repository had before this process wrote to it.

What this process commits is claimed in the records first. What was there before may be unknown to them: they were put
back to an earlier backup, or another program began the file. Its date takes no other signal of that name (ATT-08).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import Final

from quantos.attestation.core.dayfile import ForeignFile, entries
from quantos.attestation.failures import NotCommitted
from quantos.attestation.lookup import Lookup

DATES_MAX: Final = 256


class Earlier:
    """The published slugs of each date, as they stood when the date was first asked for. From any thread."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._lock = threading.Lock()
        self._slugs: OrderedDict[date, frozenset[str]] = OrderedDict()

    def knows(self, trade_date: date) -> bool:
        return trade_date in self._slugs

    def look(self, trade_date: date) -> None:
        """Read a date. What cannot be read is left to the commit, which says why it fails."""
        try:
            data = self._lookup.file("attestations", trade_date)
            listed = [] if data is None else entries("attestations", data)
        except (NotCommitted, ForeignFile):
            return
        with self._lock:
            self._slugs[trade_date] = frozenset(str(entry.get("strategy_slug")) for entry in listed)
            while len(self._slugs) > DATES_MAX:
                self._slugs.popitem(last=False)

    def has(self, slug: str, trade_date: date) -> bool:
        """Whether a date that was looked at had an entry of that name."""
        return slug in self._slugs.get(trade_date, ())
