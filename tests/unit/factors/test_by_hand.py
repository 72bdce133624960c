"""Five names over four days, worked by hand; every figure below follows from the two tables."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from quantos.factors.core import statistics
from quantos.factors.core.measured import Measured, measure
from quantos.factors.core.panel import Panel
from quantos.factors.core.ranks import rank_codes
from quantos.factors.core.validation import in_sample, yearly_stats
from tests.support.plain_panels import market_panel

EIGHTHS = [  # returns of six days, A to E; in eighths they are exact
    [0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
    [1, 2, 3, 4, 5],
    [5, 4, 3, 2, 1],
    [1, 1, 2, 3, 3],
    [1, 2, 3, 4, 5],
]
FACTOR = [
    [10, 20, 30, 40, 50],  # in the order of its returns, the third row: IC 1
    [1, 3, 2, 4, 5],  # d = -4, -1, -1, 2, 4: IC 1 - 6 * 38 / 120
    [1, 2, 2, 3, 0],  # ranks 2, 3.5, 3.5, 5, 1 with 1.5, 1.5, 3, 4.5, 4.5: 0.75 / sqrt(9.5 * 9)
    [5, 4, 3, 2, np.nan],  # four names: no cross-section
    [np.nan] * 5,
    [np.nan] * 5,
]
IC = [1.0, -0.9, 0.75 / sqrt(9.5 * 9)]


@pytest.fixture(scope="module")
def measured() -> Measured:
    close: Panel = np.cumprod(1 + np.array(EIGHTHS, np.float64) / 8, axis=0, dtype=np.float64)
    dates = np.array(
        ["2023-12-28", "2023-12-29", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"], "datetime64[D]"
    )
    return measure(rank_codes(np.array(FACTOR)), market_panel(dates, close))


def test_the_ic_of_each_day(measured: Measured) -> None:
    assert measured.ic[:3] == pytest.approx(IC, rel=1e-12)
    assert np.isnan(measured.ic[3:]).all()


def test_the_ic_at_the_second_lag(measured: Measured) -> None:
    assert measured.lagged_ic[1, :3] == pytest.approx(
        [-1.0, 7.5 / sqrt(10 * 9), -0.5 / sqrt(9.5 * 10)], rel=1e-12
    )


def test_long_short_is_the_best_name_less_the_worst(measured: Measured) -> None:
    # E - A, E - A, D - E
    assert measured.ls[:3] == pytest.approx([0.5, -0.5, 0.0], abs=1e-12)
    assert np.isnan(measured.ls[3:]).all()


def test_long_short_compounds(measured: Measured) -> None:
    assert statistics.cumulative(measured.ls)[:3] == pytest.approx([1.5, 0.75, 0.75])


def test_turnover_is_the_share_of_names_replaced(measured: Measured) -> None:
    # the same names on the second day, both others on the third
    assert measured.turnover[1:3].tolist() == [0.0, 1.0]
    assert np.isnan(measured.turnover[[0, 3, 4, 5]]).all()


def test_coverage_is_of_the_names_with_a_close(measured: Measured) -> None:
    assert measured.coverage[:4].tolist() == [1.0, 1.0, 1.0, 0.8]
    assert np.isnan(measured.coverage[4:]).all()


def test_the_figures_of_the_whole(measured: Measured) -> None:
    found = in_sample(measured, 0.25)
    mean = sum(IC) / 3
    assert found.ic_mean == pytest.approx(mean, rel=1e-12)
    assert found.ic_ir == pytest.approx(mean / sqrt(sum((ic - mean) ** 2 for ic in IC) / 2), rel=1e-9)
    assert found.turnover == 0.5
    assert found.coverage == pytest.approx(0.95)
    assert found.sharpe == pytest.approx(0.0, abs=1e-12)
    assert found.fitness == pytest.approx(0.0, abs=1e-12)
    assert found.data_days == 3  # the fourth day has four names
    assert found.max_correlation == 0.25
    assert found.ic_decay[0] == found.ic_mean
    assert found.ic_decay[4] is None


def test_the_years_apart(measured: Measured) -> None:
    before, after = yearly_stats(measured)
    assert (before.year, before.days, after.year, after.days) == (2023, 2, 2024, 1)
    assert before.ic_mean == pytest.approx(0.05)
    assert before.ic_ir == pytest.approx(0.05 / (1.9 / sqrt(2)))
    assert before.returns == pytest.approx(-0.25)
    assert before.drawdown == pytest.approx(0.5)
    assert before.turnover == 0.0
    assert (after.ic_ir, after.turnover) == (None, 1.0)
    assert after.drawdown == pytest.approx(0.0, abs=1e-12)
