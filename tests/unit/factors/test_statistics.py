"""Figures of a series and the five checks, against numbers worked out beside them."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from quantos.factors.core import statistics
from quantos.factors.core.validation import InSample, checks, failed, out_of_sample

LS = np.array([0.01, np.nan, -0.02, 0.03])
GOOD = InSample(0.02, 0.2, 0.3, 1.0, 1.0, (0.02,) * 5, 0.9, 120, 0.5)


def test_a_day_without_a_return_keeps_the_level() -> None:
    found = statistics.cumulative(LS)
    assert found[[0, 2, 3]] == pytest.approx([1.01, 1.01 * 0.98, 1.01 * 0.98 * 1.03])
    assert np.isnan(found[1])
    assert statistics.total_return(LS) == pytest.approx(1.01 * 0.98 * 1.03 - 1)


def test_sharpe_is_the_daily_ratio_times_the_root_of_252() -> None:
    # mean 0.02 / 3; squared deviations 1/9, 64/9, 49/9 times 1e-4, over two
    mean, std = 0.02 / 3, sqrt(114 / 9 * 1e-4 / 2)
    assert statistics.sharpe(LS) == pytest.approx(mean / std * sqrt(252), rel=1e-12)


@pytest.mark.parametrize(("turnover", "counted"), [(0.5, 0.5), (0.01, 0.02), (0.0, 0.02)])
def test_fitness_takes_a_turnover_of_two_per_cent_at_least(turnover: float, counted: float) -> None:
    sharpe = statistics.sharpe(LS)
    assert sharpe is not None
    want = sharpe * sqrt(252 * 0.02 / 3 / counted)
    assert statistics.fitness(LS, turnover) == pytest.approx(want, rel=1e-12)


def test_fitness_of_a_losing_factor_is_negative() -> None:
    gain, loss = statistics.fitness(LS, 0.3), statistics.fitness(-LS, 0.3)
    assert gain is not None and loss is not None
    assert loss == pytest.approx(-gain)
    assert statistics.fitness(LS, None) is None


def test_a_first_day_loss_is_a_drawdown() -> None:
    assert statistics.drawdown(np.array([-0.1, 0.05])) == pytest.approx(0.1)
    assert statistics.drawdown(np.array([0.1, 0.1])) == 0.0
    assert statistics.drawdown(np.array([0.5, -0.5, 0.2, -0.2])) == pytest.approx(1 - 0.72 / 1.5)


def test_one_day_or_no_variation_has_no_ratio() -> None:
    for series in ([], [0.1], [0.1, 0.1], [np.nan, 0.1]):
        assert statistics.ratio(np.array(series)) is None
    assert statistics.mean(np.array([np.nan])) is None
    assert statistics.drawdown(np.array([])) is None
    assert statistics.total_return(np.array([np.nan])) is None


def test_all_five_checks_pass_or_are_named() -> None:
    assert failed(checks(GOOD)) == ()
    bad = InSample(0.01, -0.1, 0.4, None, None, (None,) * 5, None, 119, 0.7)
    assert failed(checks(bad)) == ("IC_MEAN", "IC_IR", "HIGH_TURNOVER", "SELF_CORRELATION", "DATA_COVERAGE")


def test_the_thresholds_are_those_of_the_guide() -> None:
    assert [(one.name, one.value, one.threshold) for one in checks(GOOD)] == [
        ("IC_MEAN", 0.02, 0.015),
        ("IC_IR", 0.2, 0.15),
        ("HIGH_TURNOVER", 0.3, 0.35),
        ("SELF_CORRELATION", 0.5, 0.7),
        ("DATA_COVERAGE", 120, 120),
    ]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"ic_mean": 0.015}, "IC_MEAN"),
        ({"ic_ir": -0.15}, "IC_IR"),
        ({"turnover": 0.35}, "HIGH_TURNOVER"),
        ({"max_correlation": 0.7}, "SELF_CORRELATION"),
        ({"data_days": 119}, "DATA_COVERAGE"),
        ({"ic_mean": None}, "IC_MEAN"),
        ({"ic_ir": None}, "IC_IR"),
        ({"turnover": None}, "HIGH_TURNOVER"),
    ],
)
def test_a_figure_on_its_threshold_or_undefined_fails(change: dict[str, float | None], check: str) -> None:
    assert failed(checks(replace(GOOD, **change))) == (check,)  # type: ignore[arg-type]


def test_a_negative_ic_passes_by_its_size() -> None:
    assert failed(checks(replace(GOOD, ic_mean=-0.02, ic_ir=-0.2))) == ()


def test_out_of_sample_means_are_over_the_last_ics() -> None:
    ics = np.arange(1.0, 151.0)
    ics[-1] = np.nan  # not known yet: the 149 before count
    found = out_of_sample(ics)
    assert (found.ic_mean_30d, found.ic_mean_60d, found.ic_mean_120d, found.days) == (134.5, 119.5, 89.5, 149)


def test_fewer_ics_than_asked_for_are_all_taken() -> None:
    found = out_of_sample(np.array([0.1, 0.3]))
    assert found.ic_mean_30d == found.ic_mean_120d == pytest.approx(0.2)
    assert out_of_sample(np.array([])).ic_mean_30d is None
