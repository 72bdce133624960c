"""What must hold of any panel."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quantos.factors.core.correlation import correlation
from quantos.factors.core.measured import measure
from quantos.factors.core.panel import Panel
from quantos.factors.core.ranks import rank_codes
from tests.support.plain_panels import market_panel
from tests.unit.factors.panels import Panels, panels

some = st.builds(panels, st.integers(0, 10**6), st.integers(3, 20), st.integers(5, 25))
FEW = settings(max_examples=60, deadline=None)


def lagged(one: Panels, factor: Panel) -> Panel:
    return measure(rank_codes(factor), one.market, one.members).lagged_ic


@FEW
@given(some)
def test_a_growing_transform_changes_nothing(one: Panels) -> None:
    found = measure(rank_codes(one.factor), one.market, one.members)
    same = measure(rank_codes(np.exp(2 * one.factor) + 1), one.market, one.members)
    for series in ("lagged_ic", "ls", "turnover", "coverage", "names", "fifth_returns"):
        np.testing.assert_array_equal(getattr(found, series), getattr(same, series))


@FEW
@given(some)
def test_the_opposite_sign_negates_the_ic(one: Panels) -> None:
    np.testing.assert_array_equal(lagged(one, -one.factor), -lagged(one, one.factor))


@FEW
@given(some)
def test_the_opposite_sign_negates_long_short_where_nothing_is_tied(one: Panels) -> None:
    factor = one.other  # drawn from a continuum
    found = measure(rank_codes(factor), one.market, one.members)
    opposite = measure(rank_codes(-factor), one.market, one.members)
    np.testing.assert_allclose(opposite.ls, -found.ls, atol=1e-15)
    np.testing.assert_array_equal(opposite.turnover, found.turnover)


@FEW
@given(some)
def test_the_order_of_the_columns_changes_nothing_where_nothing_is_tied(one: Panels) -> None:
    columns = np.random.default_rng(one.factor.shape[1]).permutation(one.factor.shape[1])
    moved = market_panel(one.dates, one.close[:, columns])
    found = measure(rank_codes(one.other), one.market, one.members)
    same = measure(rank_codes(one.other[:, columns]), moved, one.members[:, columns])
    for series in ("lagged_ic", "turnover", "coverage", "names"):
        np.testing.assert_array_equal(getattr(found, series), getattr(same, series))
    np.testing.assert_allclose(same.ls, found.ls, atol=1e-14)


@FEW
@given(some)
def test_an_ic_is_between_minus_one_and_one_and_turnover_between_nought_and_one(one: Panels) -> None:
    found = measure(rank_codes(one.factor), one.market, one.members)
    known = found.lagged_ic[np.isfinite(found.lagged_ic)]
    assert (np.abs(known) <= 1 + 1e-12).all()
    replaced = found.turnover[np.isfinite(found.turnover)]
    assert ((replaced >= 0) & (replaced <= 1)).all()


@FEW
@given(some)
def test_a_name_outside_the_universe_counts_for_nothing(one: Panels) -> None:
    known = np.asarray(one.members.any(axis=1))
    outside = known[:, None] & ~one.members
    changed = np.where(outside, -7 * one.other, one.factor)
    found = lagged(one, one.factor)[:, known]
    np.testing.assert_array_equal(lagged(one, changed)[:, known], found)


@FEW
@given(some)
def test_two_factors_are_as_alike_either_way_round(one: Panels) -> None:
    a, b = rank_codes(one.factor), rank_codes(one.other)
    there, back = correlation(a, b), correlation(b, a)
    assert (there is None) == (back is None)
    assert there is None or back is None or abs(there - back) < 1e-14


@FEW
@given(some)
def test_a_factor_is_wholly_like_itself(one: Panels) -> None:
    found = correlation(rank_codes(one.other), rank_codes(one.other))
    assert found is None or abs(found - 1) < 1e-15
