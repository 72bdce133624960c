"""The code of a blueprint, to the letter."""

from __future__ import annotations

from typing import Any

from quantos.research.core.blueprint import read_blueprint
from quantos.research.core.compiler import compile_blueprint

GUIDE: dict[str, Any] = {
    "asset": "RELIANCE.NS",
    "timeframe": "1d",
    "entry": [{"indicator": "sma", "operator": "crosses_above", "params": {"lookback": 20}}],
    "exit": [{"indicator": "sma", "operator": "crosses_below", "params": {"lookback": 50}}],
    "risk": {"stop_loss": 5.0, "take_profit": 10.0},
    "position_sizing": "fixed",
}

CODE = """\
import backtrader as bt


class Strategy(bt.Strategy):
    # Long or flat in RELIANCE.NS, 1d candles.
    # Buy:  the close crosses above SMA(20).
    # Sell: the close crosses below SMA(50).
    # Risk: stop loss 5%, take profit 10%.

    params = dict(
        shares=100,
        stop_loss_percent=5.0,
        take_profit_percent=10.0,
    )

    def __init__(self):
        self.sma_20 = bt.ind.SMA(self.data.close, period=20)
        self.sma_50 = bt.ind.SMA(self.data.close, period=50)
        self.entry_1 = bt.ind.CrossUp(self.data.close, self.sma_20)
        self.exit_1 = bt.ind.CrossDown(self.data.close, self.sma_50)

    def next(self):
        if not self.position:
            if self.should_buy():
                self.buy(size=self.p.shares)
        elif self.should_sell() or self.hits_limit():
            self.close()

    def should_buy(self):
        return self.entry_1[0] > 0

    def should_sell(self):
        return self.exit_1[0] > 0

    def hits_limit(self):
        close = self.data.close[0]
        entry = self.position.price
        stop_loss = entry * (1 - self.p.stop_loss_percent / 100)
        take_profit = entry * (1 + self.p.take_profit_percent / 100)
        return close <= stop_loss or close >= take_profit
"""


def compiled(**fields: Any) -> str:
    return compile_blueprint(read_blueprint(GUIDE | fields))


def test_the_guides_blueprint_is_this_code() -> None:
    assert compiled() == CODE


def test_an_indicator_of_two_conditions_is_one_line() -> None:
    rule = {"indicator": "ema", "operator": ">", "params": {"lookback": 9}}
    assert compiled(entry=[rule], exit=[rule | {"operator": "<"}]).count("bt.ind.EMA(") == 1


def test_bands_of_other_widths_have_other_names() -> None:
    widths = [1e22, 1e-22, 2.5, 25.0]
    rows = [{"indicator": "bollinger", "operator": "<", "params": {"multiplier": width}} for width in widths]
    code = compiled(entry=rows)
    assert {
        line.split(" = ")[0].strip() for line in code.splitlines() if "self.lower" in line and " = " in line
    } == {
        "self.lower_20_1eplus22",
        "self.lower_20_1eminus22",
        "self.lower_20_2_5",
        "self.lower_20_25",
    }


def test_a_long_line_is_broken_as_the_formatter_breaks_it() -> None:
    widths = {"indicator": "bollinger", "operator": "<", "params": {"multiplier": 1.2345678901234567}}
    code = compiled(entry=[widths], exit=[{"indicator": "macd", "operator": "<"}])
    assert (
        "        self.lower_20_1_2345678901234567 = (\n"
        "            self.sma_20 - 1.2345678901234567 * self.deviation_20\n"
        "        )\n"
    ) in code
    assert (
        "        self.macd_26 = bt.ind.MACD(\n"
        "            self.data.close, period_me1=12, period_me2=26, period_signal=9\n"
        "        )\n"
    ) in code


def test_a_strategy_without_indicators_still_has_its_methods() -> None:
    row = {"indicator": "bollinger", "operator": ">", "value": 9}
    code = compiled(entry=[row], exit=[{"indicator": "sma", "operator": ">"}], risk=None)
    assert "hits_limit" not in code
    assert "return self.data.close[0] > 9.0\n" in code


def test_a_long_asset_of_quotes_leaves_letters_alone() -> None:
    assert "# Long or flat in 贵州茅台import os, 1d candles." in compiled(asset='贵州茅台"""import os#')
