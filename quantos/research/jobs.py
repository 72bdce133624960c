"""What the scheduler calls: the day's signals of deployed strategies, with those of portfolios at 09:00."""

from __future__ import annotations

from datetime import date
from typing import Any

from quantos.research.service import Research


def deployment_signals(research: Research, trade_date: date) -> dict[str, Any]:
    """How many days came to which outcome; nothing where no deployment was due."""
    found = research.deployments.of_day(trade_date)
    return {"deployments": found} if found else {}
