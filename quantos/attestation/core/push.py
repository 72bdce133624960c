"""What a push came to, read off what git said."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class PushState(StrEnum):
    """How a push ended. All but `pushed` are tried again."""

    PUSHED = "pushed"
    DIVERGED = "remote_diverged"
    """The remote has commits that are not here; told apart below once they have been looked at."""
    REWRITTEN = "remote_rewritten"
    """What had been pushed is no longer part of the remote's branch: history was changed."""
    AHEAD = "remote_ahead"
    """Somebody else has pushed on top of what had been pushed."""
    REFUSED = "remote_refused"
    """The remote's own rules (a hook, a protected branch)."""
    UNAUTHORISED = "remote_unauthorised"
    UNREACHABLE = "remote_unreachable"
    TIMED_OUT = "remote_timed_out"
    NO_GIT = "git_not_installed"
    BROKEN = "repository_broken"


ALARMING: Final = frozenset({PushState.REWRITTEN, PushState.AHEAD, PushState.DIVERGED})
"""What no repetition mends: commits go on here, and nothing is ever forced."""


class PushOutcome(NamedTuple):
    """How a push ended, with what git said about it (without credentials)."""

    state: PushState
    detail: str = ""


_UNAUTHORISED: Final = (
    "authentication failed",
    "could not read username",
    "could not read password",
    "invalid username or password",
    "permission denied",
    "the requested url returned error: 401",
    "the requested url returned error: 403",
    "host key verification failed",
)


def outcome(code: int, out: str, err: str) -> PushOutcome:
    """Of `git push --porcelain`: exit code, standard output, standard error."""
    if code == 0:
        return PushOutcome(PushState.PUSHED)
    for line in out.splitlines():
        if line.startswith("!"):
            summary = line.split("\t")[-1]
            if summary.startswith("[rejected]"):
                return PushOutcome(PushState.DIVERGED, summary)
            return PushOutcome(PushState.REFUSED, _said(err) or summary)
    said = err.lower()
    if any(sign in said for sign in _UNAUTHORISED):
        return PushOutcome(PushState.UNAUTHORISED, _said(err))
    return PushOutcome(PushState.UNREACHABLE, _said(err))


def _said(err: str, chars_max: int = 300) -> str:
    """The lines of an error on one line, the last ones first cut off."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    return "; ".join(lines)[:chars_max]
