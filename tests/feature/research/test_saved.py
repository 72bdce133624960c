"""Saved strategies, exports, figures and the leaderboard over the API."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from tests.feature.research.conftest import DAYS, SYMBOL, ask, prices
from tests.feature.research.test_backtest import CROSS, HOLD
from tests.support.platforms import Caller, Stage

NEW = {"name": "均线 · 'x'", "prompt": "  Moving\taverage\n", "code": HOLD + "# 结束\n"}


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def save(caller: Caller, **more: Any) -> int:
    answer = ask(caller, "POST", "/strategy/save", {**NEW, **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["message"] == "Strategy saved successfully"
    return int(answer.json()["strategy_id"])


def submit(caller: Caller, **more: Any) -> Any:
    body = {"strategy_id": None, "strategy_name": "x", "code": HOLD, "ticker": SYMBOL, **more}
    return ask(caller, "POST", "/leaderboard/submit", body)


def top(caller: Caller, **query: Any) -> Any:
    return ask(caller, "GET", "/leaderboard/top", params=query)


def test_cop_34_what_is_saved_comes_back_unchanged(agent: Caller) -> None:
    number = save(agent)
    found = ask(agent, "GET", f"/strategy/{number}").json()
    assert found.keys() == {"id", "name", "prompt", "code", "created_at"}
    assert {name: found[name] for name in NEW} == NEW
    assert ask(agent, "GET", "/strategy/list").json() == [found]
    assert ask(agent, "GET", "/strategy/list", params={"strategy_id": number}).json() == [found]
    assert ask(agent, "GET", "/strategy/list", params={"strategy_id": number + 1}).json() == []


def test_cop_18_a_deleted_strategy_is_gone_and_its_id_is_not_given_again(agent: Caller) -> None:
    number = save(agent)
    assert ask(agent, "DELETE", f"/strategy/{number}").json() == {"status": "deleted"}
    for method in ("GET", "DELETE"):
        assert ask(agent, method, f"/strategy/{number}").status_code == 404
    assert save(agent) > number


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/strategy/{}"),
        ("DELETE", "/strategy/{}"),
        ("GET", "/export/code/{}"),
        ("GET", "/export/csv/{}"),
    ],
)
def test_cop_19_anothers_strategy_is_not_found(on: Stage, agent: Caller, method: str, path: str) -> None:
    number = save(on.agent())
    answer = ask(agent, method, path.format(number))
    assert (answer.status_code, answer.json().keys()) == (404, {"error"})
    assert submit(agent, strategy_id=number).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/strategy/save"),
        ("GET", "/strategy/list"),
        ("GET", "/strategy/1"),
        ("DELETE", "/strategy/1"),
        ("GET", "/export/code/1"),
        ("GET", "/export/csv/1"),
        ("POST", "/leaderboard/submit"),
        ("GET", "/leaderboard/top"),
    ],
)
def test_without_a_token_what_is_someones_is_401(on: Stage, method: str, path: str) -> None:
    answer = ask(on.public(), method, path)
    assert (answer.status_code, answer.json().keys()) == (401, {"error"})


@pytest.mark.parametrize("number", ["x", "1.5", "", " "])
def test_an_id_that_is_no_number_is_400_or_404(agent: Caller, number: str) -> None:
    assert ask(agent, "GET", f"/strategy/{number}").status_code in {400, 404}


@pytest.mark.parametrize("number", ["0", "-1", "9" * 18, "9" * 40])
def test_an_id_that_nobody_has_is_404(agent: Caller, number: str) -> None:
    assert ask(agent, "GET", f"/strategy/{number}").status_code in {400, 404}


@pytest.mark.parametrize("code", ["import os\n" + HOLD, "def (", ""])
def test_cop_15_dangerous_or_invalid_code_is_not_saved(agent: Caller, code: str) -> None:
    answer = ask(agent, "POST", "/strategy/save", {**NEW, "code": code})
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})
    assert ask(agent, "GET", "/strategy/list").json() == []


def test_cop_26_code_is_exported_as_a_file(agent: Caller) -> None:
    number = save(agent)
    answer = ask(agent, "GET", f"/export/code/{number}")
    assert answer.content.decode() == NEW["code"]
    assert answer.headers["content-disposition"] == f'attachment; filename="strategy-{number}.py"'


def test_cop_28_and_29_metrics_and_score_of_shares_held_worked_by_hand(agent: Caller) -> None:
    bars = prices()
    equity = np.array([100_000.0, *(100_000 + 100 * (close - bars[1][0]) for _, close, _, _ in bars[1:])])
    daily = equity[1:] / equity[:-1] - 1
    sharpe = daily.mean() / daily.std(ddof=1) * 252**0.5
    fall = min(equity / np.maximum.accumulate(equity) - 1)
    gain = equity[-1] / 100_000 - 1
    found = submit(agent).json()
    assert found["metrics"] == {
        "Sharpe Ratio": pytest.approx(sharpe),
        "Max Drawdown": pytest.approx(fall),
        "Total Return": pytest.approx(gain),
    }
    assert found["metrics"]["Max Drawdown"] < 0
    expected = 0.6 * 100 * gain + 0.3 * 10 * sharpe - 0.1 * abs(100 * fall)
    assert found["score"] == pytest.approx(expected, abs=1e-4)
    assert found["score"] == round(found["score"], 4)


def test_cop_30_the_best_stand_first_and_a_dataset_by_itself(on: Stage, agent: Caller) -> None:
    email = on.platform.accounts.me(on.platform.accounts.user(_as(agent))).email
    worse, better = sorted(
        (
            submit(agent, code=code, dataset="two", strategy_name=name).json()
            for name, code in (("hold", HOLD), ("cross", CROSS))
        ),
        key=lambda found: found["score"],
    )
    found = top(agent, dataset="two").json()
    assert (found["period"], found["dataset"]) == ("daily", "two")
    assert [entry["id"] for entry in found["top"]] == [better["entry_id"], worse["entry_id"]]
    first = found["top"][0]
    assert first["username"] == email
    assert first["return_pct"] == pytest.approx(100 * better["metrics"]["Total Return"], abs=1e-4)
    assert first["max_drawdown"] <= 0
    assert first.keys() == {
        "id", "user_id", "username", "strategy_id", "strategy_name", "dataset", "run_at", "return_pct", "sharpe",
        "max_drawdown", "score", "notes",
    }  # fmt: skip
    assert len(top(agent, dataset="two", limit=1).json()["top"]) == 1


def test_conv_06_the_ids_of_the_copilots_guide_are_whole_numbers_and_those_of_the_other_are_uuids(
    on: Stage, agent: Caller
) -> None:
    others, number = on.agent(), save(agent)
    submitted = submit(agent, strategy_id=number, dataset="ids").json()
    submit(others, dataset="ids")
    found = top(agent, dataset="ids").json()["top"]
    mine = next(entry for entry in found if entry["id"] == submitted["entry_id"])
    assert mine["strategy_id"] == number
    assert {type(entry[name]) for entry in found for name in ("id", "user_id")} == {int}
    known = {UUID(user["id"]): user["number"] for user in on.operator.get("/admin/users")["users"]}
    caller = on.platform.accounts.user(_as(agent))
    assert mine["user_id"] == known[UUID(caller.user_id)]
    assert len({entry["user_id"] for entry in found}) == 2


@pytest.mark.parametrize("query", [{"period": "monthly"}, {"limit": 0}, {"limit": 51}, {"limit": "x"}])
def test_cop_31_and_32_other_periods_and_limits_are_400(agent: Caller, query: dict[str, Any]) -> None:
    answer = top(agent, **query)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})


def test_cop_27_runs_are_exported_one_a_row(agent: Caller) -> None:
    number = save(agent)
    submit(agent, strategy_id=number, dataset="=cmd()")
    answer = ask(agent, "GET", f"/export/csv/{number}")
    header, row = list(csv.reader(io.StringIO(answer.text)))
    assert ",".join(header) == "run_at,dataset,ticker,return_pct,sharpe,max_drawdown,score"
    assert (row[1], row[2]) == ("'=cmd()", SYMBOL)
    assert answer.headers["content-disposition"].endswith('.csv"')


def test_the_operator_sees_the_board_as_its_users_do(on: Stage, agent: Caller) -> None:
    submit(agent, strategy_name="held", dataset="board")
    shown = on.operator.get("/admin/leaderboard", dataset="board")
    assert [entry["strategy_name"] for entry in shown["top"]] == ["held"]
    assert shown == top(agent, period="alltime", dataset="board").json()


def test_cop_24_the_figure_ends_where_the_backtest_does(agent: Caller) -> None:
    body = {"strategy_code": CROSS, "ticker": SYMBOL}
    figure = ask(agent, "POST", "/plot", body).json()
    assert figure.keys() == {"data", "layout"}
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert traces["Equity"]["y"][-1] == ask(agent, "POST", "/backtest", body).json()["end_value"]
    assert traces[SYMBOL]["x"] == [day.isoformat() for day in DAYS]
    assert traces[SYMBOL]["close"] == pytest.approx([close for _, close, _, _ in prices()])
    bought, sold = (len(traces[name]["x"]) for name in ("Buy", "Sell"))
    assert bought > 1
    assert bought - sold in {0, 1}
    assert max(traces["Drawdown"]["y"]) <= 0


def test_the_days_of_a_period_are_counted_back_from_now(on: Stage, agent: Caller) -> None:
    """The last test: it moves the clock."""
    submit(agent, dataset="aging")
    for day, at, periods in (
        (date(2024, 1, 3), "07:00", {"daily", "weekly", "alltime"}),
        (date(2024, 1, 5), "08:00", {"weekly", "alltime"}),
        (date(2024, 1, 10), "08:00", {"alltime"}),
    ):
        on.clock_to(day, at)
        seen = {
            p for p in ("daily", "weekly", "alltime") if top(agent, period=p, dataset="aging").json()["top"]
        }
        assert seen == periods


def _as(caller: Caller) -> Any:
    from starlette.requests import Request  # noqa: PLC0415

    headers = [(b"authorization", f"Bearer {caller.token}".encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})
