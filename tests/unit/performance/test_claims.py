"""The formulas of CLAIM-08 to CLAIM-10 against numbers worked by hand and the statistics module."""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantos.market.core.calendar import shipped_calendar
from quantos.performance.core import claims
from quantos.performance.core.claims import Curve

approx = pytest.approx
SESSIONS = shipped_calendar().sessions
WEEK = np.array(
    ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"], "datetime64[D]"
)  # a Tuesday to the next Monday

# The guide's upload: 1000000.00, 1005200.50, 1003100.25
GUIDE = np.array([1_000_000.00, 1_005_200.50, 1_003_100.25])

navs = st.lists(st.floats(1.0, 1e10), min_size=2, max_size=60).map(np.array)


def dates(*days: str) -> claims.Dates:
    return np.array(days, "datetime64[D]")


def test_claim_08_the_nav_is_normalised_to_one_at_the_first_record() -> None:
    assert claims.level(GUIDE).tolist() == [1.0, 1.0052005, 1.00310025]


def test_claim_08_a_change_is_against_the_record_before_and_zero_on_the_first() -> None:
    # 1003100.25 / 1005200.50 = 0.997910615...
    assert claims.change(GUIDE) == approx([0.0, 0.0052005, -0.00208938415769], abs=1e-12)


def test_claim_08_the_cumulative_return_is_the_normalised_nav_minus_one() -> None:
    assert claims.cumulative(GUIDE) == approx([0.0, 0.0052005, 0.00310025], abs=1e-12)


def test_claim_09_the_total_return_is_the_last_cumulative_return() -> None:
    assert claims.summary(Curve(WEEK[:3], GUIDE), SESSIONS).total_return == approx(0.00310025, abs=1e-12)


def test_claim_09_the_drawdown_is_a_positive_fraction_from_the_running_maximum() -> None:
    # maxima 4, 5, 5, 5, 8: losses 0, 0, 2/5, 1/5, 0
    curve = Curve(WEEK, np.array([4.0, 5.0, 3.0, 4.0, 8.0]))
    assert claims.drawdown(curve.nav) == approx([0.0, 0.0, 0.4, 0.2, 0.0])
    assert claims.summary(curve, SESSIONS).max_drawdown == approx(0.4)


def test_claim_09_a_claim_that_only_rises_has_no_drawdown() -> None:
    assert claims.summary(Curve(WEEK, np.array([1.0, 2.0, 3.0, 4.0, 5.0])), SESSIONS).max_drawdown == 0.0


def test_claim_10_the_sharpe_of_a_daily_claim_leaves_the_first_record_out() -> None:
    # +10 %, -10 %, +5 %, 0 %: mean 0.0125, squares of deviations 0.0875^2 + 0.1125^2 + 0.0375^2 + 0.0125^2
    nav = np.array([100.0, 110.0, 99.0, 103.95, 103.95])
    deviation = math.sqrt((0.0875**2 + 0.1125**2 + 0.0375**2 + 0.0125**2) / 3)
    expected = 0.0125 / deviation * math.sqrt(252)
    assert claims.summary(Curve(WEEK, nav), SESSIONS).sharpe == approx(expected, rel=1e-12)


def test_claim_10_a_weekly_claim_is_annualised_by_its_own_frequency() -> None:
    # Fridays 2024-03-01 to 2024-03-29: 4 intervals over 20 trading days, so 252 * 4 / 20 a year.
    fridays = dates("2024-03-01", "2024-03-08", "2024-03-15", "2024-03-22", "2024-03-29")
    changes = [0.02, -0.01, 0.03, 0.01]
    nav = np.array(list(accumulate(changes, lambda level, r: level * (1 + r), initial=1.0)))
    expected = statistics.mean(changes) / statistics.stdev(changes) * math.sqrt(50.4)
    assert claims.trading_days_spanned(fridays, SESSIONS) == 20
    assert claims.summary(Curve(fridays, nav), SESSIONS).sharpe == approx(expected, rel=1e-12)


def test_claim_10_a_claim_denser_than_the_trading_days_is_annualised_by_252() -> None:
    # Thursday to Tuesday, every natural day: 5 intervals over 3 trading days.
    natural = np.arange(np.datetime64("2024-03-07"), np.datetime64("2024-03-13"))
    changes = [0.02, -0.01, 0.03, 0.01, 0.0]
    nav = np.array(list(accumulate(changes, lambda level, r: level * (1 + r), initial=1.0)))
    assert claims.trading_days_spanned(natural, SESSIONS) == 3
    expected = statistics.mean(changes) / statistics.stdev(changes) * math.sqrt(252)
    assert claims.summary(Curve(natural, nav), SESSIONS).sharpe == approx(expected, rel=1e-12)


