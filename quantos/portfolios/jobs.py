"""What the scheduler calls: the generation of the day's signals at 09:00."""

from __future__ import annotations

from datetime import date
from typing import Any

from quantos.portfolios.service import Portfolios


def portfolio_signal_generation(portfolios: Portfolios, trade_date: date) -> dict[str, Any]:
    """How many active portfolios there are, and how their day went."""
    return portfolios.generating.of_day(trade_date)
