"""BENCH-01: each universe is measured against its own index, as the real file has it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from quantos.kit.clock import SystemClock
from quantos.market.service import Market
from quantos.storage.series import Series

FIRST, LAST = date(2024, 1, 2), date(2024, 1, 31)


@pytest.mark.parametrize(
    ("universe", "symbol"),
    [("hs300", "000300.SH"), ("csi500", "000905.SH"), ("csi1000", "000852.SH"), ("csi2000", "932000.CSI")],
)
def test_a_universes_benchmark_is_its_index(
    tmp_path: Path, shared_market: Path, universe: str, symbol: str
) -> None:
    file = shared_market / "index_daily.parquet"
    series = Series(tmp_path / "series.duckdb")
    market = Market(series, SystemClock())
    market.import_path(file)
    found = market.benchmark(universe, FIRST, LAST)
    series.close()
    expected = duckdb.execute(
        "SELECT date, close FROM read_parquet(?) WHERE symbol = ? AND date BETWEEN ? AND ?",
        [str(file), symbol, FIRST, LAST],
    ).fetchall()
    assert found == dict(expected)
    assert len(found) == (0 if universe == "csi2000" else 22), "the file has no CSI 2000"


def test_each_universe_has_an_index_of_its_own(tmp_path: Path) -> None:
    closes = {"000300.SH": 300.0, "000905.SH": 500.0, "000852.SH": 1000.0, "932000.CSI": 2000.0}
    series = Series(tmp_path / "series.duckdb")
    market = Market(series, SystemClock())
    columns = {"symbol": list(closes), "date": [FIRST] * len(closes), "close": list(closes.values())}
    market.import_table("indices", "indices.csv", pa.table(columns))
    found = {
        universe: market.benchmark(universe, FIRST, FIRST)[FIRST]
        for universe in ("hs300", "csi500", "csi1000", "csi2000")
    }
    series.close()
    assert found == {"hs300": 300.0, "csi500": 500.0, "csi1000": 1000.0, "csi2000": 2000.0}
