"""What a check answers.

A step is a numbered policy: it looks at evidence that somebody else has read and answers with a judgement. A
policy without steps proves nothing, so it is refused.

    passed       what the step names holds
    failed       it does not; each finding says what was expected and what was found
    not_checked  the evidence that it needs is missing; that is no pass
    not_run      there is nothing here that it could look at, and its finding says why; neither pass nor failure
    allowed      it failed, or lacked evidence, in a way that whoever asked had waived beforehand
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

Evidence = TypeVar("Evidence")


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"
    ALLOWED = "allowed"
    NOT_RUN = "not_run"

    @property
    def holds(self) -> bool:
        return self in {Outcome.PASSED, Outcome.ALLOWED}

    @property
    def fails(self) -> bool:
        return self in {Outcome.FAILED, Outcome.NOT_CHECKED}


class Waiver(StrEnum):
    """What whoever asks may accept beforehand."""

    SIMULATED = "simulated"
    UNATTESTED = "unattested"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact by its code; the shell has the words. `waiver`: who allows that, allows this."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a step ended. Notes are facts worth knowing that decide nothing."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[Evidence]):
    """A numbered policy."""

    number: int
    name: str
    judge: Callable[[Evidence], Judgement]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step's judgement; `about` is the date or the thing that was judged."""

    number: int
    name: str
    about: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return self.outcome.holds

    @property
    def fails(self) -> bool:
        return self.outcome.fails


def passed(*notes: Finding) -> Judgement:
    return Judgement(Outcome.PASSED, (), notes)


def failed(*findings: Finding, notes: Sequence[Finding] = ()) -> Judgement:
    assert findings, "a failure says why"
    return Judgement(Outcome.FAILED, findings, tuple(notes))


def not_checked(finding: Finding) -> Judgement:
    return Judgement(Outcome.NOT_CHECKED, (finding,))


def not_run(finding: Finding, *notes: Finding) -> Judgement:
    return Judgement(Outcome.NOT_RUN, (finding,), notes)


def judged(findings: Sequence[Finding], *notes: Finding) -> Judgement:
    """Failed where anything was found, else passed."""
    return failed(*findings, notes=notes) if findings else passed(*notes)


def verify(
    steps: Sequence[Step[Evidence]], evidence: Evidence, about: str, waived: Collection[Waiver] = ()
) -> list[Verdict]:
    """Every step's verdict, in order. Raises ValueError on no steps."""
    if not steps:
        raise ValueError("a policy without steps proves nothing")
    verdicts = []
    for step in steps:
        judgement = step.judge(evidence)
        outcome = judgement.outcome
        if outcome.fails and all(finding.waiver in waived for finding in judgement.findings):
            outcome = Outcome.ALLOWED
        verdicts.append(Verdict(step.number, step.name, about, outcome, judgement.findings, judgement.notes))
    return verdicts
