"""Settled days on their way to the store: one is written while the next is computed.

Days are written in order, each in its own transaction; a day is reported as written only once it is. Where a
write fails, the days after it are never begun.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from quantos.settlement import store
from quantos.settlement.core.day import Roster
from quantos.settlement.store import DayToWrite
from quantos.storage.series import Series


class DayWriter:
    """Use it as a context: leaving it waits for the last day."""

    def __init__(self, series: Series, roster: Roster, on_written: Callable[[DayToWrite], None]) -> None:
        self._series, self._roster, self._on_written = series, roster, on_written
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="settlement-writer")
        self._pending: tuple[DayToWrite, Future[None]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._settle_pending()
        finally:
            self._pool.shutdown()

    def put(self, day: DayToWrite) -> None:
        """Hand over the next day. Raises what the write of the day before raised."""
        self._settle_pending()
        self._pending = day, self._pool.submit(self._write, day)

    def _settle_pending(self) -> None:
        if self._pending is None:
            return
        (day, future), self._pending = self._pending, None
        future.result()
        self._on_written(day)

    def _write(self, day: DayToWrite) -> None:
        with self._series.write() as cursor:
            store.write_day(cursor, day, self._roster)
