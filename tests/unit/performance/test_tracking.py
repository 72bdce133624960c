"""Tracking difference, error, correlation and verdict (CLAIM-16 to CLAIM-20) worked by hand."""

from __future__ import annotations

import math
import statistics
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantos.market.core.calendar import shipped_calendar
from quantos.performance.core import tracking
from quantos.performance.core.tracking import common_days, correlation, track, verdict

approx = pytest.approx
CALENDAR = shipped_calendar()
SESSIONS = CALENDAR.sessions
MARCH = np.array(CALENDAR.between(date(2024, 3, 1), date(2024, 3, 15)), "datetime64[D]")  # 11 trading days

returns = st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=80).map(np.array)


def dates(*days: str) -> tracking.Dates:
    return np.array(days, "datetime64[D]")


def common(claimed: tracking.Dates, platform: tracking.Dates = MARCH) -> list[str]:
    mine, theirs = common_days(claimed, platform, SESSIONS)
    assert claimed[mine].tolist() == platform[theirs].tolist()
    return np.datetime_as_string(claimed[mine]).tolist()  # type: ignore[no-any-return]


def test_claim_16_the_difference_is_platform_minus_claimed_times_252() -> None:
    # differences 0.01, 0.02, 0.00, -0.01, 0.03: mean 0.01
    platform = np.array([0.02, 0.01, 0.00, 0.01, 0.02])
    claimed = np.array([0.01, -0.01, 0.00, 0.02, -0.01])
    found = track(platform, claimed)
    assert found is not None
    assert found.tracking_diff_annualized == approx(2.52, rel=1e-12)


def test_claim_16_the_first_claimed_record_is_never_common() -> None:
    assert common(MARCH) == np.datetime_as_string(MARCH[1:]).tolist()


def test_claim_16_only_a_record_after_one_of_the_previous_trading_day_is_common() -> None:
    # Friday, Monday, Wednesday, Thursday: Monday follows Friday, Wednesday does not follow Monday.
    assert common(dates("2024-03-01", "2024-03-04", "2024-03-06", "2024-03-07")) == [
        "2024-03-04",
        "2024-03-07",
    ]


def test_claim_16_a_record_of_a_closed_day_comes_between_two_trading_days() -> None:
    # Friday, Saturday, Monday, Tuesday
    assert common(dates("2024-03-01", "2024-03-02", "2024-03-04", "2024-03-05")) == ["2024-03-05"]


def test_claim_16_a_weekly_claim_has_no_common_day() -> None:
    assert common(dates("2024-03-01", "2024-03-08", "2024-03-15")) == []


def test_claim_16_a_long_holiday_lies_between_two_consecutive_trading_days() -> None:
    around = dates("2024-02-08", "2024-02-19")  # the spring festival
    assert common(around, around) == ["2024-02-19"]


def test_claim_17_the_error_is_the_sample_deviation_times_the_root_of_252() -> None:
    # deviations from the mean 0.01: 0, 0.01, -0.01, -0.02, 0.02: squares 10e-4, / 4 = 2.5e-4
    platform = np.array([0.02, 0.01, 0.00, 0.01, 0.02])
    claimed = np.array([0.01, -0.01, 0.00, 0.02, -0.01])
    found = track(platform, claimed)
    assert found is not None
    assert found.tracking_error_annualized == approx(math.sqrt(2.5e-4 * 252), rel=1e-12)


def test_claim_18_the_correlation_is_pearsons() -> None:
    # deviations -2 -1 0 1 2 and 0 -1 0 -1 2 (of a mean of 2): 0 + 1 + 0 - 1 + 4 = 4; 4 / sqrt(10 * 6)
    x, y = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 1.0, 2.0, 1.0, 4.0])
    assert correlation(x, y) == approx(4 / math.sqrt(60), rel=1e-12)


def test_claim_18_a_side_that_does_not_vary_has_no_correlation() -> None:
    found = track(np.zeros(6), np.array([0.01, -0.01, 0.02, 0.0, 0.01, -0.02]))
    assert found is not None
    assert found.correlation is None
    assert found.overlap_days == 6


