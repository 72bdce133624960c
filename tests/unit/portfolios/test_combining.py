"""PORT-15 to PORT-17: z-scores, signs, weights, the intersection, the order, against a computation in pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.portfolios.core.combining import combine, factor_weights, selected, signs, z_scores
from quantos.strategies.core.signal import is_affordable
from tests.support.effort import tries

SYMBOLS = tuple(f"{600000 + k}.SH" for k in range(40))
NAN = float("nan")


def drawn(seed: int, *, gaps: float = 0.2) -> np.ndarray[Any, Any]:
    """[factor, symbol], each factor on a scale of its own, with gaps."""
    draws = np.random.default_rng(seed)
    values: np.ndarray[Any, Any] = draws.normal(size=(3, len(SYMBOLS))) * np.array(
        [[1e-6], [1.0], [1e7]]
    ) + np.array([[0], [5], [0]])
    values[draws.random(values.shape) < gaps] = NAN
    return values


def in_pandas(
    values: np.ndarray[Any, Any],
    ic_mean: Sequence[float],
    ic_ir: Sequence[float],
    weighting: str,
    members: Sequence[str] | None = None,
) -> pd.Series:
    """The scores, best first, by frames and names."""
    frame = pd.DataFrame(values.T, index=list(SYMBOLS)).dropna()
    if members is not None:
        frame = frame.loc[frame.index.intersection(list(members))]
    z = ((frame - frame.mean()) / frame.std(ddof=1)).mask(frame.nunique(axis=0).eq(1), 0.0, axis=1)
    strength = pd.Series(ic_ir).abs()
    weight = strength / strength.sum() if weighting == "ic_weighted" else pd.Series([1 / len(z.columns)] * 3)
    score = (z * weight.to_numpy() * np.sign(ic_mean)).sum(axis=1)
    table = pd.DataFrame({"score": score, "symbol": score.index})
    return table.sort_values(["score", "symbol"], ascending=[False, True])["score"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("weighting", ["equal", "ic_weighted"])
def test_port_15_16_the_scores_and_their_order_are_those_of_pandas(seed: int, weighting: str) -> None:
    ic_mean, ic_ir = np.array([0.03, -0.05, 0.02]), np.array([0.3, -0.9, 0.2])
    members = SYMBOLS[3:33] if seed % 2 else None
    values = drawn(seed)
    inside = None if members is None else np.isin(SYMBOLS, members)
    found = combine(values, inside, signs(ic_mean), factor_weights(weighting, ic_ir))
    wanted = in_pandas(values, ic_mean.tolist(), ic_ir.tolist(), weighting, members)
    assert [SYMBOLS[column] for column in found.order] == list(wanted.index)
    np.testing.assert_allclose(found.score[found.order], wanted.to_numpy(), rtol=0, atol=1e-13)
    assert found.inside.sum() == len(wanted)
    assert np.isnan(found.score[~found.inside]).all()
    np.testing.assert_allclose(found.contribution.sum(axis=0), found.score)


def test_a_day_worked_by_hand() -> None:
    """Means 2 and 20, deviations 1 and 10; the second factor has a negative IC."""
    values = np.array([[1.0, 2.0, 3.0, NAN], [30.0, 20.0, 10.0, 5.0]])
    found = combine(values, None, np.array([1.0, -1.0]), np.array([0.75, 0.25]))
    assert found.z[:, :3].tolist() == [[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0]]
    assert found.score[:3].tolist() == [-1.0, 0.0, 1.0]
    assert found.order.tolist() == [2, 1, 0]


def test_port_15_a_factor_that_says_the_same_of_all_decides_nothing() -> None:
    values = np.array([[0.1] * 7, np.arange(7.0)])
    found = combine(values, None, np.ones(2), np.full(2, 0.5))
    assert found.z[0].tolist() == [0.0] * 7
    assert found.order.tolist() == [6, 5, 4, 3, 2, 1, 0]


def test_port_15_equal_scores_go_by_symbol() -> None:
    values = np.array([[2.0, 1.0, 2.0, 1.0, 3.0], [5.0, 5.0, 5.0, 5.0, 9.0]])
    assert combine(values, None, np.ones(2), np.full(2, 0.5)).order.tolist() == [4, 0, 2, 1, 3]


def test_port_15_one_name_alone_has_the_score_zero() -> None:
    found = combine(np.array([[NAN, 3.0], [1.0, 4.0]]), None, np.ones(2), np.full(2, 0.5))
    assert (found.order.tolist(), found.score[1]) == ([1], 0.0)


def test_where_nothing_is_common_nothing_is_ranked() -> None:
    for values in (np.array([[1.0, NAN], [NAN, 1.0]]), np.empty((2, 0))):
        assert combine(values, None, np.ones(2), np.full(2, 0.5)).order.tolist() == []


@tries(200)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=30))
def test_z_scores_of_any_numbers_are_finite_and_in_their_order(given_: list[float]) -> None:
    z = z_scores(np.array([given_]))[0]
    assert np.isfinite(z).all()
    ranked = np.argsort(given_, kind="stable")
    assert (np.diff(z[ranked]) >= -1e-9).all()


def test_values_near_the_ends_of_what_a_float_holds_have_z_scores() -> None:
    shape = np.array([[1.0, 2.0, 4.0]])
    for scale in (1e-300, 4e307):
        np.testing.assert_allclose(z_scores(shape * scale), z_scores(shape), rtol=1e-12)


def test_port_16_weights() -> None:
    assert factor_weights("equal", np.array([9.0, -1.0])).tolist() == [0.5, 0.5]
    assert factor_weights("ic_weighted", np.array([0.3, -0.9])).tolist() == pytest.approx([0.25, 0.75])
    assert factor_weights("ic_weighted", np.zeros(4)).tolist() == [0.25] * 4
    assert factor_weights("ic_weighted", np.array([NAN, 0.5])).tolist() == [0.0, 1.0]


def test_port_15_a_negative_ic_turns_a_factor_round() -> None:
    assert signs(np.array([0.02, -0.02, 0.0, NAN])).tolist() == [1.0, -1.0, 1.0, 1.0]


def test_port_17_each_of_the_best_has_one_nth_and_fewer_leave_cash() -> None:
    found = combine(drawn(1, gaps=0), None, np.ones(3), np.full(3, 1 / 3))
    ten = selected(found, SYMBOLS, 10)
    assert [weight for _, weight in ten] == [0.1] * 10
    assert [symbol for symbol, _ in ten] == [SYMBOLS[column] for column in found.order[:10]]
    assert [weight for _, weight in selected(found, SYMBOLS, 50)] == [0.02] * 40


def test_port_17_the_weights_of_any_top_n_are_affordable() -> None:
    assert [n for n in range(5, 501) if not is_affordable([1.0 / n] * n)] == []
