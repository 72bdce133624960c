"""Settled days that are settled again: a small scene, the rows that lie in its store, files of corrected data.

A goes up by 0.10 CNY a day and B by 0.20, each within the day; both open at the last close.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller, Stage, made_up

A, B, C = "600001.SH", "600002.SH", "600003.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 8))
FREE = {"commission_rate": 0, "slippage_rate": 0}
REASON = "the exchange corrected the close of 600001"

Bars = dict[tuple[str, date], tuple[float, float, float | None, int]]


def bars() -> Bars:
    """Of six days."""
    rows: Bars = {}
    for k, day in enumerate(DAYS):
        rows[A, day] = (10.0 + k / 10, 10.1 + k / 10, 10.0 + k / 10, 1_000_000)
        rows[B, day] = (20.0 + k / 5, 20.2 + k / 5, 20.0 + k / 5, 1_000_000)
    return rows


def corrections() -> Bars:
    """A closes the second day at 10.15, not 10.20, which is the third day's reference."""
    return {(A, DAYS[1]): (10.1, 10.15, 10.1, 1_000_000), (A, DAYS[2]): (10.2, 10.3, 10.15, 1_000_000)}


def play(on: Stage, agent: Caller, **costs: float) -> Stage:
    """`a` holds A and `b` holds B from the first day on; `both` goes from B to A on the third. Six days are settled."""
    on.platform.market.import_bars(made_up(bars()))
    for slug, symbol in (("a", A), ("b", B), ("both", B)):
        agent.post("/strategies", {"name": slug, "slug": f"holds-{slug}", **(costs or FREE)})
        on.submit(agent, f"holds-{slug}", DAYS[0], {symbol: 0.5})
    on.clock_to(DAYS[2], "09:00")
    on.submit(agent, "holds-both", DAYS[2], {A: 0.5})
    on.clock_to(DAYS[-1], "19:00")
    return on


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


def restate(on: Stage, first: date, data: Path | None = None, **more: Any) -> dict[str, Any]:
    """In this process, without the API."""
    return on.platform.settlement.restate(first, REASON, "operator", data=data, **more)


def market_rows(on: Stage, table: str) -> list[dict[str, Any]]:
    with on.platform.series.read() as cursor:
        found: list[dict[str, Any]] = (
            cursor.execute(f"FROM {table} ORDER BY ALL").to_arrow_table().to_pylist()
        )
    return found


def everything(on: Stage) -> dict[str, list[dict[str, Any]]]:
    """Every row of the series store but the loads and what they found."""
    with on.platform.series.read() as cursor:
        tables = [name for (name,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    return {name: market_rows(on, name) for name in tables if name not in {"load", "finding", "quarantine"}}