@pytest.mark.parametrize(
    ("error", "alike", "expected"),
    [
        (0.0199, 0.951, "consistent"),
        (0.02, 0.951, "moderate_divergence"),
        (0.0199, 0.95, "moderate_divergence"),
        (0.0499, -1.0, "moderate_divergence"),
        (0.0499, None, "moderate_divergence"),
        (0.0, None, "moderate_divergence"),
        (0.05, 0.851, "moderate_divergence"),
        (0.05, 0.85, "significant_divergence"),
        (0.05, None, "significant_divergence"),
        (math.nan, None, "significant_divergence"),
    ],
)
def test_claim_19_the_verdict_at_its_bounds(error: float, alike: float | None, expected: str) -> None:
    assert verdict(error, alike) == expected


def test_claim_20_four_common_days_are_too_few() -> None:
    four = np.array([0.01, -0.01, 0.02, 0.0])
    assert track(four, four) is None
    five = np.append(four, 0.01)
    found = track(five, five)
    assert found is not None
    assert (found.overlap_days, found.verdict) == (5, "consistent")


def test_a_day_on_which_one_of_the_returns_is_undefined_is_no_common_day() -> None:
    claimed = np.array([0.01, -0.01, 0.02, 0.0, math.inf])
    assert track(np.array([0.01, -0.01, 0.02, 0.0, 0.01]), claimed) is None
    assert track(np.append(claimed[:4], math.nan), np.full(5, 0.01)) is None


@pytest.mark.filterwarnings("error")
def test_returns_near_the_end_of_floats_give_no_infinity() -> None:
    huge = np.array([1e308, -1e308, 1e308, 1.0, 1e308])
    found = track(-huge, huge)
    assert found is not None
    assert (found.tracking_diff_annualized, found.tracking_error_annualized) == (None, None)
    assert (found.correlation, found.verdict) == (None, "significant_divergence")


@given(returns, st.floats(-0.05, 0.05))
def test_a_claim_that_differs_by_a_constant_has_that_difference_no_error_and_a_correlation_of_one(
    claimed: np.ndarray, shift: float
) -> None:
    assume(statistics.stdev(claimed.tolist()) > 1e-6)
    found = track(claimed + shift, claimed)
    assert found is not None
    assert found.tracking_diff_annualized == approx(shift * 252, abs=1e-9)
    assert found.tracking_error_annualized == approx(0.0, abs=1e-9)
    assert found.correlation == approx(1.0, abs=1e-6)
    assert found.verdict == "consistent"


@given(returns, st.randoms(use_true_random=False))
def test_the_numbers_are_those_of_the_statistics_module(claimed: np.ndarray, chance: object) -> None:
    platform = claimed.copy()
    chance.shuffle(platform)  # type: ignore[attr-defined]
    found = track(platform, claimed)
    assert found is not None
    difference = (platform - claimed).tolist()
    assert found.tracking_diff_annualized == approx(statistics.fmean(difference) * 252, abs=1e-9)
    assert found.tracking_error_annualized == approx(
        statistics.stdev(difference) * math.sqrt(252), rel=1e-7, abs=1e-9
    )
    if statistics.stdev(claimed.tolist()) > 1e-6:
        assert found.correlation == approx(
            statistics.correlation(platform.tolist(), claimed.tolist()), abs=1e-6
        )


@given(returns, returns)
def test_turning_the_two_round_changes_the_sign_of_the_difference_alone(x: np.ndarray, y: np.ndarray) -> None:
    length = min(len(x), len(y))
    there, back = track(x[:length], y[:length]), track(y[:length], x[:length])
    assert there is not None and back is not None
    assert there.tracking_diff_annualized == approx(-(back.tracking_diff_annualized or 0.0), abs=1e-12)
    assert there.tracking_error_annualized == approx(back.tracking_error_annualized)
    assert there.correlation == approx(back.correlation)
    assert there.verdict == back.verdict


@given(st.sets(st.integers(0, 40), min_size=1), st.sets(st.integers(0, 40), min_size=1))
def test_common_days_are_those_that_a_walk_day_by_day_finds(mine: set[int], theirs: set[int]) -> None:
    natural = np.datetime64("2024-03-01") + np.arange(41)
    claimed = natural[sorted(mine)]
    platform = natural[[k for k in sorted(theirs) if CALENDAR.is_trading_day(natural[k].item())]]
    walked = [
        day
        for before, day in zip(claimed.tolist(), claimed.tolist()[1:], strict=False)
        if CALENDAR.is_trading_day(day)
        and CALENDAR.previous_before(day) == before
        and day in platform.tolist()
    ]
    found, _ = common_days(claimed, platform, SESSIONS)
    assert claimed[found].tolist() == walked
