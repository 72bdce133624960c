"""In which unit prices, volumes and amounts are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from quantos.market.core import units


def mills(*cny: float) -> NDArray[np.int32]:
    return np.array([round(price * 1000) for price in cny], dtype=np.int32)


def shares(*volume: int) -> NDArray[np.int64]:
    return np.array(volume, dtype=np.int64)


UNKNOWN = np.full(3, np.nan)


@pytest.mark.parametrize(
    ("amount", "volume", "factor"),
    [
        (1000.0, 1, 100.0),  # a lot of 100 at 10 CNY
        (1.0, 100, 0.001),  # a thousand CNY
        (1.0, 1, 0.1),  # both
    ],
)
def test_a_wrong_unit_shows_as_a_power_of_ten(amount: float, volume: int, factor: float) -> None:
    off = units.amount_off(np.array([amount] * 3), shares(*[volume] * 3), mills(10, 10, 10), UNKNOWN)
    assert off == units.AmountOff(factor, adjusted=False)


def test_amounts_that_fit_are_in_the_right_unit() -> None:
    assert units.amount_off(np.array([1000.0] * 3), shares(100, 100, 100), mills(10, 9, 11), UNKNOWN) is None


@pytest.mark.parametrize(("amount", "volume"), [(np.nan, 1), (1.0, 0)])
def test_without_an_amount_or_a_volume_nothing_is_said(amount: float, volume: int) -> None:
    off = units.amount_off(np.array([amount] * 3), shares(*[volume] * 3), mills(10, 10, 10), UNKNOWN)
    assert off is None


def test_one_odd_row_is_no_wrong_unit() -> None:
    amounts = np.array([1000.0, 1000.0, 1e6])
    assert units.amount_off(amounts, shares(100, 100, 100), mills(10, 10, 10), UNKNOWN) is None


def test_a_factor_that_differs_from_row_to_row_is_an_adjustment() -> None:
    """10, 20 and 30 CNY a share, multiplied by 3, 8 and 20."""
    close = mills(30, 160, 600)
    off = units.amount_off(np.array([1000.0, 2000.0, 3000.0]), shares(100, 100, 100), close, UNKNOWN)
    assert off == units.AmountOff(None, adjusted=False)


def test_an_adjustment_is_proved_by_the_files_own_factors() -> None:
    close, factor = mills(30, 160, 600), np.array([3.0, 8.0, 20.0])
    off = units.amount_off(np.array([1000.0, 2000.0, 3000.0]), shares(100, 100, 100), close, factor)
    assert off == units.AmountOff(None, adjusted=True)


@pytest.mark.parametrize(
    ("given", "known", "exponent"),
    [(1234, 12.34, 2), (0.14, 13.72, -2), (12.34, 12.34, 0), (5.0, 10.0, 0), (0, 12.34, 0), (1300, 10, 0)],
)
def test_a_price_is_ten_fold_where_it_is_the_same_but_for_its_unit(
    given: float, known: float, exponent: int
) -> None:
    assert units.ten_fold(mills(given), mills(known), units.SAME_DAY).tolist() == [exponent]


def test_two_days_differ_by_what_a_price_can_move() -> None:
    assert units.ten_fold(mills(1300), mills(10), units.MOVED).tolist() == [2]


def test_nine_of_ten_rows_are_nearly_all() -> None:
    assert units.nearly_all(np.array([2] * 9 + [0], dtype=np.int8)) == 2
    assert units.nearly_all(np.array([2] * 8 + [0] * 2, dtype=np.int8)) == 0


def test_ten_shares_of_a_thousand_yuan_are_doubted_and_a_dear_one_is_not() -> None:
    code = np.arange(10, dtype=np.int32)
    unknown = np.full(10, np.nan)
    assert units.beyond_any_price(code, mills(*[1000.0] * 10), unknown) == 10
    assert units.beyond_any_price(code, mills(*[10.0] * 9, 1700.0), unknown) == 0
    assert units.beyond_any_price(code[:1], mills(137_299.0), unknown[:1]) == 1
    assert units.beyond_any_price(code[:1], mills(137_299.0), np.array([1.0])) == 0
