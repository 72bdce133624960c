"""What the line of execution works on, for whoever reads the log: the request, the job, the run it belongs to.

A line of the log is written in the middle of some work and rarely names it. `working_on` says it once; every line that is
written below it carries it, in threads too that were started by `asyncio.to_thread`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_NOTHING: Final[Mapping[str, str]] = {}
WORK: Final[ContextVar[Mapping[str, str]]] = ContextVar("work", default=_NOTHING)
"""Such as {"request": "5f2c…"} or {"job": "settle_all_active_strategies", "trade_date": "2024-01-02", "run": "4dd4…"}."""


@contextmanager
def working_on(**named: str) -> Iterator[None]:
    """Everything below belongs to this too."""
    token = WORK.set({**WORK.get(), **named})
    try:
        yield
    finally:
        WORK.reset(token)


def in_brackets(work: Mapping[str, str]) -> str:
    """` [request 5f2c…]`, to be put behind a line; empty where nothing is known."""
    return f" [{', '.join(f'{name} {value}' for name, value in work.items())}]" if work else ""
