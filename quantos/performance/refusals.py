"""What claims refuse, as named facts."""

from __future__ import annotations

from quantos.errors import NotFound, WrongState


class ClaimNotFound(NotFound):
    code = "claim_not_found"


class ClaimTooEarly(WrongState):
    code = "claim_too_early"


class ClaimLocked(WrongState):
    code = "claim_locked"


class ClaimNotBeforeActivation(WrongState):
    code = "claim_not_before_activation"
