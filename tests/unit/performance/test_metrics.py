"""The formulas of PUB-07 and PUB-09 to PUB-11 against numbers worked by hand and the statistics module."""

from __future__ import annotations

import math
import statistics
from dataclasses import asdict, astuple, fields
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.performance.core import metrics

NAN = math.nan
approx = pytest.approx

# 1.00 -> 1.10 -> 0.99 -> 1.0395: returns +10 %, -10 %, +5 %
UP_DOWN_UP = np.array([1.0, 1.10, 0.99, 1.0395])
YEAR_ROOT = 15.874507866387544  # sqrt(252)


def flat(*returns: float) -> np.ndarray:
    return np.array(returns, dtype=np.float64)


def curve(*returns: float) -> np.ndarray:
    equity = [1.0]
    for each in returns:
        equity.append(equity[-1] * (1.0 + each))
    return np.array(equity)


def test_a_curve_starts_at_one_and_counts_nav_in_initial_capital() -> None:
    mills = np.array([1_010_000_000, 990_000_000], dtype=np.int64)
    assert metrics.equity_curve(mills, 1_000_000_000).tolist() == [1.0, 1.01, 0.99]


def test_the_first_daily_return_is_against_the_initial_capital() -> None:
    assert metrics.daily_return(UP_DOWN_UP) == approx([0.10, -0.10, 0.05])


def test_cumulative_return_is_nav_minus_one() -> None:
    assert metrics.cumulative_return(UP_DOWN_UP).tolist() == [1.10 - 1, 0.99 - 1, 1.0395 - 1]


def test_total_return_is_the_last_cumulative_return() -> None:
    assert metrics.total_return(UP_DOWN_UP) == approx(0.0395)


def test_annual_return_compounds_to_252_days() -> None:
    # 1.0395 to the power of 84: exp(84 * 0.03873982...) = 25.8937...
    with localcontext() as exact:
        exact.prec = 40
        worked = Decimal("1.0395") ** 84 - 1
    assert metrics.annual_return(UP_DOWN_UP) == approx(float(worked), rel=1e-12)


def test_annual_return_of_252_days_is_the_total_return() -> None:
    equity = np.linspace(1.0, 1.25, 253)
    assert metrics.annual_return(equity) == approx(0.25, rel=1e-12)


def test_volatility_is_the_sample_deviation_times_the_root_of_252() -> None:
    # mean 1/60; deviations 1/12, -7/60, 1/30: squares 25/3600, 49/3600, 4/3600; 78/3600 / 2 = 39/3600
    assert metrics.volatility(flat(0.10, -0.10, 0.05)) == approx(math.sqrt(39 / 3600) * YEAR_ROOT)


def test_sharpe_is_mean_over_deviation_times_the_root_of_252() -> None:
    assert metrics.sharpe(flat(0.10, -0.10, 0.05)) == approx((1 / 60) / math.sqrt(39 / 3600) * YEAR_ROOT)


def test_max_drawdown_is_positive_and_from_the_highest_point() -> None:
    assert metrics.max_drawdown(UP_DOWN_UP) == approx(0.10)


def test_a_first_day_loss_is_a_drawdown() -> None:
    assert metrics.max_drawdown(np.array([1.0, 0.9, 0.945])) == approx(0.10)


def test_calmar_is_annual_return_over_max_drawdown() -> None:
    equity = np.concatenate([[1.0, 0.9], np.linspace(0.9, 1.2, 252)[1:]])  # 252 days, +20 %, drawdown 10 %
    assert metrics.calmar(equity) == approx(2.0)


def test_calmar_is_undefined_without_a_drawdown() -> None:
    assert np.isnan(metrics.calmar(np.array([1.0, 1.1, 1.2])))


def test_benchmark_returns_of_closes_start_from_the_day_before() -> None:
    assert metrics.close_return(flat(3000.0, 3030.0, 2999.7)) == approx([0.01, -0.01])


def test_an_unknown_close_leaves_two_unknown_returns() -> None:
    found = metrics.close_return(flat(3000.0, NAN, 3030.0, 3030.0))
    assert np.isnan(found).tolist() == [True, True, False]
    assert found[2] == 0.0


def test_benchmark_return_is_compounded() -> None:
    assert metrics.benchmark_return(flat(0.10, -0.10)) == approx(-0.01)


def test_benchmark_return_compounds_the_known_days() -> None:
    assert metrics.benchmark_return(flat(0.10, NAN, 0.10)) == approx(0.21)


def test_excess_return_is_total_minus_benchmark() -> None:
    assert metrics.excess_return(UP_DOWN_UP, flat(0.10, -0.10, 0.0)) == approx(0.0395 + 0.01)


