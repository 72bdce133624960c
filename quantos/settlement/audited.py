"""Queries of the audit log: what became of each settled day of a strategy."""

from __future__ import annotations

from datetime import UTC, date

import duckdb

from quantos.settlement.core.audited import AuditedDay
from quantos.settlement.core.record import EVENTS, REASONS, Restated

Cursor = duckdb.DuckDBPyConnection


def page(cursor: Cursor, number: int, limit: int, offset: int) -> tuple[list[AuditedDay], int]:
    """A page of a strategy's settled days, newest first, and how many there are."""
    ((total,),) = cursor.execute("SELECT count(*) FROM nav WHERE strategy = ?", [number]).fetchall()
    rows = cursor.execute(
        "SELECT n.trade_date, n.rebalanced, n.turnover, n.fees, s.accepted_by, s.accepted_reason"
        " FROM (FROM nav WHERE strategy = ? ORDER BY trade_date DESC LIMIT ? OFFSET ?) n"
        " JOIN snapshot s ON s.id = n.snapshot ORDER BY n.trade_date DESC",
        [number, limit, offset],
    ).fetchall()
    days = {
        day: AuditedDay(day, rebalanced, turnover, fees, None if reason is None else (by, reason))
        for day, rebalanced, turnover, fees, by, reason in rows
    }
    if days:
        _count(cursor, number, days)
    return list(days.values()), int(total)


def _count(cursor: Cursor, number: int, days: dict[date, AuditedDay]) -> None:
    span = [number, min(days), max(days)]
    where = "strategy = ? AND trade_date BETWEEN ? AND ?"
    orders = cursor.execute(
        f"SELECT trade_date, reason, filled > 0, count(*) FROM trade_order WHERE {where} GROUP BY ALL ORDER BY ALL",  # noqa: S608
        span,
    ).fetchall()
    for day, code, traded, count in orders:
        reason = REASONS[code]
        if reason is None:
            days[day].filled += count
        else:
            (days[day].cut if traded else days[day].refused)[reason] = count
    events = cursor.execute(
        f"SELECT trade_date, kind, count(*) FROM position_event WHERE {where} GROUP BY ALL ORDER BY ALL",  # noqa: S608
        span,
    ).fetchall()
    for day, code, count in events:
        days[day].actions[EVENTS[code] or ""] = count
    restated = cursor.execute(
        'SELECT n.trade_date, r.from_date, r."at", r.reason FROM nav_superseded n'  # noqa: S608
        f" JOIN restatement r ON r.id = n.restatement WHERE n.{where} ORDER BY n.revision",
        span,
    ).fetchall()
    for day, from_date, at, reason in restated:
        if day in days:
            days[day].restated.append(Restated(from_date, at.replace(tzinfo=UTC), reason))
