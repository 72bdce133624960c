"""What holds here now: the licence file judged by the system's time, again whenever either has changed.

A look at the file's name, size and times is all that a call costs as long as nothing has changed: a new file is
taken up by the next call, without a restart. Nothing here ends or destroys anything; what a restricted platform no
longer takes in is decided at one place, `admit`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from licensing import Circumstances, State, Verdict, verify
from licensing.document import SIZE_MAX
from licensing.limits import Machine
from quantos.kit.clock import Clock, SystemClock
from quantos.license import memory as memories
from quantos.license.core.entitlement import Entitlement, Memory, Mode, entitle, told_the_time
from quantos.license.core.words import notice, refusal, warning
from quantos.license.refusals import LicenseRestricted
from quantos.license.trust import Trust

LOOK_AGAIN: Final = timedelta(hours=1)
"""Though nothing has changed: the highest time seen is kept."""

Header = tuple[bytes, bytes]
Signs = tuple[int, int, int] | None
"""Of the file, by which a change is told: modified, size, inode; None where there is no such file."""

log = logging.getLogger(__name__)


class Look(NamedTuple):
    """What was found. `until`: when to look again at the latest. `absent`: why a file that is there was not read."""

    entitlement: Entitlement
    verdict: Verdict | None
    signs: Signs
    at: datetime
    until: datetime
    headers: tuple[Header, ...]
    absent: str


class Standing:
    """The licence of one data directory."""

    def __init__(self, directory: Path, file: Path | None, trust: Trust, size: Machine) -> None:
        """`file`: where the licence is; None: license.json of the directory. `size`: the machine's."""
        self.file = file or directory / "license.json"
        self.trust, self.size = trust, size
        self.system: Clock = SystemClock()
        self.after_change: Callable[[Entitlement], object] = lambda _: None
        self._directory = directory
        self._memory: Memory | None = None
        self._kept: Memory | None = None
        self._look: Look | None = None
        self._lock = threading.Lock()

    # asked with each call

    @property
    def mark(self) -> str | None:
        """What packages and pages say of the edition, as of the last look."""
        return self.look().entitlement.mark if self._look is None else self._look.entitlement.mark

    def notice(self, lang: str) -> str | None:
        """What pages for people say of the edition, as of the last look."""
        return notice((self._look or self.look()).entitlement, lang)

    async def headers(self) -> tuple[Header, ...]:
        """What every answer says of the licence; nothing where a standard one holds."""
        return (await self.current()).headers

    async def admit(self) -> None:
        """The one gate of submissions. Raises LicenseRestricted."""
        found = (await self.current()).entitlement
        if not found.accepts_submissions:
            raise LicenseRestricted(refusal(found))

    def refused(self) -> str | None:
        """Why nothing new is taken in; None where it is. For jobs, in threads."""
        found = self.look().entitlement
        return None if found.accepts_submissions else refusal(found)

    async def current(self) -> Look:
        """As `look`; off the event loop, where there is something to read."""
        seen = self._look
        if seen is not None and self._is_fresh(seen):
            return seen
        return await asyncio.to_thread(self.look)

    def look(self) -> Look:
        """What holds now. Never raises for what a file holds, or where one cannot be read or written."""
        with self._lock:
            seen = self._look
            if seen is not None and self._is_fresh(seen):
                return seen
            found = self._look = self._judge()
        self._tell(seen, found)
        return found

    def judged(self, content: bytes) -> Verdict:
        """What a file would be judged if it were in its place. Nothing is remembered of it."""
        self.look()
        assert self._memory is not None, "there was a look"
        return self._verdict(content, self._memory, self.system.now())[0]

    # inside

    def _is_fresh(self, seen: Look) -> bool:
        return seen.at <= self.system.now() < seen.until and seen.signs == _signs(self.file)

    def _judge(self) -> Look:
        now, signs = self.system.now(), _signs(self.file)
        if self._memory is None:
            self._memory, self._kept = memories.read(self._directory, now)
        content, absent = _content(self.file) if signs is not None else (None, "")
        verdict = None
        if content is not None:
            verdict, self._memory = self._verdict(content, self._memory, now)
        entitlement, self._memory = entitle(verdict, self._memory, now, absent)
        self._keep()
        until = min(now + LOOK_AGAIN, entitlement.until or now + LOOK_AGAIN)
        return Look(entitlement, verdict, signs, now, until, _headers(entitlement), absent)

    def _verdict(self, content: bytes, memory: Memory, now: datetime) -> tuple[Verdict, Memory]:
        """How a file is judged, and what is remembered of it."""
        accepted, machine = self.trust.accepted(), self.trust.machine()

        def judged(highest_seen: datetime) -> Verdict:
            here = Circumstances(
                machine.fingerprint,
                now,
                highest_seen,
                no_fingerprint=machine.problem,
                machine=self.size,
            )
            return verify(content, accepted.keys, here)

        verdict = judged(memory.highest_seen)
        if verdict.license is None or verdict.state in {State.TAMPERED, State.OTHER_MACHINE}:
            return verdict, memory
        told = told_the_time(memory, verdict.license, now)
        if told.highest_seen != memory.highest_seen:
            verdict = judged(told.highest_seen)
        return verdict, told

    def _keep(self) -> None:
        """What has changed, and the time seen; of the time alone not more often than is of use."""
        new, old = self._memory, self._kept
        assert new is not None
        if old is not None and not _is_worth_keeping(old, new):
            return
        try:
            memories.write(self._directory, new)
            self._kept = new
        except OSError as error:
            log.warning("the memory of licences could not be written (%s)", error.strerror)

    def _tell(self, before: Look | None, now: Look) -> None:
        if before is not None and before.entitlement == now.entitlement:
            return
        if now.entitlement.mode in {Mode.GRACE, Mode.RESTRICTED}:
            log.warning("licence: %s", warning(now.entitlement))
        elif before is not None:
            log.info("licence: %s", warning(now.entitlement))
        try:
            self.after_change(now.entitlement)
        except Exception:
            log.exception("the limits of the licence are not applied")


def _is_worth_keeping(old: Memory, new: Memory) -> bool:
    """Whether more than the time has changed, or the time by much."""
    return replace(new, highest_seen=old.highest_seen) != old or not (
        old.highest_seen <= new.highest_seen < old.highest_seen + LOOK_AGAIN
    )


def _signs(file: Path) -> Signs:
    try:
        found = os.stat(file)  # noqa: PTH116 - with each call: half the price
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(file: Path) -> tuple[bytes | None, str]:
    """What the file holds, or None and why it cannot be read."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return None, f"{file} is no file: put license.json there"
        with file.open("rb") as opened:
            return opened.read(SIZE_MAX + 1), ""
    except OSError as error:
        return None, f"{file} cannot be read ({error.strerror}): check its owner and mode"


def _headers(found: Entitlement) -> tuple[Header, ...]:
    marks = [(b"quantos-edition", found.mark.encode())] if found.mark is not None else []
    said = warning(found)
    if found.mode in {Mode.GRACE, Mode.RESTRICTED}:
        marks.append((b"quantos-license-warning", said.encode("ascii", "replace")))
    return tuple(marks)
