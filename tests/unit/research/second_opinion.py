"""What a blueprint trades, from arrays of indicators: nothing of backtrader and nothing of the compiler."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from quantos.research.core import indicators as ind
from quantos.research.core.blueprint import ENTRY_INDICATORS, EXIT_INDICATORS, Blueprint, Condition

Bars = np.ndarray[tuple[int, int], np.dtype[np.float64]]  # [n, 4]: open, high, low, close
OPERATORS = (">", "<", ">=", "<=", "crosses_above", "crosses_below")


class Trade(NamedTuple):
    bar: int
    size: float
    price: float


class Backtrader:
    """The program that runs strategies, asked line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def run(self, code: str, bars: Bars, *, vectorised: bool = False) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"code": code, "bars": bars.tolist(), "vectorised": vectorised}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def trades(self, code: str, bars: Bars) -> tuple[list[Trade], float]:
        answer = self.run(code, bars)
        assert "error" not in answer, f"{answer['error']}\n{code}"
        # backtrader weighs a fill with its size and divides again: the last bits of a price are its own
        return [Trade(bar, size, round(price, 9)) for bar, size, price in answer["trades"]], answer["value"]


@contextmanager
def backtrader() -> Iterator[Backtrader]:
    program = Path(__file__).with_name("run_backtrader.py")
    with subprocess.Popen(
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Backtrader(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)


def walk(seed: int, length: int = 160, spread: float = 0.02) -> Bars:
    """Made-up bars of a random walk from 20."""
    rng = np.random.default_rng(seed)
    close = 20.0 * np.exp(np.cumsum(rng.normal(0.0, spread, length)))
    open_ = close * np.exp(rng.normal(0.0, spread / 2, length))
    high = np.maximum(open_, close) * (1 + rng.uniform(0, spread, length))
    low = np.minimum(open_, close) * (1 - rng.uniform(0, spread, length))
    return np.column_stack([open_, high, low, close])


def expected_trades(blueprint: Blueprint, bars: Bars) -> tuple[list[Trade], float]:
    open_, high, low, close = bars.T
    atr = ind.atr(high, low, close, 14)
    buys, sells = np.ones(len(close), bool), np.zeros(len(close), bool)
    ready = np.ones(len(close), bool)
    for condition in blueprint.entry:
        holds, known = _held(condition, bars)
        buys, ready = buys & holds, ready & known
    for condition in blueprint.exit:
        holds, known = _held(condition, bars)
        sells, ready = sells | holds, ready & known
    stop = blueprint.risk.stop_loss
    if (stop is not None and stop.in_atr) or (stop is None and blueprint.sizing == "risk_adjusted"):
        ready &= ~np.isnan(atr)
    cash, shares, bought_at, highest, trades = 100_000.0, 0, 0.0, 0.0, []
    for bar in range(len(close) - 1):
        if not ready[bar]:
            continue
        fill = float(open_[bar + 1])
        if shares == 0:
            highest = 0.0
            wanted = _wanted(blueprint, cash, close[bar], atr[bar]) if buys[bar] else 0
            if wanted and wanted * close[bar] <= cash and wanted * fill <= cash:
                cash, shares, bought_at = cash - wanted * fill, wanted, fill
                trades.append(Trade(bar + 1, wanted, round(fill, 9)))
            continue
        highest = max(highest, close[bar])
        if sells[bar] or _hits(blueprint, close[bar], bought_at, highest, atr[bar]):
            trades.append(Trade(bar + 1, -shares, round(fill, 9)))
            cash, shares = cash + shares * fill, 0
    return trades, cash + shares * float(close[-1])


def _held(condition: Condition, bars: Bars) -> tuple[ind.Mask, ind.Mask]:
    """Where the condition holds, and where it is known."""
    left, right, known = _series(condition, bars)
    before = np.concatenate([[False], ~(np.isnan(left) | np.isnan(right))[:-1]])  # of the MACD its line alone
    match str(condition.operator):
        case "crosses_above":
            return ind.crosses_above(left, right), known & before
        case "crosses_below":
            return ind.crosses_below(left, right), known & before
        case ">":
            return left > right, known
        case "<":
            return left < right, known
        case ">=":
            return left >= right, known
        case _:
            return left <= right, known


def _series(condition: Condition, bars: Bars) -> tuple[ind.Series, ind.Series, ind.Mask]:
    _, high, low, close = bars.T
    period, upward = condition.lookback, str(condition.operator) in {">", ">=", "crosses_above"}
    level = None if condition.level is None else np.full(len(close), condition.level)
    left = right = close
    known = ~np.isnan(close)
    match str(condition.indicator):
        case "bollinger" if level is None:
            right = ind.bollinger(close, period, condition.multiplier or 0.0)[upward]
        case "macd":
            left, right = ind.macd(close, period)
            known = ~np.isnan(right)
        case "atr":
            left = ind.atr(high, low, close, period)
            right = (condition.multiplier or 0.0) * ind.sma(left, period)
        case "rsi":
            left = ind.rsi(close, period)
        case "zscore":
            left = ind.zscore(close, period)
        case "sma" | "ema" as name:
            average = getattr(ind, name)(close, period)
            left, right = (close, average) if level is None else (average, average)
            if condition.against is not None:
                left, right = average, getattr(ind, name)(close, condition.against)
    right = right if level is None else level
    return left, right, known & ~np.isnan(left) & ~np.isnan(right)


def _wanted(blueprint: Blueprint, cash: float, close: float, atr: float) -> int:
    if blueprint.sizing == "fixed":
        return 100
    lots = 0.9 * cash / close / 100
    if blueprint.sizing == "risk_adjusted":
        stop = blueprint.risk.stop_loss
        distance = 2.0 * atr
        if stop is not None:
            distance = stop.amount * atr if stop.in_atr else stop.amount / 100 * close
        if distance > 0:
            lots = min(lots, 0.01 * cash / distance / 100)
    return int(lots) * 100


def _hits(blueprint: Blueprint, close: float, bought_at: float, highest: float, atr: float) -> bool:
    risk = blueprint.risk
    change = 100.0 * (close / bought_at - 1)
    if risk.stop_loss is not None:
        fall = (bought_at - close) / atr if risk.stop_loss.in_atr else -change
        if fall >= risk.stop_loss.amount:
            return True
    if risk.take_profit is not None and change >= risk.take_profit:
        return True
    return risk.trailing_stop is not None and 100.0 * (1 - close / highest) >= risk.trailing_stop


@st.composite
def conditions(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    name = draw(st.sampled_from([str(each) for each in names]))
    levels = {"rsi": (15.0, 85.0), "zscore": (-2.0, 2.0), "macd": (-0.5, 0.5), "atr": (0.2, 1.2)}
    low, high = levels.get(name, (15.0, 25.0))
    level = st.none() | st.integers(0, 997).map(lambda step: low + (high - low) * step / 997.0)
    params: dict[str, Any] = {}
    if draw(st.booleans()):
        params["lookback"] = draw(st.integers(2, 40))
    if draw(st.booleans()):
        params["multiplier"] = draw(st.sampled_from([0.5, 1.25, 2.0]))
    if draw(st.booleans()):
        params["threshold"] = draw(level)
    value = draw(level) if draw(st.booleans()) else None
    if name in {"sma", "ema"} and value is None and params.get("threshold") is None and draw(st.booleans()):
        params["against"] = draw(st.integers(2, 40))
    return {
        "indicator": name,
        "operator": draw(st.sampled_from(OPERATORS)),
        "value": value,
        "params": params,
    }


@st.composite
def blueprints(draw: st.DrawFn) -> dict[str, Any]:
    """Bodies of valid blueprints whose conditions often hold."""
    percents = st.none() | st.sampled_from([1.3, 4.0, 9.7])
    stops = percents | st.sampled_from(["3.1%", "1.7atr", "2.3 x ATR", "ATR"])
    return {
        "asset": "600519.SH",
        "timeframe": "1d",
        "entry": draw(st.lists(conditions(ENTRY_INDICATORS), min_size=1, max_size=2)),
        "exit": draw(st.lists(conditions(EXIT_INDICATORS), min_size=1, max_size=2)),
        "risk": {"stop_loss": draw(stops), "take_profit": draw(percents), "trailing_stop": draw(percents)},
        "position_sizing": draw(st.sampled_from(["fixed", "percent", "risk_adjusted"])),
    }
