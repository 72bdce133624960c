"""Claims as the tests write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller

ACTIVATED = date(2024, 3, 1)
BEFORE = shipped_calendar().between(date(2024, 2, 19), date(2024, 2, 29))  # 9 trading days

# The guide's upload, with a fourth day
GUIDE = [
    ("2024-01-02", 1_000_000.00),
    ("2024-01-03", 1_005_200.50),
    ("2024-01-04", 1_003_100.25),
    ("2024-01-05", 1_003_100.25),
]


def claim(points: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    return {"records": [{"date": day, "nav": nav} for day, nav in points]}


def put(caller: Caller, points: Sequence[tuple[Any, Any]], slug: str = "one") -> Any:
    return caller.call("PUT", f"/strategies/{slug}/claimed", claim(points))


def natural_days(count: int, last: date = date(2024, 2, 29)) -> list[str]:
    """So many days in a row up to one."""
    return [date.fromordinal(last.toordinal() - k).isoformat() for k in range(count - 1, -1, -1)]
