"""Adjusted closes in plain arrays, worked by hand: the compiled ones equal them bit for bit (test_market_panel)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.adjusted import adjusted_close

NONE = np.nan


def adjusted(close: list[float], reference: list[float], factor: list[float]) -> list[float]:
    columns = (np.array(each, np.float64)[:, None] for each in (close, reference, factor))
    found: list[float] = adjusted_close(*columns)[:, 0].tolist()
    return found


def test_without_corporate_actions_they_are_the_closes() -> None:
    assert adjusted([10, 11, 9.9], [NONE, 10, 11], [NONE] * 3) == pytest.approx([10, 11, 9.9])


def test_a_dividend_is_reinvested() -> None:
    """10 goes ex 0.5: from 9.5 to 9.5 is no return, and 9.975 then is 5 %."""
    assert adjusted([10, 9.5, 9.975], [NONE, 9.5, 9.5], [NONE] * 3) == pytest.approx([10, 10, 10.5])


def test_without_a_reference_the_factor_tells() -> None:
    assert adjusted([10, 5.5], [NONE, NONE], [1, 2]) == pytest.approx([10, 11])


def test_the_exchanges_reference_comes_before_the_factor() -> None:
    assert adjusted([10, 5.5], [NONE, 5], [1, 3]) == pytest.approx([10, 11])


def test_without_either_the_last_close_is_the_reference() -> None:
    assert adjusted([10, 11], [0, 0], [NONE, 2]) == pytest.approx([10, 11])


def test_a_suspension_with_rows_and_one_without_are_no_return() -> None:
    assert adjusted([10, 10, 11], [NONE, 10, 10], [NONE] * 3) == pytest.approx([10, 10, 11])
    assert adjusted([10, NONE, 11], [NONE, NONE, 10], [NONE] * 3) == pytest.approx(
        [10, NONE, 11], nan_ok=True
    )


def test_an_ex_date_during_a_gap_is_none_either() -> None:
    assert adjusted([10, NONE, 5.5], [NONE, NONE, 5], [1, NONE, 1]) == pytest.approx(
        [10, NONE, 11], nan_ok=True
    )


def test_before_the_first_bar_there_is_nothing() -> None:
    assert adjusted([NONE, 10, 11], [NONE, 9, 10], [NONE] * 3) == pytest.approx([NONE, 10, 11], nan_ok=True)


def test_many_instruments_are_each_as_alone() -> None:
    drawn = np.random.default_rng(4)
    close = np.round(drawn.uniform(5, 50, (12, 700)), 2)
    close[drawn.random(close.shape) < 0.2] = np.nan
    reference = np.where(drawn.random(close.shape) < 0.5, np.round(close * 0.99, 2), np.nan)
    factor = drawn.uniform(1, 3, close.shape)
    together = adjusted_close(close, reference, factor)
    for column in range(close.shape[1]):
        alone = adjusted_close(*(each[:, column : column + 1] for each in (close, reference, factor)))
        np.testing.assert_array_equal(together[:, column], alone[:, 0])
