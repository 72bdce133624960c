"""What the Copilot's guide says, held over HTTP where no other test of research does."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from quantos.leaderboard.tables import LeaderboardEntry
from quantos.research.saved import SAVED_MAX
from quantos.research.tables import SavedStrategy
from tests.feature.research.conftest import START, SYMBOL, ask
from tests.feature.research.test_backtest import CROSS, HOLD
from tests.feature.research.test_saved import NEW, save, submit, top
from tests.support.platforms import Caller, Stage

OPERATORS = (">", "<", ">=", "<=", "crosses_above", "crosses_below")
ENTRIES = ("sma", "ema", "rsi", "zscore", "macd", "bollinger")
EXITS = ("sma", "ema", "rsi", "atr", "macd")
ENTRY = {"indicator": "rsi", "operator": "<", "value": 40, "params": {"lookback": 14}}
EXIT = {"indicator": "rsi", "operator": ">", "value": 60, "params": {"lookback": 14}}
BLUEPRINT: dict[str, Any] = {"asset": SYMBOL, "entry": [ENTRY], "exit": [EXIT]}


@pytest.fixture(scope="module")
def anyone(on: Stage) -> Caller:
    return on.public()


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def translate(caller: Caller, **changed: Any) -> Any:
    return ask(caller, "POST", "/builder/translate", {**BLUEPRINT, **changed})


def test_cop_07_a_code_an_access_token_and_a_key_open_the_same_routes(on: Stage) -> None:
    key = on.agent()
    assert key.call("PATCH", "/auth/profile", {"email": "seven@example.com"}).status_code == 200
    number = save(key)
    assert ask(on.public(), "POST", "/auth/request-otp", {"email": "seven@example.com"}).status_code == 200
    code = re.findall(r"\b\d{6}\b", on.operator.get("/admin/outbox")["messages"][0]["text"])[0]
    answer = ask(on.public(), "POST", "/auth/verify-otp", {"email": "seven@example.com", "otp_code": code})
    by_mail = Caller(key.runner, key.http, answer.json()["access_token"])
    assert [each["id"] for each in ask(by_mail, "GET", "/strategy/list").json()] == [number]
    assert by_mail.get("/strategies") == key.get("/strategies")


def test_cop_09_and_25_without_a_model_the_same_words_give_the_same_answer(anyone: Caller) -> None:
    for path, body in (
        ("/generate", {"user_prompt": "Buy when RSI is below 30, sell above 70, stop loss 5%"}),
        ("/explain", {"strategy_code": CROSS}),
    ):
        first, second = (ask(anyone, "POST", path, body) for _ in range(2))
        assert first.status_code == 200
        assert first.content == second.content


@pytest.mark.parametrize("timeframe", [None, "1d"])
def test_cop_10_and_11_the_prompt_begins_with_asset_and_timeframe(
    anyone: Caller, timeframe: str | None
) -> None:
    given = {} if timeframe is None else {"timeframe": timeframe}
    made = translate(anyone, **given).json()
    assert made.keys() == {"prompt", "generated_code"}
    assert made["prompt"].startswith(f"Build a strategy on {SYMBOL} using 1d candles")
    assert translate(anyone, **given, position_sizing="fixed").json() == made


@pytest.mark.parametrize(
    "changed",
    [
        {"asset": None},
        {"entry": []},
        {"exit": []},
        {"entry": None},
        {"entry": [{**ENTRY, "indicator": "atr"}]},
        {"exit": [{**EXIT, "indicator": "zscore"}]},
        {"exit": [{**EXIT, "indicator": "bollinger"}]},
        {"entry": [{**ENTRY, "operator": "=="}]},
        {"entry": [{**ENTRY, "params": {"lookback": 0}}]},
        {"entry": [{**ENTRY, "params": {"lookback": 1.5}}]},
        {"entry": [{**ENTRY, "value": "30"}]},
        {"position_sizing": "all"},
        {"risk": {"stop_loss": "much"}},
        {"risk": {"take_profit": "5"}},
    ],
)
def test_cop_11_to_13_a_blueprint_that_is_none_is_400(anyone: Caller, changed: dict[str, Any]) -> None:
    answer = translate(anyone, **changed)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})


def test_cop_12_and_14_each_indicator_with_each_operator_is_taken_and_runs(anyone: Caller) -> None:
    """Every one is compiled; of each operator one pair of indicators is run over the API too."""
    run = {}
    for indicator, operator in product(ENTRIES, OPERATORS):
        made = translate(anyone, entry=[{"indicator": indicator, "operator": operator}])
        assert made.status_code == 200, made.text
        run[operator] = made.json()["generated_code"]
    for indicator, operator in product(EXITS, OPERATORS):
        made = translate(anyone, exit=[{"indicator": indicator, "operator": operator}])
        assert made.status_code == 200, made.text
    for code in run.values():
        answer = ask(anyone, "POST", "/backtest", {"strategy_code": code, "ticker": SYMBOL})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "code", ["import os\n" + HOLD, HOLD + "getattr(1, '__cl' + 'ass__')\n", "def (", "import backtrader\n"]
)
def test_cop_22_and_23_what_is_refused_is_refused_by_each_call_that_takes_code(
    agent: Caller, code: str
) -> None:
    answers = [
        ask(agent, "POST", path, {"strategy_code": code, "ticker": SYMBOL})
        for path in ("/backtest", "/plot", "/explain")
    ]
    answers += [ask(agent, "POST", "/strategy/save", {**NEW, "code": code}), submit(agent, code=code)]
    for answer in answers:
        assert (answer.status_code, answer.json().keys()) == (400, {"error"})
    assert ask(agent, "GET", "/strategy/list").json() == []


def test_cop_32_fifty_are_shown_where_nobody_says_how_many(on: Stage, agent: Caller) -> None:
    user = agent.get("/auth/me")["id"]
    with on.platform.records.write() as session:
        session.add_all(
            LeaderboardEntry(
                user_id=user,
                strategy_name=f"s{number}",
                dataset="fifty",
                ticker=SYMBOL,
                run_at=START,
                return_pct=0.0,
                max_drawdown=0.0,
                score=float(number),
            )
            for number in range(60)
        )
    shown = top(agent, dataset="fifty", period="alltime").json()["top"]
    assert [entry["score"] for entry in shown] == [float(number) for number in range(59, 9, -1)]


def test_a_user_keeps_two_hundred_strategies_and_another_one_after_deleting_one(
    on: Stage, agent: Caller
) -> None:
    user, first = agent.get("/auth/me")["id"], save(agent)
    with on.platform.records.write() as session:
        session.add_all(
            SavedStrategy(user_id=user, name="n", prompt="", code=HOLD, created_at=START)
            for _ in range(SAVED_MAX - 1)
        )
    refused = ask(agent, "POST", "/strategy/save", NEW)
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "you have 200 saved strategies: delete one first"},
    )
    assert len(ask(agent, "GET", "/strategy/list").json()) == 200
    assert ask(agent, "DELETE", f"/strategy/{first}").status_code == 200
    save(agent)
    save(on.agent())
