"""How well a claim holds up: the platform's days beside the claimed ones.

t = a common day: a trading day that both have a daily return of. A claimed record has one exactly where the
record before it is of the previous trading day; the first record never has.

difference[t]             platform[t] - claimed[t]
tracking_diff_annualized  mean(difference) * 252
tracking_error_annualized std(difference) sqrt(252), sample
correlation               Pearson's, of the two daily returns; None where either does not vary
overlap_days              the number of common days; with fewer than 5 nothing is measured
verdict                   consistent             TE < 0.02 and correlation > 0.95
                          moderate_divergence    else TE < 0.05 or correlation > 0.85
                          significant_divergence otherwise
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from quantos.performance.core.metrics import DAYS_PER_YEAR, Number, Series, finite, sample_std

OVERLAP_MIN: Final = 5

Dates = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Verdict = Literal["consistent", "moderate_divergence", "significant_divergence"]


@dataclass(frozen=True, slots=True)
class Tracking:
    """A claim against the platform; fractions a year."""

    tracking_diff_annualized: Number
    tracking_error_annualized: Number
    correlation: Number
    overlap_days: int
    verdict: Verdict


def common_days(claimed: Dates, platform: Dates, sessions: Dates) -> tuple[Ints, Ints]:
    """The places of the common days in `claimed` [n] and in `platform` [m].

    All three ascend, without a day twice; sessions: every trading day.
    """
    at = np.searchsorted(sessions, claimed)
    is_session = np.isin(claimed, sessions)
    follows = is_session[1:] & is_session[:-1] & (np.diff(at) == 1)
    daily = np.flatnonzero(follows) + 1
    _, in_claimed, in_platform = np.intersect1d(
        claimed[daily], platform, assume_unique=True, return_indices=True
    )
    return daily[in_claimed], in_platform.astype(np.int64)


def track(platform: Series, claimed: Series) -> Tracking | None:
    """The two daily returns of the common days, [t] each; None with fewer than 5 that both are defined on."""
    known = np.isfinite(platform) & np.isfinite(claimed)
    platform, claimed = platform[known], claimed[known]
    if len(platform) < OVERLAP_MIN:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        difference = platform - claimed
        error = float(sample_std(difference)) * math.sqrt(DAYS_PER_YEAR)
        alike = correlation(platform, claimed)
        mean = finite(difference.mean() * DAYS_PER_YEAR)
    return Tracking(mean, finite(error), alike, len(difference), verdict(error, alike))


def correlation(x: Series, y: Series) -> Number:
    """Pearson's, in [-1, 1]; None where either does not vary."""
    spread = float(sample_std(x) * sample_std(y))
    if not 0.0 < spread < math.inf:
        return None
    covariance = float(((x - x.mean()) * (y - y.mean())).sum()) / (len(x) - 1)
    ratio = finite(covariance / spread)
    return None if ratio is None else min(1.0, max(-1.0, ratio))


def verdict(tracking_error: float, alike: Number) -> Verdict:
    """An undefined correlation is above no bound."""
    correlated = -math.inf if alike is None else alike
    if tracking_error < 0.02 and correlated > 0.95:
        return "consistent"
    if tracking_error < 0.05 or correlated > 0.85:
        return "moderate_divergence"
    return "significant_divergence"
