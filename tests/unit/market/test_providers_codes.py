"""Symbols in the providers' styles, and columns however a frame was made."""

from datetime import date

import numpy as np
import pytest

from quantos.market.core.providers import symbol_of, symbols_of
from quantos.market.core.providers.codes import symbols_in_filename
from quantos.market.core.providers.columns import days, floats, texts, whole


@pytest.mark.parametrize(
    ("code", "symbol"),
    [
        ("sh.600519", "600519.SH"),
        ("sz.000001", "000001.SZ"),
        ("600519.SH", "600519.SH"),
        ("600519.sh", "600519.SH"),
        ("sh600519", "600519.SH"),
        ("SZ300750", "300750.SZ"),
        ("bj920002", "920002.BJ"),
        ("600519.XSHG", "600519.SH"),
        ("000001.XSHE", "000001.SZ"),
        ("600519", "600519.SH"),
        ("688981", "688981.SH"),
        ("000001", "000001.SZ"),
        ("300750", "300750.SZ"),
        ("510300", "510300.SH"),
        ("159915", "159915.SZ"),
        ("920002", "920002.BJ"),
        ("430047", "430047.BJ"),
        ("sh.000300", "000300.SH"),
        (" 600519 ", "600519.SH"),
    ],
)
def test_every_style_names_one_symbol(code: str, symbol: str) -> None:
    assert symbol_of(code) == symbol


@pytest.mark.parametrize(
    "code",
    [
        "",
        "60051",
        "6005190",
        "us.600519",
        "600519.US",
        "900901",  # B share: no board
        "399001",  # index
        "113050",  # bond
        "sh-600519",
        "六〇〇五一九",
        "６００５１９",  # noqa: RUF001 - full-width digits are the point
    ],
)
def test_everything_else_is_not_read(code: str) -> None:
    assert symbol_of(code) is None


def test_a_column_of_codes_keeps_its_order_and_leaves_the_unread_empty() -> None:
    assert list(symbols_of(["sh.600519", "T00018", "sz.000001"])) == ["600519.SH", "", "000001.SZ"]


def test_what_is_neither_text_nor_number_is_unread() -> None:
    assert list(symbols_of([None, 600519])) == ["", "600519.SH"]


def test_a_number_gets_its_leading_zeros_back() -> None:
    assert list(symbols_of(np.array([1, 600519]))) == ["000001.SZ", "600519.SH"]


@pytest.mark.parametrize(
    ("filename", "symbols"),
    [
        ("sh600519.csv", {"600519.SH"}),
        ("/a/b/baostock_raw_sh.600519.csv", {"600519.SH"}),
        ("600519.SH.csv", {"600519.SH"}),
        ("600519_SH_2024.csv", {"600519.SH"}),
        ("000001.XSHE.csv", {"000001.SZ"}),
        ("600519.csv", {"600519.SH"}),
        ("600519_20240101_20241231.csv", {"600519.SH"}),
        ("600519_202401.csv", {"600519.SH"}),
        ("sh600519_000001.csv", {"600519.SH"}),
        ("600519_000001.csv", {"600519.SH", "000001.SZ"}),
        ("data/600519/bars.csv", set()),
        ("C:\\data\\sz000001.csv", {"000001.SZ"}),
        ("bars.csv", set()),
    ],
)
def test_a_files_name_means_these_symbols(filename: str, symbols: set[str]) -> None:
    assert symbols_in_filename(filename) == symbols


def test_a_masked_number_is_missing() -> None:
    column = np.ma.masked_array([1, 2, 3], mask=[False, True, False])
    assert floats({"x": column}, "x").tolist()[::2] == [1.0, 3.0]
    assert np.isnan(floats({"x": column}, "x")[1])


def test_a_text_that_is_no_number_is_missing() -> None:
    column = np.array(["1.5", "", None, "n/a", "inf"], dtype=object)
    assert np.isnan(floats({"x": column}, "x")).tolist() == [False, True, True, True, True]


def test_a_column_that_is_not_there_is_missing_in_every_row() -> None:
    assert np.isnan(floats({"x": np.array([1.0, 2.0])}, "y")).all()


@pytest.mark.parametrize("value", [float("nan"), -1.0, 1.5, 1e17])
def test_what_is_no_whole_share_is_missing(value: float) -> None:
    assert whole(np.array([value]))[0] == -1


@pytest.mark.parametrize(
    "value", ["2024-03-04", "20240304", 20240304, "2024-03-04 00:00:00", date(2024, 3, 4)]
)
def test_a_date_is_read_in_every_form(value: object) -> None:
    assert days({"x": np.array([value], dtype=object)}, "x")[0] == np.datetime64("2024-03-04")


@pytest.mark.parametrize("value", [20240230, 20241301, 20240300, 0, -1, 123])
def test_digits_that_are_no_date_are_missing(value: int) -> None:
    assert np.isnat(days({"x": np.array([value])}, "x")[0])


@pytest.mark.parametrize("value", ["", "yesterday", "2024-02-30", None])
def test_a_text_that_is_no_date_is_missing(value: object) -> None:
    assert np.isnat(days({"x": np.array([value], dtype=object)}, "x")[0])


def test_a_masked_date_is_missing() -> None:
    column = np.ma.masked_array(np.array(["2024-03-04", "2024-03-05"], dtype="M8[D]"), mask=[False, True])
    assert np.isnat(days({"x": column}, "x")).tolist() == [False, True]


def test_a_masked_text_is_empty() -> None:
    column = np.ma.masked_array(np.array(["a", "b"], dtype=object), mask=[False, True])
    assert texts({"x": column}, "x") == ["a", ""]


def test_a_masked_column_without_missing_values_is_read_as_it_is() -> None:
    column = np.ma.masked_array([1, 2])
    assert floats({"x": column}, "x").tolist() == [1.0, 2.0]


def test_a_masked_text_of_fixed_width_is_empty() -> None:
    column = np.ma.masked_array(np.array(["a", "b"]), mask=[True, False])
    assert texts({"x": column}, "x") == ["", "b"]


def test_a_number_in_a_column_of_objects_is_read() -> None:
    assert floats({"x": np.array([1, 2.5, np.float64(3)], dtype=object)}, "x").tolist() == [1.0, 2.5, 3.0]
