"""Provider files written by hand: names, units and what is refused. The expected values are in the files' README."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers import (
    PROVIDERS,
    InstrumentRows,
    ProviderFileRefused,
    recognise,
    recognise_instruments,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "providers"

Columns = dict[str, NDArray[Any]]


def frame(name: str) -> Columns:
    with (VECTORS / name).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {column: np.array([row[k] for row in rows], dtype=object) for k, column in enumerate(header)}


def normalised(name: str, filename: str | None = None, **known: NormalisedBars) -> NormalisedBars:
    columns = frame(name)
    provider = recognise(list(columns), name)
    assert provider is not None
    by_symbol = {symbol.replace("_", "."): bars for symbol, bars in known.items()}
    return provider.normalise(columns, filename or name, by_symbol.get)


def refusal(name: str, filename: str | None = None, **known: NormalisedBars) -> ProviderFileRefused:
    with pytest.raises(ProviderFileRefused) as caught:
        normalised(name, filename, **known)
    return caught.value


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("baostock_raw.csv", "baostock"),
        ("baostock_index.csv", "baostock"),
        ("tushare_daily.csv", "tushare"),
        ("eastmoney_raw.csv", "akshare_eastmoney"),
        ("sina_raw.csv", "akshare_sina"),
        ("quote_site.csv", "quote_site"),
    ],
)
def test_a_file_is_recognised_by_its_columns(name: str, provider: str) -> None:
    found = recognise(list(frame(name)), name)
    assert found is not None
    assert found.name == provider


@pytest.mark.parametrize(
    "columns",
    [
        [],
        ["date", "value"],
        ["symbol", "trade_date", "open", "high", "low", "close", "pre_close", "volume", "amount"],
        ["ts_code", "trade_date", "adj_factor"],
    ],
)
def test_other_columns_are_nobodys(columns: list[str]) -> None:
    assert recognise(columns, "600519.csv") is None


def test_no_file_fits_two_providers() -> None:
    for name in (
        "baostock_raw.csv",
        "tushare_daily.csv",
        "eastmoney_raw.csv",
        "sina_raw.csv",
        "quote_site.csv",
    ):
        assert sum(provider.fits(list(frame(name))) for provider in PROVIDERS) == 1


def test_a_file_whose_every_code_is_unread_is_refused() -> None:
    columns = frame("baostock_raw.csv")
    columns["code"] = np.full(4, "sh.9009", dtype=object)
    provider = recognise(list(columns), "")
    assert provider is not None
    with pytest.raises(ProviderFileRefused) as caught:
        provider.normalise(columns, "x.csv")
    assert caught.value.reason == "symbol_unknown"


def test_instrument_columns_of_different_lengths_are_refused() -> None:
    none = np.array([], dtype="datetime64[D]")
    with pytest.raises(ValueError, match="different lengths"):
        InstrumentRows(np.array(["606001.SH"], dtype=object), np.array([], dtype=object), none, none)


class TestBaostock:
    def test_codes_and_dates(self) -> None:
        bars = normalised("baostock_raw.csv")
        assert list(bars.symbol) == ["606001.SH"] * 4
        assert bars.trade_date[0] == np.datetime64("2024-03-04")

    def test_prices_and_the_reference_price_are_taken_as_they_are(self) -> None:
        bars = normalised("baostock_raw.csv")
        assert list(bars.close) == [10.2, 10.2, 9.69, 9.24]
        assert list(bars.pre_close) == [10.0, 10.2, 10.2, 9.19]

    def test_volume_is_in_shares_and_amount_in_cny(self) -> None:
        bars = normalised("baostock_raw.csv")
        assert bars.volume[0] == 1234567
        assert bars.amount[0] == 12589012.34

    def test_an_empty_volume_of_a_suspended_day_is_no_trade(self) -> None:
        bars = normalised("baostock_raw.csv")
        assert bars.trade_status[1] == 0
        assert bars.volume[1] == 0
        assert bars.amount[1] == 0

    def test_the_risk_warning_is_taken(self) -> None:
        assert list(normalised("baostock_raw.csv").is_st) == [0, 0, 1, 1]

    def test_adjustflag_2_is_refused(self) -> None:
        found = refusal("baostock_adjustflag_2.csv")
        assert found.reason == "adjusted_prices"
        assert "adjustflag 2" in found.message

    def test_an_empty_volume_of_a_traded_day_is_missing(self) -> None:
        columns = frame("baostock_raw.csv")
        columns["tradestatus"] = np.array(["1", "1", "1", "1"], dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        assert provider.normalise(columns, "x.csv").volume[1] == -1

    def test_index_points_are_not_judged_as_prices(self) -> None:
        bars = normalised("baostock_index.csv")
        assert list(bars.symbol) == ["000300.SH"]
        assert bars.close[0] == 3540.8741
        assert list(bars.is_st) == [-1]

    def test_prices_that_do_not_give_the_stated_change_are_refused(self) -> None:
        columns = frame("baostock_raw.csv")
        columns["pctChg"] = np.array(["2.5", "0", "-5.0", "0.5441"], dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        with pytest.raises(ProviderFileRefused, match="1 of 4 rows have a stated change"):
            provider.normalise(columns, "x.csv")


class TestTushare:
    def test_lots_with_two_decimals_are_exact_shares(self) -> None:
        assert list(normalised("tushare_daily.csv").volume) == [1234567, 201]

    def test_thousands_become_cny(self) -> None:
        assert list(normalised("tushare_daily.csv").amount) == [12589012.0, 10125.0]

    def test_compact_dates_are_read_from_texts_and_numbers(self) -> None:
        columns = frame("tushare_daily.csv")
        provider = recognise(list(columns), "")
        assert provider is not None
        as_texts = provider.normalise(columns, "x.csv").trade_date
        columns["trade_date"] = np.array([20240304, 20240304])
        as_numbers = provider.normalise(columns, "x.csv").trade_date
        assert list(as_texts) == list(as_numbers) == [np.datetime64("2024-03-04")] * 2

    def test_a_volume_that_is_no_whole_share_is_missing(self) -> None:
        columns = frame("tushare_daily.csv")
        columns["vol"] = np.array(["12345.674", "2.01"], dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        assert list(provider.normalise(columns, "x.csv").volume) == [-1, 201]

    def test_volumes_given_in_shares_do_not_fit(self) -> None:
        columns = frame("tushare_daily.csv")
        columns["vol"] = np.array(["1234567", "201"], dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        with pytest.raises(ProviderFileRefused) as caught:
            provider.normalise(columns, "x.csv")
        assert caught.value.reason == "units_do_not_fit"

    def test_stock_basic_gives_list_and_delist_dates(self) -> None:
        columns = frame("tushare_stock_basic.csv")
        provider = recognise_instruments(list(columns), "")
        assert provider is not None
        rows = provider.instruments(columns, "x.csv")
        assert list(rows.symbol) == ["606001.SH", "003915.SZ"]
        assert list(rows.name) == ["合成主板01", "合成深主板15"]
        assert rows.list_date[0] == np.datetime64("1999-11-10")
        assert np.isnat(rows.delist_date[0])
        assert rows.delist_date[1] == np.datetime64("2025-03-14")


class TestAkshare:
    def test_eastmoney_has_close_before_high_and_low(self) -> None:
        bars = normalised("eastmoney_raw.csv")
        assert (bars.open[1], bars.close[1], bars.high[1], bars.low[1]) == (9.89, 9.88, 9.95, 9.76)

    def test_eastmoney_lots_are_a_hundred_shares(self) -> None:
        assert list(normalised("eastmoney_raw.csv").volume) == [34584800, 23050800]

    def test_eastmoneys_change_is_not_taken_for_a_reference_price(self) -> None:
        # 9.88 + 0.06 = 9.94 is the close of the day before; the exchange's reference was 9.89
        assert np.isnan(normalised("eastmoney_raw.csv").pre_close).all()

    def test_sina_takes_its_symbol_from_the_files_name(self) -> None:
        bars = normalised("sina_raw.csv", "stock_zh_a_daily_sh606001.csv")
        assert list(bars.symbol) == ["606001.SH"] * 2
        assert list(bars.volume) == [1234567, 200000]

    def test_a_sina_file_without_any_symbol_is_refused(self) -> None:
        assert refusal("sina_raw.csv", "bars.csv").reason == "symbol_unknown"

    def test_two_symbols_in_the_name_are_refused(self) -> None:
        assert refusal("sina_raw.csv", "sh606001_sz000002.csv").reason == "symbol_ambiguous"

    def test_average_prices_outside_the_days_range_show_adjusted_prices(self) -> None:
        found = refusal("sina_adjusted.csv", "sh606001.csv")
        assert found.reason == "adjusted_prices"
        assert "1 of 2 rows have an average price" in found.message

    @pytest.mark.parametrize("name", ["sh606001_qfq.csv", "hfq/../sh606001-hfq.csv", "sh606001前复权.csv"])
    def test_a_name_that_says_adjusted_is_refused(self, name: str) -> None:
        assert refusal("sina_raw.csv", name).reason == "adjusted_prices"

    @pytest.mark.parametrize("name", ["sh606001_weekly.csv", "sh606001_5min.csv", "sh606001周线.csv"])
    def test_a_name_that_says_not_daily_is_refused(self, name: str) -> None:
        assert refusal("sina_raw.csv", name).reason == "not_daily"

    def test_a_folders_name_says_nothing(self) -> None:
        assert len(normalised("sina_raw.csv", "/data/qfq-and-raw/sh606001.csv")) == 2

    @pytest.mark.parametrize("price", ["-0.35", "10.2037"])
    def test_a_price_below_zero_or_off_the_tick_shows_adjusted_prices(self, price: str) -> None:
        columns = frame("sina_raw.csv")
        columns["low"] = np.array([price, "9.69"], dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        with pytest.raises(ProviderFileRefused) as caught:
            provider.normalise(columns, "sh606001.csv")
        assert caught.value.reason == "adjusted_prices"

    def test_one_bad_row_in_a_hundred_is_left_to_the_row_checks(self) -> None:
        columns = {name: np.repeat(column, 100) for name, column in frame("sina_raw.csv").items()}
        columns["low"][7] = "9.9037"
        provider = recognise(list(columns), "")
        assert provider is not None
        assert provider.normalise(columns, "sh606001.csv").low[7] == 9.9037

    def test_a_funds_tick_is_a_thousandth(self) -> None:
        columns = frame("sina_raw.csv")
        columns["low"] = np.array(["9.901", "9.69"], dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        assert provider.normalise(columns, "sh510300.csv").low[0] == 9.901


class TestQuoteSite:
    def stored(self, per_unit: int) -> NormalisedBars:
        """Bars of 606001.SH on the file's days, the file's volumes being in units of so many shares."""
        sina = normalised("sina_raw.csv", "sh606001.csv")
        columns = frame("quote_site.csv")
        days = columns["date"].astype("datetime64[D]")
        bars = {name: np.resize(column, len(days)) for name, column in sina.columns().items()}
        bars["trade_date"] = days
        bars["close"] = columns["close"].astype(float)
        bars["volume"] = (columns["volume"].astype(float) * per_unit).astype(np.int64)
        return NormalisedBars(**bars, source="test")

    def test_close_stands_second(self) -> None:
        bars = normalised("quote_site.csv", "sh606001.csv", **{"606001_SH": self.stored(1)})
        assert (bars.open[0], bars.close[0], bars.high[0], bars.low[0]) == (10.0, 10.2, 10.5, 9.9)

    @pytest.mark.parametrize(("per_unit", "first"), [(1, 12346), (100, 1234600)])
    def test_stored_volumes_decide_between_lots_and_shares(self, per_unit: int, first: int) -> None:
        bars = normalised("quote_site.csv", "sh606001.csv", **{"606001_SH": self.stored(per_unit)})
        assert bars.volume[0] == first

    def test_a_volume_rounded_to_whole_lots_still_agrees(self) -> None:
        stored = self.stored(100)
        stored = replace(stored, volume=stored.volume + 37)
        assert normalised("quote_site.csv", "sh606001.csv", **{"606001_SH": stored}).volume[0] == 1234600

    def test_without_evidence_the_unit_is_not_guessed(self) -> None:
        found = refusal("quote_site.csv", "sh606001.csv")
        assert found.reason == "volume_unit_unknown"
        assert "import bars of the symbol from another provider first" in found.message

    def test_four_common_days_are_too_few(self) -> None:
        stored = self.stored(100)
        few = NormalisedBars(**{name: column[:4] for name, column in stored.columns().items()}, source="test")
        assert refusal("quote_site.csv", "sh606001.csv", **{"606001_SH": few}).reason == "volume_unit_unknown"

    def test_other_closes_than_the_stored_ones_are_adjusted(self) -> None:
        stored = self.stored(100)
        adjusted = replace(stored, close=stored.close * 1.05)
        assert (
            refusal("quote_site.csv", "sh606001.csv", **{"606001_SH": adjusted}).reason == "adjusted_prices"
        )

    def test_volumes_in_neither_ratio_do_not_fit(self) -> None:
        assert (
            refusal("quote_site.csv", "sh606001.csv", **{"606001_SH": self.stored(10)}).reason
            == "units_do_not_fit"
        )

    def with_source(self, source: str, filename: str) -> NormalisedBars:
        columns = frame("quote_site.csv")
        columns["source"] = np.full(len(columns["date"]), source, dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        return provider.normalise(columns, filename)

    def test_sina_delivers_shares(self) -> None:
        assert self.with_source("sina", "sh606001.csv").volume[0] == 12346

    def test_tencent_delivers_lots_of_main_board_shares(self) -> None:
        assert self.with_source("tencent", "sh606001.csv").volume[0] == 1234600

    def test_tencents_unit_of_star_shares_is_not_guessed(self) -> None:
        with pytest.raises(ProviderFileRefused, match="says tencent"):
            self.with_source("tencent", "sh689901.csv")

    def test_digits_that_also_name_an_index_are_refused(self) -> None:
        with pytest.raises(ProviderFileRefused) as caught:
            self.with_source("sina", "000001.csv")
        assert caught.value.reason == "symbol_ambiguous"

    def test_the_same_digits_with_their_exchange_are_taken(self) -> None:
        assert self.with_source("sina", "sz000001.csv").symbol[0] == "000001.SZ"

    def test_adj_type_qfq_is_refused(self) -> None:
        columns = frame("quote_site.csv")
        columns["adj_type"] = np.full(5, "qfq", dtype=object)
        provider = recognise(list(columns), "")
        assert provider is not None
        with pytest.raises(ProviderFileRefused, match="adj_type is qfq"):
            provider.normalise(columns, "sh606001.csv")
