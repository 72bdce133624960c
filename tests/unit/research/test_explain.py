"""What is said of strategies, in English and Chinese."""

from __future__ import annotations

import pytest

from quantos.research.core.blueprint import read_blueprint
from quantos.research.core.compiler import compile_blueprint
from quantos.research.core.explain import explain
from quantos.research.core.policy import admit
from quantos.research.core.wording import Language

BLUEPRINT = {
    "asset": "600519.SH",
    "entry": [
        {"indicator": "sma", "operator": "crosses_above", "params": {"lookback": 20}},
        {"indicator": "rsi", "operator": "<", "value": 70},
    ],
    "exit": [{"indicator": "ema", "operator": "crosses_below", "params": {"lookback": 50}}],
    "risk": {"stop_loss": "2atr"},
    "position_sizing": "fixed",
}

BY_HAND = """
import backtrader as bt

class Cross(bt.Strategy):
    params = (("fast", 10), ("slow", 30), ("stop_loss", 0.05))

    def __init__(self):
        self.dataclose = self.datas[0].close
        self.fast = bt.indicators.SimpleMovingAverage(self.data, period=self.params.fast)
        self.slow = bt.ind.SMA(self.data, period=self.p.slow)
        self.crossover = bt.ind.CrossOver(self.fast, self.slow)
        self.order = None

    def next(self):
        if self.order:
            return
        if not self.position:
            if self.crossover > 0 and self.dataclose[0] > self.dataclose[-2]:
                self.order = self.buy(size=10)
        elif self.crossover < 0:
            self.order = self.close()
"""


def strategy(init: str = "pass", then: str = "pass", more: str = "") -> str:
    return (
        "import backtrader as bt\nclass S(bt.Strategy):\n"
        f"    def __init__(self):\n        {init}\n    def next(self):\n        {then}\n{more}"
    )


def told(code: str, language: Language = "en") -> str:
    return explain(admit(code), language)


def test_a_compiled_strategy_is_told_in_full() -> None:
    assert told(compile_blueprint(read_blueprint(BLUEPRINT))).splitlines() == [
        "The strategy Strategy.",
        (
            "Indicators: SMA(20) (simple moving average), RSI(14) (relative strength index),"
            " EMA(50) (exponential moving average), ATR(14) (average true range)."
        ),
        "It buys when the close crosses above SMA(20) and RSI(14) < 70.",
        "It sells when the close crosses below EMA(50) or the close <= the entry price - 2 * ATR(14).",
        "Risk: stop_loss_atr = 2.",
        "Position size: 100.",
    ]


def test_it_is_told_in_chinese() -> None:
    assert told(compile_blueprint(read_blueprint(BLUEPRINT)), "zh").splitlines() == [
        "策略 Strategy。",
        "指标：SMA(20)（简单移动平均），RSI(14)（相对强弱指标），EMA(50)（指数移动平均），ATR(14)（平均真实波幅）。",
        "买入条件：收盘价 上穿 SMA(20) 且 RSI(14) < 70。",
        "卖出条件：收盘价 下穿 EMA(50) 或 收盘价 <= 入场价 - 2 * ATR(14)。",
        "风险控制：stop_loss_atr = 2。",
        "仓位：100。",
    ]


def test_a_strategy_written_by_hand_is_told_with_its_parameters() -> None:
    assert told(BY_HAND).splitlines() == [
        "The strategy Cross.",
        "Indicators: SMA(10) (simple moving average), SMA(30) (simple moving average).",
        "It buys when SMA(10) crosses above SMA(30) and the close > the close 2 bars ago.",
        "It sells when SMA(10) crosses below SMA(30).",
        "Risk: stop_loss = 0.05.",
        "Position size: 10.",
    ]


@pytest.mark.parametrize(
    "params",
    ["dict(stop=5, **{})", "{'stop': 5, 1: 2}", "(('stop', 5), 'x')", "[('stop', 5)]"],
)
def test_parameters_are_read_in_each_of_their_forms(params: str) -> None:
    code = strategy(then="self.buy(size=self.p.stop)", more=f"    params = {params}\n")
    assert told(code).splitlines()[-2:] == ["Risk: stop = 5.", "Position size: 5."]


def test_a_signal_is_an_entry() -> None:
    code = strategy(init="self.signal_add(bt.SIGNAL_LONG, bt.ind.CrossUp(self.data.close, 9))")
    assert "It buys when the close crosses above 9." in told(code)


def test_of_many_indicators_the_first_are_told() -> None:
    init = "; ".join(f"self.a{n} = bt.ind.SMA(self.data, period={n})" for n in range(1, 50))
    assert "SMA(30) (" in told(strategy(init=init))
    assert "SMA(31)" not in told(strategy(init=init))


def test_a_strategy_that_does_nothing_is_told_so() -> None:
    assert told(strategy()).splitlines() == [
        "The strategy S.",
        "It uses no indicator of the library.",
        "It never buys.",
        "It never sells.",
        "Risk: no stop loss, take profit or trailing stop.",
        "Position size: the default of one share an order.",
    ]


