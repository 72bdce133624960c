"""What decided each settled day, kept in memory: a snapshot that is stored never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.settlement.core.record import Decided
from quantos.settlement.core.recorded import Columns, DaySnapshot

Cursor = duckdb.DuckDBPyConnection
Terms = dict[int, tuple[int, int, int]]

DAYS_MAX: Final = 64
"""Days of bars kept: a whole market is a third of a megabyte a day."""

NONE: Final = -1
"""No instrument: a list of those that are wanted is never empty, not even of a record all in cash."""

_BAR: Final = (
    "instrument, open, close, reference, last_close, volume, upper, lower,"
    " block::INTEGER AS block, event::INTEGER AS event, st_unknown"
)


class Snapshots:
    """Snapshots by their number. The few facts of a day are read for all days at once, its bars when asked for."""

    def __init__(self) -> None:
        self._decided: dict[int, Decided] = {}
        self._terms: dict[int, Terms] = {}
        self._bars: OrderedDict[int, DaySnapshot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, cursor: Cursor, number: int) -> DaySnapshot:
        """The snapshot that a row visible to the cursor names."""
        with self._lock:
            found = self._bars.get(number)
            known = number in self._decided
        if not known:
            self._read_facts(cursor)
        found = found or self._read(cursor, number)
        with self._lock:
            self._bars[number] = found
            self._bars.move_to_end(number)
            while len(self._bars) > DAYS_MAX:
                self._bars.popitem(last=False)
        return found

    def some(
        self, cursor: Cursor, numbers: Sequence[int], instruments: NDArray[Any]
    ) -> dict[int, DaySnapshot]:
        """Several snapshots with the bars of some instruments, and of those that they are swapped into."""
        with self._lock:
            unknown = [number for number in numbers if number not in self._decided]
        if unknown:
            self._read_facts(cursor)
        into = {terms[2] for number in numbers for terms in self._terms.get(number, {}).values()}
        wanted = ", ".join(str(int(number)) for number in {NONE, *instruments.tolist(), *into})
        rows: dict[str, Any] = cursor.execute(
            f"SELECT snapshot, {_BAR} FROM snapshot_bar WHERE snapshot BETWEEN {min(numbers)} AND {max(numbers)}"  # noqa: S608
            f" AND instrument IN ({wanted})"
        ).fetchnumpy()
        order = np.lexsort((rows["instrument"], rows["snapshot"]))
        bars = {name: values[order] for name, values in rows.items()}
        found = {}
        for number in numbers:
            a, b = np.searchsorted(bars["snapshot"], [number, number + 1])
            columns = {name: values[a:b] for name, values in bars.items()}
            terms = self._terms.get(number, {})
            found[number] = DaySnapshot(self._decided[number], columns["instrument"], columns, terms)
        return found

    def _read_facts(self, cursor: Cursor) -> None:
        decided = cursor.execute(
            "SELECT id, sha256, rules_version, minimum_commission, accepted_by, accepted_reason FROM snapshot"
        ).fetchall()
        acted = cursor.execute(
            "SELECT snapshot, instrument, bonus_per_million, cash_mills_per_million, into_instrument"
            " FROM snapshot_action"
        ).fetchall()
        terms: dict[int, Terms] = {}
        for number, instrument, *values in acted:
            terms.setdefault(number, {})[instrument] = (values[0], values[1], values[2])
        with self._lock:
            self._decided.update({number: Decided(*facts) for number, *facts in decided})
            self._terms.update(terms)

    def _read(self, cursor: Cursor, number: int) -> DaySnapshot:
        rows: dict[str, Any] = cursor.execute(
            f"SELECT {_BAR} FROM snapshot_bar WHERE snapshot = {int(number)}"  # noqa: S608 - a number
        ).fetchnumpy()
        order = np.argsort(rows["instrument"])
        bars: Columns = {name: values[order] for name, values in rows.items()}
        return DaySnapshot(self._decided[number], bars["instrument"], bars, self._terms.get(number, {}))
