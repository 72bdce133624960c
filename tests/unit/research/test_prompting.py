"""What sentences in English and Chinese come to: forty of them, each with the blueprint that it must give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.research.core import policy
from quantos.research.core.blueprint import read_blueprint
from quantos.research.core.prompting import read_prompt, written

UP, DOWN = "crosses_above", "crosses_below"


def c(indicator: str, operator: str, value: float | None = None, **params: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"indicator": indicator, "operator": operator, "params": params}
    return made if value is None else {**made, "value": value}


def b(entry: Any, exit_: Any, asset: str = "600519.SH", sizing: str = "fixed", **risk: Any) -> dict[str, Any]:
    sides = [each if isinstance(each, list) else [each] for each in (entry, exit_)]
    body = {"asset": asset, "entry": sides[0], "exit": sides[1], "position_sizing": sizing}
    return {**body, "risk": risk} if risk else body


def cross(indicator: str, fast: int, slow: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return tuple(c(indicator, way, lookback=fast, against=slow) for way in (UP, DOWN))  # type: ignore[return-value]


PROMPTS: list[tuple[str, dict[str, Any]]] = [
    ("Create a moving average crossover strategy", b(*cross("sma", 20, 50))),
    ("Buy when RSI is below 30 and sell when RSI is above 70", b(c("rsi", "<", 30.0), c("rsi", ">", 70.0))),
    ("Buy oversold RSI, sell overbought", b(c("rsi", "<"), c("rsi", ">"))),
    (
        "Buy when the 10-day SMA crosses above the 50-day SMA, sell when it crosses below, stop loss 5%",
        b(*cross("sma", 10, 50), stop_loss=5.0),
    ),
    (
        "Buy when price crosses above the 20 day EMA. Exit when the close falls below the 10 EMA.",
        b(c("ema", UP, lookback=20), c("ema", "<", lookback=10)),
    ),
    (
        "20/50 EMA crossover with 2x ATR stop loss and 8% trailing stop",
        b(*cross("ema", 20, 50), stop_loss="2atr", trailing_stop=8.0),
    ),
    (
        "Enter when the z-score drops below -2 and exit when RSI(7) > 60",
        b(c("zscore", "<", -2.0), c("rsi", ">", 60.0, lookback=7)),
    ),
    (
        "Go long when MACD crosses above its signal line, get out when MACD crosses below zero",
        b(c("macd", UP), c("macd", DOWN, 0.0)),
    ),
    (
        "Use golden cross with risk-adjusted sizing on 600036.SH",
        b(*cross("sma", 20, 50), asset="600036.SH", sizing="risk_adjusted"),
    ),
    (
        "Buy when price touches the lower Bollinger band (20, 2.5), sell when ATR is above 2",
        b(c("bollinger", "<", lookback=20, multiplier=2.5), c("atr", ">", 2.0)),
    ),
    (
        "Buy if RSI(14) < 35 and close > sma 200; sell if close < sma 20",
        b([c("rsi", "<", 35.0, lookback=14), c("sma", ">", lookback=200)], c("sma", "<", lookback=20)),
    ),
    ("When RSI < 25 buy", b(c("rsi", "<", 25.0), c("rsi", ">", 75.0))),
    ("Buy when RSI crosses above 30, sell when RSI crosses below 70", b(c("rsi", UP, 30.0), c("rsi", DOWN, 70.0))),
    ("MACD strategy with take profit 12% and a stop loss of 4.5%", b(c("macd", UP), c("macd", DOWN), stop_loss=4.5, take_profit=12.0)),
    ("Sell when RSI exceeds 80", b(c("rsi", "<", 20.0), c("rsi", ">", 80.0))),
    ("Buy 000001.SZ when close breaks above the upper bollinger band", b(c("bollinger", UP), c("sma", DOWN, lookback=20), asset="000001.SZ")),
    ("Enter if z-score <= -1.5; exit if close >= sma(20)", b(c("zscore", "<=", -1.5), c("sma", ">=", lookback=20))),
    ("Buy when EMA(12) crosses above EMA(26) and sell when EMA(12) crosses below EMA(26)", b(*cross("ema", 12, 26))),
    ("Buy when 14-day RSI is at most 30, percent of equity, trailing stop 10%", b(c("rsi", "<=", 30.0, lookback=14), c("rsi", ">=", 70.0, lookback=14), sizing="percent", trailing_stop=10.0)),
    ("Buy on a MACD golden cross and sell on a MACD death cross", b(c("macd", UP), c("macd", DOWN))),
    ("RSI低于30时买入，高于70时卖出", b(c("rsi", "<", 30.0), c("rsi", ">", 70.0))),
    ("5日均线上穿20日均线买入，下穿卖出", b(*cross("sma", 5, 20))),
    ("MACD金叉买入，死叉卖出，止损5%，止盈10%", b(c("macd", UP), c("macd", DOWN), stop_loss=5.0, take_profit=10.0)),
    ("收盘价跌破布林带下轨时买入，RSI大于70卖出", b(c("bollinger", DOWN), c("rsi", ">", 70.0))),
    (
        "当RSI(6)小于20且收盘价高于60日均线时买入；止盈15%时离场，移动止损8%",
        b([c("rsi", "<", 20.0, lookback=6), c("sma", ">", lookback=60)], c("rsi", ">", 80.0, lookback=6), take_profit=15.0, trailing_stop=8.0),
    ),
    ("买入：MA5上穿MA10；卖出：MA5下穿MA10；固定手数", b(*cross("sma", 5, 10))),
    ("均线金叉买入死叉卖出", b(*cross("sma", 20, 50))),
    ("双均线策略", b(*cross("sma", 20, 50))),
    ("股价站上20日均线买入，跌破卖出", b(c("sma", UP, lookback=20), c("sma", DOWN, lookback=20))),
    ("RSI超卖买入，超买卖出", b(c("rsi", "<"), c("rsi", ">"))),
    ("对600036.SH：收盘价上穿EMA20时买入，收盘价下穿EMA20时卖出", b(c("ema", UP, lookback=20), c("ema", DOWN, lookback=20), asset="600036.SH")),
    ("Z分数低于-2时买入，股价高于20日均线时卖出", b(c("zscore", "<", -2.0), c("sma", ">", lookback=20))),
    ("MACD上穿零轴买入，MACD下穿零轴卖出", b(c("macd", UP, 0.0), c("macd", DOWN, 0.0))),
    ("RSI不高于25买入，RSI不低于75卖出，百分比仓位", b(c("rsi", "<=", 25.0), c("rsi", ">=", 75.0), sizing="percent")),
    ("10日均线上穿30日均线买入，止损2倍ATR", b(*cross("sma", 10, 30), stop_loss="2atr")),
    ("MACD上穿信号线时做多，下穿信号线时平仓", b(c("macd", UP), c("macd", DOWN))),
    ("触及布林带下轨买入，ATR大于3卖出，风险调整仓位", b(c("bollinger", "<"), c("atr", ">", 3.0), sizing="risk_adjusted")),
    ("收盘价大于60日均线时建仓，RSI(14)大于等于80时清仓", b(c("sma", ">", lookback=60), c("rsi", ">=", 80.0, lookback=14))),
    ("请写一个均值回归策略：RSI<20买入，RSI>50卖出，止损 3%", b(c("rsi", "<", 20.0), c("rsi", ">", 50.0), stop_loss=3.0)),
    ("12/26 EMA金叉买入，死叉卖出", b(*cross("ema", 12, 26))),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "body"), PROMPTS, ids=[prompt for prompt, _ in PROMPTS])
def test_a_prompt_gives_its_blueprint_and_nothing_of_it_is_lost(prompt: str, body: dict[str, Any]) -> None:
    reading = read_prompt(prompt)
    assert reading.body == body
    assert reading.not_understood == ()


def test_there_are_forty_in_both_languages() -> None:
    assert len(PROMPTS) == 40
    assert sum(not prompt.isascii() for prompt, _ in PROMPTS) == 20


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("KDJ金叉买入", "kdj"),
        ("Buy when the moon is full", "moon is full"),
        ("Buy if RSI < 30 or MACD crosses above 0", "all conditions of a purchase"),
        ("Sell when RSI > 70 and close < sma 20", "any one of the conditions"),
        ("buy low, sell when z-score > 2", "a sale has no zscore"),
        ("hello", "no condition was found"),
    ],
)
def test_what_is_not_understood_is_told_at_the_head_of_the_code(prompt: str, words: str) -> None:
    reading = read_prompt(prompt)
    assert words in "; ".join(reading.not_understood)
    assert words in written(reading).split("import backtrader")[0]


PIECES = ["buy", "sell", "rsi", "买入", "卖出", "均线", "5日", "20", "30", "<", "上穿", "macd", "金叉", "stop loss", "5%", "2atr", "(", ",", "and",
          "bollinger", "ema 10", "z-score", "-2", "\n", "'''", "\\", "#", "import os"]  # fmt: skip


@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_whatever_is_written_gives_a_valid_blueprint_and_code_that_may_run(prompt: str) -> None:
    reading = read_prompt(prompt)
    read_blueprint(reading.body)
    assert policy.findings(written(reading)) == []


@pytest.mark.parametrize("run", ["0" * 20_000, " " * 20_000])
def test_what_no_sentence_has_is_left_out_and_what_is_too_long_is_told(run: str) -> None:
    assert read_prompt(f"buy when rsi {run} is below 30").body == read_prompt("buy when rsi is below 30").body
    beyond = read_prompt("buy when rsi is below 30. " + "and more " * 1_000)
    assert "what follows the first 2000 characters" in beyond.not_understood
