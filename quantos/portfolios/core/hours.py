"""When a trade date's signals are made: from 09:00 Asia/Shanghai until the deadline of open strategies, 09:15."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from quantos.kit.clock import shanghai
from quantos.strategies.core.deadlines import Execution

GENERATES_AT: Final = time(9)
"""When the job begins; a portfolio that is activated earlier signals at once."""


def deadline(trade_date: date) -> datetime:
    """From this instant on the date takes no signal."""
    return Execution.OPEN.deadline(trade_date)


def is_generating(trade_date: date, now: datetime) -> bool:
    """Whether the job has had its turn, and a signal can still be made."""
    return shanghai(trade_date, GENERATES_AT) <= now < deadline(trade_date)
