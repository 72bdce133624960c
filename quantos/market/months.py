"""How whole each month of the market data is, for a look at all of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantos.market import store
from quantos.market.service import Market


def of_market(market: Market) -> list[dict[str, Any]]:
    """Each month with bars, ascending: {month, sessions, days, bars}. `days`: of its `sessions` those with bars."""
    with market.series.read() as cursor:
        found = store.months(cursor)
    names, counts = np.unique(market.calendar.sessions.astype("datetime64[M]"), return_counts=True)
    sessions = dict(zip(np.datetime_as_string(names).tolist(), counts.tolist(), strict=True))
    return [
        {"month": month, "sessions": sessions.get(month, 0), "days": days, "bars": bars}
        for month, days, bars in ((f"{first:%Y-%m}", days, bars) for first, days, bars in found)
    ]
