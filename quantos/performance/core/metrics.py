"""Rates of change of a NAV curve, alone and against its benchmark.

t = trading day 1 .. n, one row a day without a gap. Simple returns, 252 days a year, sample standard
deviation (ddof 1), no risk-free rate.

equity[0..n]      1.0, then nav[t] = NAV[t] / initial capital: n + 1 points, so a first-day loss counts
daily[t]          equity[t] / equity[t-1] - 1
cumulative[t]     equity[t] - 1
benchmark[t]      close[t] / close[t-1] - 1 of the benchmark, over the same interval as daily[t];
                  NaN where either close is unknown
excess[t]         daily[t] - benchmark[t]; NaN where the benchmark is

total_return      equity[n] - 1
annual_return     (1 + total_return)^(252 / n) - 1
volatility        std(daily) sqrt(252)
sharpe            mean(daily) / std(daily) sqrt(252)
max_drawdown      max over k of 1 - equity[k] / max(equity[0..k]); positive
calmar            annual_return / max_drawdown
benchmark_return  prod(1 + benchmark[t]) - 1 over the days whose benchmark is known
excess_return     total_return - benchmark_return
excess_sharpe     mean(excess) / std(excess) sqrt(252) over the days whose benchmark is known
rolling_excess_sharpe[t]  the same over the 20 days t-19 .. t, for t >= 20; a window with a day whose
                  benchmark is unknown has none

What is undefined is NaN here and None in `Metrics`, never 0:
- no day at all: everything; no day with a benchmark: what is measured against it;
- std of fewer than two days, and what divides by a std or a drawdown of zero;
- after a total loss (equity 0) the daily return is 0/0, and so is every std that it enters;
- what leaves the range of floats (a first day of +2000 % to the power of 252).

Zero std. A return is a ratio near 1, minus 1: rounding leaves some 1e-16 in it, so equal returns show a std of
about 1e-17 and a Sharpe ratio of about 1e16. A std of at most 1e-14 (1 + max |return|) therefore counts as
zero. The smallest fluctuation that a ledger can hold, one mill in 1e8 CNY once in 5,000 days, is 1.4e-13.

Functions take one curve or any number of them that ran over the same days: the last axis is time, what stands before
it are curves. A curve among others comes out as it does alone, to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

DAYS_PER_YEAR: Final = 252
ROLLING_DAYS: Final = 20
STD_NOISE: Final = 1e-14

Series = NDArray[
    np.float64
]  # [..., n]; an equity curve has n + 1 points. Of a benchmark [n], one for all curves
Number = float | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """One curve in ten numbers; fractions, None where undefined."""

    total_return: Number
    annual_return: Number
    volatility: Number
    sharpe: Number
    max_drawdown: Number
    calmar: Number
    excess_return: Number
    excess_sharpe: Number
    benchmark_return: Number
    trading_days: int


def measure(equity: Series, benchmark: Series) -> Metrics:
    """All metrics of an equity curve [n + 1] and its benchmark's daily returns [n], NaN where unknown."""
    found = {name: finite(value) for name, value in measures(equity, benchmark).items()}
    return Metrics(**found, trading_days=len(benchmark))


def measures(equity: Series, benchmark: Series) -> dict[str, Series]:
    """The fractions of `Metrics` by name, each [...], of curves [..., n + 1] over the same days; NaN where undefined."""
    daily = daily_return(equity)
    return {
        "total_return": total_return(equity),
        "annual_return": annual_return(equity),
        "volatility": volatility(daily),
        "sharpe": sharpe(daily),
        "max_drawdown": max_drawdown(equity),
        "calmar": calmar(equity),
        "excess_return": excess_return(equity, benchmark),
        "excess_sharpe": excess_sharpe(daily, benchmark),
        "benchmark_return": np.broadcast_to(benchmark_return(benchmark), equity.shape[:-1]),
    }