def test_excess_sharpe_is_the_sharpe_of_the_daily_differences() -> None:
    # differences 0.01, 0.03: mean 0.02, sample deviation 0.02 / sqrt(2)
    found = metrics.excess_sharpe(flat(0.02, 0.01), flat(0.01, -0.02))
    assert found == approx(math.sqrt(2) * YEAR_ROOT)


def test_excess_sharpe_leaves_out_days_without_benchmark() -> None:
    found = metrics.excess_sharpe(flat(0.02, 0.5, 0.01), flat(0.01, NAN, -0.02))
    assert found == approx(math.sqrt(2) * YEAR_ROOT)


def test_without_any_benchmark_what_is_measured_against_it_is_undefined() -> None:
    found = metrics.measure(UP_DOWN_UP, flat(NAN, NAN, NAN))
    assert (found.benchmark_return, found.excess_return, found.excess_sharpe) == (None, None, None)
    assert found.total_return is not None and found.sharpe is not None


def test_rolling_excess_sharpe_starts_on_the_20th_day() -> None:
    assert len(metrics.rolling_excess_sharpe(np.zeros(19), np.zeros(19))) == 0
    assert len(metrics.rolling_excess_sharpe(np.zeros(20), np.zeros(20))) == 1
    assert len(metrics.rolling_excess_sharpe(np.zeros(25), np.zeros(25))) == 6


def test_a_rolling_value_is_the_excess_sharpe_of_its_last_20_days() -> None:
    daily = np.tile([0.02, -0.01, 0.03], 9)[:25]
    beside = np.tile([0.01, 0.0], 13)[:25]
    differences = [a - b for a, b in zip(daily[2:22], beside[2:22], strict=True)]
    worked = statistics.fmean(differences) / statistics.stdev(differences) * YEAR_ROOT
    assert metrics.rolling_excess_sharpe(daily, beside)[2] == approx(worked)  # the 22nd day


def test_a_window_with_an_unknown_day_has_no_rolling_value() -> None:
    daily, beside = np.tile([0.01, 0.02], 11), np.zeros(22)
    beside[1] = NAN
    assert np.isnan(metrics.rolling_excess_sharpe(daily, beside)).tolist() == [True, True, False]


def test_a_rolling_value_without_fluctuation_is_undefined() -> None:
    assert np.isnan(metrics.rolling_excess_sharpe(np.full(20, 0.01), np.zeros(20))).all()


def test_one_day_has_returns_but_no_deviation() -> None:
    found = metrics.measure(np.array([1.0, 1.01]), flat(0.005))
    assert found.trading_days == 1
    assert found.total_return == approx(0.01)
    assert found.annual_return == approx(1.01**252 - 1)
    assert found.max_drawdown == 0.0
    assert found.excess_return == approx(0.005)
    assert (found.volatility, found.sharpe, found.excess_sharpe, found.calmar) == (None, None, None, None)


def test_no_day_has_no_metrics() -> None:
    found = metrics.measure(np.array([1.0]), np.empty(0))
    assert astuple(found) == (*[None] * 9, 0)


def test_cash_alone_has_zero_volatility_and_no_sharpe() -> None:
    found = metrics.measure(np.ones(31), np.zeros(30))
    assert (found.total_return, found.volatility, found.max_drawdown) == (0.0, 0.0, 0.0)
    assert (found.sharpe, found.excess_sharpe, found.calmar) == (None, None, None)


def test_equal_returns_have_no_sharpe_in_spite_of_rounding() -> None:
    equity = np.power(1.0037, np.arange(251, dtype=np.float64))
    daily = metrics.daily_return(equity)
    assert daily.std(ddof=1) > 0.0, "rounding alone"
    assert np.isnan(metrics.sharpe(daily))
    assert metrics.volatility(daily) == 0.0


def test_one_mill_in_a_hundred_million_is_a_fluctuation() -> None:
    mills = np.full(5000, 100_000_000_000, dtype=np.int64)
    mills[2500:] += 1
    daily = metrics.daily_return(metrics.equity_curve(mills, 100_000_000_000))
    assert metrics.sharpe(daily) > 0.0


def test_a_total_loss_is_a_drawdown_of_one_and_a_year_of_minus_one() -> None:
    found = metrics.measure(np.array([1.0, 0.5, 0.0]), flat(0.0, 0.0))
    assert (found.total_return, found.annual_return, found.max_drawdown, found.calmar) == (-1, -1, 1, -1)


