"""Shapes of the operator's answers, for the documentation."""

from datetime import datetime
from typing import Literal

from quantos.kit.web import Answer, ApiModel, Reason


class Alarm(Answer):
    """What an operator must look at."""

    code: str
    message: str


class Signing(Answer):
    """What signs commits; nulls where nothing does."""

    kind: Literal["ssh", "gpg"] | None
    key: str | None
    problem: str | None


class SignalsLeft(Answer):
    """Signals without a commit. `in_commit`: being committed, or to be looked up in the repository."""

    waiting: int
    in_commit: int


class RemoteCheck(Answer):
    """Whether the remote answers, and where its branch stands."""

    state: str
    detail: str
    head: str | None


class RemoteOut(Answer):
    """The remote, without credentials. `unpushed`: commits that it lacks, as far as is known here."""

    url: str
    unpushed: int | None
    last_push: datetime | None
    pushed_head: str | None
    state: str | None
    detail: str
    failures: int
    check: RemoteCheck | None = None


class AttestationOut(Answer):
    """How the attestation stands; `configured` and `alarms` alone where there is no repository."""

    configured: bool
    alarms: list[Alarm]
    repository: str | None = None
    branch: str | None = None
    when: Literal["submission", "deadline"] | None = None
    lead_s: int | None = None
    head: str | None = None
    signing: Signing | None = None
    signals: SignalsLeft | None = None
    remote: RemoteOut | None = None


class PushOut(Answer):
    state: str
    detail: str


class DigestsOut(Answer):
    """How many digests of settled days were handed over, and why others are left, where some are."""

    committed: int
    reason: str | None


class AcknowledgeBody(ApiModel):
    """An alarm that nothing may end, and why it is let be."""

    code: Literal["attested_otherwise", "digests_contradict"]
    reason: Reason


class Acknowledged(Answer):
    """How many signals or settled days the alarm names no more."""

    code: str
    acknowledged: int


class RetryOut(Answer):
    """What an attempt at everything outstanding came to: `committed` and `left` are signals, and `reason` is why
    some are left. `push` is null without a remote.
    """

    committed: int
    left: int
    reason: str | None
    digests: DigestsOut | None
    push: PushOut | None
