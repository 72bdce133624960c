"""A market over a real series store, and small files of bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from quantos.kit.clock import SimulatedClock
from quantos.market.service import Market
from quantos.storage.series import Series

BARS = pa.schema(
    [
        ("symbol", pa.string()),
        ("date", pa.date32()),
        *((name, pa.float64()) for name in ("open", "high", "low", "close", "pre_close")),
        ("volume", pa.int64()),
        ("amount", pa.float64()),
        ("adj_factor", pa.float64()),
        ("trade_status", pa.int8()),
        ("is_st", pa.int8()),
    ]
)

Row = dict[str, Any]
Write = Callable[..., Path]


def bar(symbol: str, day: str, price: float = 10.0, **changes: Any) -> Row:
    """A quiet day: everything at one price."""
    row: Row = dict.fromkeys(("open", "high", "low", "close", "pre_close"), price)
    row |= {"symbol": symbol, "date": date.fromisoformat(day), "volume": 1000, "amount": None}
    row |= {"adj_factor": 1.0, "trade_status": 1, "is_st": 0}
    return row | changes


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Series]:
    series = Series(tmp_path / "series.duckdb")
    yield series
    series.close()


@pytest.fixture
def market(series: Series) -> Market:
    return Market(series, SimulatedClock(datetime(2024, 1, 2, tzinfo=UTC)))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows to a file, by its suffix; bars unless a schema says otherwise."""

    def write(name: str, rows: list[Row], schema: pa.Schema | None = BARS) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows, schema=schema)
        if path.suffix == ".csv":
            pa_csv.write_csv(table, path)
        else:
            pq.write_table(table, path)
        return path

    return write


@pytest.fixture
def rows_of(market: Market) -> Callable[[str], list[tuple[Any, ...]]]:
    """Rows of a query on the series store."""

    def rows_of(query: str) -> list[tuple[Any, ...]]:
        with market.series.read() as cursor:
            return cursor.execute(query).fetchall()

    return rows_of
