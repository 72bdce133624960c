"""Every example of the Copilot's guide, in its order, as one person's story: each answer has the shape that it shows.

What differs from the page: an A-share in the place of RELIANCE.NS, whole code for `...`, and the ids, codes and tokens that
the answers before gave.
"""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import pytest

from tests.feature.research.conftest import SYMBOL, ask
from tests.feature.research.test_backtest import CROSS
from tests.support.platforms import Caller, Stage

EMAIL: Final = "user@example.com"
BLUEPRINT: Final[dict[str, Any]] = {
    "asset": SYMBOL,
    "timeframe": "1d",
    "entry": [{"indicator": "sma", "operator": "crosses_above", "value": None, "params": {"lookback": 20}}],
    "exit": [{"indicator": "sma", "operator": "crosses_below", "value": None, "params": {"lookback": 50}}],
    "risk": {"stop_loss": 5.0, "take_profit": 10.0},
    "position_sizing": "fixed",
}
KEPT: Final = {
    "id": 1,
    "name": "MA Crossover",
    "prompt": "Create moving average strategy",
    "code": "import backtrader as bt\n...",
    "created_at": "2023-12-01T10:00:00",
}
BEST: Final = {
    "id": 1,
    "user_id": 123,
    "username": "user@example.com",
    "strategy_id": 456,
    "strategy_name": "Top Strategy",
    "dataset": "default",
    "run_at": "2023-12-01T10:00:00",
    "return_pct": 15.5,
    "sharpe": 1.8,
    "max_drawdown": -5.2,
    "score": 92.1,
}
ACCESS: Final = {"access_token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9...", "token_type": "bearer"}
METRICS: Final = {"Sharpe Ratio": 1.5, "Max Drawdown": -0.05, "Total Return": 0.15}


def shape(value: Any) -> Any:
    """Names and kinds of a value; of a list those of its first."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def answered(answer: httpx.Response, example: Any) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert shape(answer.json()) == shape(example)
    return answer.json()


@pytest.fixture(scope="module")
def person(on: Stage) -> Caller:
    """Requests a code, and verifies it."""
    anyone = on.public()
    told = answered(
        ask(anyone, "POST", "/auth/request-otp", {"email": EMAIL}), {"message": "OTP sent to your email."}
    )
    assert told == {"message": "OTP sent to your email."}
    sent = next(each for each in on.operator.get("/admin/outbox")["messages"] if each["to"] == EMAIL)
    code = re.findall(r"\b\d{6}\b", sent["text"])[0]
    entered = ask(anyone, "POST", "/auth/verify-otp", {"email": EMAIL, "otp_code": code})
    access = answered(entered, ACCESS)
    assert access["token_type"] == "bearer"
    assert access["access_token"].count(".") == 2
    return Caller(anyone.runner, anyone.http, access["access_token"])


@pytest.fixture(scope="module")
def saved(person: Caller) -> int:
    new = {"name": "My Strategy", "prompt": "Moving average strategy", "code": CROSS}
    example = {"message": "Strategy saved successfully", "strategy_id": 123}
    told = answered(ask(person, "POST", "/strategy/save", new), example)
    assert told["message"] == example["message"]
    return int(told["strategy_id"])


def test_a_strategy_is_generated_from_a_prompt(on: Stage) -> None:
    body = {"user_prompt": "Create a moving average crossover strategy"}
    made = answered(ask(on.public(), "POST", "/generate", body), {"generated_code": "import backtrader"})
    assert "import backtrader as bt\n" in made["generated_code"]
    assert "(bt.Strategy)" in made["generated_code"]


def test_a_blueprint_is_translated(on: Stage) -> None:
    made = answered(
        ask(on.public(), "POST", "/builder/translate", BLUEPRINT), {"prompt": "Build", "generated_code": ""}
    )
    assert made["prompt"].startswith(f"Build a strategy on {SYMBOL} using 1d candles")
    assert "import backtrader as bt\n" in made["generated_code"]


def test_it_is_saved_listed_and_shown(person: Caller, saved: int) -> None:
    listed = answered(ask(person, "GET", "/strategy/list", params={"strategy_id": saved}), [KEPT])
    assert answered(ask(person, "GET", f"/strategy/{saved}"), KEPT) == listed[0]


def test_it_is_backtested_and_plotted(person: Caller) -> None:
    body = {"strategy_code": CROSS, "ticker": SYMBOL}
    example = {"start_value": 100000, "end_value": 110000, "pnl": 10000}
    ran = answered(ask(person, "POST", "/backtest", body), example)
    assert ran["start_value"] == 100_000
    drawn = ask(person, "POST", "/plot", body)
    assert (drawn.status_code, drawn.json().keys()) == (200, {"data", "layout"})
    assert drawn.json()["data"]


def test_it_is_explained(person: Caller) -> None:
    told = ask(person, "POST", "/explain", {"strategy_code": CROSS})
    assert answered(told, {"explanation": "This strategy uses"})["explanation"]


def test_it_is_submitted_to_the_leaderboard_and_exported(person: Caller, saved: int) -> None:
    entry = {
        "strategy_id": saved,
        "strategy_name": "My Strategy",
        "code": CROSS,
        "dataset": "default",
        "ticker": SYMBOL,
    }
    answer = ask(person, "POST", "/leaderboard/submit", entry)
    run = answered(answer, {"entry_id": 456, "metrics": METRICS, "score": 85.2})
    query = {"period": "daily", "dataset": "default", "limit": 50}
    told = ask(person, "GET", "/leaderboard/top", params=query).json()
    assert told.keys() == {"period", "dataset", "top"}
    assert (told["period"], told["dataset"]) == ("daily", "default")
    (best,) = [each for each in told["top"] if each["id"] == run["entry_id"]]
    assert best.pop("notes") is None
    assert shape(best) == shape(BEST)
    assert (best["username"], best["strategy_id"], best["score"]) == (EMAIL, saved, run["score"])
    for kind, ending in (("code", ".py"), ("csv", ".csv")):
        file = ask(person, "GET", f"/export/{kind}/{saved}")
        assert file.status_code == 200
        assert file.headers["content-disposition"].startswith("attachment")
        assert ending in file.headers["content-disposition"]


def test_it_is_deleted(person: Caller) -> None:
    new = {"name": "Another", "prompt": "", "code": CROSS}
    number = ask(person, "POST", "/strategy/save", new).json()["strategy_id"]
    answer = ask(person, "DELETE", f"/strategy/{number}")
    assert answered(answer, {"status": "deleted"}) == {"status": "deleted"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/backtest", {"strategy_code": CROSS}, 400),
        ("POST", "/strategy/save", {"name": "x", "prompt": "", "code": CROSS}, 401),
        ("GET", "/strategy/999999", None, 404),
    ],
)
def test_an_error_is_said_as_the_guide_says_it(
    on: Stage, person: Caller, method: str, path: str, body: Any, status: int
) -> None:
    answer = ask(on.public() if status == 401 else person, method, path, body)
    assert answer.status_code == status
    assert shape(answer.json()) == shape({"error": "Error message description"})
