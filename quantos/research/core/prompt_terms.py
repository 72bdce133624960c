"""The conditions that a piece of a sentence names, in English or Chinese small letters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

_NUMBER: Final = r"(-?\d+(?:\.\d+)?)"
_WITH: Final = (
    r"[\s,]*(?:the |its |a |为|是|了|到|于|is |has |goes |moves |falls |drops |rises |价格?|value of )*"
)
OPERATORS: Final = (
    ("crosses_above", r"cross(?:es|ed|ing)?(?: back)? (?:above|over(?!sold|bought)|up(?:ward)?s?(?: through)?)|breaks? above|上穿|升破|突破|站上|向上穿过"),
    ("crosses_below", r"cross(?:es|ed|ing)?(?: back)? (?:below|under|down(?:ward)?s?(?: through)?)|breaks? below|下穿|跌破|向下穿过"),
    (">=", r">=|≥|at least|no less than|不低于|不小于|大于等于|大于或等于"),
    ("<=", r"<=|≤|at most|no more than|不高于|不大于|不超过|小于等于|小于或等于"),
    (">", r">|above|over(?!sold|bought)|greater than|more than|higher than|exceeds?|高于|大于|超过|在[^,]{0,3}之上"),
    ("<", r"<|below|under|less than|lower than|beneath|低于|小于|在[^,]{0,3}之下"),
)  # fmt: skip
_OPERATOR: Final = "|".join(f"(?:{pattern})" for _, pattern in OPERATORS)
_MEAN: Final = r"sma|ema|wma|ma|simple moving averages?|exponential moving averages?|moving averages?|简单移动平均线?|指数移动平均线?|移动平均线?|指数均线|均线|平均线|日线"
_DAYS: Final = r"(?:\s*-?\s*(?:days?|d|bars?|periods?|日|天|周期))?[\s-]*"


def _average(n: str) -> str:
    """A named average: `sma 20`, `sma(20)`, `ma20`, `20-day moving average`, `20日均线`."""
    return (
        rf"(?:(?P<kind{n}a>{_MEAN})\s*\(?\s*(?P<days{n}a>\d{{1,4}})(?!\d|\.\d|%)\s*\)?|"
        rf"(?P<days{n}b>\d{{1,4}}){_DAYS}(?P<kind{n}b>{_MEAN}))"
    )


_PRICE: Final = r"(?:closing price|the close|close|price|stock|股价|收盘价?|价格)"
_OSC: Final = r"(?:(?P<days>\d{1,4})\s*-?\s*(?:day|日|天|period|周期)?[\s-]*)?(?P<name>rsi|z[- ]?score|z分数|z值|atr|真实波幅)\s*(?:\(\s*(?P<in>\d{1,4})\s*\)|(?P<after>\d{1,4})(?=\s*(?:is|falls|drops|rises|cross|below|above|<|>|低|高|小|大|上|下|超)))?"
_PATTERNS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("averages", rf"{_average('1')}{_WITH}(?P<op>{_OPERATOR}){_WITH}{_average('2')}"),
        ("pair", rf"(?P<fast>\d{{1,4}})\s*(?:/|and|,|与|和)\s*(?P<slow>\d{{1,4}}){_DAYS}(?P<kind>{_MEAN})\s*(?:的)?\s*(?P<cross>golden cross|death cross|cross(?:over|es|ing)?|金叉|死叉|交叉)?"),
        ("pair", rf"(?P<kind>{_MEAN})\s*\(?(?P<fast>\d{{1,4}})\s*(?:/|and|,|与|和)\s*(?:sma|ema|ma)?\s*(?P<slow>\d{{1,4}})\)?\s*(?:的)?\s*(?P<cross>golden cross|death cross|cross(?:over|es|ing)?|金叉|死叉|交叉)?"),
        ("price", rf"{_PRICE}{_WITH}(?P<op>{_OPERATOR}){_WITH}{_average('1')}"),
        ("band", rf"{_PRICE}?{_WITH}(?:(?P<op>{_OPERATOR}|touches|hits|触及|触碰){_WITH})?(?:(?P<side>lower|upper)\s*)?(?P<name>bollinger(?: bands?)?|布林带?线?|boll)\s*(?:\(\s*(?P<days>\d{{1,4}})\s*(?:,\s*(?P<mult>\d+(?:\.\d+)?))?\s*\))?\s*(?:的)?\s*(?P<side2>lower|upper|下轨|上轨)?"),
        ("macd", rf"macd\s*(?:\(\s*\d+\s*,\s*(?P<days>\d{{1,4}})\s*,\s*\d+\s*\))?\s*(?:line)?{_WITH}(?:(?P<cross>golden cross|death cross|金叉|死叉)|(?P<op>{_OPERATOR}){_WITH}(?:(?P<signal>signal(?: line)?|信号线?)|(?P<zero>zero|零轴?|0轴)|{_NUMBER})|crossover|crosses|交叉|signal)?"),
        ("level", r"(?P<word>oversold|overbought|超卖|超买)\s*(?:的)?\s*(?P<name>rsi)"),
        ("level", rf"{_OSC}{_WITH}(?:(?P<word>oversold|overbought|超卖|超买)|(?P<op>{_OPERATOR}){_WITH}(?P<level>-?\d+(?:\.\d+)?))"),
        ("level", r"(?P<word>oversold|overbought|超卖|超买)"),
        ("lone", rf"{_OSC}{_WITH}(?P<op>rises|falls|spikes|升高|放大)?"),
        ("mean", rf"{_average('1')}(?:{_WITH}(?P<op>{_OPERATOR}){_WITH}(?P<level>-?\d+(?:\.\d+)?)(?!\s*(?:day|日)))?"),
        ("cross", r"(?:均线)?\s*(?P<cross>golden cross|death cross|金叉|死叉|双均线|均线交叉|moving averages? cross(?:over|es|ing)?|(?:sma|ema|ma) cross(?:over|es|ing)?)"),
        ("again", rf"(?P<op>{_OPERATOR}){_WITH}(?P<level>-?\d+(?:\.\d+)?)?(?:it|they|回来|signal(?: line)?|信号线?)?"),
    )
)  # fmt: skip
OPPOSITES: Final = {
    ">": "<",
    "<": ">",
    ">=": "<=",
    "<=": ">=",
    "crosses_above": "crosses_below",
    "crosses_below": "crosses_above",
}
DOWN: Final = {"death cross", "死叉"}


@dataclass(frozen=True, slots=True)
class Found:
    """A condition as `read_blueprint` takes it, and the words that it was read from."""

    condition: dict[str, Any]
    text: str = ""


def conditions(piece: str, last: dict[str, Any] | None) -> tuple[list[Found], str]:
    """In the order of the text, and what is left of it. `last`: the condition named before."""
    at: list[tuple[int, Found]] = []
    left = piece
    for name, pattern in _PATTERNS:
        while (match := pattern.search(left)) is not None and match[0].strip():
            before = at[-1][1].condition if at else last
            condition = _condition(name, match, before)
            if condition is None:
                break
            at.append((match.start(), Found(condition, match[0].strip(" ,"))))
            blank = "\0" * (match.end() - match.start())
            left = f"{left[: match.start()]}{blank}{left[match.end() :]}"
    return [found for _, found in sorted(at, key=lambda each: each[0])], left.replace("\0", "")


def turned_round(condition: dict[str, Any], side: str) -> dict[str, Any]:
    """The condition that ends what this one begins; a sale has neither z-score nor bands: then the mean."""
    operator = OPPOSITES[condition["operator"]]
    params = dict(condition.get("params", {}))
    if condition["indicator"] in {"zscore", "bollinger"}:
        lookback = params.get("lookback", 20)
        return {"indicator": "sma", "operator": operator, "params": {"lookback": lookback}}
    turned = {"indicator": condition["indicator"], "operator": operator, "params": params}
    value = condition.get("value")
    if condition["indicator"] == "rsi" and value is not None:
        turned["value"] = 100.0 - value
    elif value is not None:
        turned["value"] = value
    if condition["indicator"] == "atr" and side == "entry":
        return {"indicator": "sma", "operator": "crosses_above", "params": {"lookback": 20}}
    return turned


def _condition(name: str, match: re.Match[str], last: dict[str, Any] | None) -> dict[str, Any] | None:
    groups = {key: value for key, value in match.groupdict().items() if value}
    operator = _operator(groups.get("op"))
    match name:
        case "averages":
            params = {"lookback": _days(groups, "1"), "against": _days(groups, "2")}
            made: dict[str, Any] | None = _made(_kind(groups, "1"), operator, params)
        case "pair":
            fast, slow = sorted((int(groups["fast"]), int(groups["slow"])))
            down = groups.get("cross") in DOWN
            made = _made(_mean_of(groups["kind"]), _crossing(down=down), {"lookback": fast, "against": slow})
        case "price":
            made = _made(_kind(groups, "1"), operator, {"lookback": _days(groups, "1")})
        case "band":
            made = _band(groups, operator)
        case "macd":
            made = _macd(match, groups, operator)
        case "level" | "lone":
            made = _oscillator(groups, operator)
        case "mean":
            usual = operator or ("crosses_above" if last is None else OPPOSITES[last["operator"]])
            made = _made(_kind(groups, "1"), usual, {"lookback": _days(groups, "1")}, groups.get("level"))
        case "cross":
            made = _crossed(groups, last)
        case _:
            made = _again(groups, operator, last)
    return made


def _crossed(groups: dict[str, str], last: dict[str, Any] | None) -> dict[str, Any]:
    """Of what was named last, where that is a line that crosses another."""
    operator = _crossing(down=groups["cross"] in DOWN)
    if last is not None and last["indicator"] in {"macd", "sma", "ema"}:
        return {**last, "operator": operator}
    return _made("ema" if "ema" in groups["cross"] else "sma", operator, {"lookback": 20, "against": 50})


def _again(groups: dict[str, str], operator: str, last: dict[str, Any] | None) -> dict[str, Any] | None:
    """About the indicator that was named last."""
    if last is None:
        return None
    made = {key: value for key, value in last.items() if key != "value"} | {"operator": operator}
    if "level" in groups:
        made["params"] = {key: value for key, value in made["params"].items() if key != "against"}
        made["value"] = float(groups["level"])
    elif "value" in last:
        made["value"] = 100.0 - last["value"] if last["indicator"] == "rsi" else last["value"]
    return made


def _oscillator(groups: dict[str, str], operator: str) -> dict[str, Any] | None:
    name = groups.get("name", "rsi")
    indicator = "rsi" if name == "rsi" else "atr" if name in {"atr", "真实波幅"} else "zscore"
    days = groups.get("days") or groups.get("in") or groups.get("after")
    params = {"lookback": int(days)} if days else {}
    if (word := groups.get("word")) is not None:
        return _made(indicator, "<" if word in {"oversold", "超卖"} else ">", params)
    if "level" in groups:
        return _made(indicator, operator, params, groups["level"])
    return _made(indicator, ">" if indicator == "atr" else "<", params)


def _macd(match: re.Match[str], groups: dict[str, str], operator: str) -> dict[str, Any]:
    params = {"lookback": int(groups["days"])} if "days" in groups else {}
    if "op" not in groups:
        return _made("macd", _crossing(down=groups.get("cross") in DOWN), params)
    if "signal" in groups:
        return _made("macd", operator, params)
    level = "0" if "zero" in groups else match.groups()[-1]
    return _made("macd", operator, params, level)


def _band(groups: dict[str, str], operator: str) -> dict[str, Any]:
    side = groups.get("side") or groups.get("side2") or ""
    upper = side in {"upper", "上轨"} or (not side and operator in {">", ">=", "crosses_above"})
    params: dict[str, Any] = {"lookback": int(groups["days"])} if "days" in groups else {}
    if "mult" in groups:
        params["multiplier"] = float(groups["mult"])
    return _made("bollinger", _as_of_a_band(operator, upper=upper), params)


def _as_of_a_band(operator: str, *, upper: bool) -> str:
    """A blueprint compares upwards with the upper band and downwards with the lower one."""
    upward = operator in {">", ">=", "crosses_above"}
    if not operator:
        return ">" if upper else "<"
    return operator if upward == upper else OPPOSITES[operator]


def _made(indicator: str, operator: str, params: dict[str, Any], level: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"indicator": indicator, "operator": operator, "params": params}
    if level is not None:
        made["value"] = float(level)
    return made


def _operator(text: str | None) -> str:
    if text is None:
        return ""
    return next((name for name, pattern in OPERATORS if re.fullmatch(pattern, text)), "")


def _crossing(*, down: bool) -> str:
    return "crosses_below" if down else "crosses_above"


def _days(groups: dict[str, str], number: str) -> int:
    return max(1, int(groups.get(f"days{number}a") or groups[f"days{number}b"]))


def _kind(groups: dict[str, str], number: str) -> str:
    return _mean_of(groups.get(f"kind{number}a") or groups[f"kind{number}b"])


def _mean_of(name: str) -> str:
    return "ema" if name.startswith(("ema", "exponential", "指数")) else "sma"
