"""Trying again: exponential back-off with jitter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from quantos.market.providers.source import SourceUnreachable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Backoff:
    """The k-th wait is at least half of min(base 2^k, longest) seconds and at most all of it."""

    attempts: int = 5
    base_s: float = 1.0
    longest_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("at least one attempt")

    def wait_s(self, k: int) -> float:
        """Seconds before attempt k + 2."""
        whole = min(self.base_s * 2.0**k, self.longest_s)
        return whole / 2 + whole / 2 * self.random()

    def call(self, action: Callable[[], T]) -> T:
        """The action's value; raises its last SourceUnreachable after `attempts` of them, all else at once."""
        for k in range(self.attempts - 1):
            try:
                return action()
            except SourceUnreachable:
                self.sleep(self.wait_s(k))
        return action()
