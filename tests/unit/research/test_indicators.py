"""Indicators against numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quantos.research.core import indicators as ind

NAN = float("nan")


def series(*values: float) -> ind.Series:
    return np.array(values, dtype=np.float64)


def test_a_simple_average_is_unknown_until_its_bars_are_there() -> None:
    assert ind.sma(series(1, 2, 3, 5), 2) == pytest.approx([NAN, 1.5, 2.5, 4.0], nan_ok=True)


def test_an_average_of_more_bars_than_there_are_is_unknown() -> None:
    assert np.isnan(ind.sma(series(1, 2), 3)).all()
    assert np.isnan(ind.ema(series(1, 2), 3)).all()
    assert np.isnan(ind.deviation(series(1, 2), 3)).all()
    assert np.isnan(ind.zscore(series(1, 2), 3)).all()
    assert len(ind.sma(series(), 3)) == 0


def test_an_exponential_average_begins_with_a_simple_one() -> None:
    # mean(1, 2, 3) = 2; 2 + (5 - 2) / 2; 3.5 + (4 - 3.5) / 2
    assert ind.ema(series(1, 2, 3, 5, 4), 3) == pytest.approx([NAN, NAN, 2.0, 3.5, 3.75], nan_ok=True)


def test_an_average_of_an_indicator_begins_with_its_first_known_values() -> None:
    assert ind.sma(series(NAN, NAN, 1, 3), 2) == pytest.approx([NAN, NAN, NAN, 2.0], nan_ok=True)
    assert ind.ema(series(NAN, 1, 3, 5), 2) == pytest.approx([NAN, NAN, 2.0, 4.0], nan_ok=True)


def test_a_deviation_is_the_populations() -> None:
    assert ind.deviation(series(1, 3, 7), 2) == pytest.approx([NAN, 1.0, 2.0], nan_ok=True)


def test_a_zscore_counts_deviations_from_the_mean() -> None:
    # 1, 2, 6: mean 3, deviation sqrt((4 + 1 + 9) / 3)
    assert ind.zscore(series(1, 2, 6), 3)[2] == pytest.approx(3 / (14 / 3) ** 0.5)


def test_a_price_that_stands_has_a_zscore_of_zero() -> None:
    assert ind.zscore(np.full(30, 3.1), 20)[19:].tolist() == [0.0] * 11


def test_an_rsi_compares_smoothed_rises_and_falls() -> None:
    # +1, -1: both average 0.5; then +2: 1.25 against 0.25
    assert ind.rsi(series(10, 11, 10, 12), 2) == pytest.approx([NAN, NAN, 50.0, 100 - 100 / 6], nan_ok=True)


def test_an_rsi_is_100_without_falls_0_without_rises_and_50_without_either() -> None:
    assert ind.rsi(series(1, 2, 3), 2)[2] == 100.0
    assert ind.rsi(series(3, 2, 1), 2)[2] == 0.0
    assert ind.rsi(series(2, 2, 2), 2)[2] == 50.0


@pytest.mark.parametrize(("slow", "periods"), [(26, (12, 26, 9)), (52, (24, 52, 18)), (1, (1, 1, 1))])
def test_the_periods_of_a_macd_keep_their_proportion(slow: int, periods: tuple[int, int, int]) -> None:
    assert ind.macd_periods(slow) == periods


def test_a_macd_is_the_faster_average_less_the_slower() -> None:
    # slow 5: fast 2, signal 1. 1 2 3 4 5: slow mean 3; fast 1.5, 2.5, 3.5, 4.5
    line, signal = ind.macd(series(1, 2, 3, 4, 5), 5)
    assert line == pytest.approx([NAN, NAN, NAN, NAN, 1.5], nan_ok=True)
    assert signal[4] == pytest.approx(1.5)


def test_bollinger_bands_lie_on_both_sides_of_the_mean() -> None:
    lower, upper = ind.bollinger(series(1, 3), 2, 2.0)
    assert (lower[1], upper[1]) == (0.0, 4.0)


def test_a_true_range_counts_the_gap_from_the_close_before() -> None:
    high, low, close = series(11, 13, 9), series(9, 12, 8), series(10, 12.5, 8.5)
    assert ind.true_range(high, low, close) == pytest.approx([NAN, 3.0, 4.5], nan_ok=True)
    assert ind.atr(high, low, close, 2) == pytest.approx([NAN, NAN, 3.75], nan_ok=True)


def test_a_crossing_looks_through_bars_on_which_both_are_equal() -> None:
    level = np.full(6, 2.0)
    x = series(1, 2, 2, 3, 2, 3)
    assert ind.crosses_above(x, level).tolist() == [False, False, False, True, False, False]
    assert ind.crosses_below(-x, -level).tolist() == [False, False, False, True, False, False]


def test_the_first_bar_that_is_known_crosses_nothing() -> None:
    assert not ind.crosses_above(series(NAN, 3, 4), np.full(3, 2.0)).any()
