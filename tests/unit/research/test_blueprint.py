"""What a blueprint is read as, and which ones are refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from quantos.research.core.blueprint import (
    BlueprintInvalid,
    Condition,
    Risk,
    Sizing,
    StopLoss,
    read_blueprint,
)
from quantos.research.core.wording import prompt

GUIDE: dict[str, Any] = {
    "asset": "RELIANCE.NS",
    "timeframe": "1d",
    "entry": [{"indicator": "sma", "operator": "crosses_above", "value": None, "params": {"lookback": 20}}],
    "exit": [{"indicator": "sma", "operator": "crosses_below", "value": None, "params": {"lookback": 50}}],
    "risk": {"stop_loss": 5.0, "take_profit": 10.0},
    "position_sizing": "fixed",
}


def with_entry(**fields: Any) -> dict[str, Any]:
    return GUIDE | {"entry": [{"indicator": "rsi", "operator": "<"} | fields]}


def with_stop(stop_loss: Any) -> dict[str, Any]:
    return GUIDE | {"risk": {"stop_loss": stop_loss}}


def entry_of(body: dict[str, Any]) -> Condition:
    return read_blueprint(body).entry[0]


def test_the_guides_blueprint_is_read() -> None:
    blueprint = read_blueprint(GUIDE)
    assert (blueprint.asset, blueprint.timeframe, blueprint.sizing) == ("RELIANCE.NS", "1d", "fixed")
    assert (blueprint.entry[0].lookback, blueprint.exit[0].lookback) == (20, 50)
    assert blueprint.risk == Risk(StopLoss(5.0, in_atr=False), 10.0, None)


def test_what_is_optional_may_be_absent_or_null() -> None:
    needed = {"asset": "600519.SH", "entry": [{"indicator": "ema", "operator": ">"}], "exit": GUIDE["exit"]}
    nulls = {"timeframe": None, "risk": None, "position_sizing": None}
    assert read_blueprint(needed) == read_blueprint(needed | nulls)
    blueprint = read_blueprint(needed)
    assert (blueprint.timeframe, blueprint.risk, blueprint.sizing) == ("1d", Risk(), Sizing.FIXED)


@pytest.mark.parametrize(
    ("body", "level", "lookback"),
    [
        (with_entry(), 30.0, 14),
        (with_entry(operator="crosses_above"), 70.0, 14),
        (with_entry(value=25), 25.0, 14),
        (with_entry(value=0, params={"threshold": 25}), 0.0, 14),
        (with_entry(params={"threshold": 25, "lookback": 7}), 25.0, 7),
        (with_entry(indicator="zscore"), -2.0, 20),
        (with_entry(indicator="zscore", operator=">="), 2.0, 20),
        (with_entry(indicator="macd"), None, 26),
        (with_entry(indicator="sma"), None, 20),
    ],
)
def test_a_condition_has_the_level_and_lookback_that_are_given_or_usual(
    body: dict[str, Any], level: float | None, lookback: int
) -> None:
    assert (entry_of(body).level, entry_of(body).lookback) == (level, lookback)


def test_a_band_has_a_multiplier_unless_a_level_takes_its_place() -> None:
    assert entry_of(with_entry(indicator="bollinger")).multiplier == 2.0
    assert entry_of(with_entry(indicator="bollinger", params={"multiplier": 1.5})).multiplier == 1.5
    assert entry_of(with_entry(indicator="bollinger", value=3)).multiplier is None


@pytest.mark.parametrize(
    ("given", "amount", "in_atr"),
    [
        (5, 5.0, False),
        ("5", 5.0, False),
        (" 2.5 % ", 2.5, False),
        ("2atr", 2.0, True),
        ("1.5 x ATR", 1.5, True),
        ("ATR*3", 3.0, True),
        ("3 × ATR", 3.0, True),  # noqa: RUF001 (as one types it)
        ("atr", 2.0, True),
    ],
)
def test_a_stop_loss_is_a_percentage_or_a_multiple_of_the_atr(
    given: Any, amount: float, in_atr: bool
) -> None:
    assert read_blueprint(with_stop(given)).risk.stop_loss == StopLoss(amount, in_atr)


REFUSED: list[tuple[Any, str]] = [
    ([], "blueprint: must be a JSON object"),
    (GUIDE | {"asset": None}, "asset: is required"),
    (GUIDE | {"asset": 5}, "asset: must be a text"),
    (GUIDE | {"asset": "  "}, "asset: must have 1 to 64 characters"),
    (GUIDE | {"asset": "x" * 65}, "asset: must have 1 to 64 characters"),
    (GUIDE | {"asset": "a\nimport os"}, "asset: must have no line breaks or control characters"),
    (GUIDE | {"timeframe": "x" * 17}, "timeframe: must have 1 to 16 characters"),
    (GUIDE | {"entry": None}, "entry: is required"),
    (GUIDE | {"entry": {}}, "entry: must be a list"),
    (GUIDE | {"exit": []}, "exit: must have 1 to 20 conditions"),
    (GUIDE | {"exit": ["sma"]}, "exit.0: must be a JSON object"),
    (with_entry(indicator="atr"), "entry.0.indicator: must be one of sma, ema, rsi, zscore, macd, bollinger"),
    (
        GUIDE | {"exit": [{"indicator": "bollinger", "operator": "<"}]},
        "exit.0.indicator: must be one of sma, ema, rsi, atr, macd",
    ),
    (
        with_entry(operator="=="),
        "entry.0.operator: must be one of >, <, >=, <=, crosses_above, crosses_below",
    ),
    (
        with_entry(indicator=["sma"]),
        "entry.0.indicator: must be one of sma, ema, rsi, zscore, macd, bollinger",
    ),
    (with_entry(value="30"), "entry.0.value: must be a number"),
    (with_entry(value=True), "entry.0.value: must be a number"),
    (with_entry(value=float("nan")), "entry.0.value: must be a finite number"),
    (with_entry(value=10**400), "entry.0.value: must be a finite number"),
    (with_entry(params=[]), "entry.0.params: must be a JSON object"),
    (with_entry(params={"lookback": 0}), "entry.0.params.lookback: must be 1 to 10000"),
    (with_entry(params={"lookback": 2.5}), "entry.0.params.lookback: must be a whole number"),
    (with_entry(params={"lookback": True}), "entry.0.params.lookback: must be a whole number"),
    (with_entry(params={"multiplier": 0}), "entry.0.params.multiplier: must be greater than 0"),
    (GUIDE | {"risk": 5}, "risk: must be a JSON object"),
    (with_stop(0), "risk.stop_loss: must be greater than 0"),
    (with_stop("0%"), "risk.stop_loss: must be greater than 0"),
    (with_stop("0 atr"), "risk.stop_loss: must be greater than 0"),
    (with_stop(100), "risk.stop_loss: must be less than 100 percent"),
    (with_stop("100%"), "risk.stop_loss: must be less than 100 percent"),
    (with_stop("-5%"), 'risk.stop_loss: must be a percentage (5 or "5%") or a multiple of the ATR ("2atr")'),
    (
        with_stop("2 atr 3"),
        'risk.stop_loss: must be a percentage (5 or "5%") or a multiple of the ATR ("2atr")',
    ),
    (with_stop([]), "risk.stop_loss: must be a number"),
    (GUIDE | {"risk": {"take_profit": "10"}}, "risk.take_profit: must be a number"),
    (GUIDE | {"risk": {"trailing_stop": 100}}, "risk.trailing_stop: must be less than 100 percent"),
    (GUIDE | {"position_sizing": "all"}, "position_sizing: must be one of fixed, percent, risk_adjusted"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_blueprint_that_is_no_strategy_is_refused_by_its_field(body: Any, message: str) -> None:
    with pytest.raises(BlueprintInvalid) as refused:
        read_blueprint(body)
    assert refused.value.message == message
    assert (refused.value.status, refused.value.code) == (400, "blueprint_invalid")


def test_the_prompt_tells_the_whole_blueprint() -> None:
    assert prompt(read_blueprint(GUIDE)) == (
        "Build a strategy on RELIANCE.NS using 1d candles. Buy when the close crosses above SMA(20)."
        " Sell when the close crosses below SMA(50). Risk: stop loss 5%, take profit 10%."
        " Position sizing: a fixed number of shares."
    )


def test_the_prompt_is_told_in_chinese() -> None:
    assert prompt(read_blueprint(with_stop("2atr")), "zh") == (
        "为 RELIANCE.NS 构建使用 1d K 线的策略。买入：收盘价上穿SMA(20)。卖出：收盘价下穿SMA(50)。"
        "风险控制：止损 2 倍 ATR(14)。仓位：固定股数。"
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"indicator": "macd", "operator": ">"}, "MACD(12, 26, 9) is above its signal line"),
        ({"indicator": "macd", "operator": ">", "value": 0}, "MACD(12, 26, 9) is above 0"),
        ({"indicator": "bollinger"}, "the close is below the lower Bollinger band (20, 2)"),
        (
            {"indicator": "bollinger", "operator": ">="},
            "the close is at least the upper Bollinger band (20, 2)",
        ),
        ({"indicator": "bollinger", "value": 9.5}, "the close is below 9.5"),
        ({"indicator": "zscore", "operator": "crosses_below"}, "Z-score(20) crosses below -2"),
    ],
)
def test_a_condition_says_what_it_compares(fields: dict[str, Any], words: str) -> None:
    assert f"Buy when {words}. Sell" in prompt(read_blueprint(with_entry(**fields)))