def test_after_a_total_loss_daily_returns_and_their_deviation_are_undefined() -> None:
    equity = np.array([1.0, 0.0, 0.0])
    daily = metrics.daily_return(equity)
    assert daily[0] == -1.0 and np.isnan(daily[1])
    found = metrics.measure(equity, flat(0.0, 0.0))
    assert (found.volatility, found.sharpe, found.excess_sharpe) == (None, None, None)


def test_a_year_beyond_the_range_of_floats_is_undefined() -> None:
    assert np.isnan(metrics.annual_return(np.array([1.0, 21.0])))


RETURNS = st.lists(st.floats(-0.2, 0.2).map(lambda r: round(r, 6)), min_size=2, max_size=300)


@given(RETURNS)
def test_deviations_agree_with_the_statistics_module(returns: list[float]) -> None:
    daily = np.array(returns)
    deviation = statistics.stdev(returns)
    assert metrics.volatility(daily) == approx(deviation * YEAR_ROOT, rel=1e-9, abs=1e-12)
    if deviation > 1e-12:
        assert metrics.sharpe(daily) == approx(
            statistics.fmean(returns) / deviation * YEAR_ROOT, rel=1e-7, abs=1e-9
        )


@given(RETURNS)
def test_a_drawdown_is_the_worst_of_all_pairs(returns: list[float]) -> None:
    equity = curve(*returns)
    worst = max(1 - equity[later] / equity[k] for k in range(len(equity)) for later in range(k, len(equity)))
    assert metrics.max_drawdown(equity) == approx(worst, abs=1e-12)


@given(
    st.lists(st.integers(50_000, 200_000), min_size=1, max_size=60),
    st.integers(1, 1000),
    st.lists(st.floats(-0.1, 0.1), min_size=60, max_size=60),
)
def test_metrics_do_not_depend_on_capital(navs: list[int], factor: int, beside: list[float]) -> None:
    benchmark = np.array(beside[: len(navs)])
    small = metrics.measure(metrics.equity_curve(np.array(navs), 100_000), benchmark)
    large = metrics.measure(metrics.equity_curve(np.array(navs) * factor, 100_000 * factor), benchmark)
    assert small == large


@given(RETURNS, RETURNS)
def test_the_past_does_not_depend_on_the_future(past: list[float], future: list[float]) -> None:
    before, after = curve(*past), curve(*past, *future)
    beside = np.zeros(len(past) + len(future))
    assert (metrics.daily_return(after)[: len(past)] == metrics.daily_return(before)).all()
    early = metrics.rolling_excess_sharpe(metrics.daily_return(before), beside[: len(past)])
    late = metrics.rolling_excess_sharpe(metrics.daily_return(after), beside)
    assert late[: len(early)] == approx(early, nan_ok=True)


@given(
    st.lists(st.integers(0, 300_000), max_size=40),
    st.lists(st.one_of(st.floats(-0.1, 0.1), st.just(NAN)), min_size=40, max_size=40),
)
def test_a_metric_is_finite_or_none(navs: list[int], beside: list[float]) -> None:
    found = metrics.measure(
        metrics.equity_curve(np.array(navs, dtype=np.int64), 100_000), np.array(beside[: len(navs)])
    )
    for field in fields(found):
        value = getattr(found, field.name)
        assert value is None or (type(value) in {float, int} and math.isfinite(value)), field.name


@given(st.data(), st.integers(1, 6), st.integers(0, 40))
def test_a_curve_among_others_is_measured_as_it_is_alone(data: st.DataObject, curves: int, days: int) -> None:
    navs = data.draw(st.lists(st.integers(0, 300_000), min_size=curves * days, max_size=curves * days))
    beside = data.draw(st.lists(st.floats(-0.1, 0.1) | st.just(NAN), min_size=days, max_size=days))
    mills, benchmark = np.array(navs, np.int64).reshape(curves, days), np.array(beside)
    together = metrics.measures(metrics.equity_curve(mills, 100_000), benchmark)
    for row in range(curves):
        alone = asdict(metrics.measure(metrics.equity_curve(mills[row], 100_000), benchmark))
        assert alone.pop("trading_days") == days
        assert {name: metrics.finite(values[row]) for name, values in together.items()} == alone


def test_metrics_import_neither_scipy_nor_pandas() -> None:
    source = metrics.__spec__.loader.get_source(metrics.__name__)  # type: ignore[union-attr]
    assert "scipy" not in source and "pandas" not in source


@pytest.mark.parametrize("days", [1, 2, 20, 252])
def test_a_curve_equal_to_its_benchmark_has_no_excess(days: int) -> None:
    equity = curve(*np.tile([0.01, -0.005], days)[:days])
    found = metrics.measure(equity, metrics.daily_return(equity))
    assert found.excess_return == approx(0.0, abs=1e-12)
    assert found.excess_sharpe is None
