"""What an operator works with beside the features' own services."""

from __future__ import annotations

from dataclasses import dataclass

from quantos.admin.feed import Feed
from quantos.storage.audit import Audit

__all__ = ["Feed", "Operations"]


@dataclass(frozen=True, slots=True)
class Operations:
    """The parts of the operator's API that belong to no other feature."""

    audit: Audit
    feed: Feed
