"""Settled days for packages: one by one, and sixteen at once for whoever goes through a record day by day."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import Any, Final, NamedTuple

from quantos.market.core.calendar import CalendarEnds
from quantos.settlement.core.record import DayRecord
from quantos.storage.records import Records
from quantos.strategies.service import Strategies, Weights
from quantos.verification.ports import DaySource, MarketSource, Repository

AHEAD: Final = 16
"""Days read together."""
AHEAD_MAX: Final = 256
READERS_MAX: Final = 1_000

Stored = tuple[Any, Weights]
"""A signal as in its table, and its weights."""


class Read(NamedTuple):
    """A settled day and the signal stored for it, which counted where the day was rebalanced."""

    record: DayRecord
    signal: Stored | None


class Reader:
    """Reads days of strategies by their series keys. From any thread."""

    def __init__(
        self,
        records: Records,
        strategies: Strategies,
        settlement: DaySource,
        market: MarketSource,
        repository: Repository,
    ) -> None:
        self._records, self._strategies, self._settlement = records, strategies, settlement
        self._market, self._repository = market, repository
        self._lock = threading.Lock()
        self._read_last: OrderedDict[int, date] = OrderedDict()
        self._ahead: OrderedDict[tuple[int, date], tuple[int, Read]] = (
            OrderedDict()
        )  # with the version of the rows

    def read(self, number: int, day: date, revision: int | None) -> Read | None:
        """The day; None where it is not settled, or has no such revision."""
        if revision is not None:
            return self._one(number, day, revision)
        found = self._taken(number, day)
        if found is None and self._goes_on(number, day):
            self._read_ahead(number, day)
            found = self._taken(number, day)
        found = found or self._one(number, day, None)
        with self._lock:
            _keep(self._read_last, number, day, READERS_MAX)
        return found

    def _one(self, number: int, day: date, revision: int | None) -> Read | None:
        with self._records.read() as session:
            stored = self._strategies.signals_stored(session, day, [number]).get(number)
        found = self._settlement.days.read(day, {number: stored[1] if stored else None}, revision)
        return Read(found[0], stored) if found else None

    def _goes_on(self, number: int, day: date) -> bool:
        """Whether the day before was the last one read of this strategy."""
        with self._lock:
            last = self._read_last.get(number)
        try:
            return last is not None and last == self._market.calendar.previous_before(day)
        except CalendarEnds:
            return False

    def _read_ahead(self, number: int, first: date) -> None:
        version, until = self._settlement.version(number), self._settlement.settled_until(number)
        days = self._market.calendar.between(first, until or first)[:AHEAD]
        if len(days) < 2:
            return
        with self._records.read() as session:
            signals = self._strategies.signals_between(session, number, days[0], days[-1])
        weights = {day: found for day, (_, found) in signals.items()}
        for record in self._settlement.days.span(number, days[0], days[-1], weights):
            stored = signals.get(record.trade_date)
            if stored and stored[0].commit_sha is None and self._repository.configured:
                continue  # its commit may come before it is asked for
            with self._lock:
                _keep(self._ahead, (number, record.trade_date), (version, Read(record, stored)), AHEAD_MAX)

    def _taken(self, number: int, day: date) -> Read | None:
        """What was read ahead, once, if its rows still stand."""
        with self._lock:
            version, found = self._ahead.pop((number, day), (-1, None))
        return found if version == self._settlement.version(number) else None


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
