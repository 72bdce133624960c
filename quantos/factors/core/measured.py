"""A factor measured day by day against the market.

One cross-section a day: the universe's members that have both a value f[t] and a return r_1[t]; all that have
both where no members are known. n = its size.

IC_k[t]       Pearson of the average ranks of f[t] and r_k[t], over its members with both f[t] and r_k[t];
              NaN for n < 5 or a constant side
fifths        names in order of (f[t], symbol); bottom and top: the first and the last n // 5
ls[t]         mean r_1 of the top fifth - mean r_1 of the bottom fifth; NaN for n < 5
turnover[t]   share of the names of a fifth that were not in it on the last day with fifths, mean of top and bottom
coverage[t]   (covered and member) / members of a day with values; where no members are known, of the names
              with a close
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.panel import Dates, Members, Panel, Series
from quantos.factors.core.ranks import Codes, placed
from quantos.factors.core.threads import over_days

LAGS: Final = (1, 2, 3, 4, 5)
NAMES_MIN: Final = 5
FIFTHS: Final = 5

RETURN_DECIMALS: Final = 12
"""Two names that grow by the same share are tied. Their closes have been multiplied through another history, which
leaves a difference of 1e-15 or so; two returns that do differ, between prices in CNY with two decimals, differ by more.
"""


@dataclass(frozen=True, slots=True)
class MarketPanel:
    """What the market says of an axis: computed once for all factors."""

    dates: Dates  # [t], trading days without a gap, ascending
    returns: Panel  # ret[t] of the carried closes
    codes: Codes  # rank codes of `returns`, those that differ by rounding alone tied
    has_close: Members  # a carried close that day


@dataclass(frozen=True, slots=True)
class Measured:
    """Daily series over the panel's trading days; NaN where a day has none."""

    dates: Dates
    ic: Series
    lagged_ic: Panel  # [lag - 1, t], lags 1..5; the first is `ic`
    ls: Series
    turnover: Series
    coverage: Series
    names: NDArray[np.int64]  # n of the cross-section
    data_day: Members  # at least 5 valued members with a close that day
    fifth_returns: Panel  # [0..4, t]: mean r_1 of each fifth, bottom first


def measure(codes: Codes, market: MarketPanel, members: Members | None = None) -> Measured:
    """Measure a factor.

    Args:
        codes: `rank_codes` of the factor's values, [t, i].
        market: on the same axes. Its days should go 6 sessions beyond the factor's last, where they are known.
        members: [t, i], the universe's constituents; a row without any: not known that day. None: never known.

    """
    from quantos.factors.core import kernel  # noqa: PLC0415 - Numba is loaded with the first validation

    days = len(market.dates)
    given, known = known_members(codes, members)
    code, later = placed(codes, codes.shape), placed(market.codes, codes.shape)
    lagged, fifth_returns = np.full((len(LAGS), days), np.nan), np.full((FIFTHS, days), np.nan)
    ls, turnover, coverage = (np.full(days, np.nan) for _ in range(3))
    names, data_day = np.zeros(days, np.int64), np.zeros(days, np.bool_)

    def part(first: int, last: int) -> None:
        kernel.measure_days(
            first,
            last,
            code,
            later,
            market.returns,
            market.has_close,
            given,
            known,
            NAMES_MIN,
            lagged,
            ls,
            turnover,
            coverage,
            names,
            data_day,
            fifth_returns,
        )

    over_days(days, part)
    return Measured(market.dates, lagged[0], lagged, ls, turnover, coverage, names, data_day, fifth_returns)


def known_members(codes: Codes, members: Members | None) -> tuple[Members, Members]:
    """Members as compiled code takes them, and the days on which they are known."""
    if members is None:
        return np.zeros((1, 1), np.bool_), np.zeros(len(codes), np.bool_)
    if members.shape != codes.shape:
        raise ValueError(f"members are {members.shape}, codes {codes.shape}")
    return np.ascontiguousarray(members), np.asarray(members.any(axis=1))
