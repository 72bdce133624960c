"""Edges of the cross-section: who is in it, and when a day has no figure."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import spearmanr

from quantos.factors.core.correlation import correlation, max_correlation
from quantos.factors.core.measured import MarketPanel, Measured, measure
from quantos.factors.core.panel import Members, Panel
from quantos.factors.core.ranks import NAMES_MAX, rank_codes
from quantos.factors.core.validation import checks, failed, in_sample, yearly_stats
from tests.support.plain_panels import carried, market_panel

NAMES = 6
GROWTH = 1 + np.arange(NAMES) / 8  # of every day; the later the column, the larger: exact in binary


def measured(factor: Panel, close: Panel | None = None, members: Members | None = None) -> Measured:
    days = len(factor)
    price = GROWTH ** np.arange(days)[:, None] if close is None else close
    dates = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-01") + days)
    return measure(rank_codes(factor), market_panel(dates, price), members)


def upward(days: int) -> Panel:
    """A factor in the order of the returns."""
    return np.tile(np.arange(float(NAMES)), (days, 1))


def test_every_name_tied_has_no_ic_but_fifths_by_symbol() -> None:
    found = measured(np.ones((4, NAMES)))
    assert np.isnan(found.ic).all()
    assert found.ls[0] == pytest.approx(5 / 8 - 0)


def test_a_day_of_equal_returns_has_no_ic_and_no_long_short_return() -> None:
    found = measured(upward(4), np.ones((4, NAMES)))
    assert np.isnan(found.ic).all()
    assert found.ls[:2].tolist() == [0.0, 0.0]


def test_names_that_grow_by_the_same_share_are_tied_whatever_they_cost() -> None:
    growth = np.array([1.1, 1.1, 1.1, 1.05, 1.05, 1.0, 0.98, 0.98])
    before = np.array([9.99, 20.37, 7.11, 3.03, 41.7, 5.0, 13.13, 88.1])
    price = np.vstack([before, before * 1.01, before * 1.01 * growth])
    assert len(set(price[2] / price[1] - 1)) > 4, "as floating-point numbers, they are not"
    factor = np.full((3, 8), np.nan)
    factor[0] = [3, 1, 4, 2, 6, 5, 8, 7]
    want = spearmanr(factor[0], growth).statistic
    assert measured(factor, price).ic[0] == pytest.approx(want, abs=1e-15)


def test_two_tied_names_share_their_rank() -> None:
    factor = upward(4)
    factor[0] = [0, 1, 2, 3, 4, 4]
    # d = 0.5 twice: with 16.5 left of the 17.5 of six ranks
    assert measured(factor).ic[0] == pytest.approx(17 / sqrt(17.5 * 17), rel=1e-12)


def test_four_names_are_too_few() -> None:
    factor = upward(4)
    factor[0, 4:] = np.nan
    factor[1, 5:] = np.nan
    found = measured(factor)
    assert np.isnan(found.ic[0]) and np.isnan(found.ls[0])
    assert found.ic[1] == 1.0
    assert found.names[:2].tolist() == [4, 5]


def test_a_panel_of_one_name_has_no_figures() -> None:
    found = measured(np.arange(8.0)[:, None], np.exp(np.arange(8.0))[:, None])
    figures = in_sample(found, 0.0)
    assert np.isnan(found.ic).all() and np.isnan(found.ls).all()
    assert (figures.ic_mean, figures.sharpe, figures.turnover, figures.data_days) == (None, None, None, 0)
    assert figures.coverage == 1.0


def test_a_factor_without_values_has_no_figures_and_fails_every_check() -> None:
    found = measured(np.full((8, NAMES), np.nan))
    figures = in_sample(found, 0.0)
    assert (figures.ic_mean, figures.coverage, figures.fitness, figures.ic_decay) == (None,) * 3 + (
        (None,) * 5,
    )
    assert yearly_stats(found) == ()
    assert failed(checks(figures)) == ("IC_MEAN", "IC_IR", "HIGH_TURNOVER", "DATA_COVERAGE")


@pytest.mark.parametrize("days", [0, 1, 2])
def test_fewer_than_three_days_have_no_return_yet(days: int) -> None:
    found = measured(upward(days))
    assert np.isnan(found.lagged_ic).all() and np.isnan(found.ls).all()
    assert found.coverage.tolist() == [1.0] * days


def test_a_suspended_name_keeps_its_close_and_returns_nothing() -> None:
    close = GROWTH ** np.arange(5.0)[:, None]
    close[2:4, 5] = np.nan
    found = measured(upward(5), close)
    # the name with the highest value earns 0, like the first column: ranks 2, 3, 4, 5 and twice 1.5
    assert found.names[0] == 6
    assert found.ls[0] == pytest.approx(0.0)
    assert found.ic[0] == pytest.approx(
        np.corrcoef([1, 2, 3, 4, 5, 6], [1.5, 3, 4, 5, 6, 1.5])[0, 1], rel=1e-12
    )


def test_a_name_without_a_later_bar_drops_out() -> None:
    close = GROWTH ** np.arange(6.0)[:, None]
    close[3:, 5] = np.nan
    found = measured(upward(6), close)
    assert found.names.tolist() == [6, 5, 5, 5, 0, 0]
    assert found.coverage.tolist() == [1.0] * 6  # five names with a close, all covered


def test_a_name_enters_with_its_first_bar() -> None:
    close = np.array([[np.nan, 1], [np.nan, np.nan], [5, np.nan], [np.nan, 3], [6, 4]])
    np.testing.assert_array_equal(carried(close), [[np.nan, 1], [np.nan, 1], [5, 1], [5, 3], [6, 4]])


def test_a_change_of_the_index_changes_the_cross_section() -> None:
    members = np.zeros((6, NAMES), np.bool_)
    members[:2, :5] = True
    members[2:, 1:] = True
    found = measured(upward(6), members=members)
    assert found.names[:4].tolist() == [5, 5, 5, 5]
    # the worst and the best of the members: 0 and 4, then 1 and 5 eighths
    assert found.ls[:4] == pytest.approx([0.5] * 4)
    assert found.turnover[1:4].tolist() == [0.0, 1.0, 0.0]


def test_coverage_counts_members_that_have_no_value() -> None:
    factor = upward(4)
    factor[:, 0] = np.nan
    factor[1] = np.nan
    members = np.ones((4, NAMES), np.bool_)
    members[:, 5] = False
    found = measured(factor, members=members)
    assert found.coverage[0] == pytest.approx(4 / 5)
    assert np.isnan(found.coverage[1])


def test_a_day_without_known_members_takes_every_name() -> None:
    members = np.ones((5, NAMES), np.bool_)
    members[:, 0] = False
    members[1] = False
    assert measured(upward(5), members=members).names[:3].tolist() == [5, 6, 5]


def test_turnover_looks_back_to_the_last_day_with_fifths() -> None:
    factor = upward(6)
    factor[1] = np.nan
    factor[2] = factor[0][::-1]
    found = measured(factor)
    assert np.isnan(found.turnover[[0, 1]]).all()
    assert found.turnover[2:4].tolist() == [1.0, 1.0]


def test_turnover_is_the_same_where_the_days_are_split_over_threads() -> None:
    random = np.random.default_rng(3)
    factor, close = random.standard_normal((200, 40)), np.exp(random.standard_normal((200, 40)))
    factor[95:103] = np.nan
    whole, half = measured(factor, close), measured(factor[:60], close[:60])
    np.testing.assert_array_equal(whole.turnover[:58], half.turnover[:58])
    assert np.isfinite(whole.turnover[103]) and np.isfinite(whole.turnover[1:95]).all()


def test_the_last_ic_needs_the_close_of_the_day_after_next() -> None:
    found = measured(upward(5))
    assert np.isfinite(found.ic).tolist() == [True, True, True, False, False]


def test_later_values_and_prices_leave_an_ic_alone() -> None:
    random = np.random.default_rng(4)
    factor, close = random.standard_normal((40, 30)), np.exp(random.standard_normal((40, 30)))
    before = measured(factor, close).ic[20]
    factor[21:], close[23:] = -factor[21:], 1 / close[23:]
    assert measured(factor, close).ic[20] == before


def test_factors_without_a_common_day_or_name_have_no_correlation() -> None:
    a, b = upward(4), upward(4)
    a[:2], b[2:] = np.nan, np.nan
    assert correlation(rank_codes(a), rank_codes(b)) is None
    a, b = upward(4), upward(4)
    a[:, :3], b[:, 3:] = np.nan, np.nan
    assert correlation(rank_codes(a), rank_codes(b)) is None


def test_a_factor_and_its_opposite() -> None:
    factor = upward(4)
    assert correlation(rank_codes(factor), rank_codes(-factor)) == -1.0
    assert correlation(rank_codes(factor), rank_codes(np.ones_like(factor))) is None


def test_the_largest_correlation_counts_by_its_size() -> None:
    assert max_correlation([0.2, -0.6, None]) == 0.6
    assert max_correlation([None]) == max_correlation([]) == 0.0


def test_a_day_of_as_many_names_as_codes_can_hold() -> None:
    values = np.random.default_rng(1).permutation(NAMES_MAX).astype(np.float64)
    codes = rank_codes(values[None, :])
    np.testing.assert_array_equal(codes[0], 2 * values + 2)
    returns = np.concatenate([np.zeros((2, NAMES_MAX)), -values[None, :]])
    market = MarketPanel(np.arange(3).astype("datetime64[D]"), returns, rank_codes(returns), returns <= 0)
    padded = np.concatenate([codes, np.zeros((2, NAMES_MAX), np.uint16)])
    assert measure(padded, market).ic[0] == -1.0
    with pytest.raises(ValueError, match="16 bits"):
        rank_codes(np.zeros((1, NAMES_MAX + 1)))


def test_codes_of_a_wider_axis_or_another_shape_are_refused() -> None:
    codes = rank_codes(np.random.default_rng(0).standard_normal((4, 9)))
    cut = np.ascontiguousarray(codes[:, :4])
    with pytest.raises(ValueError, match="more names than there are columns"):
        correlation(cut, cut)
    with pytest.raises(ValueError, match=r"\(3, 9\), not \(4, 9\)"):
        correlation(codes, codes[:3])
    with pytest.raises(ValueError, match="members are"):
        measure(
            codes,
            market_panel(np.arange(4).astype("datetime64[D]"), np.ones((4, 9))),
            np.ones((4, 8), bool),
        )
