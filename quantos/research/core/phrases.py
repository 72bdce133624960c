"""Expressions of strategy code in words: `self.rsi[0] < 30` as `RSI(14) < 30`.

What `__init__` gives to `self` and what a method gives to its locals, once, is followed to where it comes from;
parameters are told by their values, helper methods by what they return. What has no words is told as code.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from quantos.research.core.wording import Language, number

LEVELS_MAX: Final = 30
PARTS_MAX: Final = 500
NESTED_MAX: Final = 3
PHRASE_CHARS_MAX: Final = 400

INDICATORS: Final[dict[str, tuple[str, str, str]]] = {
    "sma": ("SMA", "simple moving average", "简单移动平均"),
    "simplemovingaverage": ("SMA", "simple moving average", "简单移动平均"),
    "movingaveragesimple": ("SMA", "simple moving average", "简单移动平均"),
    "ema": ("EMA", "exponential moving average", "指数移动平均"),
    "exponentialmovingaverage": ("EMA", "exponential moving average", "指数移动平均"),
    "movingaverageexponential": ("EMA", "exponential moving average", "指数移动平均"),
    "wma": ("WMA", "weighted moving average", "加权移动平均"),
    "smma": ("SMMA", "smoothed moving average", "平滑移动平均"),
    "rsi": ("RSI", "relative strength index", "相对强弱指标"),
    "rsi_safe": ("RSI", "relative strength index", "相对强弱指标"),
    "rsi_sma": ("RSI", "relative strength index", "相对强弱指标"),
    "rsi_ema": ("RSI", "relative strength index", "相对强弱指标"),
    "relativestrengthindex": ("RSI", "relative strength index", "相对强弱指标"),
    "macd": ("MACD", "moving average convergence divergence", "指数平滑异同移动平均"),
    "macdhisto": ("MACD", "moving average convergence divergence", "指数平滑异同移动平均"),
    "bollingerbands": ("Bollinger bands", "bands of standard deviations around a mean", "布林带"),
    "bbands": ("Bollinger bands", "bands of standard deviations around a mean", "布林带"),
    "atr": ("ATR", "average true range", "平均真实波幅"),
    "averagetruerange": ("ATR", "average true range", "平均真实波幅"),
    "stddev": ("StdDev", "standard deviation", "标准差"),
    "standarddeviation": ("StdDev", "standard deviation", "标准差"),
    "stochastic": ("Stochastic", "stochastic oscillator", "随机指标"),
    "highest": ("highest", "highest value", "最高值"),
    "lowest": ("lowest", "lowest value", "最低值"),
    "momentum": ("Momentum", "change of the price", "动量"),
    "roc": ("ROC", "rate of change", "变动率"),
    "adx": ("ADX", "average directional index", "平均趋向指数"),
    "cci": ("CCI", "commodity channel index", "顺势指标"),
}
"""By backtrader's name in small letters: the short name, and what it is in English and Chinese."""

CROSSINGS: Final = {"crossup": "above", "crossdown": "below", "crossover": "either"}
INDICATOR_MODULES: Final = frozenset({"ind", "indicators", "btind", "talib"})
PRICES: Final = frozenset({"open", "high", "low", "close", "volume"})
COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
SIGNS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "and": " and ",
        "or": " or ",
        "not": "not ({})",
        "of": "{} of {}",
        "ago": "{} {} bar{} ago",
        "ahead": "{} {} bar{} ahead",
        "above": "{} crosses above {}",
        "below": "{} crosses below {}",
        "either": "{} crosses {}",
        "entry": "the entry price",
        "open": "the open",
        "high": "the high",
        "low": "the low",
        "close": "the close",
        "volume": "the volume",
    },
    "zh": {
        "and": " 且 ",
        "or": " 或 ",
        "not": "非（{}）",
        "of": "{1} 的 {0}",
        "ago": "{1} 根 K 线前的{0}",
        "ahead": "{1} 根 K 线后的{0}",
        "above": "{} 上穿 {}",
        "below": "{} 下穿 {}",
        "either": "{} 与 {} 交叉",
        "entry": "入场价",
        "open": "开盘价",
        "high": "最高价",
        "low": "最低价",
        "close": "收盘价",
        "volume": "成交量",
    },
}

Locals = dict[str, ast.expr]


@dataclass(frozen=True, slots=True)
class Strategy:
    """What a strategy class is made of."""

    params: dict[str, ast.expr]
    own: dict[str, ast.expr]  # what is given to self.<name>, once
    methods: dict[str, ast.FunctionDef]


