"""Ctrl-C: a command ends with one line that says what stands and how to go on, and with exit code 130."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

INTERRUPTED = 130


class Interrupted(Exception):
    """A command was ended with Ctrl-C; the message is its last line."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@contextmanager
def ends_with(message: Callable[[], str]) -> Iterator[None]:
    """Where Ctrl-C comes inside, the command ends with this message."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(message()) from None


def on_a_terminal() -> bool:
    """Whether somebody looks at stderr."""
    return sys.stderr.isatty()


def last_line(message: str) -> None:
    """The message on a line of its own: a terminal has written ^C on the one before."""
    if on_a_terminal():
        sys.stderr.write("\n")
    sys.stderr.write(f"quantos: {message}\n")
    sys.stderr.flush()


def leave_at_once(message: str) -> NoReturn:
    """End the process without waiting for its threads; the stores are whole after a kill.

    Fit for a signal's handler: written past Python's buffers, which may just be in use.
    """
    os.write(2, f"{chr(10) if on_a_terminal() else ''}quantos: {message}\n".encode())
    with suppress(RuntimeError):  # standard output was being written just now: what it holds is lost
        sys.stdout.flush()
    os._exit(INTERRUPTED)
