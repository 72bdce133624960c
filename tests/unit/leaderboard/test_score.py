"""The score of a run, worked by hand in its units: percent, not fractions."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from quantos.kit.clock import parse_instant
from quantos.leaderboard.core import score

NOW = parse_instant("2024-03-01T08:00:00+08:00")


def test_a_score_is_worked_in_percent() -> None:
    """100,000 to 110,000, to 99,000, to 121,000 CNY.

    Returns of 10 %, -10 % and 22.22 %: mean 7.41 %, deviation 16.27 % -> Sharpe 7.2287 over 252 days. The fall from
    110,000 to 99,000 is 10 %, the whole gain 21 %: 0.6 * 21 + 3 * 7.2287 - 0.1 * 10 = 33.286.
    """
    found = score.scored(np.array([100_000.0, 110_000.0, 99_000.0, 121_000.0]), 100_000.0)
    assert (found.return_pct, found.max_drawdown_pct) == (21.0, -10.0)
    assert found.sharpe == pytest.approx(7.2287658)
    assert found.score == pytest.approx(33.2863, abs=1e-4)


def test_no_sharpe_counts_as_zero() -> None:
    still = score.scored(np.array([100_000.0, 100_000.0, 100_000.0]), 100_000.0)
    assert (still.sharpe, still.score) == (None, 0.0)
    assert score.scored(np.array([150_000.0]), 100_000.0).score == 30.0


def test_a_period_is_counted_back_from_now() -> None:
    assert score.since("daily", NOW) == NOW - timedelta(hours=24)
    assert score.since("weekly", NOW) == NOW - timedelta(days=7)
    assert score.since("alltime", NOW) is None