def assigned_once(body: ast.AST, *, to_self: bool) -> dict[str, ast.expr]:
    """By name, what `name = …` or `self.name = …` gives it, of names that are given something once."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(body):
        targets = node.targets if isinstance(node, ast.Assign) else []
        changed = [node.target] if isinstance(node, ast.AugAssign | ast.For) else []
        for target in (*targets, *changed, *changed):
            name = own_name(target) if to_self else _local_name(target)
            given.setdefault(name, []).append(node.value if isinstance(node, ast.Assign) else target)
    return {name: values[0] for name, values in given.items() if name and len(values) == 1}


def own_name(node: ast.expr) -> str:
    """`x` of `self.x`, else nothing."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return ""


def indicator_name(node: ast.expr) -> str:
    """The name under which backtrader knows the called indicator, else nothing: a crossing is one too."""
    if not isinstance(node, ast.Call):
        return ""
    path = ast.unparse(node.func).split(".") if isinstance(node.func, ast.Name | ast.Attribute) else [""]
    known = path[-1].lower() in INDICATORS.keys() | CROSSINGS.keys()
    return path[-1] if known or INDICATOR_MODULES & set(path[:-1]) else ""


class Phrases:
    """Tells expressions of one strategy in one language."""

    def __init__(self, strategy: Strategy, language: Language) -> None:
        self.strategy = strategy
        self.words = WORDS[language]
        self.parts = 0

    def say(self, node: ast.expr, local: Locals | None = None) -> str:
        """At most PHRASE_CHARS_MAX characters, of at most PARTS_MAX parts: names may lead in circles."""
        self.parts = 0
        said = self._say(node, local or {}, 0)
        return said if len(said) <= PHRASE_CHARS_MAX else f"{said[: PHRASE_CHARS_MAX - 1]}…"

    def value(self, node: ast.expr) -> ast.expr:
        """Behind `self.p.x` or `self.params.x`, the parameter's value."""
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self"), attr="p" | "params"), attr=name
            ):
                return self.strategy.params.get(name, node)
        return node

    def indicator(self, call: ast.Call, nested: int = 0) -> str:
        """For example `SMA(20)`, `SMA(14) of ATR(14)`."""
        name = indicator_name(call)
        short = INDICATORS[name.lower()][0] if name.lower() in INDICATORS else name
        given = [*call.args, *(each.value for each in call.keywords)]
        values = [
            _number(value.value)
            for value in map(self.value, given)
            if isinstance(value, ast.Constant) and isinstance(value.value, int | float)
        ]
        said = f"{short}({', '.join(values)})" if values else short
        source = self.strategy.own.get(own_name(call.args[0])) if call.args else None
        if isinstance(source, ast.Call) and indicator_name(source) and nested < NESTED_MAX:
            return self.words["of"].format(said, self.indicator(source, nested + 1))
        return said

    def _say(self, node: ast.expr, local: Locals, depth: int) -> str:
        self.parts += 1
        node, local, depth = self._followed(node, local, depth + 1)
        if depth > LEVELS_MAX or self.parts > PARTS_MAX:
            return "…"
        match node:
            case ast.BoolOp():
                joint = self.words["and" if isinstance(node.op, ast.And) else "or"]
                said = joint.join(self._part(node, each, local, depth) for each in node.values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                said = self.words["not"].format(self._say(operand, local, depth))
            case ast.Compare():
                said = self._compared(node, local, depth)
            case ast.BinOp(left=left, right=right) if type(node.op) in SIGNS:
                sides = (self._part(node, each, local, depth) for each in (left, right))
                said = f" {SIGNS[type(node.op)]} ".join(sides)
            case ast.Subscript():
                said = self._bar(node, local, depth)
            case ast.Attribute():
                said = self._named(node, local, depth)
            case ast.Call():
                said = self._called(node, local, depth)
            case ast.Constant(value=int() | float() as value):
                said = _number(value)
            case _:
                said = ast.unparse(node)
        return said

    def _followed(self, node: ast.expr, local: Locals, depth: int) -> tuple[ast.expr, Locals, int]:
        """Names to what they were given, parameters to their values, helpers to what they return."""
        while depth <= LEVELS_MAX:
            node = self.value(node)
            if isinstance(node, ast.Name) and node.id in local:
                node = local[node.id]
            elif own_name(node) in self.strategy.own:
                node, local = self.strategy.own[own_name(node)], {}
            elif (method := self._helper(node)) is not None:
                node, local = method[0], assigned_once(method[1], to_self=False)
            else:
                break
            depth += 1
        return node, local, depth

    def _helper(self, node: ast.expr) -> tuple[ast.expr, ast.FunctionDef] | None:
        """What a called method of the strategy returns, where it has one return, at its end."""
        method = self.strategy.methods.get(own_name(node.func)) if isinstance(node, ast.Call) else None
        if method is None or not isinstance(last := method.body[-1], ast.Return) or last.value is None:
            return None
        returns = [each for each in ast.walk(method) if isinstance(each, ast.Return)]
        return (last.value, method) if len(returns) == 1 else None

    def _part(self, whole: ast.expr, node: ast.expr, local: Locals, depth: int) -> str:
        """With parentheses where the whole binds more tightly than its part."""
        part, _, _ = self._followed(node, local, depth)
        said = self._say(node, local, depth)
        looser = isinstance(part, ast.BoolOp) and not (
            isinstance(whole, ast.BoolOp) and type(part.op) is type(whole.op)
        )
        if isinstance(part, ast.BinOp) and isinstance(whole, ast.BinOp):
            binding = (_binding(whole), _binding(part))
            looser = binding[1] < binding[0] or (binding[0] == binding[1] and node is whole.right)
        return f"({said})" if looser else said

    def _compared(self, node: ast.Compare, local: Locals, depth: int) -> str:
        crossed = self._crossing(node.left, depth)
        match crossed, node.ops, node.comparators:
            case ast.Call(), [ast.Gt() | ast.GtE() | ast.Eq()], [ast.Constant(value=0 | 1)]:
                return self._crosses(crossed, "above", depth)
            case ast.Call(), [ast.Lt() | ast.LtE()], [ast.Constant(value=0)]:
                return self._crosses(crossed, "below", depth)
            case ast.Call(), [ast.Lt() | ast.Eq()], [ast.UnaryOp()]:
                return self._crosses(crossed, "below", depth)
        said = self._part(node, node.left, local, depth)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            sign = COMPARISONS.get(type(operator), "is")
            said += f" {sign} {self._part(node, right, local, depth)}"
        return said

    def _crossing(self, node: ast.expr, depth: int) -> ast.Call | None:
        if isinstance(node, ast.Subscript):
            node = node.value
        name = own_name(node)
        if name in self.strategy.own and depth <= LEVELS_MAX:
            return self._crossing(self.strategy.own[name], depth + 1)
        return node if isinstance(node, ast.Call) and indicator_name(node).lower() in CROSSINGS else None

    def _crosses(self, call: ast.Call, side: str, depth: int) -> str:
        own_side = CROSSINGS[indicator_name(call).lower()]
        if len(call.args) < 2:
            return ast.unparse(call)
        left, right = (self._say(each, {}, depth + 1) for each in call.args[:2])
        return self.words[side if own_side == "either" else own_side].format(left, right)

    def _bar(self, node: ast.Subscript, local: Locals, depth: int) -> str:
        bars = index(node)
        if bars is None:
            return ast.unparse(node)
        if (crossing := self._crossing(node.value, depth)) is not None and bars == 0:
            return self._crosses(crossing, "either", depth)
        said = self._say(node.value, local, depth)
        if bars == 0:
            return said
        plural = "" if abs(bars) == 1 else "s"
        return self.words["ago" if bars < 0 else "ahead"].format(said, abs(bars), plural)

    def _named(self, node: ast.Attribute, local: Locals, depth: int) -> str:
        code = ast.unparse(node)
        if code == "self.position.price":
            return self.words["entry"]
        if node.attr in PRICES and code.startswith("self.data"):
            return self.words[node.attr]
        if own_name(node.value) in self.strategy.own:
            return f"{self._say(node.value, local, depth + 1)} {node.attr}"
        return code.removeprefix("self.")

    def _called(self, node: ast.Call, local: Locals, depth: int) -> str:
        name = indicator_name(node)
        if name.lower() in CROSSINGS:
            return self._crosses(node, "either", depth)
        if name:
            return self.indicator(node)
        if ast.unparse(node.func).endswith(".DivByZero") and len(node.args) >= 2:
            divided = ast.BinOp(node.args[0], ast.Div(), node.args[1])
            return self._say(divided, local, depth + 1)
        given = ", ".join(self._say(each, local, depth + 1) for each in node.args)
        return f"{ast.unparse(node.func).removeprefix('self.')}({given})"


def index(node: ast.Subscript) -> int | None:
    """The whole number in the brackets, where it is written out."""
    match node.slice:
        case ast.Constant(value=int(bars)):
            return bars
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(bars))):
            return -bars
    return None


def _local_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _binding(node: ast.BinOp) -> int:
    return 1 if isinstance(node.op, ast.Add | ast.Sub) else 2


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else number(value)
