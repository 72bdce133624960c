"""Long work, attended: done in a thread, while this one shows how far it is and listens to Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final, Generic, NoReturn, TypeVar

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


@contextmanager
def _second_leaves_at_once() -> Iterator[None]:
    """Inside, the first Ctrl-C raises KeyboardInterrupt and the next one ends the process.

    The next one is met where it comes, in the signal's handler: raised as an exception, it could come while the first
    is still being answered and be taken for it.
    """
    answer = signal.getsignal(signal.SIGINT)

    def first(_number: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGINT, second)
        raise KeyboardInterrupt

    def second(_number: int, _frame: FrameType | None) -> None:
        leave_at_once(say("interrupted.at_once"))

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, answer)


def attended(do: Callable[[], T], *, look: Callable[[], None], stop: Callable[[], None]) -> tuple[T, bool]:
    """What `do` returned, and whether Ctrl-C came meanwhile; `look` is called several times a second.

    The first Ctrl-C calls `stop`, which asks the work to end early and is waited for, or raises Interrupted
    where nobody need wait. The second one ends the process at once.
    """
    work = _Work(do, threading.Event(), [])
    interrupted = False
    with _second_leaves_at_once():
        threading.Thread(target=work.run, name="attended", daemon=True).start()
        while not work.ended.is_set():
            try:
                if not work.ended.wait(LOOK_EVERY_S):
                    look()
            except KeyboardInterrupt:
                interrupted = True
                stop()
    if work.error is not None:
        raise work.error
    return work.result[0], interrupted
