"""A strategy as its builder filled it in: conditions, risk, sizing (COP-11 to COP-13).

What the guide leaves open, and how it is read here:

- All entry conditions must hold to buy; any exit condition sells.
- What is compared with what, where `level` is `value`, else `params.threshold`, else as stated:

  sma, ema     with a level: the average and the level; without: the close and the average (lookback 20)
               with `params.against`, a lookback: the average and the one of that lookback (beyond the guide)
  rsi          RSI (lookback 14) and the level; without: 30 for < <= crosses_below, 70 for > >= crosses_above
  zscore       (close - mean) / deviation (lookback 20) and the level; without: -2 below, 2 above
  macd         with a level: the MACD line and the level; without: the line and its signal. 12, 26, 9; a lookback
               takes the place of 26, and 12 and 9 shrink or grow in proportion
  bollinger    with a level: the close and the level; without: the close and the lower band for < <= crosses_below,
               the upper band for > >= crosses_above; bands at `multiplier` (2) deviations around the mean (20)
  atr          with a level: ATR (lookback 14) and the level; without: ATR and `multiplier` (1) times its own mean

- A stop loss is a percentage of the entry price, as a number (5.0) or a text ("5", "5%"), or a multiple of the ATR of
  14 bars ("2atr", "2 x ATR", "ATR*2", "ATR" for 2). Take profit and trailing stop are percentages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from quantos.errors import WrongState

ASSET_CHARS_MAX: Final = 64
TIMEFRAME_CHARS_MAX: Final = 16
CONDITIONS_MAX: Final = 20
LOOKBACK_MAX: Final = 10_000
ATR_LOOKBACK: Final = 14
ATR_MULTIPLE: Final = 2.0
TIMEFRAME: Final = "1d"


class Indicator(StrEnum):
    """What a condition looks at."""

    SMA = "sma"
    EMA = "ema"
    RSI = "rsi"
    ZSCORE = "zscore"
    MACD = "macd"
    BOLLINGER = "bollinger"
    ATR = "atr"


class Operator(StrEnum):
    """How a condition compares; a crossing holds on the bar on which it happens."""

    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    CROSSES_ABOVE = "crosses_above"
    CROSSES_BELOW = "crosses_below"

    @property
    def is_crossing(self) -> bool:
        return self in {Operator.CROSSES_ABOVE, Operator.CROSSES_BELOW}

    @property
    def is_upward(self) -> bool:
        return self in {Operator.ABOVE, Operator.AT_LEAST, Operator.CROSSES_ABOVE}


class Sizing(StrEnum):
    """How many shares an entry buys."""

    FIXED = "fixed"
    PERCENT = "percent"
    RISK_ADJUSTED = "risk_adjusted"


ENTRY_INDICATORS: Final = tuple(map(Indicator, ("sma", "ema", "rsi", "zscore", "macd", "bollinger")))
EXIT_INDICATORS: Final = tuple(map(Indicator, ("sma", "ema", "rsi", "atr", "macd")))
AVERAGES: Final = (Indicator.SMA, Indicator.EMA)
LOOKBACKS: Final = {
    Indicator.SMA: 20,
    Indicator.EMA: 20,
    Indicator.RSI: 14,
    Indicator.ZSCORE: 20,
    Indicator.MACD: 26,
    Indicator.BOLLINGER: 20,
    Indicator.ATR: ATR_LOOKBACK,
}
LEVELS: Final = {Indicator.RSI: (30.0, 70.0), Indicator.ZSCORE: (-2.0, 2.0)}
"""Where no level is given: below, above."""
MULTIPLIERS: Final = {Indicator.BOLLINGER: 2.0, Indicator.ATR: 1.0}


class BlueprintInvalid(WrongState):
    """A blueprint that is no strategy; the message names the field."""

    code = "blueprint_invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison, its open places filled in: `level` None compares with the indicator's own line."""

    indicator: Indicator
    operator: Operator
    lookback: int
    level: float | None
    multiplier: float | None
    against: int | None = None
    """The lookback of a second average, which the first is compared with."""


@dataclass(frozen=True, slots=True)
class StopLoss:
    """`amount` percent below the entry price, or `amount` times the ATR below it."""

    amount: float
    in_atr: bool