def sample_std(returns: Series) -> Series:
    """Sample standard deviation over the last axis: NaN for fewer than two, 0 where it is rounding alone."""
    if returns.shape[-1] < 2:
        return _undefined(returns)
    deviation = returns.std(axis=-1, ddof=1)
    noise = STD_NOISE * (1.0 + np.abs(returns).max(axis=-1))
    return np.where(deviation <= noise, 0.0, deviation)


def equity_curve(nav: NDArray[np.int64], initial_capital: int | NDArray[np.int64]) -> Series:
    """[..., n + 1] from 1.0 on; both in mills. The crossing from exact money to floats."""
    return np.concatenate([np.ones((*nav.shape[:-1], 1)), nav / initial_capital], axis=-1)


def daily_return(equity: Series) -> Series:
    """[..., n]; NaN after a total loss."""
    return _change(equity)


def cumulative_return(equity: Series) -> Series:
    """[..., n]"""
    return np.asarray(equity[..., 1:] - 1.0)


def close_return(close: Series) -> Series:
    """[n] from the closes [n + 1] of a benchmark, the day before the first among them; NaN where unknown."""
    return _change(close)


def total_return(equity: Series) -> Series:
    return _defined(equity[..., -1] - 1.0) if equity.shape[-1] > 1 else _undefined(equity)


def annual_return(equity: Series) -> Series:
    days = equity.shape[-1] - 1
    if days < 1:
        return _undefined(equity)
    with np.errstate(over="ignore"):
        return _defined(np.power(equity[..., -1], DAYS_PER_YEAR / days) - 1.0)


def volatility(daily: Series) -> Series:
    return _defined(sample_std(daily) * math.sqrt(DAYS_PER_YEAR))


def sharpe(daily: Series) -> Series:
    if daily.shape[-1] < 2:
        return _undefined(daily)
    return _defined(daily.mean(axis=-1) / _positive(sample_std(daily)) * math.sqrt(DAYS_PER_YEAR))


def max_drawdown(equity: Series) -> Series:
    if equity.shape[-1] < 2:
        return _undefined(equity)
    return _defined(np.max(1.0 - equity / np.maximum.accumulate(equity, axis=-1), axis=-1))


def calmar(equity: Series) -> Series:
    return _defined(annual_return(equity) / _positive(max_drawdown(equity)))


def benchmark_return(benchmark: Series) -> Series:
    """Of one benchmark [n]."""
    known = benchmark[~np.isnan(benchmark)]
    return _defined(np.prod(1.0 + known) - 1.0) if len(known) else _undefined(known)


def excess_return(equity: Series, benchmark: Series) -> Series:
    return _defined(total_return(equity) - benchmark_return(benchmark))


def excess_sharpe(daily: Series, benchmark: Series) -> Series:
    # `compress` keeps time the axis that is contiguous in memory, and with it the order of additions.
    known = ~np.isnan(benchmark)
    return sharpe(np.compress(known, daily, axis=-1) - benchmark[known])


def rolling_excess_sharpe(daily: Series, benchmark: Series) -> Series:
    """[max(n - 19, 0)] of one curve, from the 20th day on; NaN where undefined."""
    if len(daily) < ROLLING_DAYS:
        return np.empty(0)
    windows = sliding_window_view(daily - benchmark, ROLLING_DAYS)  # [n - 19, 20]
    return np.asarray(windows.mean(axis=-1) / _positive(sample_std(windows)) * math.sqrt(DAYS_PER_YEAR))


def finite(value: np.floating | Series | float) -> Number:
    """None for what is no number or out of the range of floats."""
    number = float(value)
    return number if math.isfinite(number) else None


def _change(level: Series) -> Series:
    before, after = level[..., :-1], level[..., 1:]
    ratio = np.full(after.shape, np.nan)
    np.divide(after, before, out=ratio, where=before > 0.0)
    return ratio - 1.0


def _positive(divisor: Series) -> Series:
    return np.where(divisor > 0.0, divisor, np.nan)


def _defined(values: Series | np.floating) -> Series:
    """NaN for what is out of the range of floats."""
    return np.where(np.isfinite(values), values, np.nan)


def _undefined(series: Series) -> Series:
    return np.full(series.shape[:-1], np.nan)
