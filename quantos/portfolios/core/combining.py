"""From the factors' values of one day to target weights.

Axes: K factors (rows) x N instruments (columns, ascending by symbol), float64; NaN = not covered.

    x[k,i]       value of factor k for instrument i, of the trading day before the trade date
    C            the cross-section: instruments that every factor covers, members of the universe where these are known
    z[k,i]       (x[k,i] - mean_C x[k]) / std_C x[k], sample standard deviation; 0 where that is 0 or C has one name
    s[k]         -1 where the factor's in-sample ic_mean is negative, otherwise 1
    w[k]         1/K, or |ic_ir[k]| / sum |ic_ir| in sample (1/K where that sum is 0)
    score[i]     sum_k w[k] s[k] z[k,i], over C; NaN outside
    order        by score, descending; equal scores by symbol
    weight       1/top_n for each of the first top_n, and for all where C has fewer; the rest is cash
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Panel = NDArray[np.float64]

EQUAL: Final = "equal"
IC_WEIGHTED: Final = "ic_weighted"


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """One day's combination. Arrays over the K factors and all N instruments."""

    inside: Bools  # [i], the cross-section
    z: Panel  # [k, i], NaN outside
    contribution: Panel  # [k, i], w s z; NaN outside
    score: Floats  # [i], NaN outside
    order: Ints  # [|C|], columns by rank


def cross_section(values: Panel, members: Bools | None) -> Bools:
    """[i]: covered by every factor, and a member where the members are known."""
    covered: Bools = np.logical_and.reduce(np.isfinite(values), axis=0)
    return covered if members is None else covered & members


def z_scores(values: Panel) -> Panel:
    """[k, i] of values without NaN, over their columns.

    Each row is first scaled by a power of two, which changes no digit: values near the ends of what a float holds
    have a mean and a deviation too.
    """
    if values.shape[1] == 0:
        return values.copy()
    exponent = np.frexp(np.abs(values).max(axis=1, keepdims=True))[1]
    scaled = np.ldexp(values, -exponent)
    constant = scaled.max(axis=1, keepdims=True) == scaled.min(axis=1, keepdims=True)
    apart = scaled - scaled.mean(axis=1, keepdims=True)
    variance = (apart**2).sum(axis=1, keepdims=True) / max(values.shape[1] - 1, 1)
    spread = np.sqrt(variance)
    still = constant | (spread == 0)
    found: Panel = np.where(still, 0.0, apart / np.where(still, 1.0, spread))
    return found


def signs(ic_mean: Floats) -> Floats:
    """[k]: a factor accepted for its negative IC is traded the other way round. NaN: as it is."""
    return np.where(ic_mean < 0, -1.0, 1.0)


def factor_weights(weighting: str, ic_ir: Floats) -> Floats:
    """[k], summing to 1. NaN counts as 0."""
    count = len(ic_ir)
    strength = np.abs(np.nan_to_num(ic_ir, nan=0.0))
    total = strength.sum()
    if weighting == EQUAL or total == 0:
        return np.full(count, 1.0 / count)
    found: Floats = strength / total
    return found


def combine(values: Panel, members: Bools | None, sign: Floats, weight: Floats) -> Combination:
    """The scores and their order. Instruments with the same values have the same score, to the last bit."""
    inside = cross_section(values, members)
    z = np.full(values.shape, np.nan)
    z[:, inside] = z_scores(values[:, inside])
    contribution = (weight * sign)[:, None] * z
    score: Floats = contribution.sum(axis=0)
    columns = np.flatnonzero(inside)
    order = columns[np.argsort(-score[columns], kind="stable")]
    return Combination(inside, z, contribution, score, order)


def selected(combination: Combination, symbols: Sequence[str], top_n: int) -> list[tuple[str, float]]:
    """(symbol, target weight), best first."""
    return [(symbols[column], 1.0 / top_n) for column in combination.order[:top_n].tolist()]
