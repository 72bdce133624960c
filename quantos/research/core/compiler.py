"""From a blueprint to backtrader code that a person goes on with by hand.

The code is plain: a line of `__init__` for each indicator, a method for each decision, numbers that one turns in
`params`. The same blueprint gives the same text. What it does, which `indicators` states a second time:

- decisions fall on the close of a bar, market orders fill at the next open;
- it buys when flat and every entry condition holds; it sells all when any exit condition or limit of risk is met;
- a stop loss in ATR is measured by the ATR of the day, a trailing stop from the highest close since the purchase;
- fixed buys one lot of 100 shares, percent whole lots for 90 % of the equity (what is left covers a next open up to
  the daily limit of 10 %), risk adjusted as many lots as lose 1 % of the equity down to the stop loss, or down to
  2 ATR where there is none, and no more than percent would.

No text of the blueprint reaches the code but in its comment, letters and digits alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from quantos.research.core import wording
from quantos.research.core.blueprint import (
    ATR_LOOKBACK,
    ATR_MULTIPLE,
    Blueprint,
    Condition,
    Indicator,
    Operator,
    Sizing,
)
from quantos.research.core.indicators import macd_periods

LOT: Final = 100
EQUITY_PERCENT: Final = 90.0
RISK_PERCENT: Final = 1.0
LINE_CHARS_MAX: Final = 88
CLOSE: Final = "self.data.close"
RISK_ATR: Final = f"self.atr_{ATR_LOOKBACK}"


def compile_blueprint(blueprint: Blueprint) -> str:
    """Python source with one class `Strategy(bt.Strategy)`, in the formatter's own layout."""
    parts = [
        _class_comment(blueprint),
        _params(blueprint),
        _init(blueprint),
        _next(blueprint),
        _decision("should_buy", "entry", blueprint.entry, "and"),
        _decision("should_sell", "exit", blueprint.exit, "or"),
    ]
    if blueprint.risk.stop_loss or blueprint.risk.take_profit or blueprint.risk.trailing_stop:
        parts.append(_hits_limit(blueprint))
    if blueprint.sizing is not Sizing.FIXED:
        parts.append(_entry_size(blueprint))
    body = "\n\n".join("\n".join(f"    {line}" if line else "" for line in part) for part in parts)
    return f"import backtrader as bt\n\n\nclass Strategy(bt.Strategy):\n{body}\n"


def _class_comment(blueprint: Blueprint) -> list[str]:
    rules = [("Buy: ", blueprint.entry, True), ("Sell:", blueprint.exit, False)]
    said = [
        f"# {name} {wording.rule(conditions, 'en', all_of=all_of)}." for name, conditions, all_of in rules
    ]
    limits = wording.risk(blueprint, "en")
    return [
        f"# Long or flat in {_harmless(blueprint.asset)}, {_harmless(blueprint.timeframe)} candles.",
        *said,
        *([f"# Risk: {', '.join(limits)}."] if limits else []),
    ]


def _harmless(text: str) -> str:
    return "".join(char for char in text if char.isalnum() or char in " .-_^=:&")


def _params(blueprint: Blueprint) -> list[str]:
    risk = blueprint.risk
    values: dict[str, float] = {}
    if blueprint.sizing is Sizing.FIXED:
        values["shares"] = LOT
    else:
        values |= {"lot": LOT, "equity_percent": EQUITY_PERCENT}
    if blueprint.sizing is Sizing.RISK_ADJUSTED:
        values["risk_percent"] = RISK_PERCENT
    if risk.stop_loss is not None:
        values["stop_loss_atr" if risk.stop_loss.in_atr else "stop_loss_percent"] = risk.stop_loss.amount
    elif blueprint.sizing is Sizing.RISK_ADJUSTED:
        values["risk_atr"] = ATR_MULTIPLE
    if risk.take_profit is not None:
        values["take_profit_percent"] = risk.take_profit
    if risk.trailing_stop is not None:
        values["trailing_stop_percent"] = risk.trailing_stop
    return ["params = dict(", *(f"    {name}={value!r}," for name, value in values.items()), ")"]


