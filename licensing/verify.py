"""Does this licence hold here, now? Eight numbered steps, as policies over a licence and its circumstances.

    1 form           the file is a license.json as it is issued
    2 key            one of the accepted keys is named
    3 signature      that key signed every field
    4 machine        it is for the machine that runs
    5 clock          the system's time has not been set back
    6 begun          it was issued before now
    7 unexpired      its last day has not passed
    8 limits         always holds: what of the machine is beyond the limits is noted, and not used

Steps are judged in this order; the first that fails decides the state, and those after step 3 are all judged, so
that a person reads every reason at once. Nothing here opens a file or asks a clock: the caller hands in the bytes,
the keys and the circumstances, and MUST keep the highest system time it has ever seen, or step 5 proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from licensing.document import License, parse
from licensing.errors import NotALicense
from licensing.keys import PublicKey
from licensing.limits import Machine, notes

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
SKEW: Final = timedelta(days=1)
"""How far two clocks may differ before one of them is called wrong."""

LAST_DAY: Final = date.max - timedelta(days=2)
"""A later one is as good as this: no clock goes beyond it."""


class State(StrEnum):
    """What the steps come to."""

    VALID = "valid"
    TAMPERED = "tampered"
    OTHER_MACHINE = "other_machine"
    CLOCK_SET_BACK = "clock_set_back"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and when a licence is judged.

    fingerprint: the machine's, or None where it has none, with the reason in `no_fingerprint`.
    now: the system's time.  highest_seen: the latest system time ever seen here.  Both with an offset.
    machine: its size; None where nobody asks about limits.
    """

    fingerprint: str | None
    now: datetime
    highest_seen: datetime | None = None
    no_fingerprint: str = ""
    machine: Machine | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step's judgement; `reason` says what was found and what to do, and is empty where it holds."""

    number: int
    name: str
    holds: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`license`: None where the file could not be read. `test`: a test key signed it. `notes`: of its limits."""

    state: State
    license: License | None
    steps: tuple[Step, ...]
    test: bool = False
    notes: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return self.state is State.VALID

    @property
    def edition(self) -> str | None:
        """As it must be shown: what a test key signed reads `test`, whatever the document says."""
        if self.license is None:
            return None
        return "test" if self.test else self.license.edition

    @property
    def reasons(self) -> tuple[str, ...]:
        """Of the steps that do not hold, in order."""
        return tuple(step.reason for step in self.steps if not step.holds)


def verify(content: bytes, keys: Sequence[PublicKey], here: Circumstances) -> Verdict:
    """Judge a license.json. Never raises for anything that the bytes may hold."""
    try:
        license_ = parse(content)
    except NotALicense as error:
        return Verdict(State.TAMPERED, None, (Step(1, "form", holds=False, reason=str(error)),))
    steps = [Step(1, "form", holds=True)]
    key = next((key for key in keys if key.id == license_.key_id), None)
    steps.append(_step(2, "key", _unknown_key(license_, keys) if key is None else ""))
    if key is None:
        return Verdict(State.TAMPERED, license_, tuple(steps))
    steps.append(_step(3, "signature", _unsigned(license_, key)))
    if not steps[-1].holds:
        return Verdict(State.TAMPERED, license_, tuple(steps), key.test)
    judged = [(policy, policy.judge(license_, here)) for policy in POLICIES]
    steps += [_step(policy.number, policy.name, reason) for policy, reason in judged]
    steps.append(Step(8, "limits", holds=True))
    state = next((policy.failed for policy, reason in judged if reason), State.VALID)
    beyond = () if here.machine is None else notes(license_, here.machine)
    return Verdict(state, license_, tuple(steps), key.test, beyond)


def expires_at(license_: License) -> datetime:
    """The first moment at which it no longer holds: midnight in Shanghai after its last day."""
    last = min(license_.expires, LAST_DAY)
    return datetime.combine(last, time(), SHANGHAI) + timedelta(days=1)


def _step(number: int, name: str, reason: str) -> Step:
    return Step(number, name, not reason, reason)


def _unknown_key(license_: License, keys: Sequence[PublicKey]) -> str:
    known = ", ".join(key.id for key in keys) or "none"
    return (
        f"the licence is signed with key {license_.key_id}, which is not accepted here (accepted: {known}): upgrade the"
        " product if the licence is newer than it, or ask the vendor for a licence signed anew"
    )


def _unsigned(license_: License, key: PublicKey) -> str:
    if key.signed(license_.signature, license_.signed_bytes()):
        return ""
    return (
        f"the signature of key {key.id} does not fit: a field was changed after it was signed. Download the licence"
        " again and copy it unchanged"
    )


def _made_for_this_machine(license_: License, here: Circumstances) -> str:
    if here.fingerprint is None:
        return f"this machine has no fingerprint to compare with: {here.no_fingerprint or 'it was not given'}"
    if here.fingerprint == license_.fingerprint:
        return ""
    return (
        f"the licence is for the machine {license_.fingerprint}, this one is {here.fingerprint}: apply for a licence"
        " with this machine's fingerprint"
    )


def _clock_went_forward(_: License, here: Circumstances) -> str:
    if here.highest_seen is None or here.now >= here.highest_seen - SKEW:
        return ""
    return (
        f"the system's clock shows {_shown(here.now)}, and has shown {_shown(here.highest_seen)} before: set it right"
        " (timedatectl set-ntp true)"
    )


def _begun(license_: License, here: Circumstances) -> str:
    if here.now >= license_.created_at - SKEW:
        return ""
    return (
        f"the licence was issued at {_shown(license_.created_at)}, and the system's clock shows {_shown(here.now)}: set"
        " the clock right (timedatectl set-ntp true)"
    )


def _unexpired(license_: License, here: Circumstances) -> str:
    if max(here.now, here.highest_seen or here.now) < expires_at(license_):
        return ""
    return f"the licence's last day was {license_.expires.isoformat()}: renew it, and drop the new file in"


def _shown(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Policy:
    """A step about a licence whose signature holds; `judge` gives the reason why not, or an empty string."""

    number: int
    name: str
    failed: State
    judge: Callable[[License, Circumstances], str]


POLICIES: Final = (
    Policy(4, "machine", State.OTHER_MACHINE, _made_for_this_machine),
    Policy(5, "clock", State.CLOCK_SET_BACK, _clock_went_forward),
    Policy(6, "begun", State.NOT_YET_VALID, _begun),
    Policy(7, "unexpired", State.EXPIRED, _unexpired),
)
