"""Indicators as arrays: what the lines of compiled strategies are, written a second time.

x, close, high, low [n], oldest bar first; an answer is [n], NaN while it is not yet known. p = lookback >= 1.
A series may open with NaN (one indicator of another); its first p known values are then what counts as the first.

sma[t]        mean of x[t-p+1..t]
ema[t]        first value: the mean of the first p; then ema[t-1] + a (x[t] - ema[t-1]), a = 2 / (p + 1)
wilder[t]     the same with a = 1 / p
deviation[t]  population standard deviation of x[t-p+1..t]
zscore[t]     (x[t] - sma[t]) / deviation[t]; 0 where nothing deviates
rsi[t]        100 - 100 / (1 + up / down): wilder of the rises and of the falls; 100 without falls, 50 without both
macd[t]       ema(x, fast)[t] - ema(x, slow)[t]; signal: its ema
bollinger     sma -+ multiplier deviation
range[t]      max(high[t], close[t-1]) - min(low[t], close[t-1]), from the second bar on
atr           wilder of range
crosses_above[t]  x[t] > y[t], and x < y on the last bar before t on which they differ

The averages are seeded as backtrader seeds them. Source: Wilder, New Concepts in Technical Trading Systems (1978);
Appel (MACD); Bollinger.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Series = NDArray[np.float64]
Mask = NDArray[np.bool_]

MACD_PERIODS: Final = (12, 26, 9)
FLAT: Final = 1e-7
"""A deviation of less than this part of the mean is rounding, not movement: a tenth of a mill in 1,000 CNY."""


def sma(x: Series, lookback: int) -> Series:
    known = x[_first_known(x) :]
    if len(known) < lookback:
        return np.full(len(x), np.nan)
    return _at_the_end(sliding_window_view(known, lookback).mean(axis=1), len(x))


def ema(x: Series, lookback: int) -> Series:
    return _smoothed(x, lookback, 2.0 / (lookback + 1.0))


def wilder(x: Series, lookback: int) -> Series:
    return _smoothed(x, lookback, 1.0 / lookback)


def deviation(x: Series, lookback: int) -> Series:
    known = x[_first_known(x) :]
    if len(known) < lookback:
        return np.full(len(x), np.nan)
    return _at_the_end(sliding_window_view(known, lookback).std(axis=1), len(x))


def zscore(x: Series, lookback: int) -> Series:
    mean, spread = sma(x, lookback), deviation(x, lookback)
    moves = ~(spread <= FLAT * np.abs(mean))
    score: Series = np.divide(x - mean, spread, out=np.zeros(len(x)), where=moves)
    return score


def rsi(close: Series, lookback: int) -> Series:
    change = np.diff(close, prepend=np.nan)
    up, down = wilder(np.maximum(change, 0.0), lookback), wilder(np.maximum(-change, 0.0), lookback)
    neither = np.where(np.isnan(up), np.nan, 50.0)
    return np.divide(100.0 * up, up + down, out=neither, where=up + down > 0)


def macd_periods(slow: int) -> tuple[int, int, int]:
    """(fast, slow, signal): 12, 26 and 9, in proportion to the slow one."""
    fast, reference, signal = MACD_PERIODS
    return max(1, slow * fast // reference), slow, max(1, slow * signal // reference)


def macd(close: Series, slow: int) -> tuple[Series, Series]:
    """(line, signal)"""
    fast, slow, signal = macd_periods(slow)
    line = ema(close, fast) - ema(close, slow)
    return line, ema(line, signal)


def bollinger(close: Series, lookback: int, multiplier: float) -> tuple[Series, Series]:
    """(lower, upper)"""
    mean, width = sma(close, lookback), multiplier * deviation(close, lookback)
    return mean - width, mean + width


def true_range(high: Series, low: Series, close: Series) -> Series:
    before = np.concatenate([[np.nan], close[:-1]])
    spread: Series = np.maximum(high, before) - np.minimum(low, before)
    return spread


def atr(high: Series, low: Series, close: Series, lookback: int) -> Series:
    return wilder(true_range(high, low, close), lookback)


def crosses_above(x: Series, y: Series) -> Mask:
    return _turned(np.sign(x - y), -1.0) & (x > y)


def crosses_below(x: Series, y: Series) -> Mask:
    return _turned(np.sign(x - y), 1.0) & (x < y)


def _turned(side: Series, from_side: float) -> Mask:
    """[n]: `from_side` was the last side before, bars of equality and unknown bars passed over."""
    bars = np.arange(len(side))
    decided = np.maximum.accumulate(np.where(np.abs(side) == 1.0, bars, -1))
    before = np.concatenate([[-1], decided[:-1]])
    turned: Mask = (before >= 0) & (side[before] == from_side)
    return turned


def _smoothed(x: Series, lookback: int, share: float) -> Series:
    out = np.full(len(x), np.nan)
    seeded = _first_known(x) + lookback - 1
    if seeded >= len(x):
        return out
    out[seeded] = x[seeded - lookback + 1 : seeded + 1].mean()
    for bar in range(seeded + 1, len(x)):
        out[bar] = out[bar - 1] + share * (x[bar] - out[bar - 1])
    return out


def _first_known(x: Series) -> int:
    known = ~np.isnan(x)
    return int(known.argmax()) if known.any() else len(x)


def _at_the_end(known: Series, bars: int) -> Series:
    return np.concatenate([np.full(bars - len(known), np.nan), known])
