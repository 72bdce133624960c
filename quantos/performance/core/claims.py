"""A claimed curve: what an owner says that a strategy did before the platform watched it.

k = record 0 .. n-1, n >= 2; dates strictly ascending, not necessarily trading days; nav[k] > 0 in any unit.

level[k]        nav[k] / nav[0]; shown as the record's nav
change[k]       nav[k] / nav[k-1] - 1; 0.0 on the first
cumulative[k]   level[k] - 1
drawdown[k]     1 - nav[k] / max(nav[0..k]); never negative
total_return    cumulative[n-1]
max_drawdown    the largest drawdown
spanned         trading days after date[0] up to date[n-1]
sharpe          mean / std sqrt(252 min(1, (n-1) / spanned)) of the n-1 changes after the first: a claim
                sparser than daily is annualised by its own frequency, none by more than 252
benchmark[k]    close(date[k]) / close(date[k-1]) - 1, the index over the interval of change[k]; 0.0 on the
                first. close(d) is that of the last trading day up to d; NaN where it is unknown

A standard deviation is the sample's, as in `metrics`. What is undefined, or leaves the range of floats, is
None, in arrays NaN or infinite; the web layer writes null.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantos.performance.core import metrics
from quantos.performance.core.metrics import Number, Series

Dates = NDArray[np.datetime64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Dates datetime64[D] and NAVs as claimed, [n] each."""

    dates: Dates
    nav: Series


@dataclass(frozen=True, slots=True)
class Summary:
    """A claim in three numbers; fractions."""

    total_return: Number
    sharpe: Number
    max_drawdown: Number


def first_disorder(dates: Dates) -> int | None:
    """The first record whose date is not after that of the record before it; None where all ascend."""
    wrong = np.flatnonzero(dates[1:] <= dates[:-1])
    return int(wrong[0]) + 1 if len(wrong) else None


def summary(curve: Curve, sessions: Dates) -> Summary:
    """sessions: every trading day, ascending."""
    return Summary(
        metrics.finite(metrics.total_return(level(curve.nav))),
        sharpe(curve.nav, trading_days_spanned(curve.dates, sessions)),
        float(drawdown(curve.nav).max()),
    )


def level(nav: Series) -> Series:
    """[n], 1.0 on the first record."""
    with np.errstate(over="ignore"):
        scaled: Series = nav / nav[0]
    return scaled


def change(nav: Series) -> Series:
    """[n]"""
    with np.errstate(over="ignore"):
        return np.concatenate([[0.0], nav[1:] / nav[:-1] - 1.0])


def cumulative(nav: Series) -> Series:
    """[n]"""
    return level(nav) - 1.0


def drawdown(nav: Series) -> Series:
    """[n]; of the NAVs as they are, so that no unit can leave the range of floats."""
    return 1.0 - nav / np.maximum.accumulate(nav)


def trading_days_spanned(dates: Dates, sessions: Dates) -> int:
    """Trading days after the first date up to the last; the exchange had none before its first."""
    first, last = np.searchsorted(sessions, dates[[0, -1]], side="right")
    return int(last - first)


def sharpe(nav: Series, spanned: int) -> Number:
    """None for fewer than two changes, or where all are equal."""
    with np.errstate(over="ignore", invalid="ignore"):
        daily = metrics.finite(metrics.sharpe(change(nav)[1:]))
    if daily is None:
        return None
    intervals = len(nav) - 1
    return daily * math.sqrt(intervals / spanned) if intervals < spanned else daily


def last_session(dates: Dates, sessions: Dates) -> Ints:
    """[n]: the number of the last trading day up to each date; -1 where there is none."""
    return np.searchsorted(sessions, dates, side="right").astype(np.int64) - 1


def interval_return(close: Series) -> Series:
    """[n] from an index's closes [n] at the records; 0.0 on the first, NaN where either close is unknown."""
    return np.concatenate([[0.0], metrics.close_return(close)])
