"""What the platform may do under the licence that is there, or is not.

    there is                          mode         new submissions
    no licence, and never was one     evaluation   for 30 days, then restricted
    a licence that holds              licensed     yes; cores and memory up to its limits
    an expired one, one of another
    machine, one that was removed,
    a clock that was set back         grace        for 14 days, then restricted
    a tampered one                    restricted   no, with the reason

Restricted means: nothing new is taken in. Settlement of what exists, reading, export, backup and verification never
stop, and nothing is ever destroyed.

Times here are the system's, never the simulated ones. What must be remembered between two looks is `Memory`; it lies
in the data directory, so that a licence taken away is told from one that never was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from licensing import License, State, Verdict
from licensing.verify import SHANGHAI, SKEW, expires_at

EVALUATION: Final = timedelta(days=30)
GRACE: Final = timedelta(days=14)
RECENT: Final = timedelta(days=7)
"""A licence that was issued so short a time ago tells what time it is."""

STANDARD: Final = "standard"


class Mode(StrEnum):
    """How the platform runs."""

    EVALUATION = "evaluation"
    LICENSED = "licensed"
    GRACE = "grace"
    RESTRICTED = "restricted"


SOON: Final = {
    Mode.EVALUATION: timedelta(days=7),
    Mode.LICENSED: timedelta(days=30),
    Mode.GRACE: GRACE,
    Mode.RESTRICTED: timedelta(0),
}
"""How long before a mode ends the operator is told."""


class Why(StrEnum):
    """What the file came to: what `licensing` says of it, or that there is none."""

    VALID = "valid"
    TAMPERED = "tampered"
    OTHER_MACHINE = "other_machine"
    CLOCK_SET_BACK = "clock_set_back"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    NONE = "none"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen before.

    first_seen: when this data directory first ran.  highest_seen: the latest system time ever seen.
    licensed: a licence has held here.  failing_since: since when, in a row, none has; None while one holds.
    newest_issue: when the youngest licence was issued that was ever here, by the vendor's clock.
    """

    first_seen: datetime
    highest_seen: datetime
    licensed: bool = False
    failing_since: datetime | None = None
    newest_issue: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What holds now.

    edition: standard, test, evaluation, or none where no licence says; shown on every page and package.
    until: when this mode ends by itself; None: it does not.  reasons: why it is not `licensed`.
    max_cores, max_memory_gb: None, no limit.
    """

    mode: Mode
    why: Why
    edition: str
    until: datetime | None
    reasons: tuple[str, ...] = ()
    max_cores: int | None = None
    max_memory_gb: int | None = None

    @property
    def accepts_submissions(self) -> bool:
        return self.mode is not Mode.RESTRICTED

    @property
    def mark(self) -> str | None:
        """What every page and package says of the edition; nothing of a standard one."""
        return None if self.edition == STANDARD else self.edition


def entitle(
    verdict: Verdict | None, memory: Memory, now: datetime, absent: str = ""
) -> tuple[Entitlement, Memory]:
    """What holds at `now`, and what to remember. `verdict`: None where there is no file, `absent` says more of that.

    Every span ends by the highest time ever seen: a clock that is set back lengthens none.
    """
    seen = replace(memory, highest_seen=max(memory.highest_seen, now))
    if verdict is not None and verdict.valid:
        return _licensed(verdict), replace(seen, licensed=True, failing_since=None)
    if verdict is not None and verdict.state is State.TAMPERED:
        return Entitlement(Mode.RESTRICTED, Why.TAMPERED, "none", None, verdict.reasons), seen
    if verdict is None and not memory.licensed and memory.failing_since is None:
        return _evaluation(seen, absent), seen
    since = memory.failing_since or _began_to_fail(verdict, seen.highest_seen)
    return _failing(verdict, since, seen.highest_seen, absent), replace(seen, failing_since=since)


def told_the_time(memory: Memory, license_: License, now: datetime) -> Memory:
    """What to remember once the vendor's signature on this licence holds, and it is for this machine.

    A clock that once ran ahead leaves a highest time that no clock reaches: every licence would have expired by it.
    A licence issued within a week of `now` by the vendor's clock, and after every other that was here, sets it right.
    """
    if memory.newest_issue is not None and license_.created_at <= memory.newest_issue:
        return memory
    known = replace(memory, newest_issue=license_.created_at)
    is_recent = abs(now - license_.created_at) <= RECENT
    return replace(known, highest_seen=now) if is_recent and now < memory.highest_seen - SKEW else known


def _licensed(verdict: Verdict) -> Entitlement:
    assert verdict.license is not None
    assert verdict.edition is not None
    return Entitlement(
        Mode.LICENSED,
        Why.VALID,
        verdict.edition,
        expires_at(verdict.license),
        max_cores=verdict.license.max_cores,
        max_memory_gb=verdict.license.max_memory_gb,
    )


def _evaluation(memory: Memory, absent: str) -> Entitlement:
    ends = memory.first_seen + EVALUATION
    if memory.highest_seen < ends:
        reasons = (absent or "no licence is installed",)
        return Entitlement(Mode.EVALUATION, Why.NONE, "evaluation", ends, reasons)
    over = f"the evaluation ended on {ends.astimezone(SHANGHAI).date()}: install a licence"
    return Entitlement(Mode.RESTRICTED, Why.NONE, "evaluation", None, (over, absent) if absent else (over,))


def _failing(verdict: Verdict | None, since: datetime, highest_seen: datetime, absent: str) -> Entitlement:
    """Grace, and its end. The limits of a licence that held go on to hold."""
    found = verdict.license if verdict is not None else None
    in_grace = highest_seen < since + GRACE
    gone = absent or "the licence that was installed here is gone: put it back, or install another"
    return Entitlement(
        mode=Mode.GRACE if in_grace else Mode.RESTRICTED,
        why=Why(verdict.state.value) if verdict is not None else Why.REMOVED,
        edition=(verdict.edition if verdict is not None else None) or "none",
        until=since + GRACE if in_grace else None,
        reasons=verdict.reasons if verdict is not None else (gone,),
        max_cores=found.max_cores if found is not None else None,
        max_memory_gb=found.max_memory_gb if found is not None else None,
    )


def _began_to_fail(verdict: Verdict | None, highest_seen: datetime) -> datetime:
    """A licence that has expired fails since its end, whenever that is noticed; any other since it is noticed."""
    if verdict is not None and verdict.license is not None:
        return min(highest_seen, expires_at(verdict.license))
    return highest_seen
