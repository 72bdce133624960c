"""What is shown beside the five checks and decides nothing.

t_stat          mean(IC) / its Newey-West standard error, L = floor(4 (n / 100)**(2/9)) lags of n ICs
deflated_sharpe probability that the Sharpe ratio, the sign of ic_mean applied, is above what the best of N
                attempts without any skill would show (Bailey and Lopez de Prado 2014):
                SR    mean(ls) / std(ls) a day, of n days with skewness g3 and kurtosis g4
                SR0   std(SR of the attempts) ((1 - e) z(1 - 1/N) + e z(1 - 1/(N exp(1)))), e = 0.5772...; 0 for N = 1
                Phi((SR - SR0) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR**2))
half_life_days  ln 2 / b of log|mean IC_k| = a - b k, least squares over lags 1..5; only where all have one sign
monotonicity    Spearman correlation of a fifth's number and its mean return
placebo         mean IC with each day's returns dealt out anew among its names; chance leaves the band of 39
                draws in one case of 20
look_ahead      |IC_0| >= 3 |IC_1| and >= 0.05: returns of t+1 are not known at t. Lags below 0 are returns of t
                and before: a factor made of past returns shows them rightly
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import e, isfinite, log, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.measured import FIFTHS, LAGS, NAMES_MIN, MarketPanel, Measured, known_members
from quantos.factors.core.panel import Members, Panel, Series
from quantos.factors.core.ranks import Codes, placed
from quantos.factors.core.statistics import SESSIONS_A_YEAR, defined, mean, ratio
from quantos.factors.core.threads import over_days
from quantos.market.core.boards import Board

EULER: Final = 0.5772156649015329
DRAWS: Final = 39
EARLIER_LAGS: Final = (-3, -2, -1, 0)
FAR: Final = 3
FAR_MIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Placebo:
    """The smallest and the largest mean IC of the draws."""

    draws: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Diagnostics:
    t_stat: float | None
    deflated_sharpe: float | None
    ic_by_year: dict[int, float | None]
    ic_by_board: dict[str, float | None]  # boards with an IC
    fifth_means: tuple[float | None, ...]  # bottom to top, a day
    monotonicity: float | None
    half_life_days: float | None
    earlier_ic: dict[int, float | None]  # mean IC at lags -3..0
    look_ahead: bool
    far_lags: tuple[int, ...]  # lags up to 0 whose mean IC is far above that of lag 1
    placebo: Placebo | None


def diagnostics(
    codes: Codes,
    measured: Measured,
    market: MarketPanel,
    members: Members | None,
    boards: NDArray[np.int8],
    attempts: Sequence[float | None],
    seed: int,
) -> Diagnostics:
    """Everything beyond the checks.

    Args:
        codes: as `measured` was made from them, with `market` and `members`.
        measured: the daily series.
        market: on the same axes.
        members: the universe's constituents, or None.
        boards: of each column.
        attempts: annual Sharpe ratios of the user's earlier validations; None: undefined.
        seed: of the placebo's shuffles.

    """
    earlier = ic_at(codes, market, members, EARLIER_LAGS)
    earlier_ic = {lag: mean(series) for lag, series in zip(EARLIER_LAGS, earlier, strict=True)}
    ic_mean = mean(measured.ic)
    far = tuple(lag for lag, ic in earlier_ic.items() if _is_far(ic, ic_mean))
    fifths = tuple(mean(series) for series in measured.fifth_returns)
    return Diagnostics(
        t_stat=newey_west_t(measured.ic),
        deflated_sharpe=deflated_sharpe(measured.ls, ic_mean, attempts),
        ic_by_year=_by_year(measured),
        ic_by_board=_by_board(codes, market, members, boards),
        fifth_means=fifths,
        monotonicity=monotonicity(fifths),
        half_life_days=half_life_days([mean(lagged) for lagged in measured.lagged_ic]),
        earlier_ic=earlier_ic,
        look_ahead=0 in far,
        far_lags=far,
        placebo=placebo(codes, market, members, seed),
    )


def newey_west_t(ic: Series) -> float | None:
    """t of the mean with Bartlett weights; None for fewer than 3 ICs or no variation."""
    known = defined(ic)
    n = len(known)
    if n < 3 or known.min() == known.max():
        return None
    deviation = known - known.mean()
    variance = float(deviation @ deviation) / n
    lags = int(4 * (n / 100) ** (2 / 9))
    for lag in range(1, min(lags, n - 1) + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(deviation[lag:] @ deviation[:-lag]) / n
    return float(known.mean() / sqrt(variance / n)) if variance > 0 else None


def deflated_sharpe(ls: Series, ic_mean: float | None, attempts: Sequence[float | None]) -> float | None:
    """Probability of skill after this and the earlier attempts; None where the Sharpe ratio is undefined."""
    known = defined(ls)
    daily = ratio(ls)
    if daily is None or len(known) < 3:
        return None
    sign = -1.0 if ic_mean is not None and ic_mean < 0 else 1.0
    deviation = sign * (known - known.mean())
    spread = sqrt((deviation**2).mean())
    sharpes = [*(one / sqrt(SESSIONS_A_YEAR) for one in attempts if one is not None), daily]
    bar = best_of_luck(float(np.std(sharpes, ddof=1)), len(attempts) + 1) if len(sharpes) > 1 else 0.0
    return probability_of_skill(
        sign * daily,
        bar,
        len(known),
        skewness=float((deviation**3).mean()) / spread**3,
        kurtosis=float((deviation**4).mean()) / spread**4,
    )


def best_of_luck(spread: float, attempts: int) -> float:
    """SR0: the Sharpe ratio expected of the best of two or more attempts without skill, as spread as these."""
    z = NormalDist().inv_cdf
    return spread * ((1 - EULER) * z(1 - 1 / attempts) + EULER * z(1 - 1 / (attempts * e)))


def probability_of_skill(
    sharpe: float, bar: float, days: int, *, skewness: float, kurtosis: float
) -> float | None:
    """That the true daily Sharpe ratio is above the bar; None where the moments allow no answer."""
    uncertainty = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2
    if uncertainty <= 0:
        return None
    return NormalDist().cdf((sharpe - bar) * sqrt(days - 1) / sqrt(uncertainty))


def monotonicity(fifths: Sequence[float | None]) -> float | None:
    """1: every fifth earns more than the one below; -1: less."""
    known = [one for one in fifths if one is not None]
    if len(known) < FIFTHS or len(set(known)) < FIFTHS:
        return None
    ranks: list[int] = np.argsort(np.argsort(known)).tolist()
    distance = sum((place - rank) ** 2 for place, rank in enumerate(ranks))
    return 1 - 6 * distance / (FIFTHS * (FIFTHS**2 - 1))


def half_life_days(decay: Sequence[float | None]) -> float | None:
    """Days in which the IC halves; None where it does not fall, or changes its sign."""
    known = [one for one in decay if one is not None]
    if len(known) < len(decay) or min(known) <= 0 <= max(known):
        return None
    slope = float(np.polyfit(np.arange(1, len(known) + 1), np.log(np.abs(known)), 1)[0])
    return -log(2) / slope if slope < 0 and isfinite(log(2) / slope) else None


def ic_at(
    codes: Codes,
    market: MarketPanel,
    members: Members | None,
    lags: Sequence[int],
    columns: Members | None = None,
) -> Panel:
    """Daily rank IC at any lags, [lag, t]: lag k is with ret[t+k+1]. `columns`: over these names alone."""
    from quantos.factors.core import kernel  # noqa: PLC0415 - Numba is loaded with the first validation

    given, known = known_members(codes, members)
    code, later = placed(codes, codes.shape), placed(market.codes, codes.shape)
    every = np.ones(codes.shape[1], np.bool_) if columns is None else columns
    shifts = np.array([lag + 1 for lag in lags], np.int64)
    found = np.full((len(lags), len(codes)), np.nan)

    def part(first: int, last: int) -> None:
        kernel.ic_days(first, last, code, later, given, known, every, shifts, NAMES_MIN, found)

    over_days(len(codes), part)
    return found


def placebo(codes: Codes, market: MarketPanel, members: Members | None, seed: int) -> Placebo | None:
    """The band of the mean IC by chance; None where no day has an IC. The same seed, the same band."""
    from quantos.factors.core import kernel  # noqa: PLC0415 - Numba is loaded with the first validation

    given, known = known_members(codes, members)
    code, later = placed(codes, codes.shape), placed(market.codes, codes.shape)
    found = np.full((DRAWS, len(codes)), np.nan)

    def part(first: int, last: int) -> None:
        kernel.shuffled_days(first, last, code, later, given, known, NAMES_MIN, seed, found)

    over_days(len(codes), part)
    means = [one for one in map(mean, found) if one is not None]
    return Placebo(DRAWS, min(means), max(means)) if means else None


def _by_year(measured: Measured) -> dict[int, float | None]:
    years = measured.dates.astype("datetime64[Y]").astype(np.int64) + 1970
    return {
        int(year): mean(measured.ic[years == year]) for year in np.unique(years[np.isfinite(measured.ic)])
    }


def _by_board(
    codes: Codes, market: MarketPanel, members: Members | None, boards: NDArray[np.int8]
) -> dict[str, float | None]:
    found = {
        Board(int(board)).name.lower(): mean(ic_at(codes, market, members, LAGS[:1], boards == board)[0])
        for board in np.unique(boards)
    }
    return {board: ic for board, ic in found.items() if ic is not None}


def _is_far(ic: float | None, ic_mean: float | None) -> bool:
    return ic is not None and abs(ic) >= max(FAR * abs(ic_mean or 0.0), FAR_MIN)
