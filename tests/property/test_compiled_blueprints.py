"""Compiled strategies trade in backtrader what arrays of their indicators say, whatever the blueprint."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from quantos.research.core.blueprint import read_blueprint
from quantos.research.core.compiler import compile_blueprint
from quantos.research.core.explain import explain
from quantos.research.core.policy import admit, findings
from tests.unit.research.second_opinion import Backtrader, backtrader, blueprints, expected_trades, walk

SLOWLY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
TRAILED: dict[str, Any] = {
    "asset": "600519.SH",
    "entry": [{"indicator": "bollinger", "operator": ">", "value": 0}],
    "exit": [{"indicator": "sma", "operator": "<", "value": 0}],
    "risk": {"trailing_stop": 4},
}
"""Always in, out by the trailing stop alone: each purchase trails from a high of its own."""


@pytest.fixture(scope="module")
def program() -> Iterator[Backtrader]:
    with backtrader() as running:
        yield running


@SLOWLY
@given(body=blueprints(), seed=st.integers(0, 9_999))
@example(body=TRAILED, seed=1)
def test_backtrader_trades_what_the_arrays_say(program: Backtrader, body: dict[str, Any], seed: int) -> None:
    blueprint, bars = read_blueprint(body), walk(seed)
    trades, value = program.trades(compile_blueprint(blueprint), bars)
    expected, expected_value = expected_trades(blueprint, bars)
    assert trades == expected
    assert value == pytest.approx(expected_value, abs=1e-6)


@settings(SLOWLY, max_examples=30)
@given(body=blueprints(), length=st.integers(1, 60), price=st.sampled_from([3.1, 10.0, 1999.99]))
def test_a_price_that_never_moves_is_no_error(
    program: Backtrader, body: dict[str, Any], length: int, price: float
) -> None:
    answer = program.run(compile_blueprint(read_blueprint(body)), np.full((length, 4), price))
    assert "error" not in answer
    assert answer["value"] == pytest.approx(100_000.0)


@settings(SLOWLY, max_examples=20)
@given(bodies=st.lists(blueprints(), min_size=10, max_size=10))
def test_the_code_is_laid_out_as_the_formatter_does(bodies: list[dict[str, Any]]) -> None:
    code = "\n\n".join(compile_blueprint(read_blueprint(body)).split("\n", 3)[3] for body in bodies)
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input=code,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert formatted == code


@settings(max_examples=200, deadline=None)
@given(
    asset=st.text(min_size=1, max_size=64).filter(lambda text: text.isprintable() and text.strip()),
    body=blueprints(),
)
def test_no_name_of_an_asset_is_code(asset: str, body: dict[str, Any]) -> None:
    def code(name: str) -> str:
        return ast.dump(
            ast.parse(
                compile_blueprint(
                    read_blueprint(body | {"asset": name, "timeframe": name[:16].strip() or "1d"})
                )
            )
        )

    assert code(asset) == code("x")


@settings(max_examples=100, deadline=None)
@given(body=blueprints())
def test_compiled_code_is_within_the_policy(body: dict[str, Any]) -> None:
    assert findings(compile_blueprint(read_blueprint(body))) == []


@settings(max_examples=300, deadline=None)
@given(code=st.text(max_size=200) | st.text(alphabet="()[]{}:=.,'\"\\ \n\t\0_af1*@#", max_size=60))
def test_no_text_breaks_the_policy(code: str) -> None:
    assert all(finding.line >= 1 and finding.column >= 1 for finding in findings(code))
    assert findings(code) == findings(code)


@settings(max_examples=100, deadline=None)
@given(body=blueprints())
def test_the_explanation_of_a_blueprint_names_its_indicators_and_warns_of_nothing(
    body: dict[str, Any],
) -> None:
    said = explain(admit(compile_blueprint(read_blueprint(body))))
    names = {"zscore": "StdDev", "bollinger": "close"}
    asked = {row["indicator"] for row in (*body["entry"], *body["exit"])}
    assert all(names.get(name, name.upper()) in said for name in asked)
    assert "It buys when" in said
    assert "It sells when" in said
    assert "Warning" not in said
