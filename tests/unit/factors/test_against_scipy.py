"""Day by day against scipy and pandas, which share no code with the compiled ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, spearmanr

from quantos.factors.core.correlation import Sorted, correlation, daily_correlation
from quantos.factors.core.measured import measure
from quantos.factors.core.panel import Members, Panel
from quantos.factors.core.ranks import rank_codes
from tests.support.plain_panels import forward_return
from tests.unit.factors.panels import Panels, panels

SEEDS = range(4)


def adjusted(close: Panel) -> Panel:
    """A suspended name keeps its close; one without a later bar drops out."""
    filled: Panel = pd.DataFrame(close).ffill().to_numpy(copy=True)
    for name in range(close.shape[1]):
        known = np.flatnonzero(np.isfinite(close[:, name]))
        filled[known[-1] + 1 if len(known) else 0 :, name] = np.nan
    return filled


def section(given: Panels, t: int, values: Panel, ret: Panel) -> Members:
    both: Members = np.isfinite(values[t]) & np.isfinite(ret[t])
    return both & given.members[t] if given.members[t].any() else both


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lag", [1, 2, 3, 4, 5])
def test_the_ic_of_each_day_and_lag(seed: int, lag: int) -> None:
    given = panels(seed)
    price = adjusted(given.close)
    ret = np.full_like(price, np.nan)
    ret[: -lag - 1] = price[lag + 1 :] / price[lag:-1] - 1
    found = measure(rank_codes(given.factor), given.market, given.members).lagged_ic[lag - 1]
    compared = 0
    for t in range(len(given.dates)):
        both = section(given, t, given.factor, ret)
        if both.sum() < 5:
            assert np.isnan(found[t])
            continue
        assert found[t] == pytest.approx(spearmanr(given.factor[t, both], ret[t, both]).statistic, abs=1e-12)
        compared += 1
    assert compared > 100


@pytest.mark.parametrize("seed", SEEDS)
def test_the_forward_return_is_that_of_carried_closes(seed: int) -> None:
    given = panels(seed)
    price = adjusted(given.close)
    np.testing.assert_array_equal(
        forward_return(price)[:-2], np.where(np.isfinite(price[2:]), price[2:] / price[1:-1] - 1, np.nan)
    )
    np.testing.assert_array_equal(given.market.returns[2:], forward_return(price)[:-2])
    np.testing.assert_array_equal(given.market.has_close, np.isfinite(price))


@pytest.mark.parametrize("seed", SEEDS)
def test_codes_are_twice_the_average_ranks(seed: int) -> None:
    values = panels(seed).factor
    codes = rank_codes(values)
    for t, row in enumerate(values):
        known = np.isfinite(row)
        np.testing.assert_array_equal(codes[t, known], 2 * rankdata(row[known]))
        assert not codes[t, ~known].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_correlation_of_two_factors(seed: int) -> None:
    given = panels(seed)
    found = daily_correlation(Sorted.of(rank_codes(given.factor)), rank_codes(given.other))
    for t in range(len(given.dates)):
        common = np.isfinite(given.factor[t]) & np.isfinite(given.other[t])
        if common.sum() < 2:
            assert np.isnan(found[t])
        else:
            want = spearmanr(given.factor[t, common], given.other[t, common]).statistic
            assert found[t] == pytest.approx(want, abs=1e-12)
    assert correlation(rank_codes(given.factor), rank_codes(given.other)) == pytest.approx(
        np.nanmean(found), abs=1e-14
    )


def test_two_factors_with_the_same_names_are_compared_without_ranking_again() -> None:
    values, other = np.random.default_rng(5).standard_normal((2, 40, 300))
    values[:, :20] = other[:, :20] = np.nan
    values[3] = np.round(values[3])
    found = daily_correlation(Sorted.of(rank_codes(values)), rank_codes(other))
    want = [spearmanr(values[t, 20:], other[t, 20:]).statistic for t in range(40)]
    np.testing.assert_allclose(found, want, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_fifths_long_short_and_turnover(seed: int) -> None:
    given = panels(seed)
    ret = forward_return(adjusted(given.close))
    found = measure(rank_codes(given.factor), given.market, given.members)
    before: tuple[set[int], set[int]] | None = None
    for t in range(len(given.dates)):
        names = np.flatnonzero(section(given, t, given.factor, ret))
        assert found.names[t] == len(names)
        if len(names) < 5:
            assert np.isnan(found.ls[t]) and np.isnan(found.turnover[t])
            continue
        ordered = [name for _, name in sorted((given.factor[t, name], name) for name in names.tolist())]
        size = len(names) // 5
        bottom, top = ordered[:size], ordered[-size:]
        assert found.ls[t] == pytest.approx(ret[t, top].mean() - ret[t, bottom].mean(), abs=1e-12)
        if before is not None:
            replaced = [len(set(now) - was) / size for was, now in zip(before, (bottom, top), strict=True)]
            assert found.turnover[t] == pytest.approx(sum(replaced) / 2, abs=1e-12)
        before = set(bottom), set(top)
    assert found.fifth_returns[4] - found.fifth_returns[0] == pytest.approx(found.ls, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_coverage_and_data_days(seed: int) -> None:
    given = panels(seed)
    closed = np.isfinite(adjusted(given.close))
    found = measure(rank_codes(given.factor), given.market, given.members)
    for t in range(len(given.dates)):
        valued = np.isfinite(given.factor[t])
        if not valued.any():
            assert np.isnan(found.coverage[t]) and not found.data_day[t]
            continue
        whole = given.members[t] if given.members[t].any() else closed[t]
        assert found.coverage[t] == pytest.approx((valued & whole).sum() / whole.sum(), abs=1e-15)
        assert found.data_day[t] == ((valued & whole & closed[t]).sum() >= 5)
