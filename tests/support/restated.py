"""Rows of settled days as they lie in the store, and files of corrected data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from tests.support.platforms import Stage

ROWS: Final = {
    "nav": "strategy, trade_date, nav, cash, turnover, fees, stale, rebalanced",
    "position": "strategy, trade_date, instrument, shares",
    "trade_order": "strategy, trade_date, instrument, quantity, filled, price, commission, stamp_duty, transfer_fee,"
    " reason",
    "position_event": "strategy, trade_date, instrument, kind, shares_before, shares_after, cash",
}
"""What a strategy-day came to, by table."""

Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(cursor: duckdb.DuckDBPyConnection, columns: Mapping[str, str], suffix: str = "") -> Rows:
    return {
        table: cursor.execute(f"SELECT {names} FROM {table}{suffix} ORDER BY ALL").fetchall()
        for table, names in columns.items()
    }


def in_force(on: Stage, columns: Mapping[str, str] | None = None) -> Rows:
    """The rows that stand, whole where no columns are named."""
    with on.platform.series.read() as cursor:
        return rows_of(cursor, columns or dict.fromkeys(ROWS, "*"))


def superseded(on: Stage) -> Rows:
    """What stood before, with revision and restatement."""
    with on.platform.series.read() as cursor:
        return rows_of(cursor, dict.fromkeys(ROWS, "*"), "_superseded")


def write_bars(folder: Path, rows: Mapping[tuple[str, date], tuple[float, float, float | None, int]]) -> Path:
    """A file of bars: (open, close, pre_close, volume) by symbol and day."""
    lines = ["symbol,date,open,high,low,close,pre_close,volume"]
    for (symbol, day), (opened, closed, pre_close, volume) in sorted(rows.items()):
        high, low = max(opened, closed), min(opened, closed)
        reference = "" if pre_close is None else pre_close
        lines.append(f"{symbol},{day},{opened},{high},{low},{closed},{reference},{volume}")
    return _written(folder / "bars.csv", lines)


def write_actions(folder: Path, rows: Mapping[tuple[str, date], tuple[int, int]]) -> Path:
    """A file of corporate actions: bonus shares and mills of cash per million shares by symbol and day."""
    lines = ["symbol,ex_date,bonus_per_million,cash_mills_per_million"]
    lines += [f"{symbol},{day},{bonus},{cash}" for (symbol, day), (bonus, cash) in sorted(rows.items())]
    return _written(folder / "corporate_actions.csv", lines)


def _written(file: Path, lines: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    return file
