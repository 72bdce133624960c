"""Against alphalens-reloaded on the same panel; how its definitions differ is told in `make_alphalens.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantos.factors.core.measured import Measured, measure
from quantos.factors.core.ranks import rank_codes
from tests.support.plain_panels import market_panel

VECTORS = Path(__file__).parents[2] / "vectors" / "factors" / "alphalens.json"


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text())
    return found


@pytest.fixture(scope="module")
def ours(theirs: dict[str, Any]) -> Measured:
    close = np.array(theirs["close"])
    factor = np.full_like(close, np.nan)
    factor[: len(theirs["factor"])] = theirs["factor"]
    dates = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-01") + len(close))
    return measure(rank_codes(factor), market_panel(dates, close))


def test_the_ic_is_that_of_alphalens(ours: Measured, theirs: dict[str, Any]) -> None:
    assert len(theirs["ic"]) >= 28
    np.testing.assert_allclose(ours.ic[: len(theirs["ic"])], theirs["ic"], rtol=0, atol=1e-12)


def test_the_returns_of_the_fifths_are_those_of_alphalens(ours: Measured, theirs: dict[str, Any]) -> None:
    want = np.array(theirs["quintile_returns"]).T
    np.testing.assert_allclose(ours.fifth_returns.T[: len(want)], want, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.ls[: len(want)], want[:, 4] - want[:, 0], rtol=0, atol=1e-12)


def test_turnover_is_the_mean_of_that_of_both_quintiles(ours: Measured, theirs: dict[str, Any]) -> None:
    want = (np.array(theirs["turnover"]["1"]) + np.array(theirs["turnover"]["5"])) / 2
    np.testing.assert_allclose(ours.turnover[1 : len(want) + 1], want, rtol=0, atol=1e-15)
    assert len(want) >= 27
