"""What an operator works with beside the features' own services."""

from __future__ import annotations

from dataclasses import dataclass

from quantos.admin.backups import Backups
from quantos.admin.feed import Feed
from quantos.admin.overview import Overview
from quantos.kit.log_tail import LogTail
from quantos.settings import Settings
from quantos.storage.audit import Audit

__all__ = ["Backups", "Feed", "Operations", "Overview"]


@dataclass(frozen=True, slots=True)
class Operations:
    """The parts of the operator's API that belong to no other feature."""

    settings: Settings
    audit: Audit
    feed: Feed
    overview: Overview
    log: LogTail
    backups: Backups
