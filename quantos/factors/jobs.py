"""What the scheduler calls: the out-of-sample tracking at 18:40."""

from __future__ import annotations

from datetime import date
from typing import Any

from quantos.factors.service import Factors


def factor_os_tracking(factors: Factors, trade_date: date) -> dict[str, Any]:
    """How many active factors there are, and how many of their days have got their IC."""
    return factors.track(trade_date)
