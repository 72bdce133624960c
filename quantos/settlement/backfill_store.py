"""Every query of backfilled curves: signals in the records store, the curve and its pointer in DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import duckdb
from sqlalchemy import delete, func, insert, select
from sqlmodel import Session, SQLModel

from quantos.settlement.tables import BackfilledSignal

Cursor = duckdb.DuckDBPyConnection

CURVE: Final = ("nav", "position", "trade_order", "position_event")
_signal: Final = SQLModel.metadata.tables[str(BackfilledSignal.__tablename__)]


def signals(session: Session, number: int, revision: int) -> dict[date, str]:
    """The signals of a strategy as stored text, by trade date, ascending."""
    query = (
        select(_signal.c.trade_date, _signal.c.signals)
        .where(_signal.c.strategy_number == number, _signal.c.revision == revision)
        .order_by(_signal.c.trade_date)
    )
    return {row.trade_date: row.signals for row in session.execute(query)}


def keep_signals(session: Session, number: int, current: int, texts: Mapping[date, str]) -> int:
    """Store a set beside the one that counts; its revision. What no pointer names is deleted."""
    last = session.execute(
        select(func.max(_signal.c.revision)).where(_signal.c.strategy_number == number)
    ).scalar_one()
    revision = max(last or 0, current) + 1
    session.execute(
        delete(BackfilledSignal).where(_signal.c.strategy_number == number, _signal.c.revision != current)
    )
    rows = [
        {"strategy_number": number, "revision": revision, "trade_date": trade_date, "signals": text}
        for trade_date, text in texts.items()
    ]
    session.execute(insert(BackfilledSignal), rows)
    return revision


def remove_signals(session: Session, number: int) -> None:
    """Of every revision: a curve that was removed needs none."""
    session.execute(delete(BackfilledSignal).where(_signal.c.strategy_number == number))


def revisions(cursor: Cursor) -> dict[int, int]:
    """Which set of signals the curve of each strategy was made from."""
    return dict(cursor.execute("SELECT strategy, revision FROM backfill").fetchall())


def reaching(cursor: Cursor, first: date) -> dict[int, tuple[int, date]]:
    """Of each strategy whose curve has a day from `first` on: the revision of its signals, and the last day."""
    rows = cursor.execute(
        "SELECT b.strategy, b.revision, max(n.trade_date) FROM backfill b JOIN nav n ON n.strategy = -b.strategy"
        " GROUP BY ALL HAVING max(n.trade_date) >= ? ORDER BY b.strategy",
        [first],
    ).fetchall()
    return {number: (revision, last) for number, revision, last in rows}


def minimum_commissions(cursor: Cursor, key: int) -> dict[date, int]:
    """What an order was charged at least on each day of a curve, mills."""
    return dict(
        cursor.execute(
            "SELECT n.trade_date, s.minimum_commission FROM nav n JOIN snapshot s ON s.id = n.snapshot"
            " WHERE n.strategy = ?",
            [key],
        ).fetchall()
    )


def point(cursor: Cursor, number: int, revision: int) -> None:
    """Say from which set of signals the curve was made."""
    cursor.execute("DELETE FROM backfill WHERE strategy = ?", [number])
    cursor.execute("INSERT INTO backfill VALUES (?, ?)", [number, revision])


def remove_curve(cursor: Cursor, key: int) -> None:
    """Delete every row of a curve apart."""
    assert key < 0, "the rows of a published record are never deleted"
    for table in CURVE:
        cursor.execute(f"DELETE FROM {table} WHERE strategy = ?", [key])  # noqa: S608 - names of our own
