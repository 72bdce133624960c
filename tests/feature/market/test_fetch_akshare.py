"""akshare's live source against a module of the library's shape.

The fake follows akshare 1.19: pandas frames with the columns and types of `stock_zh_a_daily`,
`stock_zh_a_hist` and `fund_etf_hist_em`, and Sina's factors newest first, as texts.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import pandas as pd
import pytest

from quantos.market.providers.akshare_source import AkshareSource, factor_on
from quantos.market.providers.source import SourceNotInstalled, SourceUnreachable, SymbolRefused

JULY = (date(2022, 7, 19), date(2022, 7, 20))
VECTORS = Path(__file__).parents[2] / "vectors" / "providers"


class FakeAkshare(ModuleType):
    def __init__(self) -> None:
        super().__init__("akshare")
        self.asked: list[dict[str, str]] = []
        self.failure: Exception | None = None
        self.sina = pd.DataFrame(
            {
                "date": [date(2022, 7, 18), date(2022, 7, 19), date(2022, 7, 20)],
                "open": [9.4, 9.48, 9.89],
                "high": [9.5, 9.94, 9.95],
                "low": [9.3, 9.44, 9.76],
                "close": [9.47, 9.94, 9.88],
                "volume": [20000000.0, 34584812.0, 23050791.0],
                "amount": [188000000.0, 338989950.0, 227294143.0],
                "outstanding_share": [2.9e9, 2.9e9, 2.9e9],
                "turnover": [0.0069, 0.0119, 0.0079],
            }
        )
        self.factors = pd.DataFrame(
            {
                "date": pd.to_datetime(["2022-07-20", "2021-07-15", "1900-01-01"]),
                "hfq_factor": ["9.0452", "9.0000", "1.0"],
            }
        )
        self.eastmoney = pd.read_csv(VECTORS / "eastmoney_raw.csv", dtype={"股票代码": str})
        self.eastmoney["日期"] = pd.to_datetime(self.eastmoney["日期"]).dt.date

    def _answer(self, table: pd.DataFrame, asked: dict[str, str]) -> pd.DataFrame:
        self.asked.append(asked)
        if self.failure is not None:
            raise self.failure
        return table

    def stock_zh_a_daily(
        self,
        symbol: str = "sh603843",
        start_date: str = "19900101",
        end_date: str = "21000118",
        adjust: str = "",
    ) -> pd.DataFrame:
        asked = {"symbol": symbol, "start_date": start_date, "end_date": end_date, "adjust": adjust}
        return self._answer(self.factors if adjust == "hfq-factor" else self.sina, asked)

    def stock_zh_a_hist(
        self,
        symbol: str = "000001",
        period: str = "daily",
        start_date: str = "19700101",
        end_date: str = "20500101",
        adjust: str = "",
        timeout: float | None = None,
    ) -> pd.DataFrame:
        asked = {"symbol": symbol, "start_date": start_date, "end_date": end_date, "adjust": adjust}
        assert (period, timeout) == ("daily", None)
        return self._answer(self.eastmoney, asked)

    def fund_etf_hist_em(
        self,
        symbol: str = "159707",
        period: str = "daily",
        start_date: str = "19700101",
        end_date: str = "20500101",
        adjust: str = "",
    ) -> pd.DataFrame:
        asked = {"symbol": symbol, "start_date": start_date, "end_date": end_date, "adjust": adjust}
        assert period == "daily"
        return self._answer(self.eastmoney.drop(columns="股票代码"), {**asked, "fund": "yes"})


@pytest.fixture
def akshare(monkeypatch: pytest.MonkeyPatch) -> FakeAkshare:
    module = FakeAkshare()
    monkeypatch.setitem(sys.modules, "akshare", module)
    return module


def test_sinas_rows_arrive_as_raw_bars_of_the_range(akshare: FakeAkshare) -> None:
    with AkshareSource() as source:
        bars = source.daily("000066.SZ", *JULY)
    assert list(bars.symbol) == ["000066.SZ"] * 2
    assert list(bars.trade_date) == [np.datetime64("2022-07-19"), np.datetime64("2022-07-20")]
    assert list(bars.close) == [9.94, 9.88]
    assert list(bars.volume) == [34584812, 23050791]
    assert bars.source == "akshare_sina"


def test_sina_is_asked_for_unadjusted_rows_from_a_month_before(akshare: FakeAkshare) -> None:
    with AkshareSource() as source:
        source.daily("000066.SZ", *JULY)
    assert akshare.asked[0] == {
        "symbol": "sz000066",
        "start_date": "20220619",
        "end_date": "20220720",
        "adjust": "",
    }


def test_sinas_factors_show_the_ex_date(akshare: FakeAkshare) -> None:
    with AkshareSource() as source:
        bars = source.daily("000066.SZ", *JULY)
    assert list(bars.adj_factor) == [9.0, 9.0452]


def test_a_factor_holds_from_its_day_until_the_next() -> None:
    changed = np.array(["2022-07-20", "1900-01-01"], dtype="datetime64[D]")
    asked = np.array(["1899-12-31", "2022-07-19", "2022-07-20", "2030-01-01"], dtype="datetime64[D]")
    found = factor_on(asked, changed, np.array([2.0, 1.0]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [1.0, 2.0, 2.0]


def test_eastmoneys_lots_arrive_as_shares(akshare: FakeAkshare) -> None:
    with AkshareSource("eastmoney") as source:
        bars = source.daily("000066.SZ", *JULY)
    assert list(bars.volume) == [34584800, 23050800]
    assert np.isnan(bars.pre_close).all()
    assert bars.source == "akshare_eastmoney"
    assert akshare.asked[0]["adjust"] == ""


def test_a_fund_is_asked_for_where_the_funds_are(akshare: FakeAkshare) -> None:
    with AkshareSource() as source:
        bars = source.daily("159901.SZ", *JULY)
    assert akshare.asked[0]["fund"] == "yes"
    assert list(bars.symbol) == ["159901.SZ"] * 2


def test_an_empty_answer_is_an_empty_frame(akshare: FakeAkshare) -> None:
    akshare.eastmoney = pd.DataFrame()
    with AkshareSource("eastmoney") as source:
        assert len(source.daily("000066.SZ", *JULY)) == 0


def test_a_failed_connection_may_pass(akshare: FakeAkshare) -> None:
    akshare.failure = ConnectionError("no route")
    with AkshareSource() as source, pytest.raises(SourceUnreachable, match="no route"):
        source.daily("000066.SZ", *JULY)


def test_a_page_that_is_no_data_refuses_the_symbol(akshare: FakeAkshare) -> None:
    akshare.failure = KeyError("date")
    with AkshareSource() as source, pytest.raises(SymbolRefused, match="KeyError"):
        source.daily("000066.SZ", *JULY)


def test_an_index_is_refused(akshare: FakeAkshare) -> None:
    with AkshareSource() as source, pytest.raises(SymbolRefused, match="shares and funds"):
        source.daily("000300.SH", *JULY)
    assert akshare.asked == []


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "akshare", None)
    with pytest.raises(SourceNotInstalled, match=r"\./install\.sh --extra akshare"), AkshareSource():
        pass


def test_years_of_a_share_in_sinas_form_arrive_unchanged(shared_market: Path, akshare: FakeAkshare) -> None:
    rows = duckdb.sql(
        "SELECT date, open, high, low, close, volume::DOUBLE volume, amount "
        f"FROM '{shared_market / 'bars_stock_2023_2026_all.parquet'}' "
        "WHERE symbol = '600519.SH' AND amount > 0 ORDER BY date"
    ).fetchnumpy()
    table = pd.DataFrame({name: np.asarray(column) for name, column in rows.items()})
    akshare.sina = table.assign(outstanding_share=1.256e9, turnover=table["volume"] / 1.256e9)
    with AkshareSource() as source:
        bars = source.daily("600519.SH", date(2023, 1, 1), date(2026, 5, 8))
    assert len(bars) == len(table) > 700
    assert np.array_equal(bars.close, table["close"])
