"""Long work, attended: done in a thread, while this one shows how far it is and listens to Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from quantos.cli.interruption import leave_at_once
from quantos.cli.texts import say

T = TypeVar("T")

LOOK_EVERY_S: Final = 0.2


@dataclass(slots=True)
class _Work(Generic[T]):
    """Work in a thread of its own, and how it ended."""

    do: Callable[[], T]
    ended: threading.Event
    result: list[T]
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result.append(self.do())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits for it
            self.error = error
        finally:
            self.ended.set()


def attended(do: Callable[[], T], *, look: Callable[[], None], stop: Callable[[], None]) -> tuple[T, bool]:
    """What `do` returned, and whether Ctrl-C came meanwhile; `look` is called several times a second.

    The first Ctrl-C calls `stop`, which asks the work to end early and is waited for, or raises Interrupted
    where nobody need wait. The second one ends the process at once.
    """
    work = _Work(do, threading.Event(), [])
    threading.Thread(target=work.run, name="attended", daemon=True).start()
    interrupted = False
    while not work.ended.is_set():
        try:
            if not work.ended.wait(LOOK_EVERY_S):
                look()
        except KeyboardInterrupt:
            if interrupted:
                leave_at_once(say("interrupted.at_once"))
            interrupted = True
            stop()
    if work.error is not None:
        raise work.error
    return work.result[0], interrupted
