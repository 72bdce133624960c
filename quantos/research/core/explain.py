"""A strategy explained from its text alone: indicators, entries, exits, risk, sizing, and where it looks ahead.

The same code is always explained in the same words. An order is told with the conditions around it, as far as they are
about the market: whether a position or an order is there goes without saying. A line read at a positive index
(`close[1]`), called with one (`close(1)`), read whole (`close.array`) or shifted backwards (`shift(-1)`) knows what no
one knew on that day; each such place is a warning.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from quantos.research.core.phrases import (
    CROSSINGS,
    INDICATORS,
    PRICES,
    Phrases,
    Strategy,
    assigned_once,
    index,
    indicator_name,
    own_name,
)
from quantos.research.core.policy import strategy_classes
from quantos.research.core.wording import Language

ORDERS_MAX: Final = 20
TESTS_MAX: Final = 12
INDICATORS_MAX: Final = 30
WARNINGS_MAX: Final = 20

ENTRIES: Final = frozenset({"buy", "buy_bracket"})
EXITS: Final = frozenset({"sell", "sell_bracket", "close"})
TARGETS: Final = frozenset({"order_target_percent", "order_target_value", "order_target_size"})
STATES: Final = frozenset({"position", "order", "getposition", "orders"})
RISK_WORDS: Final = ("stop", "trail", "profit", "risk", "drawdown")
RISK_ARGUMENTS: Final = frozenset({"stopprice", "limitprice", "trailpercent", "trailamount"})

TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "name": "The strategy {}.",
        "indicators": "Indicators: {}.",
        "no_indicators": "It uses no indicator of the library.",
        "entry": "It buys when {}.",
        "entry_always": "It buys whenever it can.",
        "exit": "It sells when {}.",
        "exit_always": "It sells whenever it can.",
        "no_entry": "It never buys.",
        "no_exit": "It never sells.",
        "risk": "Risk: {}.",
        "no_risk": "Risk: no stop loss, take profit or trailing stop.",
        "sizing": "Position size: {}.",
        "default_size": "the default of one share an order",
        "ahead": "Warning, line {}: {} looks ahead: it reads what was not yet known on that day.",
        "or": ", or when ",
        "list": ", ",
    },
    "zh": {
        "name": "策略 {}。",
        "indicators": "指标：{}。",
        "no_indicators": "未使用指标库中的指标。",
        "entry": "买入条件：{}。",
        "entry_always": "只要可能就买入。",
        "exit": "卖出条件：{}。",
        "exit_always": "只要可能就卖出。",
        "no_entry": "从不买入。",
        "no_exit": "从不卖出。",
        "risk": "风险控制：{}。",
        "no_risk": "风险控制：无止损、止盈或移动止损。",
        "sizing": "仓位：{}。",
        "default_size": "默认每笔一股",
        "ahead": "警告，第 {} 行：{} 使用了未来数据，当日尚无从得知。",
        "or": "；或 ",
        "list": "，",
    },
}


@dataclass(slots=True)
class _Orders:
    """What the methods order, each with what must hold for it."""

    entries: list[str] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)


def explain(tree: ast.Module, language: Language = "en") -> str:
    """A few lines of plain words on the last strategy of code that `policy.admit` let through."""
    chosen = strategy_classes(tree)[-1]
    strategy = _strategy(chosen)
    phrases, texts = Phrases(strategy, language), TEXTS[language]
    orders = _orders(strategy, phrases)
    lines = [texts["name"].format(chosen.name), _indicators(chosen, phrases, language)]
    for side, told in (("entry", orders.entries), ("exit", orders.exits)):
        if not told:
            lines.append(texts[f"no_{side}"])
        elif "" in told:
            lines.append(texts[f"{side}_always"])
        else:
            lines.append(texts[side].format(texts["or"].join(dict.fromkeys(told))))
    limits = [*_risk_params(strategy, phrases), *orders.limits]
    lines.append(
        texts["risk"].format(texts["list"].join(dict.fromkeys(limits))) if limits else texts["no_risk"]
    )
    sizes = list(dict.fromkeys(orders.sizes)) or [texts["default_size"]]
    lines.append(texts["sizing"].format(texts["list"].join(sizes)))
    lines += [texts["ahead"].format(line, code) for line, code in look_ahead(chosen)]
    return "\n".join(lines)


def look_ahead(strategy: ast.ClassDef) -> list[tuple[int, str]]:
    """(line, code) of each place that reads what comes later, in the order of the text."""
    found = [node for node in ast.walk(strategy) if isinstance(node, ast.expr) and _looks_ahead(node)]
    return sorted({(node.lineno, ast.unparse(node)) for node in found})[:WARNINGS_MAX]


def _looks_ahead(node: ast.expr) -> bool:
    match node:
        case ast.Subscript(value=value, ctx=ast.Load()):
            return (index(node) or 0) > 0 and _is_line(value)
        case ast.Call(func=ast.Attribute(attr="shift"), args=[ast.UnaryOp(op=ast.USub()), *_]):
            return True
        case ast.Call(func=func, args=[ast.Constant(value=int(bars))]):
            return bars > 0 and isinstance(func, ast.Attribute) and func.attr in PRICES and _is_line(func)
        case ast.Attribute(attr="array", value=value):
            return _is_line(value)
    return False


def _is_line(node: ast.expr) -> bool:
    """Something of self that is no list of feeds: `self.data.close`, `self.sma`, `self.datas[0].low`."""
    code = ast.unparse(node)
    return code.startswith("self.") and not code.endswith((".datas", ".params", ".p", ".lines"))


def _strategy(chosen: ast.ClassDef) -> Strategy:
    methods = {node.name: node for node in chosen.body if isinstance(node, ast.FunctionDef)}
    params: dict[str, ast.expr] = {}
    for node in chosen.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["params"]:
            params = dict(_params(node.value))
    return Strategy(params, assigned_once(chosen, to_self=True), methods)


def _params(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Of `dict(a=1)`, `{"a": 1}` and `(("a", 1),)`."""
    match node:
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            yield from ((each.arg, each.value) for each in keywords if each.arg)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.Tuple(elts=rows) | ast.List(elts=rows):
            for row in rows:
                match row:
                    case ast.Tuple(elts=[ast.Constant(value=str(name)), value]):
                        yield name, value


