"""A blueprint in words, English and Chinese: the builder's prompt and what stands above the code."""

from __future__ import annotations

from typing import Final, Literal

from quantos.research.core.blueprint import ATR_LOOKBACK, Blueprint, Condition, Indicator, Operator, Sizing
from quantos.research.core.indicators import macd_periods

Language = Literal["en", "zh"]

OPERATORS: Final[dict[Language, dict[Operator, str]]] = {
    "en": {
        Operator.ABOVE: "is above",
        Operator.BELOW: "is below",
        Operator.AT_LEAST: "is at least",
        Operator.AT_MOST: "is at most",
        Operator.CROSSES_ABOVE: "crosses above",
        Operator.CROSSES_BELOW: "crosses below",
    },
    "zh": {
        Operator.ABOVE: "高于",
        Operator.BELOW: "低于",
        Operator.AT_LEAST: "不低于",
        Operator.AT_MOST: "不高于",
        Operator.CROSSES_ABOVE: "上穿",
        Operator.CROSSES_BELOW: "下穿",
    },
}
SIZINGS: Final[dict[Language, dict[Sizing, str]]] = {
    "en": {
        Sizing.FIXED: "a fixed number of shares",
        Sizing.PERCENT: "a percentage of the equity",
        Sizing.RISK_ADJUSTED: "adjusted to the risk of each trade",
    },
    "zh": {
        Sizing.FIXED: "固定股数",
        Sizing.PERCENT: "按权益百分比",
        Sizing.RISK_ADJUSTED: "按每笔交易的风险调整",
    },
}
CLOSE: Final[dict[Language, str]] = {"en": "the close", "zh": "收盘价"}


def prompt(blueprint: Blueprint, language: Language = "en") -> str:
    """The blueprint as one asks for it; begins as COP-10 says."""
    buy = rule(blueprint.entry, language, all_of=True)
    sell = rule(blueprint.exit, language, all_of=False)
    sizing = SIZINGS[language][blueprint.sizing]
    limits = risk(blueprint, language)
    if language == "zh":
        risks = f"风险控制：{'，'.join(limits)}。" if limits else ""
        return (
            f"为 {blueprint.asset} 构建使用 {blueprint.timeframe} K 线的策略。"
            f"买入：{buy}。卖出：{sell}。{risks}仓位：{sizing}。"
        )
    risks = f" Risk: {', '.join(limits)}." if limits else ""
    return (
        f"Build a strategy on {blueprint.asset} using {blueprint.timeframe} candles."
        f" Buy when {buy}. Sell when {sell}.{risks} Position sizing: {sizing}."
    )


def rule(conditions: tuple[Condition, ...], language: Language, *, all_of: bool) -> str:
    """Conditions in one sentence, joined by what they are joined by."""
    joints = {"en": (" or ", " and "), "zh": ("，或", "，且")}
    return joints[language][all_of].join(condition(each, language) for each in conditions)


def condition(given: Condition, language: Language) -> str:
    """For example `RSI(14) is below 30`."""
    left, right = _sides(given, language)
    space = " " if language == "en" else ""
    return f"{left}{space}{OPERATORS[language][given.operator]}{space}{right}"


def risk(blueprint: Blueprint, language: Language) -> list[str]:
    """Stop loss, take profit, trailing stop, each where there is one."""
    names = {
        "en": ("stop loss {} times the ATR({})", "stop loss {}%", "take profit {}%", "trailing stop {}%"),
        "zh": ("止损 {} 倍 ATR({})", "止损 {}%", "止盈 {}%", "移动止损 {}%"),
    }
    in_atr, stop, profit, trailing = names[language]
    limits = blueprint.risk
    said = []
    if limits.stop_loss is not None:
        amount = number(limits.stop_loss.amount)
        said.append(in_atr.format(amount, ATR_LOOKBACK) if limits.stop_loss.in_atr else stop.format(amount))
    if limits.take_profit is not None:
        said.append(profit.format(number(limits.take_profit)))
    if limits.trailing_stop is not None:
        said.append(trailing.format(number(limits.trailing_stop)))
    return said


def number(value: float) -> str:
    """As one writes it: 30, 2.5."""
    return f"{value:.12g}"


def _sides(given: Condition, language: Language) -> tuple[str, str]:
    name, close = _name(given), CLOSE[language]
    if given.against is not None:
        return name, f"{given.indicator.upper()}({given.against})"
    if given.indicator is Indicator.BOLLINGER:
        return close, _band(given, language) if given.level is None else number(given.level)
    if given.level is not None:
        return name, number(given.level)
    if given.indicator is Indicator.MACD:
        return name, {"en": "its signal line", "zh": "信号线"}[language]
    if given.indicator is Indicator.ATR:
        mean = {"en": "{} times its mean of {} bars", "zh": "其 {1} 根均值的 {0} 倍"}[language]
        return name, mean.format(number(given.multiplier or 1.0), given.lookback)
    return close, name


def _band(given: Condition, language: Language) -> str:
    words = {
        "en": ("the lower Bollinger band", "the upper Bollinger band"),
        "zh": ("布林带下轨", "布林带上轨"),
    }
    return (
        f"{words[language][given.operator.is_upward]} ({given.lookback}, {number(given.multiplier or 2.0)})"
    )


def _name(given: Condition) -> str:
    if given.indicator is Indicator.MACD:
        return f"MACD({', '.join(map(str, macd_periods(given.lookback)))})"
    name = "Z-score" if given.indicator is Indicator.ZSCORE else given.indicator.upper()
    return f"{name}({given.lookback})"
