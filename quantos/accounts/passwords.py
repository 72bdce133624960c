"""Hashing and checking passwords, away from the event loop.

Argon2id with 64 MiB and three passes, RFC 9106's second recommendation on one lane: about a tenth of a second
of one core. As many at a time as leave the other half of the cores free, so that a flood of log-ins slows down
log-ins and nothing else; whoever finds too many waiting is told to come back.

An account that does not exist or has no password is checked against the hash of a password that nobody knows:
the answer comes as late as for a wrong password.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from quantos.accounts.core.passwords import PASSWORD_CHARS_MAX, compared
from quantos.accounts.refusals import LoginsWaiting

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 65_536
PASSES: Final = 3
WAITING_MAX: Final = 64
RETRY_AFTER_S: Final = 5
T = TypeVar("T")


class Passwords:
    """The hasher and its threads."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._under_way = 0
        self._lock = threading.Lock()
        self._hasher: PasswordHasher | None = None
        self._nobodys = ""

    async def hashed(self, password: str) -> str:
        """Its salted hash. Raises LoginsWaiting."""
        return await self._away(lambda: self._argon2().hash(compared(password)))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password of this hash; None takes as long, and is False. Raises LoginsWaiting."""
        return await self._away(lambda: self._matches(password, hashed))

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown()

    def _matches(self, password: str, hashed: str | None) -> bool:
        from argon2.exceptions import VerificationError  # noqa: PLC0415 - loaded where it is used

        hasher = self._argon2()
        try:
            hasher.verify(hashed or self._nobodys, compared(password[: PASSWORD_CHARS_MAX + 1]))
        except VerificationError:
            return False
        return hashed is not None

    def _argon2(self) -> PasswordHasher:
        with self._lock:
            if self._hasher is None:
                from argon2 import PasswordHasher  # noqa: PLC0415 - a tenth of a second with its first hash

                self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
                self._nobodys = self._hasher.hash(secrets.token_urlsafe(32))
            return self._hasher

    async def _away(self, work: Callable[[], T]) -> T:
        if self._under_way >= WAITING_MAX:
            raise LoginsWaiting("too many log-ins are being checked: try again in a moment", RETRY_AFTER_S)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), "passwords")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
