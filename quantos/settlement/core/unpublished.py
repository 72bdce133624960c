"""What of the settled days is published, and what is not yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class Unpublished(NamedTuple):
    """A settled day of some strategies; `revision` None: the rows in force."""

    trade_date: date
    revision: int | None
    strategies: list[int]


class DayCommit(NamedTuple):
    """The commit of a day's digests: of the rows that runs after `after_run` wrote, up to `run`."""

    after_run: int
    run: int
    trade_date: date
    sha: str
    committed_at: datetime


class Mark(NamedTuple):
    """Everything that runs up to `run` have written is published; one digest of it, as witness."""

    run: int
    trade_date: date
    nav_sha256: str
    at: datetime
