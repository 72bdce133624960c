"""Backtests in turn: a few at once, some waiting, and no more."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from quantos.research.refusals import BacktestsFull
from quantos.research.sandbox import Sandbox

RETRY_AFTER_S: Final = 5


class Backtests:
    """Runs requests of the sandbox, `at_once` at a time, while `waiting_max` wait."""

    def __init__(self, sandbox: Sandbox, at_once: int, waiting_max: int) -> None:
        self._sandbox = sandbox
        self._room = at_once + waiting_max
        self._taken = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(at_once, "backtest")

    async def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Raises BacktestsFull at once where there is no room; else as `Sandbox.run`.

        A caller who goes away leaves the run to its end: it keeps its place until then.
        """
        with self._lock:
            if self._taken >= self._room:
                raise BacktestsFull(
                    f"{self._room} backtests run or wait: come back in {RETRY_AFTER_S} seconds", RETRY_AFTER_S
                )
            self._taken += 1
        try:
            running = asyncio.get_running_loop().run_in_executor(self._threads, self._run, request)
        except BaseException:
            self._leave()
            raise
        return await asyncio.shield(running)

    def close(self) -> None:
        """End what runs, and forget what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._sandbox.close()
        self._threads.shutdown()

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._sandbox.run(request)
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._taken -= 1