@dataclass(frozen=True, slots=True)
class Risk:
    """Percentages, of the entry price and of the highest close since; None: none."""

    stop_loss: StopLoss | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A strategy that is long or flat in one asset."""

    asset: str
    timeframe: str
    entry: tuple[Condition, ...]
    exit: tuple[Condition, ...]
    risk: Risk
    sizing: Sizing


def read_blueprint(body: Any) -> Blueprint:
    """The blueprint of a JSON body; null is absent, unknown fields say nothing. Raises BlueprintInvalid."""
    fields = _object(body, "blueprint")
    return Blueprint(
        asset=_text(fields, "asset", ASSET_CHARS_MAX),
        timeframe=TIMEFRAME
        if fields.get("timeframe") is None
        else _text(fields, "timeframe", TIMEFRAME_CHARS_MAX),
        entry=_conditions(fields, "entry", ENTRY_INDICATORS),
        exit=_conditions(fields, "exit", EXIT_INDICATORS),
        risk=_risk(_object(_or_empty(fields, "risk"), "risk")),
        sizing=Sizing.FIXED
        if fields.get("position_sizing") is None
        else _one_of(fields["position_sizing"], tuple(Sizing), "position_sizing"),
    )


def _conditions(
    fields: Mapping[str, Any], side: str, indicators: tuple[Indicator, ...]
) -> tuple[Condition, ...]:
    rows = fields.get(side)
    if rows is None:
        raise BlueprintInvalid(side, "is required")
    if not isinstance(rows, list):
        raise BlueprintInvalid(side, "must be a list")
    if not 1 <= len(rows) <= CONDITIONS_MAX:
        raise BlueprintInvalid(side, f"must have 1 to {CONDITIONS_MAX} conditions")
    return tuple(_condition(row, f"{side}.{place}", indicators) for place, row in enumerate(rows))


def _condition(row: Any, where: str, indicators: tuple[Indicator, ...]) -> Condition:
    fields = _object(row, where)
    indicator = _one_of(fields.get("indicator"), indicators, f"{where}.indicator")
    operator = _one_of(fields.get("operator"), tuple(Operator), f"{where}.operator")
    params = _object(_or_empty(fields, "params"), f"{where}.params")
    value = _number(fields, "value", where)
    threshold = _number(params, "threshold", f"{where}.params")
    multiplier = _positive(params, "multiplier", f"{where}.params")
    lookback = _lookback(params, f"{where}.params")
    level = threshold if value is None else value
    if level is None and indicator in LEVELS:
        level = LEVELS[indicator][operator.is_upward]
    against = _lookback(params, f"{where}.params", "against")
    if against is not None and (level is not None or indicator not in AVERAGES):
        raise BlueprintInvalid(f"{where}.params.against", "is for sma and ema without a value")
    return Condition(
        indicator=indicator,
        operator=operator,
        lookback=LOOKBACKS[indicator] if lookback is None else lookback,
        level=level,
        multiplier=None
        if level is not None or indicator not in MULTIPLIERS
        else MULTIPLIERS[indicator]
        if multiplier is None
        else multiplier,
        against=against,
    )


def _risk(fields: Mapping[str, Any]) -> Risk:
    return Risk(
        stop_loss=_stop_loss(fields),
        take_profit=_positive(fields, "take_profit", "risk"),
        trailing_stop=_percent_below(_positive(fields, "trailing_stop", "risk"), "risk.trailing_stop"),
    )


_NUMBER: Final = r"(\d{1,9}(?:\.\d{1,9})?)"
_PERCENT: Final = re.compile(rf"{_NUMBER}\s*%?", re.ASCII)
_ATR: Final = re.compile(
    rf"(?:{_NUMBER}\s*[x*\u00d7]?\s*)?atr(?:\s*[x*\u00d7]?\s*{_NUMBER})?", re.ASCII | re.IGNORECASE
)


def _stop_loss(fields: Mapping[str, Any]) -> StopLoss | None:
    where, given = "risk.stop_loss", fields.get("stop_loss")
    if not isinstance(given, str):
        percent = _percent_below(_positive(fields, "stop_loss", "risk"), where)
        return None if percent is None else StopLoss(percent, in_atr=False)
    text = given.strip()
    if percent_match := _PERCENT.fullmatch(text):
        percent = _percent_below(_above_zero(float(percent_match[1]), where), where)
        return StopLoss(percent, in_atr=False)
    atr_match = _ATR.fullmatch(text)
    if atr_match is None or (atr_match[1] and atr_match[2]):
        raise BlueprintInvalid(where, 'must be a percentage (5 or "5%") or a multiple of the ATR ("2atr")')
    amount = atr_match[1] or atr_match[2]
    return StopLoss(_above_zero(float(amount), where) if amount else ATR_MULTIPLE, in_atr=True)


Percent = TypeVar("Percent", float, float | None)


def _percent_below(percent: Percent, where: str) -> Percent:
    """A price cannot fall by 100 percent and be traded."""
    if percent is not None and percent >= 100:
        raise BlueprintInvalid(where, "must be less than 100 percent")
    return percent


def _object(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BlueprintInvalid(where, "must be a JSON object")
    return given


def _or_empty(fields: Mapping[str, Any], name: str) -> Any:
    return {} if fields.get(name) is None else fields[name]


def _text(fields: Mapping[str, Any], name: str, chars_max: int) -> str:
    given = fields.get(name)
    if given is None:
        raise BlueprintInvalid(name, "is required")
    if not isinstance(given, str):
        raise BlueprintInvalid(name, "must be a text")
    text = given.strip()
    if not 1 <= len(text) <= chars_max:
        raise BlueprintInvalid(name, f"must have 1 to {chars_max} characters")
    if not text.isprintable():
        raise BlueprintInvalid(name, "must have no line breaks or control characters")
    return text


Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(given: Any, choices: tuple[Choice, ...], where: str) -> Choice:
    for choice in choices:
        if isinstance(given, str) and given == choice:
            return choice
    raise BlueprintInvalid(where, f"must be one of {', '.join(choices)}")


def _number(fields: Mapping[str, Any], name: str, where: str) -> float | None:
    given = fields.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise BlueprintInvalid(f"{where}.{name}", "must be a number")
    try:
        number = float(given)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BlueprintInvalid(f"{where}.{name}", "must be a finite number")
    return number


def _positive(fields: Mapping[str, Any], name: str, where: str) -> float | None:
    number = _number(fields, name, where)
    return None if number is None else _above_zero(number, f"{where}.{name}")


def _above_zero(number: float, where: str) -> float:
    if number <= 0:
        raise BlueprintInvalid(where, "must be greater than 0")
    return number


def _lookback(params: Mapping[str, Any], where: str, name: str = "lookback") -> int | None:
    given = params.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        raise BlueprintInvalid(f"{where}.{name}", "must be a whole number")
    if not 1 <= given <= LOOKBACK_MAX:
        raise BlueprintInvalid(f"{where}.{name}", f"must be 1 to {LOOKBACK_MAX}")
    return given
