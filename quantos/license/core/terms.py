"""What a licence grants, and the states of a request for one.

    pending     nobody has decided; a user has at most one such request
    approved    a licence was issued in the same moment
    rejected    with a reply that says why; the user may ask again

A decision is made once and stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LicenseTerms:
    """What is signed. `fingerprint`: 64 lower-case hex digits of the machine; None: no limit."""

    id: str
    customer: str
    fingerprint: str
    expires: date
    max_cores: int | None
    max_memory_gb: int | None
    issued_at: datetime