@pytest.mark.parametrize("nav", [[1.0, 1.1], [1.0, 1.1, 1.21], [5.0, 5.0, 5.0, 5.0]])
def test_claim_10_a_sharpe_of_one_change_or_of_equal_ones_is_undefined(nav: list[float]) -> None:
    assert claims.summary(Curve(WEEK[: len(nav)], np.array(nav)), SESSIONS).sharpe is None


def test_claim_10_a_weekend_spans_no_trading_day_and_is_annualised_by_252() -> None:
    weekend = dates("2024-03-02", "2024-03-03")
    assert claims.trading_days_spanned(weekend, SESSIONS) == 0
    assert claims.sharpe(np.array([1.0, 1.1, 1.0]), 0) == approx(
        statistics.mean([0.1, 1 / 1.1 - 1]) / statistics.stdev([0.1, 1 / 1.1 - 1]) * math.sqrt(252)
    )


def test_before_the_exchange_opened_no_trading_day_is_spanned() -> None:
    assert claims.trading_days_spanned(dates("1985-01-01", "1990-12-20"), SESSIONS) == 2


def test_claim_05_a_date_that_does_not_ascend_is_named() -> None:
    assert claims.first_disorder(WEEK) is None
    assert claims.first_disorder(dates("2024-01-02", "2024-01-04", "2024-01-04")) == 2
    assert claims.first_disorder(dates("2024-01-02", "2024-01-01", "2024-01-03")) == 1


def test_the_benchmark_of_a_record_is_the_index_over_its_interval() -> None:
    found = claims.interval_return(np.array([3500.0, 3535.0, np.nan, 3600.0]))
    assert found == approx([0.0, 0.01, np.nan, np.nan], nan_ok=True)


def test_a_record_of_a_closed_day_looks_at_the_last_trading_day_before_it() -> None:
    days = dates("2024-03-01", "2024-03-03", "2024-03-04")  # Friday, Sunday, Monday
    friday = int(np.searchsorted(SESSIONS, days[0]))
    assert claims.last_session(days, SESSIONS).tolist() == [friday, friday, friday + 1]
    assert claims.last_session(dates("1980-01-01"), SESSIONS).tolist() == [-1]


@pytest.mark.filterwarnings("error")
def test_a_claim_that_leaves_the_range_of_floats_is_undefined_where_it_does_and_nowhere_else() -> None:
    curve = Curve(WEEK[:3], np.array([5e-324, 1e10, 5e9]))
    found = claims.summary(curve, SESSIONS)
    assert (found.total_return, found.sharpe, found.max_drawdown) == (None, None, 0.5)


@given(st.lists(st.floats(0.1, 10.0), min_size=2, max_size=60).map(np.array))
def test_cumulative_returns_are_the_compounded_changes(nav: np.ndarray) -> None:
    assert np.cumprod(1 + claims.change(nav)) - 1 == approx(claims.cumulative(nav), rel=1e-9, abs=1e-9)


@given(navs, st.floats(1e-3, 1e3))
def test_the_unit_of_a_claim_does_not_matter(nav: np.ndarray, unit: float) -> None:
    days = np.datetime64("2020-01-01") + np.arange(len(nav))
    own, other = (claims.summary(Curve(days, each), SESSIONS) for each in (nav, nav * unit))
    assert other.total_return == approx(own.total_return, rel=1e-9, abs=1e-9)
    assert other.max_drawdown == approx(own.max_drawdown, rel=1e-9, abs=1e-9)


@given(navs)
def test_a_drawdown_lies_in_zero_to_one_and_is_zero_at_every_new_high(nav: np.ndarray) -> None:
    found = claims.drawdown(nav)
    highs = [k for k in range(len(nav)) if nav[k] == max(nav[: k + 1])]
    assert ((found >= 0) & (found < 1)).all()
    assert (found[highs] == 0).all()
    assert len(highs) == (found == 0).sum()


@given(navs, st.integers(1, 30))
def test_a_claim_of_every_kth_trading_day_has_the_annualisation_of_that_frequency(
    nav: np.ndarray, step: int
) -> None:
    start = int(np.searchsorted(SESSIONS, np.datetime64("2015-01-05")))
    chosen = SESSIONS[start : start + step * len(nav) : step]
    changes = (nav[1:] / nav[:-1] - 1).tolist()
    assume(len(changes) > 1 and statistics.stdev(changes) > 1e-9 * (1 + max(map(abs, changes))))
    expected = statistics.mean(changes) / statistics.stdev(changes) * math.sqrt(252 / step)
    assert claims.summary(Curve(chosen, nav), SESSIONS).sharpe == approx(expected, rel=1e-6, abs=1e-6)


@given(st.dates(date(1995, 1, 1), date(2020, 1, 1)), st.integers(0, 400))
def test_the_trading_days_spanned_are_those_that_the_calendar_lists(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    listed = [day for day in shipped_calendar().between(first, last) if day > first]
    assert claims.trading_days_spanned(np.array([first, last], "datetime64[D]"), SESSIONS) == len(listed)
