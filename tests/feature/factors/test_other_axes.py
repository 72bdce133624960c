"""Factors that name more symbols than the market or than each other: nothing else changes, and nothing is overwritten."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from quantos.factors.core.ranks import compacted, rank_codes
from tests.feature.factors.made import NAMES, SESSIONS, Owner, Values, good_values, random_values

DAYS = SESSIONS[:125]
STRANGERS = tuple(f"{k:06d}.BJ" for k in range(3000))


def crowded(day: date) -> Values:
    """A good factor, lost among three thousand symbols that no market knows."""
    return {**random_values(day, STRANGERS, seed=2), **good_values(day)}


def test_symbols_that_the_market_does_not_know_change_no_measure(owner: Owner) -> None:
    alone = owner.submit(owner.ready(DAYS)).json()
    owner_of_both = owner.submit(owner.ready(DAYS, crowded)).json()
    assert owner_of_both["ic_series"] == alone["ic_series"]
    assert owner_of_both["ls_cumulative_returns"] == alone["ls_cumulative_returns"]
    assert owner_of_both["is"] == {**alone["is"], "max_correlation": pytest.approx(1.0)}


def test_factor_33_a_correlation_is_over_the_common_symbols_of_both(owner: Owner) -> None:
    large = owner.submit(owner.ready(DAYS, crowded)).json()
    assert large["status"] == "active"
    few = NAMES[4:17]
    small = owner.ready(DAYS[5:], random_values, names=few)
    (found,) = owner.get(small, "/correlations")["correlations"]
    daily = [
        pd.Series(random_values(day, few)).rank().corr(pd.Series(crowded(day))[list(few)].rank())
        for day in DAYS[5:]
    ]
    assert found["correlation"] == pytest.approx(np.mean(daily), abs=1e-12)
    assert owner.submit(small).json()["is"]["max_correlation"] == pytest.approx(
        abs(np.mean(daily)), abs=1e-12
    )


def test_codes_of_fewer_names_are_the_ranks_among_them() -> None:
    drawn = np.random.default_rng(8)
    values = np.round(drawn.normal(size=(70, 40)), 1)  # with ties
    values[drawn.random(values.shape) < 0.2] = np.nan
    kept = np.sort(drawn.permutation(40)[:11])
    found = compacted(np.ascontiguousarray(rank_codes(values)[:, kept]))
    expected = pd.DataFrame(values[:, kept]).rank(axis=1).mul(2).fillna(0).to_numpy()
    np.testing.assert_array_equal(found, expected)
