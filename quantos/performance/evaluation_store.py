"""Every query of stored evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.performance.core.metrics import Metrics
from quantos.storage.confined import given

Cursor = duckdb.DuckDBPyConnection

FRACTIONS: Final = tuple(name for name in Metrics.__slots__ if name != "trading_days")
"""The metrics that may be undefined."""


class Last(NamedTuple):
    """A strategy's last evaluation up to a day. `days`: how many of its days are evaluated."""

    trade_date: date
    source: int
    days: int


class Evaluated(NamedTuple):
    """Evaluations of one day that are not stored yet, a row each."""

    trade_date: date
    trading_days: int
    strategies: list[int]
    sources: list[int]
    fractions: dict[str, NDArray[np.float64]]  # each of `FRACTIONS`, NaN where undefined


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


def add(cursor: Cursor, evaluated: Sequence[Evaluated]) -> None:
    counts = [len(each.strategies) for each in evaluated]
    days = np.array([each.trade_date for each in evaluated], "datetime64[D]").astype("datetime64[s]")
    columns: dict[str, NDArray[Any]] = {
        "strategy": np.array([number for each in evaluated for number in each.strategies], np.int32),
        "trade_date": np.repeat(days, counts),
        "source": np.array([source for each in evaluated for source in each.sources], np.uint64),
        "trading_days": np.repeat(np.array([each.trading_days for each in evaluated], np.int32), counts),
        **{name: np.concatenate([each.fractions[name] for each in evaluated]) for name in FRACTIONS},
    }
    selected = [f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END" for name in FRACTIONS]
    with given(cursor, evaluated=columns):
        cursor.execute(
            f"INSERT INTO evaluation ({', '.join(columns)})"  # noqa: S608 - names of our own
            f" SELECT strategy, trade_date, source, trading_days, {', '.join(selected)} FROM evaluated"
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
