"""What the operator has set for the attestation."""

from __future__ import annotations

from dataclasses import dataclass

from quantos.attestation.core.batches import When


@dataclass(frozen=True, slots=True)
class Terms:
    """`repo`: a path, empty without one. `remote`: with its credentials, never to be shown.

    `synced`: whether a commit is on disk before anyone hears of it. Only a directory that is played and thrown
    away does without.
    """

    repo: str = ""
    remote: str = ""
    when: When = When.SUBMISSION
    lead_s: int = 60
    signing_key: str = ""
    raw_url: str = ""
    push_timeout_s: float = 60.0
    synced: bool = True
