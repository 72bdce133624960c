"""What the scheduler calls."""

from __future__ import annotations

from datetime import date
from typing import Any

from quantos.attestation.service import Attestation
from quantos.errors import Unavailable


class NotAllCommitted(Unavailable):
    """Signals are left without a commit."""

    code = "attestation_incomplete"


def attestation_retry(attestation: Attestation, _: date) -> dict[str, Any]:
    """Commit what could not be committed before, also where its deadline has passed; push and pack after it.

    Raises NotAllCommitted where there is something that still cannot be.
    """
    done = attestation.attest_due(late_too=True)
    attestation.keep()
    if done["left"]:
        raise NotAllCommitted(
            f"{done['left']} signals are not committed ({done['reason']}):"
            " quantos attestation status says what is wrong"
        )
    return done


def commit_batch(attestation: Attestation) -> dict[str, Any]:
    """In deadline mode: commit the signals of the deadline that is near."""
    return attestation.attest_due(late_too=False)
