"""What the scheduler calls: the settlement at 18:15 and its watchdog at 18:45."""

from __future__ import annotations

from datetime import date
from typing import Any

from quantos.settlement.service import Settlement


def settle_all_active_strategies(settlement: Settlement, trade_date: date) -> dict[str, Any]:
    """Settle everything that is due up to the day; what happened, for the job's record."""
    report = settlement.run(trade_date)
    return {
        "run": report.id,
        "status": report.status,
        "settled": report.settled,
        "held": report.held,
        "failed": len(report.failed),
        **({"waiting": report.waiting} if report.waiting else {}),
    }


def settlement_watchdog(settlement: Settlement, trade_date: date) -> dict[str, Any]:
    """Which strategies should have a NAV row for the day and have none; noted in the day's run."""
    missing = settlement.note_missing(trade_date)
    return {"missing": missing}
