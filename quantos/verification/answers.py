"""Finished answers, kept as bytes as long as what they were made from has not changed.

Each answer carries a stamp of its sources' versions; with another stamp it is made anew. Callers that miss
together wait for one making. The least recently used go first when the bytes outgrow their bound.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

BYTES_MAX: Final = 64 * 2**20


class _Answer(NamedTuple):
    stamp: Hashable
    body: bytes


class Answers:
    """A bounded cache, for one event loop."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max, self._bytes = bytes_max, 0
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._in_making: dict[tuple[Hashable, Hashable], asyncio.Task[bytes]] = {}

    def fresh(self, key: Hashable, stamp: Hashable) -> bytes | None:
        """The answer, where there is one with this stamp."""
        found = self._answers.get(key)
        if found is None or found.stamp != stamp:
            return None
        self._answers.move_to_end(key)
        return found.body

    async def make(self, key: Hashable, stamp: Hashable, work: Callable[[], bytes]) -> bytes:
        """Run `work` in a thread and keep what it returns. Raises what it raises.

        `stamp` is read before: what `work` sees may only be newer, and is then made again.
        """
        task = self._in_making.get((key, stamp))
        if task is None:
            task = asyncio.get_running_loop().create_task(self._make(key, stamp, work))
            self._in_making[key, stamp] = task
        return await asyncio.shield(task)  # a caller that goes away does not take it from the others

    async def _make(self, key: Hashable, stamp: Hashable, work: Callable[[], bytes]) -> bytes:
        try:
            body = await asyncio.to_thread(work)
        finally:
            del self._in_making[key, stamp]
        self._keep(key, _Answer(stamp, body))
        return body

    def _keep(self, key: Hashable, answer: _Answer) -> None:
        replaced = self._answers.pop(key, None)
        self._bytes += len(answer.body) - (len(replaced.body) if replaced else 0)
        self._answers[key] = answer
        while self._bytes > self._bytes_max:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)
