"""Real files of the providers against the bars of the same days that were collected elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers import (
    KnownBars,
    ProviderFileRefused,
    recognise,
    recognise_instruments,
)

BARS = ("bars_stock_2010_2022_core", "bars_stock_2023_2026_all")
BAOSTOCK = ("sh.600515", "sh.600519", "sh.688981", "sz.000001", "sz.000792")


@pytest.fixture
def samples(shared_market: Path) -> Path:
    return shared_market / "provider_samples"


def read(path: Path) -> tuple[list[str], dict[str, Any]]:
    """Column names, and the columns as DuckDB's reader gives them with the provider's types."""
    with duckdb.connect() as connection:
        source = f"read_csv('{path}', all_varchar = true)"
        names = [row[0] for row in connection.sql(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        provider = recognise(names, path.name) or recognise_instruments(names, path.name)
        assert provider is not None
        types = {name: type_ for name, type_ in provider.duckdb_types.items() if name in names}
        listed = ", ".join(f'"{name}"' for name in types)
        rows = connection.sql(f"SELECT {listed} FROM read_csv('{path}', types = {types})").fetchnumpy()
    return names, rows


def normalised(path: Path, filename: str | None = None, known: KnownBars | None = None) -> NormalisedBars:
    names, columns = read(path)
    provider = recognise(names, path.name)
    assert provider is not None
    return provider.normalise(columns, filename or path.name, known)


def bars_elsewhere(shared_market: Path, symbol: str) -> NormalisedBars:
    files = ", ".join(f"'{shared_market / name}.parquet'" for name in BARS)
    rows = duckdb.sql(
        f"SELECT date, open, high, low, close, pre_close, volume, amount, adj_factor, "
        f"coalesce(is_st, -1)::TINYINT is_st, trade_status::TINYINT trade_status "
        f"FROM read_parquet([{files}]) WHERE symbol = '{symbol}' ORDER BY date"
    ).fetchnumpy()
    plain = {
        name: np.asarray(column.filled(np.nan) if isinstance(column, np.ma.MaskedArray) else column)
        for name, column in rows.items()
    }
    return NormalisedBars(
        symbol=np.full(len(plain["date"]), symbol, dtype=object),
        trade_date=plain.pop("date").astype("datetime64[D]"),
        **plain,
        source="elsewhere",
    )


def common(
    here: NormalisedBars, there: NormalisedBars
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, np.ndarray[Any, Any]]]:
    _, left, right = np.intersect1d(here.trade_date, there.trade_date, return_indices=True)
    return (
        {name: column[left] for name, column in here.columns().items()},
        {name: column[right] for name, column in there.columns().items()},
    )


@pytest.mark.parametrize("code", BAOSTOCK)
def test_baostock_rows_equal_the_bars(shared_market: Path, samples: Path, code: str) -> None:
    bars = normalised(samples / f"baostock_history_k_raw_{code}.csv")
    here, there = common(bars, bars_elsewhere(shared_market, f"{code[3:]}.{code[:2].upper()}"))
    assert len(here["close"]) > 1000
    for name in ("open", "high", "low", "close", "pre_close", "trade_status"):
        assert np.array_equal(here[name], there[name]), name
    # volumes that came as float32 elsewhere are off by up to 6e-8 of their value
    assert np.allclose(here["volume"], there["volume"], rtol=6e-8, atol=0)
    known = np.isfinite(there["amount"])
    assert np.allclose(here["amount"][known], there["amount"][known], rtol=2e-8, atol=0)
    told = there["is_st"] >= 0
    assert np.array_equal(here["is_st"][told], there["is_st"][told])


def test_every_suspended_day_of_baostock_is_a_row_without_trades(samples: Path) -> None:
    bars = normalised(samples / "baostock_history_k_raw_sz.000792.csv")
    suspended = bars.trade_status == 0
    assert suspended.sum() > 300
    assert not bars.volume[suspended].any()
    assert not bars.amount[suspended].any()


def test_tushare_rows_equal_the_bars(shared_market: Path, samples: Path) -> None:
    bars = normalised(samples / "tushare_daily_sse50_part.csv")
    compared = 0
    for symbol in sorted(set(bars.symbol)):
        rows = bars.symbol == symbol
        of_symbol = NormalisedBars(
            **{name: column[rows] for name, column in bars.columns().items()}, source=bars.source
        )
        here, there = common(of_symbol, bars_elsewhere(shared_market, symbol))
        compared += len(here["close"])
        assert np.array_equal(here["close"], there["close"])
        assert np.array_equal(here["pre_close"], there["pre_close"])
        assert np.allclose(here["volume"], there["volume"], rtol=6e-8, atol=0)
        known = np.isfinite(there["amount"])
        assert np.allclose(here["amount"][known], there["amount"][known], rtol=2e-8, atol=0)
    assert compared == 2604


def test_every_tushare_volume_is_a_whole_number_of_shares(samples: Path) -> None:
    assert (normalised(samples / "tushare_daily_sse50_part.csv").volume > 0).all()


@pytest.mark.parametrize(
    ("name", "neutral"),
    [
        ("akshare_stock_zh_a_daily_qfq_000001.csv", "sz000001.csv"),
        ("akshare_stock_zh_a_daily_qfq_300750.csv", "sz300750.csv"),
        ("akshare_stock_zh_a_daily_qfq_600519.csv", "sh600519.csv"),
        ("akshare_fund_etf_hist_em_qfq_510300.csv", "sh510300.csv"),
    ],
)
def test_a_forward_adjusted_file_is_refused_by_its_rows_alone(samples: Path, name: str, neutral: str) -> None:
    with pytest.raises(ProviderFileRefused, match="average price") as caught:
        normalised(samples / name, neutral)
    assert caught.value.reason == "adjusted_prices"


def test_the_last_rows_of_a_forward_adjusted_file_are_still_found(samples: Path) -> None:
    names, columns = read(samples / "akshare_stock_zh_a_daily_qfq_600519.csv")
    provider = recognise(names, "")
    assert provider is not None
    last = {name: column[-60:] for name, column in columns.items()}
    with pytest.raises(ProviderFileRefused):
        provider.normalise(last, "sh600519.csv")


@pytest.mark.parametrize(
    ("code", "symbol"), [("000001", "000001.SZ"), ("600519", "600519.SH"), ("688981", "688981.SH")]
)
def test_the_quote_sites_unit_is_found_by_the_stored_bars(
    shared_market: Path, samples: Path, code: str, symbol: str
) -> None:
    stored = bars_elsewhere(shared_market, symbol)
    bars = normalised(samples / f"quote_site_kline_raw_{code}.csv", known={symbol: stored}.get)
    here, there = common(bars, stored)
    assert len(here["close"]) == 500
    assert np.array_equal(here["close"], there["close"])
    traded = there["volume"] > 0
    # whole lots round to 50 shares; in one of the files a single day's volume is wrong
    off = np.abs(here["volume"] - there["volume"])[traded] > 50 + 6e-8 * there["volume"][traded]
    assert off.sum() <= 1


def test_the_star_file_tells_its_unit_itself(samples: Path) -> None:
    bars = normalised(samples / "quote_site_kline_raw_688981.csv")
    assert bars.volume[0] == 19507622


@pytest.mark.parametrize("code", ["000001", "600519"])
def test_the_others_are_not_guessed(samples: Path, code: str) -> None:
    with pytest.raises(ProviderFileRefused):
        normalised(samples / f"quote_site_kline_raw_{code}.csv")


def test_stock_basic_agrees_with_the_instruments(shared_market: Path, samples: Path) -> None:
    names, columns = read(samples / "tushare_stock_basic_sample.csv")
    provider = recognise_instruments(names, "")
    assert provider is not None
    rows = provider.instruments(columns, "")
    elsewhere = dict(
        duckdb.sql(f"SELECT symbol, list_date FROM '{shared_market / 'instruments.parquet'}'").fetchall()
    )
    assert len(rows) == 60
    assert all(elsewhere[s] == d.item() for s, d in zip(rows.symbol, rows.list_date, strict=True))


def test_daily_basic_lists_each_symbol_once(samples: Path) -> None:
    names, columns = read(samples / "tushare_daily_basic_sample.csv")
    provider = recognise_instruments(names, "")
    assert provider is not None
    rows = provider.instruments(columns, "")
    assert len(set(rows.symbol)) == len(rows) > 0


def test_raw_bars_of_a_thousand_days_are_never_taken_for_adjusted(shared_market: Path) -> None:
    for symbol in ("600519.SH", "000001.SZ", "300750.SZ", "688981.SH"):
        raw = bars_elsewhere(shared_market, symbol)
        known = np.isfinite(raw.amount) & (raw.volume > 0)
        columns = {
            name: getattr(raw, name)[known] for name in ("open", "high", "low", "close", "volume", "amount")
        }
        columns["date"] = raw.trade_date[known]
        provider = recognise(list(columns), "")
        assert provider is not None
        taken = provider.normalise(columns, f"{symbol}.csv")
        assert len(taken) == known.sum() > 800
