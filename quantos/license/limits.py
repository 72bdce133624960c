"""Cores and memory up to what the licence grants, and back to the whole machine when it grants more.

Cores: the process and every thread of it run on the first so many that the system gives it (Linux), and the series
store computes with as many threads. Memory: the series store, which takes what it is given, is given at most half of
the licence's; the rest is for the process around it. Nothing that is there is refused for want of either.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from licensing.limits import Machine
from quantos.license.core.entitlement import Entitlement

TASKS: Final = Path("/proc/self/task")


class Store(Protocol):
    """What can be given less."""

    def limit(self, *, threads: int | None, memory_gib: float | None) -> None:
        """None: as it was opened."""
        ...


class Limits:
    """Of this process."""

    def __init__(self, store: Store, size: Machine) -> None:
        self._store, self._size = store, size
        self._given = _cores_given()
        self._applied: tuple[int | None, int | None] = (None, None)

    def apply(self, found: Entitlement) -> None:
        """Go by the licence's limits from now on."""
        wanted = (found.max_cores, found.max_memory_gb)
        if wanted == self._applied:
            return
        cores, memory_gb = wanted
        allowed = self._given if cores is None else set(sorted(self._given)[:cores])
        if allowed:
            _run_on(allowed)
        is_less = cores is not None and cores < self._size.cores
        self._store.limit(
            threads=cores if is_less else None, memory_gib=None if memory_gb is None else memory_gb / 2
        )
        self._applied = wanted

    def lift(self) -> None:
        """The whole machine again, for whatever this process does afterwards."""
        if self._applied[0] is not None and self._given:
            _run_on(self._given)
        self._applied = (None, None)

    def used(self) -> dict[str, Any]:
        """What the platform goes by: {cores, memory_gb}; memory null where there is no limit."""
        cores, memory_gb = self._applied
        return {
            "cores": self._size.cores if cores is None else min(cores, self._size.cores),
            "memory_gb": memory_gb,
        }


def _cores_given() -> set[int]:
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set()


def _run_on(cores: set[int]) -> None:
    """Every thread there is; those to come do as the one that starts them."""
    for task in TASKS.iterdir() if TASKS.is_dir() else ():
        with suppress(OSError, ValueError):  # it has ended meanwhile
            os.sched_setaffinity(int(task.name), cores)
