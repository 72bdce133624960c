"""When a log-in is looked at: at once, or after what those before it have failed.

Kept in memory alone. A restart, which is in no guesser's power, begins anew; in return a guess writes nothing
to the disk. Each attempt takes its turn before it is looked at and counts as failed until it has succeeded, so
that guesses sent all at once wait as long as guesses sent one by one.

The time is the machine's: a simulated clock that stands still would hold somebody who mistyped for ever.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from quantos.accounts.core.passwords import FORGOTTEN_AFTER_S, wait_s
from quantos.accounts.refusals import LoginsWaiting

REMEMBERED_MAX: Final = 65_536
QUEUE_S_MAX: Final = 30.0
Guessed = tuple[str, str]
"""The e-mail's key and the address that the attempt came from."""


@dataclass(slots=True)
class _Attempts:
    count: int
    last_s: float


class Pace:
    """Attempts that have not succeeded, by e-mail and address."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._attempts: OrderedDict[Guessed, _Attempts] = OrderedDict()

    async def turn(self, guessed: Guessed) -> None:
        """Wait for the attempt's turn. Raises LoginsWaiting, where it would be too long in coming."""
        await asyncio.sleep(self.take_turn(guessed))

    def take_turn(self, guessed: Guessed) -> float:
        """Seconds until the attempt's turn, which is taken. Raises LoginsWaiting."""
        now = self._monotonic_s()
        known = self._attempts.get(guessed)
        if known is None or now - known.last_s > FORGOTTEN_AFTER_S:
            self._remember(guessed, now)
            return 0.0
        at = max(now, known.last_s + wait_s(known.count))
        if at - now > QUEUE_S_MAX:
            raise LoginsWaiting(
                "too many log-ins with this e-mail are waiting: try again in a moment, or use an API key",
                math.ceil(at - now - QUEUE_S_MAX),
            )
        known.count, known.last_s = known.count + 1, at
        return at - now

    def succeeded(self, guessed: Guessed) -> None:
        self._attempts.pop(guessed, None)

    def _remember(self, guessed: Guessed, now: float) -> None:
        self._attempts.pop(guessed, None)
        while len(self._attempts) >= REMEMBERED_MAX:
            self._attempts.popitem(last=False)
        self._attempts[guessed] = _Attempts(1, now)
