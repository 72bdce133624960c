"""Backtests over the API: the guide's shapes, what they come to, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.feature.research.conftest import DAYS, SYMBOL, ask, prices
from tests.support.platforms import Caller, Stage, stage

START = "2024-01-02T08:00:00+08:00"
PLAINLY = Path(__file__).parents[2] / "unit" / "research" / "run_backtrader.py"

HOLD = """\
import backtrader as bt


class Strategy(bt.Strategy):
    def next(self):
        if not self.position:
            self.buy(size=100)
"""
CROSS = """\
import backtrader as bt


class Strategy(bt.Strategy):
    def __init__(self):
        self.cross = bt.ind.CrossOver(self.data.close, bt.ind.SMA(self.data.close, period=10))
        self.rsi = bt.ind.RSI_Safe(period=14)

    def next(self):
        if not self.position and (self.cross > 0 or self.rsi < 30):
            self.buy(size=1000)
        elif self.position and self.cross < 0:
            self.close()
"""


def with_next(*lines: str) -> str:
    body = "\n".join(f"        {line}" for line in lines)
    return f"import backtrader as bt\n\n\nclass Strategy(bt.Strategy):\n    def next(self):\n{body}\n"


def plainly(code: str) -> float:
    """What backtrader says in a program of its own, of the same bars."""
    bars = [[opened, max(opened, closed), min(opened, closed), closed] for opened, closed, _, _ in prices()]
    asked = json.dumps({"code": code, "bars": bars, "vectorised": False})
    ran = subprocess.run([sys.executable, PLAINLY], input=asked, capture_output=True, text=True, check=True)
    return float(json.loads(ran.stdout)["value"])


@pytest.fixture(scope="module")
def anyone(on: Stage) -> Caller:
    return on.public()


def run(caller: Caller, code: str, ticker: str = SYMBOL) -> Any:
    return ask(caller, "POST", "/backtest", {"strategy_code": code, "ticker": ticker})


def test_cop_20_a_hundred_shares_held_from_the_second_open(anyone: Caller) -> None:
    answer = run(anyone, HOLD)
    bars = prices()
    gain = 100 * (bars[-1][1] - bars[1][0])
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "start_value": 100_000.0,
        "end_value": pytest.approx(100_000 + gain),
        "pnl": pytest.approx(gain),
    }


@pytest.mark.parametrize("code", [HOLD, CROSS])
def test_the_result_is_that_of_backtrader_run_plainly(anyone: Caller, code: str) -> None:
    assert run(anyone, code).json()["end_value"] == pytest.approx(plainly(code), rel=1e-9)


def test_cop_35_the_same_backtest_twice_is_the_same_to_the_bit(anyone: Caller) -> None:
    assert run(anyone, CROSS).content == run(anyone, CROSS).content


def test_what_one_run_did_to_numpy_is_not_in_the_next(anyone: Caller) -> None:
    poison = with_next("import numpy", "numpy.mean = None", "bt.Strategy.buy = None")
    probe = with_next("import numpy", "assert numpy.mean([1.0, 3.0]) == 2.0", "self.buy(size=100)")
    assert run(anyone, poison).status_code == 200
    assert run(anyone, probe).status_code == 200


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os\n" + HOLD, "import of os is not allowed"),
        (HOLD + "open('/etc/passwd')\n", "open is not allowed"),
        ("def (", "not valid Python"),
        ("import backtrader\n", "no class that has backtrader's Strategy as its base"),
        (with_next("1 / 0"), "line 6: the strategy raised ZeroDivisionError"),
        (with_next("self.data.close[1]"), "IndexError"),
        (with_next("x = [0] * 10**9"), "more memory"),
        ("from math import nothing\n" + HOLD, "the import failed"),
        (with_next("self.broker.set_cash(10**9)"), "must not change its cash"),
        (with_next("self.broker.add_cash(1.0)"), "must not change its cash"),
        (with_next("raise SystemExit"), "SystemExit"),
    ],
)
def test_cop_22_and_23_refusals_are_400_and_say_what_is_wrong(anyone: Caller, code: str, words: str) -> None:
    answer = run(anyone, code)
    assert answer.status_code == 400, answer.text
    assert answer.json().keys() == {"error"}
    assert words in answer.json()["error"]


@pytest.mark.parametrize("ticker", ["999999.SH", "RELIANCE.NS", "' OR 1=1 --", "x" * 64])
def test_cop_21_an_unknown_ticker_is_400(anyone: Caller, ticker: str) -> None:
    answer = run(anyone, HOLD, ticker)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})


@pytest.mark.parametrize(
    "body", [None, [], {}, {"strategy_code": HOLD}, {"strategy_code": 1, "ticker": SYMBOL}]
)
def test_cop_33_a_malformed_body_is_400(anyone: Caller, body: Any) -> None:
    answer = ask(anyone, "POST", "/backtest", body)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})


def test_cop_20_beyond_loopback_a_token_is_needed(tmp_path: Path) -> None:
    from quantos.kit.clock import parse_instant  # noqa: PLC0415

    with stage(tmp_path / "data", parse_instant(START), host="0.0.0.0") as far:
        bodies = {"/backtest": {"strategy_code": HOLD, "ticker": SYMBOL}, "/explain": {"strategy_code": HOLD}}
        for path, body in bodies.items():
            refused = ask(far.public(), "POST", path, body)
            assert (refused.status_code, refused.json().keys()) == (401, {"error"})
        assert ask(far.agent(), "POST", "/explain", bodies["/explain"]).status_code == 200


def test_cop_20_unless_the_operator_opens_it(tmp_path: Path) -> None:
    from quantos.kit.clock import parse_instant  # noqa: PLC0415

    with stage(tmp_path / "data", parse_instant(START), host="0.0.0.0", copilot_open="true") as far:
        assert ask(far.public(), "POST", "/explain", {"strategy_code": HOLD}).status_code == 200


def test_every_bar_of_the_market_store_is_run_on(anyone: Caller) -> None:
    count = with_next(f"if len(self) == {len(DAYS) - 1}:", "    self.buy(size=100)")
    opened, closed, _, _ = prices()[-1]
    assert run(anyone, count).json()["pnl"] == pytest.approx(100 * (closed - opened))


def test_cop_08_what_a_prompt_names_is_in_code_that_runs(anyone: Caller) -> None:
    prompt = f"{SYMBOL}: 5日均线上穿20日均线买入，RSI(6)高于75卖出，止损7%"
    code = ask(anyone, "POST", "/generate", {"user_prompt": prompt}).json()["generated_code"]
    for part in (
        "period=5)",
        "period=20)",
        "RSI_Safe",
        "period=6)",
        "CrossUp",
        "75.0",
        "stop_loss_percent=7.0",
        SYMBOL,
    ):
        assert part in code
    assert run(anyone, code).status_code == 200


@pytest.mark.parametrize("body", [{}, {"user_prompt": ""}, {"user_prompt": " \n"}, {"user_prompt": None}])
def test_cop_08_an_empty_prompt_is_400(anyone: Caller, body: Any) -> None:
    answer = ask(anyone, "POST", "/generate", body)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})


def test_cop_14_the_code_of_the_guides_blueprint_runs(anyone: Caller) -> None:
    blueprint = {
        "asset": "RELIANCE.NS",
        "entry": [
            {"indicator": "sma", "operator": "crosses_above", "value": None, "params": {"lookback": 20}}
        ],
        "exit": [
            {"indicator": "sma", "operator": "crosses_below", "value": None, "params": {"lookback": 50}}
        ],
        "risk": {"stop_loss": 5.0, "take_profit": 10.0},
    }
    made = ask(anyone, "POST", "/builder/translate", blueprint).json()
    assert made["prompt"].startswith("Build a strategy on RELIANCE.NS using 1d candles")
    assert run(anyone, made["generated_code"]).status_code == 200
    refused = ask(anyone, "POST", "/builder/translate", {**blueprint, "entry": []})
    assert (refused.status_code, refused.json().keys()) == (400, {"error"})


def test_cop_25_an_explanation_names_the_indicators(anyone: Caller) -> None:
    told = ask(anyone, "POST", "/explain", {"strategy_code": CROSS}).json()["explanation"]
    assert "RSI" in told
    assert "SMA" in told