def _init(blueprint: Blueprint) -> list[str]:
    lines: dict[str, str] = {}
    for condition in (*blueprint.entry, *blueprint.exit):
        lines |= _indicator_lines(condition)
    if _needs_risk_atr(blueprint):
        lines[RISK_ATR] = _atr(ATR_LOOKBACK)
    for side, conditions in (("entry", blueprint.entry), ("exit", blueprint.exit)):
        for place, condition in enumerate(conditions, 1):
            if condition.operator.is_crossing:
                cross = "CrossUp" if condition.operator is Operator.CROSSES_ABOVE else "CrossDown"
                lines[f"self.{side}_{place}"] = f"bt.ind.{cross}({', '.join(sides(condition))})"
    if blueprint.risk.trailing_stop is not None:
        lines["self.highest_close"] = "0.0"
    statements = [_assignment(name, line) for name, line in lines.items()]
    return ["def __init__(self):", *(f"    {line}" for statement in statements for line in statement)]


def _assignment(name: str, value: str) -> list[str]:
    """On one line, or what is in the parentheses on the next, as formatters break it."""
    line = f"{name} = {value}"
    if len(line) + 8 <= LINE_CHARS_MAX:
        return [line]
    if not value.startswith("bt."):
        return [f"{name} = (", f"    {value}", ")"]
    call, _, arguments = value.partition("(")
    return [f"{name} = {call}(", f"    {arguments[:-1]}", ")"]


def _needs_risk_atr(blueprint: Blueprint) -> bool:
    stop = blueprint.risk.stop_loss
    return stop.in_atr if stop is not None else blueprint.sizing is Sizing.RISK_ADJUSTED


def _indicator_lines(condition: Condition) -> dict[str, str]:
    """The lines that a condition needs, by name, in the order in which they need each other."""
    period = condition.lookback
    own = {f"self.{condition.indicator}_{period}": _own_line(condition)}
    spread = {
        f"self.sma_{period}": f"bt.ind.SMA({CLOSE}, period={period})",
        f"self.deviation_{period}": f"bt.ind.StdDev({CLOSE}, period={period})",
    }
    if condition.indicator is Indicator.ZSCORE:
        return spread | own
    if condition.against is not None:
        other = replace(condition, lookback=condition.against)
        return own | {f"self.{condition.indicator}_{condition.against}": _own_line(other)}
    if condition.indicator is Indicator.BOLLINGER:
        return {} if condition.level is not None else spread | {_band_name(condition): own.popitem()[1]}
    if condition.indicator is Indicator.ATR and condition.level is None:
        mean = f"{condition.multiplier!r} * bt.ind.SMA(self.atr_{period}, period={period})"
        return own | {_mean_name(condition): mean}
    return own


def _own_line(condition: Condition) -> str:
    period = condition.lookback
    fast, slow, signal = macd_periods(period)
    sign = "+" if condition.operator.is_upward else "-"
    return {
        Indicator.SMA: f"bt.ind.SMA({CLOSE}, period={period})",
        Indicator.EMA: f"bt.ind.EMA({CLOSE}, period={period})",
        Indicator.RSI: f"bt.ind.RSI_Safe({CLOSE}, period={period})",
        Indicator.ZSCORE: f"bt.DivByZero({CLOSE} - self.sma_{period}, self.deviation_{period})",
        Indicator.MACD: (
            f"bt.ind.MACD({CLOSE}, period_me1={fast}, period_me2={slow}, period_signal={signal})"
        ),
        Indicator.BOLLINGER: f"self.sma_{period} {sign} {condition.multiplier!r} * self.deviation_{period}",
        Indicator.ATR: _atr(period),
    }[condition.indicator]


def _atr(period: int) -> str:
    return f"bt.ind.ATR(self.data, period={period})"


def _band_name(condition: Condition) -> str:
    band = "upper" if condition.operator.is_upward else "lower"
    return f"self.{band}_{condition.lookback}_{_in_a_name(condition.multiplier)}"


def _mean_name(condition: Condition) -> str:
    return f"self.atr_{condition.lookback}_mean_{_in_a_name(condition.multiplier)}"


def _in_a_name(value: float | None) -> str:
    """2.0: 2, 2.5: 2_5; different numbers have different names."""
    return repr(value).removesuffix(".0").replace("-", "minus").replace("+", "plus").replace(".", "_")


def sides(condition: Condition) -> tuple[str, str]:
    """What is compared with what, as expressions of lines and numbers."""
    period = condition.lookback
    line = f"self.{condition.indicator}_{period}"
    level = repr(condition.level)
    match condition.indicator:
        case Indicator.BOLLINGER:
            return CLOSE, _band_name(condition) if condition.level is None else level
        case Indicator.MACD:
            return f"{line}.macd", f"{line}.signal" if condition.level is None else level
        case Indicator.ATR:
            return line, _mean_name(condition) if condition.level is None else level
        case _ if condition.against is not None:
            return line, f"self.{condition.indicator}_{condition.against}"
        case _:
            return (CLOSE, line) if condition.level is None else (line, level)


