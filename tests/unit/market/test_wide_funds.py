"""The funds whose limit is 20 %."""

from pathlib import Path

import duckdb
import pytest

from quantos.market.core.wide_funds import is_wide_fund, wide_funds


@pytest.mark.parametrize("symbol", ["159915.SZ", "588000.SH", "159949.SZ", "589000.SH", "159783.SZ"])
def test_a_fund_of_chinext_or_star_is_wide(symbol: str) -> None:
    assert is_wide_fund(symbol)


@pytest.mark.parametrize(
    "symbol", ["510300.SH", "159919.SZ", "588000.SZ", "159915.SH", "688981.SH", "300750.SZ"]
)
def test_anything_else_is_not(symbol: str) -> None:
    assert not is_wide_fund(symbol)


def test_an_array_follows_the_order_given() -> None:
    assert wide_funds(["510300.SH", "588000.SH"]).tolist() == [False, True]


def test_no_other_fund_ever_closed_beyond_ten_per_cent(shared_market: Path) -> None:
    rows = duckdb.sql(
        f"SELECT DISTINCT symbol FROM '{shared_market}/etf_daily.parquet'"
        " WHERE abs(close / pre_close - 1) > 0.102"
    ).fetchall()
    assert rows
    assert [symbol for (symbol,) in rows if not is_wide_fund(symbol)] == []
