"""Every query of stored evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.performance.core.metrics import Metrics

Cursor = duckdb.DuckDBPyConnection

FRACTIONS: Final = tuple(name for name in Metrics.__slots__ if name != "trading_days")
"""The metrics that may be undefined."""


class Last(NamedTuple):
    """A strategy's last evaluation up to a day. `days`: how many of its days are evaluated."""

    trade_date: date
    source: int
    days: int


class Row(NamedTuple):
    """An evaluation that is not stored yet."""

    strategy: int
    trade_date: np.datetime64
    source: int
    metrics: Metrics


def last(cursor: Cursor, numbers: Sequence[int], upto: date) -> dict[int, Last]:
    rows = cursor.execute(
        "SELECT strategy, max(trade_date), arg_max(source, trade_date), count(*) FROM evaluation"
        " WHERE strategy = ANY(?) AND trade_date <= ? GROUP BY strategy",
        [list(numbers), upto],
    ).fetchall()
    return {number: Last(*rest) for number, *rest in rows}


def forget(cursor: Cursor, numbers: Sequence[int], upto: date) -> None:
    """What was computed of other NAVs or benchmarks than those that stand now."""
    cursor.execute(
        "DELETE FROM evaluation WHERE strategy = ANY(?) AND trade_date <= ?", [list(numbers), upto]
    )


def add(cursor: Cursor, rows: Sequence[Row]) -> None:
    columns: dict[str, NDArray[Any]] = {
        "strategy": np.array([row.strategy for row in rows], np.int32),
        "trade_date": np.array([row.trade_date for row in rows], "datetime64[D]").astype("datetime64[s]"),
        "source": np.array([row.source for row in rows], np.uint64),
        "trading_days": np.array([row.metrics.trading_days for row in rows], np.int32),
    }
    for name in FRACTIONS:
        found = [getattr(row.metrics, name) for row in rows]
        columns[name] = np.array([np.nan if value is None else value for value in found], np.float64)
    names = ["strategy", "trade_date", "source", "trading_days", *FRACTIONS]
    selected = [f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END" for name in FRACTIONS]
    # DuckDB finds `columns` by its name and reads the arrays where they are.
    cursor.execute(
        f"INSERT INTO evaluation ({', '.join(names)}) SELECT {', '.join([*names[:4], *selected])} FROM columns"  # noqa: S608 - names of our own
    )


def of_day(cursor: Cursor, trade_date: date, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    """A page of a day's evaluations in the order of the strategies, and how many the day has."""
    names = ["strategy", "trade_date", *FRACTIONS, "trading_days"]
    rows = cursor.execute(
        f"SELECT {', '.join(names)} FROM evaluation WHERE trade_date = ? ORDER BY strategy LIMIT ? OFFSET ?",  # noqa: S608 - names of our own
        [trade_date, limit, offset],
    ).fetchall()
    total = cursor.execute("SELECT count(*) FROM evaluation WHERE trade_date = ?", [trade_date]).fetchone()
    return [dict(zip(names, row, strict=True)) for row in rows], int(total[0]) if total else 0


def last_day(cursor: Cursor) -> date | None:
    row = cursor.execute("SELECT max(trade_date) FROM evaluation").fetchone()
    return row[0] if row else None