def _decision(method: str, side: str, conditions: tuple[Condition, ...], joint: str) -> list[str]:
    terms = [_term(condition, f"self.{side}_{place}") for place, condition in enumerate(conditions, 1)]
    return [f"def {method}(self):", *_returned(terms, joint)]


def _term(condition: Condition, crossing: str) -> str:
    if condition.operator.is_crossing:
        return f"{crossing}[0] > 0"
    left, right = sides(condition)
    bar = "[0]" if right.startswith("self.") else ""
    return f"{left}[0] {condition.operator} {right}{bar}"


def _returned(terms: list[str], joint: str) -> list[str]:
    line = f"    return {f' {joint} '.join(terms)}"
    if len(line) + 4 <= LINE_CHARS_MAX:
        return [line]
    joined = f"        {f' {joint} '.join(terms)}"
    first, *others = terms
    apart = [f"        {first}", *(f"        {joint} {term}" for term in others)]
    return ["    return (", *([joined] if len(joined) + 4 <= LINE_CHARS_MAX else apart), "    )"]


def _next(blueprint: Blueprint) -> list[str]:
    trails = blueprint.risk.trailing_stop is not None
    limited = trails or blueprint.risk.stop_loss or blueprint.risk.take_profit
    size = "self.p.shares" if blueprint.sizing is Sizing.FIXED else "self.entry_size()"
    sell = "self.should_sell() or self.hits_limit()" if limited else "self.should_sell()"
    buying = ["        if self.should_buy():", f"            self.buy(size={size})"]
    if not trails:
        return [
            "def next(self):",
            "    if not self.position:",
            *buying,
            f"    elif {sell}:",
            "        self.close()",
        ]
    return [
        "def next(self):",
        "    if not self.position:",
        "        self.highest_close = 0.0",
        *buying,
        "    else:",
        f"        self.highest_close = max(self.highest_close, {CLOSE}[0])",
        f"        if {sell}:",
        "            self.close()",
    ]


def _hits_limit(blueprint: Blueprint) -> list[str]:
    risk = blueprint.risk
    lines = ["def hits_limit(self):", f"    close = {CLOSE}[0]"]
    if risk.stop_loss or risk.take_profit:
        lines.append("    entry = self.position.price")
    terms = []
    if risk.stop_loss is not None:
        in_atr = f"entry - self.p.stop_loss_atr * {RISK_ATR}[0]"
        in_percent = "entry * (1 - self.p.stop_loss_percent / 100)"
        lines.append(f"    stop_loss = {in_atr if risk.stop_loss.in_atr else in_percent}")
        terms.append("close <= stop_loss")
    if risk.take_profit is not None:
        lines.append("    take_profit = entry * (1 + self.p.take_profit_percent / 100)")
        terms.append("close >= take_profit")
    if risk.trailing_stop is not None:
        highest = "self.highest_close * (1 - self.p.trailing_stop_percent / 100)"
        lines.append(f"    trailing_stop = {highest}")
        terms.append("close <= trailing_stop")
    return [*lines, *_returned(terms, "or")]


def _entry_size(blueprint: Blueprint) -> list[str]:
    lines = [
        "def entry_size(self):",
        f"    close = {CLOSE}[0]",
        "    equity = self.broker.getvalue()",
        "    shares = equity * self.p.equity_percent / 100 / close",
    ]
    if blueprint.sizing is Sizing.RISK_ADJUSTED:
        stop = blueprint.risk.stop_loss
        if stop is None:
            distance = f"self.p.risk_atr * {RISK_ATR}[0]"
        elif stop.in_atr:
            distance = f"self.p.stop_loss_atr * {RISK_ATR}[0]"
        else:
            distance = "close * self.p.stop_loss_percent / 100"
        lines += [
            f"    risk_per_share = {distance}",
            "    if risk_per_share > 0:",
            "        risk_budget = equity * self.p.risk_percent / 100",
            "        shares = min(shares, risk_budget / risk_per_share)",
        ]
    return [*lines, "    return int(shares / self.p.lot) * self.p.lot"]
