"""When API keys were last used, written a little later than it happens.

A use is noted in memory, at most once a minute per key, and all noted uses are written together by one unit
of work that starts a second later: no request waits for it. A clean stop writes what is left; a crash loses
at most the uses of the last second (or of a time in which the records store could not be written).
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from quantos.accounts import store
from quantos.errors import QuantosError
from quantos.storage.records import Records

WRITE_AFTER_S: Final = 1.0
log = logging.getLogger(__name__)


class KeyUses:
    """Uses that are not written yet."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._unwritten: dict[str, datetime] = {}
        self._timer_loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def note(self, key_id: str, at: datetime) -> None:
        self._unwritten[key_id] = at
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # called from a thread: written with the next noted use, or at close
        if self._timer_loop is not loop:
            self._timer_loop = loop
            loop.call_later(WRITE_AFTER_S, self._start, loop)

    def unwritten(self, key_id: str) -> datetime | None:
        return self._unwritten.get(key_id)

    def close(self) -> None:
        """Write what is left, in the calling thread."""
        uses = dict(self._unwritten)
        if not uses:
            return
        with self._records.write() as session:
            store.record_uses(session, uses)
        self._written(uses)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer_loop = None
        self._task = loop.create_task(self._write())

    async def _write(self) -> None:
        uses = dict(self._unwritten)
        try:
            await self._records.commit(lambda session: store.record_uses(session, uses))
        except (QuantosError, SQLAlchemyError) as error:
            log.warning("last uses of %d API keys are not written yet: %s", len(uses), type(error).__name__)
            return
        self._written(uses)

    def _written(self, uses: dict[str, datetime]) -> None:
        for key_id, at in uses.items():
            if self._unwritten.get(key_id) == at:
                del self._unwritten[key_id]
