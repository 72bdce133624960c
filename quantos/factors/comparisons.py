"""How alike a user's factors are. A pair is compared once for as long as the values of both stand still."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from quantos.factors import store
from quantos.factors.owned import number_of
from quantos.factors.pairs import correlations
from quantos.factors.tables import Factor
from quantos.factors.value_index import Cursor
from quantos.factors.values import ValueStore
from quantos.storage.records import Records
from quantos.storage.series import Series

PAIRS_KEPT: Final = 10_000

Stage = Callable[[str, int, int], None]


class _Side(NamedTuple):
    """A factor's values, as far as a comparison needs to know of them."""

    number: int
    version: tuple[int, int]


class Comparing:
    """Compares, one pair at a time, in a thread of its own."""

    def __init__(self, records: Records, series: Series, values: ValueStore) -> None:
        self._records, self._series, self._values = records, series, values
        self._thread = ThreadPoolExecutor(1, "factor-correlations")
        self._turn = threading.Lock()  # a validation compares in another thread
        self._known: OrderedDict[tuple[Any, ...], float | None] = OrderedDict()

    def stop(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def table(self, number: int, user_id: str) -> list[dict[str, Any]]:
        """{factor_id, name, correlation} of each other active factor, the strongest first, undefined ones last."""
        loop = asyncio.get_running_loop()
        others = self._others(number, user_id)
        found = await loop.run_in_executor(self._thread, self._with, number, others, _nobody)
        ordered = sorted(zip(others, found, strict=True), key=lambda pair: _strength(pair[1]), reverse=True)
        return [{"factor_id": other.id, "name": other.name, "correlation": each} for other, each in ordered]

    def with_active(self, number: int, user_id: str, tell: Stage) -> list[float | None]:
        """Correlations with each other active factor of the user, in the order of their creation."""
        return self._with(number, self._others(number, user_id), tell)

    def _others(self, number: int, user_id: str) -> list[Factor]:
        with self._records.read() as session:
            active = store.of_status(session, "active", user_id=user_id)
        return [other for other in active if other.number != number]

    def _with(self, number: int, others: Sequence[Factor], tell: Stage) -> list[float | None]:
        with self._series.snapshot() as cursor:
            mine = self._side(cursor, number)
            keys = [_key(mine, self._side(cursor, number_of(other))) for other in others]
        with self._turn:
            known = {key: self._known[key] for key in keys if key in self._known}
        missing = [at for at, key in enumerate(keys) if key not in known]
        before = len(others) - len(missing)
        made = correlations(
            self._values,
            self._series,
            number,
            [number_of(others[at]) for at in missing],
            lambda done: tell("correlations", before + done, len(others)),
        )
        known |= zip((keys[at] for at in missing), made, strict=True)
        with self._turn:
            for key in keys:
                self._known[key] = known[key]
                self._known.move_to_end(key)
            while len(self._known) > PAIRS_KEPT:
                self._known.popitem(last=False)
        return [known[key] for key in keys]

    def _side(self, cursor: Cursor, number: int) -> _Side:
        return _Side(number, self._values.version(cursor, number))


def _key(one: _Side, other: _Side) -> tuple[Any, ...]:
    """Of a pair, either way round."""
    return tuple(sorted([(one.number, *one.version), (other.number, *other.version)]))


def _strength(found: float | None) -> float:
    return -1.0 if found is None else abs(found)


def _nobody(stage: str, done: int, total: int) -> None:
    """Nobody is told."""
