"""How far long work is: on stderr, and only where that is a terminal.

Nothing is drawn before the first call, so what is done at once shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from quantos.cli.interruption import on_a_terminal


class Counted(Protocol):
    def __call__(self, done: int, text: str, total: int | None = None, /) -> None: ...


@contextmanager
def spinning() -> Iterator[Callable[[str], None]]:
    """Work of unknown length; the function takes what is being done."""
    if not on_a_terminal():
        yield _nobody_looks
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - where it is used

    with _bar(SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}")) as bar:
        task = bar.add_task("", total=None)

        def show(text: str) -> None:
            bar.update(task, description=text)
            bar.start()

        yield show


@contextmanager
def counting(total: int) -> Iterator[Counted]:
    """Work of `total` steps; the function takes the steps done and a text, and the total where it is known late."""
    if not on_a_terminal():
        yield _nobody_looks
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415 - where it is used

    with _bar(BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}")) as bar:
        task = bar.add_task("", total=total)

        def show(done: int, text: str, total: int | None = None) -> None:
            bar.update(task, completed=done, description=text, total=total)
            bar.start()

        yield show


@contextmanager
def _bar(*columns: Any) -> Iterator[Any]:
    from rich.console import Console  # noqa: PLC0415 - where it is used
    from rich.progress import Progress  # noqa: PLC0415

    bar = Progress(*columns, console=Console(stderr=True, markup=False), transient=True, refresh_per_second=5)
    try:
        yield bar
    finally:
        bar.stop()


def _nobody_looks(*_: Any) -> None:
    """No terminal, nothing to show."""
