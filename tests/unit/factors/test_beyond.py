"""What stands beside the checks, against published figures, plain loops and a known truth."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import spearmanr

from quantos.factors.core import beyond
from quantos.factors.core.measured import MarketPanel, measure
from quantos.factors.core.panel import Panel
from quantos.factors.core.ranks import Codes, rank_codes
from quantos.market.core.boards import Board
from tests.support.plain_panels import market_panel
from tests.unit.factors.panels import panels


def market_of(returns: Panel) -> MarketPanel:
    dates = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-01") + len(returns))
    return MarketPanel(dates, returns, rank_codes(returns), np.isfinite(returns))


def foreseen(days: int, names: int, rows: int, seed: int = 0) -> tuple[Codes, MarketPanel]:
    """A factor that follows the returns of so many rows later, with noise."""
    random = np.random.default_rng(seed)
    returns, factor = 0.02 * random.standard_normal((days, names)), random.standard_normal((days, names))
    if rows:
        factor[max(-rows, 0) : days - max(rows, 0)] += 10 * returns[max(rows, 0) : days + min(rows, 0)]
    return rank_codes(factor), market_of(returns)


def test_newey_west_is_the_t_statistic_of_statsmodels() -> None:
    # statsmodels 0.15: OLS(ic, ones).fit(cov_type="HAC", cov_kwds={"maxlags": 4}).tvalues, of these 120 ICs
    ic = 0.02 + 0.1 * np.sin(np.arange(120) ** 1.5)
    assert beyond.newey_west_t(ic) == pytest.approx(4.440874453524601, rel=1e-9)


def test_newey_west_in_plain_loops() -> None:
    ic = np.random.default_rng(1).standard_normal(60)
    ic[::7] = np.nan
    known = [one for one in ic.tolist() if one == one]  # noqa: PLR0124 - NaN is not itself
    n = len(known)
    mean = sum(known) / n
    lags = 3  # 4 (51 / 100)**(2/9) = 3.44
    total = sum((one - mean) ** 2 for one in known)
    for lag in range(1, lags + 1):
        weight = 1 - lag / (lags + 1)
        total += 2 * weight * sum((known[t] - mean) * (known[t - lag] - mean) for t in range(lag, n))
    assert beyond.newey_west_t(ic) == pytest.approx(mean / sqrt(total / n / n), rel=1e-9)


def test_a_constant_or_short_series_has_no_t_statistic() -> None:
    assert beyond.newey_west_t(np.full(50, 0.1)) is None
    assert beyond.newey_west_t(np.array([0.1, 0.2, np.nan])) is None


def test_the_deflated_sharpe_ratio_of_the_paper() -> None:
    # Bailey and Lopez de Prado (2014): annual 2.5 over 1,250 days, skewness -3, kurtosis 10, the best of 100
    # attempts whose annual ratios have the variance 1/2, 250 days a year: SR0 = 0.1132, DSR = 0.9004
    bar = beyond.best_of_luck(sqrt(0.5 / 250), 100)
    assert bar == pytest.approx(0.1132, abs=5e-5)
    found = beyond.probability_of_skill(2.5 / sqrt(250), bar, 1250, skewness=-3, kurtosis=10)
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_more_attempts_lower_the_deflated_sharpe_ratio() -> None:
    ls = 0.001 + 0.01 * np.random.default_rng(2).standard_normal(500)
    alone = beyond.deflated_sharpe(ls, 0.02, ())
    few = beyond.deflated_sharpe(ls, 0.02, (0.5, -0.5))
    many = beyond.deflated_sharpe(ls, 0.02, (0.5, -0.5) * 20)
    assert alone is not None and few is not None and many is not None
    assert alone > few > many


def test_a_factor_with_a_negative_ic_is_judged_the_other_way_round() -> None:
    ls = 0.001 + 0.01 * np.random.default_rng(2).standard_normal(500)
    assert beyond.deflated_sharpe(-ls, -0.02, ()) == pytest.approx(beyond.deflated_sharpe(ls, 0.02, ()))
    assert beyond.deflated_sharpe(np.full(9, np.nan), None, ()) is None


def test_monotonicity_of_the_fifths() -> None:
    assert beyond.monotonicity((1, 2, 3, 4, 5)) == 1
    assert beyond.monotonicity((5, 4, 3, 2, 1)) == -1
    assert beyond.monotonicity((1, 2, 3, 5, 4)) == pytest.approx(0.9)
    assert beyond.monotonicity((1, 2, None, 5, 4)) is None


def test_the_half_life_of_an_ic_that_halves_in_two_days() -> None:
    decay = [-0.08 * 2 ** (-lag / 2) for lag in range(1, 6)]
    assert beyond.half_life_days(decay) == pytest.approx(2.0)
    assert beyond.half_life_days([0.01, 0.02, 0.03, 0.04, 0.05]) is None
    assert beyond.half_life_days([0.02, 0.01, -0.01, 0.01, 0.01]) is None


@pytest.mark.parametrize(("rows", "lag", "look_ahead"), [(1, 0, True), (0, -1, False), (-2, -3, False)])
def test_a_lag_that_stands_out_is_named(rows: int, lag: int, look_ahead: bool) -> None:
    codes, market = foreseen(80, 200, rows) if rows else following_today()
    found = beyond.diagnostics(codes, measure(codes, market), market, None, np.zeros(200, np.int8), (), 1)
    assert found.far_lags == (lag,)
    assert found.look_ahead is look_ahead


def following_today() -> tuple[Codes, MarketPanel]:
    random = np.random.default_rng(0)
    returns = 0.02 * random.standard_normal((80, 200))
    return rank_codes(random.standard_normal((80, 200)) + 10 * returns), market_of(returns)


def test_an_honest_factor_stands_out_at_no_lag() -> None:
    codes, market = foreseen(80, 200, 2)
    found = beyond.diagnostics(codes, measure(codes, market), market, None, np.zeros(200, np.int8), (), 1)
    assert found.far_lags == ()
    assert found.earlier_ic.keys() == {-3, -2, -1, 0}


def test_ics_at_any_lag_are_those_of_scipy() -> None:
    given = panels(7)
    found = beyond.ic_at(rank_codes(given.factor), given.market, given.members, (-2, 0))
    for row, shift in enumerate((-1, 1)):
        for t in range(max(-shift, 0), len(given.dates) - max(shift, 0)):
            ret = given.market.returns[t + shift]
            both = np.isfinite(given.factor[t]) & np.isfinite(ret)
            both &= given.members[t] | ~given.members[t].any()
            if both.sum() < 5:
                assert np.isnan(found[row, t])
            else:
                want = spearmanr(given.factor[t, both], ret[both]).statistic
                assert found[row, t] == pytest.approx(want, abs=1e-12)


def test_the_ic_of_a_board_is_over_its_names_alone() -> None:
    given = panels(8)
    boards = np.where(np.arange(60) < 30, int(Board.MAIN), int(Board.STAR)).astype(np.int8)
    codes = rank_codes(given.factor)
    found = beyond.diagnostics(codes, measure(codes, given.market), given.market, None, boards, (), 1)
    main = market_panel(given.dates, given.close[:, :30])
    want = measure(rank_codes(given.factor[:, :30]), main).ic
    assert found.ic_by_board["main"] == pytest.approx(np.nanmean(want), abs=1e-12)
    assert found.ic_by_board.keys() == {"main", "star"}


def test_the_placebo_band_holds_chance_and_not_skill() -> None:
    chance, market = foreseen(200, 100, 0)
    band = beyond.placebo(chance, market, None, 1)
    ic = np.nanmean(measure(chance, market).ic)
    assert band is not None
    assert band.low < ic < band.high
    skill, market = foreseen(200, 100, 2)
    band = beyond.placebo(skill, market, None, 1)
    assert band is not None
    assert np.nanmean(measure(skill, market).ic) > band.high


def test_the_placebo_is_as_wide_as_permutations_are() -> None:
    # the variance of a rank correlation over all permutations is 1 / (n - 1), with ties too
    codes, market = foreseen(200, 50, 0)
    found = np.array([beyond.placebo(codes, market, None, seed) for seed in range(20)], object)
    ends = np.array([[one.low, one.high] for one in found]) * sqrt(198 * 49)
    # the mean of the largest of 39 draws of a normal is 2.15
    assert np.abs(ends).mean() == pytest.approx(2.15, abs=0.2)


def test_a_seed_gives_the_same_band_however_the_days_are_split() -> None:
    codes, market = foreseen(100, 30, 0)
    assert beyond.placebo(codes, market, None, 5) == beyond.placebo(codes, market, None, 5)
    assert beyond.placebo(codes, market, None, 5) != beyond.placebo(codes, market, None, 6)


def test_a_placebo_of_the_universe_deals_among_its_members() -> None:
    codes, market = foreseen(60, 40, 0)
    none = np.zeros((60, 40), np.bool_)
    none[:, :3] = True
    assert beyond.placebo(codes, market, none, 5) is None
