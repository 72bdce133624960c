"""What an operator does to the market, each with its audit row. For threads, not for the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from quantos.market.core.bars import Acceptance
from quantos.market.importing.report import FileReport, ImportReport
from quantos.market.service import Market
from quantos.storage.audit import OPERATOR, Audit


def take_in(market: Market, audit: Audit, path: Path) -> ImportReport:
    """Import a file or folder. Raises FileRefused where no file at all could be taken."""
    with audit.of("market_imported", str(path)) as change:
        report = market.take_in(path)
        change.after = report.counts()
    return report


def accept(market: Market, audit: Audit, day: date, reason: str) -> Acceptance:
    """Let a doubtful day settle. Raises AlreadyAccepted, DayAhead, NotATradingDay."""
    with audit.of("day_accepted", day.isoformat(), {"reason": reason}):
        return market.accept(day, reason, OPERATOR)


def extend_calendar(market: Market, audit: Audit, days: Mapping[date, bool]) -> FileReport:
    """Add or correct days of the calendar. Raises CalendarRefused."""
    first, last = min(days), max(days)
    with audit.of("calendar_extended", f"{first}/{last}") as change:
        known = market.calendar
        change.before = {"last": known.last, "sessions": len(known.sessions)}
        report = market.extend_calendar(dict(days), OPERATOR)
        changed = {name: getattr(report, name) for name in ("stored", "changed")}
        change.after = {"last": market.calendar.last, "sessions": len(market.calendar.sessions), **changed}
    return report