@pytest.mark.parametrize(
    ("then", "line"),
    [
        ("self.buy()", "It buys whenever it can."),
        ("not self.position and self.buy()", "It buys whenever it can."),
        ("self.close()", "It sells whenever it can."),
        ("self.order_target_percent(target=0.0)", "It sells whenever it can."),
        ("self.order_target_percent(self.data, 0.5)", "Position size: order_target_percent(data, 0.5)."),
        (
            "self.sell(exectype=bt.Order.StopTrail, trailpercent=0.02)",
            "Risk: bt.Order.StopTrail, trailpercent = 0.02.",
        ),
        (
            "x = self.data.close[0] - self.data.open[0]\n        if (x + 1) * 2 > 3 or x < 0: self.buy()",
            "It buys when (the close - the open + 1) * 2 > 3 or the close - the open < 0.",
        ),
        (
            "if self.data.close[0] > 9:\n            return\n        self.buy()",
            "It buys when not (the close > 9).",
        ),
        (
            "if self.data.close[0] > 9 and self.data.low[0] > 8: pass\n        else: self.buy()",
            "It buys when not (the close > 9 and the low > 8).",
        ),
        ("for data in self.datas: self.buy(size=self.p.lost)", "Position size: p.lost."),
        ("n = 1\n        n += 1\n        self.buy(size=n)", "Position size: n."),
        ("for n in (1, 2):\n            self.buy(size=n)", "Position size: n."),
        (
            "if bt.ind.CrossOver(self.data.low, 9)[0] == -1: self.buy()",
            "It buys when the low crosses below 9.",
        ),
        ("if self.sizes['a'] > 1: self.buy()", "It buys when self.sizes['a'] > 1."),
        ("if self.hook()() > 1: self.buy()", "It buys when hook()() > 1."),
        (
            "if bt.ind.CrossDown(self.data.low, 9)[0]: self.buy()",
            "It buys when the low crosses below 9.",
        ),
        ("if bt.ind.CrossUp(self.data.low)[0]: self.buy()", "It buys when bt.ind.CrossUp(self.data.low)."),
        (
            "if self.data.low[0] > 1 and (self.data.low[0] < 3 or self.data.low[0] > 5): self.buy()",
            "It buys when the low > 1 and (the low < 3 or the low > 5).",
        ),
    ],
)
def test_an_order_is_told_with_what_leads_to_it(then: str, line: str) -> None:
    assert line in told(strategy(then=then)).splitlines()


def test_a_size_is_told_with_the_parameters_that_make_it() -> None:
    code = compile_blueprint(read_blueprint(BLUEPRINT | {"position_sizing": "percent"}))
    assert told(code).splitlines()[-1] == (
        "Position size: int(broker.getvalue() * 90 / 100 / the close / 100) * 100 (lot = 100, equity_percent = 90)."
    )


@pytest.mark.parametrize(
    "code",
    [
        "self.data.close[1]",
        "self.datas[0].low[3]",
        "self.data.close(1)",
        "self.data.close.array",
        "self.frame.shift(-1)",
    ],
)
def test_what_reads_a_later_bar_is_warned_of(code: str) -> None:
    warning = f"Warning, line 6: {code} looks ahead: it reads what was not yet known on that day."
    assert told(strategy(then=f"x = {code}")).splitlines()[-1] == warning
    assert f"警告，第 6 行：{code} " in told(strategy(then=f"x = {code}"), "zh")


@pytest.mark.parametrize(
    "code", ["self.data.close[-1]", "self.datas[1].close[0]", "self.data.close(-1)", "[1, 2][1]"]
)
def test_what_reads_the_past_is_not_warned_of(code: str) -> None:
    assert "Warning" not in told(strategy(then=f"x = {code}"))


@pytest.mark.parametrize(
    "code",
    [
        strategy("self.a = self.b; self.b = self.a", "if self.a > 0: self.buy()"),
        strategy("self.a = bt.ind.SMA(self.b); self.b = bt.ind.SMA(self.a)", "if self.a > 0: self.buy()"),
        strategy("pass", "if self.f(): self.buy()", "    def f(self):\n        return self.f()\n"),
        strategy(
            "; ".join(f"self.a{n} = {'+'.join([f'self.a{n + 1}'] * 20)}" for n in range(9)),
            "if self.a0 > 0: self.buy()",
        ),
        strategy("pass", "if self.data.close[0] > " + "(" * 70 + "1" + "+1)" * 70 + ": self.buy()"),
        strategy("pass", "; ".join(["self.buy(size=1)"] * 900)),
        strategy("pass", "\n        ".join(["if self.data.close[0] > 1: return", "self.buy()"] * 600)),
        strategy("pass", "self.buy(size=self.data.close[0:1], price=lambda: 1, **{})"),
    ],
    ids=["circle", "indicators", "helper", "powers", "depth", "orders", "returns", "odd"],
)
def test_no_code_that_is_let_through_is_too_much_to_tell(code: str) -> None:
    assert len(told(code)) < 12_000
    assert told(code) == told(code)