def _indicators(chosen: ast.ClassDef, phrases: Phrases, language: Language) -> str:
    calls = [node for node in ast.walk(chosen) if isinstance(node, ast.Call)]
    told: dict[str, str] = {}
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if len(told) == INDICATORS_MAX:
            break
        name = indicator_name(call).lower()
        if name and name not in CROSSINGS:
            full = INDICATORS[name][1 if language == "en" else 2] if name in INDICATORS else ""
            said = phrases.indicator(call)
            told[said] = (
                f"{said} ({full})" if language == "en" and full else f"{said}（{full}）" if full else said
            )
    texts = TEXTS[language]
    return texts["indicators"].format(texts["list"].join(told.values())) if told else texts["no_indicators"]


def _orders(strategy: Strategy, phrases: Phrases) -> _Orders:
    orders = _Orders()
    for method in strategy.methods.values():
        local = assigned_once(method, to_self=False)
        for call, tests in islice(_ordered(method.body, ()), ORDERS_MAX):
            _tell_order(orders, call, tests, phrases, local)
    return orders


def _tell_order(
    orders: _Orders, call: ast.Call, tests: tuple[ast.expr, ...], phrases: Phrases, local: dict[str, ast.expr]
) -> None:
    name = own_name(call.func)
    told = [phrases.say(test, local) for test in tests]
    if name == "signal_add" and len(call.args) == 2:
        told.append(phrases.say(ast.Compare(call.args[1], [ast.Gt()], [ast.Constant(0)]), local))
    condition = phrases.words["and"].join(
        f"({each})" if " or " in each and len(told) > 1 else each for each in told
    )
    goes_flat = name in TARGETS and any(
        isinstance(value, ast.Constant) and value.value == 0 for value in _arguments(call)
    )
    if name in EXITS or goes_flat:
        orders.exits.append(condition)
    else:
        orders.entries.append(condition)
        if name in TARGETS:
            orders.sizes += [f"{name}({', '.join(phrases.say(value, local) for value in _arguments(call))})"]
    for keyword in call.keywords:
        if keyword.arg == "size" and name in ENTRIES:
            orders.sizes.append(_size(keyword.value, phrases, local))
        if keyword.arg in RISK_ARGUMENTS:
            orders.limits.append(f"{keyword.arg} = {phrases.say(keyword.value, local)}")
        if keyword.arg == "exectype" and "Stop" in ast.unparse(keyword.value):
            orders.limits.append(ast.unparse(keyword.value))


def _size(node: ast.expr, phrases: Phrases, local: dict[str, ast.expr]) -> str:
    """With the parameters of the method that works it out, if one does."""
    said = phrases.say(node, local)
    method = phrases.strategy.methods.get(own_name(node.func)) if isinstance(node, ast.Call) else None
    if method is None:
        return said
    names = {each.attr for each in ast.walk(method) if isinstance(each, ast.Attribute)}
    used = {name: value for name, value in phrases.strategy.params.items() if name in names}
    values = ", ".join(f"{name} = {phrases.say(value)}" for name, value in used.items())
    return f"{said} ({values})" if values else said


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


Ordered = tuple[ast.Call, tuple[ast.expr, ...]]


def _ordered(body: list[ast.stmt], tests: tuple[ast.expr, ...]) -> Iterator[Ordered]:
    """Each order in the statements, with the tests that lead to it."""
    for statement in body:
        tests = tests[:TESTS_MAX]
        if isinstance(statement, ast.If):
            holds = _about_the_market(statement.test)
            fails = tuple(ast.UnaryOp(ast.Not(), test) for test in holds)
            if len(holds) > 1 and statement.orelse:
                fails = (ast.UnaryOp(ast.Not(), ast.BoolOp(ast.And(), list(holds))),)
            yield from _ordered(statement.body, (*tests, *holds))
            yield from _ordered(statement.orelse, (*tests, *fails))
            if isinstance(statement.body[-1], ast.Return) and not statement.orelse:
                tests = (*tests, *fails)
        elif isinstance(statement, ast.For | ast.While | ast.With | ast.Try):
            yield from _ordered(statement.body, tests)
        else:
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _is_order(node):
                    yield node, tests


def _is_order(call: ast.Call) -> bool:
    return own_name(call.func) in ENTRIES | EXITS | TARGETS | {"signal_add"}


def _about_the_market(test: ast.expr) -> tuple[ast.expr, ...]:
    """The parts of a test, without those that ask for a position or an order."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return tuple(part for value in test.values for part in _about_the_market(value))
    inner = test.operand if isinstance(test, ast.UnaryOp) else test
    inner = inner.left if isinstance(inner, ast.Compare) else inner
    inner = inner.func if isinstance(inner, ast.Call) else inner
    names = {own_name(node) for node in ast.walk(inner) if isinstance(node, ast.expr)}
    return () if names & STATES and isinstance(inner, ast.Attribute) else (test,)


def _risk_params(strategy: Strategy, phrases: Phrases) -> list[str]:
    return [
        f"{name} = {phrases.say(value)}"
        for name, value in strategy.params.items()
        if any(word in name.lower() for word in RISK_WORDS)
    ]
