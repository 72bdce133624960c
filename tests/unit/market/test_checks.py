"""Each check on rows worked out by hand."""

import numpy as np
import pytest

from quantos.market.core import checks
from quantos.market.core.reasons import REFUSALS, SENTENCES, Finding, Refusal


def mills(*cny: float) -> np.ndarray:
    return np.array([round(price * 1000) for price in cny], dtype=np.int32)


def shares(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Refusal) | set(Finding)
    assert len(REFUSALS) < 127


def test_a_price_becomes_mills_exactly() -> None:
    price, good, fractional = checks.to_mills(np.array([1372.99, 0.001, 4.475, 28.05]))
    assert price.tolist() == [1_372_990, 1, 4475, 28_050]
    assert good.all()
    assert not fractional.any()


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf"), 3e6])
def test_what_is_no_price_is_not_good(price: float) -> None:
    value, good, _ = checks.to_mills(np.array([price]))
    assert (value[0], good[0]) == (0, False)


def test_no_share_costs_more_than_a_million() -> None:
    """With the widest limit, 44 %, it is still a number of 32 bits."""
    value, good, _ = checks.to_mills(np.array([1_000_000.0, 1_000_000.01]))
    assert (value.tolist(), good.tolist()) == ([1_000_000_000, 0], [True, False])
    assert value[0] * 1.44 < 2**31


def test_a_fraction_of_a_mill_is_seen_and_the_noise_of_a_float_is_not() -> None:
    _, _, fractional = checks.to_mills(np.array([10.0005, 0.1 + 0.2, 10.000001]))
    assert fractional.tolist() == [True, False, False]


def test_a_share_moves_by_fen_and_a_fund_by_mills() -> None:
    price, tick = mills(10.01, 10.015, 1.005), np.array([10, 10, 1], dtype=np.int32)
    assert checks.off_tick(price, tick).tolist() == [False, True, False]


def test_high_below_low() -> None:
    assert checks.high_below_low(mills(10, 9), mills(10, 9.5)).tolist() == [False, True]


def test_open_and_close_lie_within_the_day() -> None:
    bad = checks.outside_range(
        mills(10, 11, 10, 8), mills(*[10.5] * 4), mills(*[9] * 4), mills(10, 10, 8, 10)
    )
    assert bad.tolist() == [False, True, True, True]


def test_a_suspended_row_has_no_volume() -> None:
    status = np.array([0, 0, 1, -1], dtype=np.int8)
    assert checks.suspended_but_traded(status, shares(0, 5, 5, 5)).tolist() == [False, True, False, False]


def test_the_average_price_lies_within_the_day() -> None:
    amount = np.array([1000.0, 3000.0, 400.0, np.nan, 5.0])
    off = checks.amount_off_volume(
        amount, shares(100, 100, 100, 100, 0), mills(*[11] * 5), mills(*[9] * 5), 2.0
    )
    assert off.tolist() == [False, True, True, False, False]


def test_repeats_are_the_rows_after_the_first() -> None:
    assert checks.repeats(shares(1, 2, 2, 2, 3)).tolist() == [False, False, True, True, False]


def test_a_conflict_condemns_every_row_of_its_key() -> None:
    key = shares(1, 2, 2, 2, 3, 3)
    values = np.array([1.0, 5.0, 5.0, 6.0, np.nan, np.nan])
    assert checks.conflicting(key, values).tolist() == [False, True, True, True, False, False]


def test_no_rows_conflict_with_nothing() -> None:
    assert checks.conflicting(shares(), np.zeros(0)).tolist() == []


def test_a_gap_counts_missing_sessions() -> None:
    position = np.array([5, 8, 3], dtype=np.int32)
    assert checks.gap(position, np.array([4, 5, -1], dtype=np.int32)).tolist() == [0, 2, 0]


def test_a_close_at_its_limit_is_no_jump_and_one_beyond_it_is() -> None:
    close, reference, tick = mills(11.00, 11.02, 9.00, 8.98), mills(*[10] * 4), np.full(4, 10, dtype=np.int32)
    limit, nothing = np.full(4, 100_000), np.zeros(4, dtype=np.bool_)
    assert checks.jump(close, reference, tick, limit, nothing).tolist() == [False, True, False, True]


def test_an_explained_jump_is_none_and_no_reference_judges_nothing() -> None:
    tick, limit = np.full(2, 10, dtype=np.int32), np.full(2, 100_000)
    explained = np.array([True, False])
    assert not checks.jump(mills(20, 20), mills(10, 0), tick, limit, explained).any()


def test_a_reference_above_the_last_close_is_found() -> None:
    assert checks.reference_above_close(mills(10.01, 10, 10, 0), mills(10, 10, 0, 10)).tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_a_reference_more_than_70_per_cent_below_is_found() -> None:
    assert checks.reference_far_below_close(mills(2.99, 3.00), mills(10, 10)).tolist() == [True, False]


def test_the_factor_moves_with_the_reference() -> None:
    """600519.SH on 2023-12-20: 1669.00 closed, 1649.89 is the reference, so the factor grows by their ratio."""
    before, reference = mills(1669.00, 1669.00, 1669.00), mills(1649.89, 1649.89, 1669.00)
    factor = np.array([7.0 * 1669.00 / 1649.89, 7.0, np.nan])
    bad = checks.factor_mismatch(reference, before, factor, np.full(3, 7.0), np.full(3, 10, dtype=np.int32))
    assert bad.tolist() == [False, True, False]


def test_a_suspended_row_repeats_its_reference() -> None:
    status = np.array([0, 0, 0, 1], dtype=np.int8)
    bad = checks.suspended_price(status, mills(5, 5, 5, 5), mills(5, 5, 5, 6), mills(5, 6, 0, 5))
    assert bad.tolist() == [False, True, False, False]


def test_only_large_volumes_of_a_float_source_are_inexact() -> None:
    exact = np.array([False, False, True])
    assert checks.inexact_volume(shares(2**24, 2**24 + 1, 2**30), exact).tolist() == [False, True, False]
