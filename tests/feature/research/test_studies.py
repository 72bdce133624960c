"""Research backtests over the API: worked by hand, ended, interrupted, and on real bars."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from quantos.kit.clock import parse_instant
from quantos.performance.core import metrics
from quantos.research.studies import KEPT_MAX, UNFINISHED_MAX
from tests.feature.research.conftest import START, ask
from tests.feature.research.test_backtest import HOLD, with_next
from tests.feature.research.test_queue import LOOP
from tests.feature.research.test_saved import save
from tests.support.platforms import Caller, Stage, made_up, stage
from tests.support.real import SAMPLE
from tests.support.studies import queued_study

A, B = "600001.SH", "600002.SH"
DAYS = [date(2023, 9, day) for day in (1, 4, 5, 6, 7, 8)]
PRICES: dict[str, list[tuple[float, float, float | None, int]]] = {
    A: [
        (10.0, 10.0, None, 1000),
        (10.0, 10.5, 10.0, 1000),
        (11.55, 11.55, 10.5, 1000),  # opens at its upper limit
        (11.0, 11.0, 11.55, 1000),
        (12.0, 12.0, 11.0, 1000),
        (12.0, 12.0, 12.0, 1000),
    ],
    B: [
        (20.0, 20.0, None, 1000),
        (20.0, 20.0, 20.0, 1000),
        (20.0, 20.0, 20.0, 0),  # suspended
        (20.0, 20.0, 20.0, 0),
        (18.0, 19.0, 20.0, 1000),
        (19.0, 19.0, 19.0, 1000),
    ],
}
NO_COSTS: dict[str, Any] = {"commission_rate": 0.0, "slippage_rate": 0.0, "initial_capital": 100_000}


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("studies") / "data"
    with stage(folder, START, backtest_memory_mb_max=256, research_wall_s_max=600) as opened:
        rows = {(symbol, day): PRICES[symbol][at] for symbol in PRICES for at, day in enumerate(DAYS)}
        opened.platform.market.import_bars(made_up(rows))
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def begin(caller: Caller, code: str, **more: Any) -> Any:
    body = {"strategy_code": code, "tickers": [A], **NO_COSTS, **more}
    return caller.call("POST", "/research/backtests", body)


def ended(caller: Caller, study: str) -> Any:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = caller.get(f"/research/backtests/{study}")
        if found["status"] not in {"queued", "running"}:
            return found
        time.sleep(0.02)
    raise TimeoutError


def ran(caller: Caller, code: str, **more: Any) -> Any:
    answer = begin(caller, code, **more)
    assert answer.status_code == 201, answer.text
    found = ended(caller, answer.json()["id"])
    assert found["status"] == "finished", found["reason"]
    return found


def trades(found: Any) -> list[tuple[Any, ...]]:
    return [
        (each["date"], each["symbol"], each["side"], each["quantity"], each["price"])
        for each in found["result"]["trades"]
    ]


def on_bar(orders: dict[int, str]) -> str:
    lines = [f"if len(self) == {bar}: {order}" for bar, order in orders.items()]
    return with_next(*lines)


def test_shares_bought_and_sold_with_every_cost_worked_by_hand(agent: Caller) -> None:
    """1,000 shares at 10.00 on the second day and sold at 12.00 on the fifth, as one of slippage 1 %.

    Bought at 10.10: 10,100.00, commission 3.03, transfer fee 0.10. Sold at 11.88, but its bar saw no price but 12.00:
    12,000.00, commission 3.60, transfer 0.12, stamp duty of 0.05 % 6.00. 100,000 - 10,103.13 + 11,990.28 = 101,887.15.
    """
    found = ran(
        agent,
        on_bar({1: "self.buy(size=1000)", 4: "self.close()"}),
        commission_rate=0.0003,
        slippage_rate=0.01,
    )
    assert trades(found) == [
        ("2023-09-04", A, "buy", 1000, pytest.approx(10.1)),
        ("2023-09-07", A, "sell", 1000, pytest.approx(12.0)),
    ]
    assert [each["costs"] for each in found["result"]["trades"]] == pytest.approx([3.13, 9.72])
    totals = found["result"]["totals"]
    assert totals["end_value"] == pytest.approx(101_887.15)
    assert totals["costs"] == pytest.approx(12.85)
    assert totals["turnover"] == pytest.approx(0.221)
    values = [each["value"] for each in found["result"]["equity"]]
    assert values == pytest.approx([100_000, 100_396.87, 101_446.87, 100_896.87, 101_887.15, 101_887.15])
    assert [each["date"] for each in found["result"]["equity"]] == [day.isoformat() for day in DAYS]
    curve = np.array([1.0, 1.0, 1.0039687, 1.0144687, 1.0089687, 1.0188715, 1.0188715])
    shown = found["metrics"]
    assert shown == found["result"]["metrics"]
    assert shown["total_return"] == pytest.approx(0.0188715)
    assert shown["max_drawdown"] == pytest.approx(1 - 1.0089687 / 1.0144687)
    assert shown["sharpe"] == pytest.approx(metrics.sharpe(metrics.daily_return(curve)))
    assert (shown["trading_days"], shown["benchmark_return"], shown["excess_return"]) == (6, None, None)
    assert found["progress"] == {"done": 6, "total": 6}


@pytest.mark.parametrize(
    ("orders", "filled"),
    [
        ({2: "self.buy(size=100)"}, []),  # the third day opens at the upper limit
        ({1: "self.buy(size=150)"}, []),  # half a lot
        ({1: "self.sell(size=100)"}, []),  # nothing held
        ({1: "self.buy(size=200)", 3: "self.sell(size=50)"}, ["buy"]),
        ({1: "self.buy(size=200)", 3: "self.sell(size=300)"}, ["buy"]),
        ({1: "self.buy(size=20000)"}, []),  # more than the cash
        ({1: "self.buy(size=200)", 3: "self.sell(size=100)"}, ["buy", "sell"]),
    ],
)
def test_orders_that_the_exchange_does_not_take_are_not_filled(
    agent: Caller, orders: dict[int, str], filled: list[str]
) -> None:
    found = ran(agent, on_bar(orders))
    assert [each["side"] for each in found["result"]["trades"]] == filled
    assert found["result"]["totals"]["refused_orders"] == len(orders) - len(filled)


def test_what_was_bought_today_is_not_sold_today(agent: Caller) -> None:
    """A bracket would sell on the day on which it bought: its stop lies above the low of the fourth day."""
    stop = "self.buy(size=100); self.sell(size=100, exectype=bt.Order.Stop, price=11.5)"
    found = ran(agent, on_bar({3: stop}))
    assert trades(found) == [("2023-09-06", A, "buy", 100, 11.0)]


def test_a_suspended_share_is_traded_at_no_price_of_the_past(agent: Caller) -> None:
    """Both are ordered at the close of the second day; B has no bar on the two days that follow."""
    code = on_bar({2: "self.buy(self.datas[0], size=100); self.buy(self.datas[1], size=100)"})
    found = ran(agent, code, tickers=[B, A])
    assert trades(found) == []
    later = on_bar({2: "pass", 4: "self.buy(self.getdatabyname('600002.SH'), size=100)"})
    assert trades(ran(agent, later, tickers=[A, B])) == [("2023-09-07", B, "buy", 100, 18.0)]


def test_several_tickers_share_one_account(agent: Caller) -> None:
    """Half of what there is in each: 5,000 shares of A at 10.00 and 2,500 of B at 20.00 leave nothing."""
    code = on_bar({1: "self.buy(self.datas[0], size=5000); self.buy(self.datas[1], size=2400)"})
    found = ran(agent, code, tickers=[A.lower(), B, A])
    assert found["tickers"] == [A, B]
    assert [each[1:4] for each in trades(found)] == [(A, "buy", 5000), (B, "buy", 2400)]
    last = found["result"]["equity"][-1]["value"]
    assert last == pytest.approx(100_000 + 5000 * 2.0 - 2400 * 1.0 - 0.50 - 0.48)  # transfer fees


def test_a_span_of_days_is_all_that_is_run_on(agent: Caller) -> None:
    found = ran(agent, HOLD, start="2023-09-05", end="2023-09-07")
    assert [each["date"] for each in found["result"]["equity"]] == ["2023-09-05", "2023-09-06", "2023-09-07"]
    assert trades(found) == [("2023-09-06", A, "buy", 100, pytest.approx(11.0))]


def test_the_minimum_commission_is_the_callers_or_the_platforms(tmp_path: Path) -> None:
    """1,000 shares at 10.00, 0.03 % of which are 3.00: charged are 5.00 of the platform, or 7.00, and the fee of 0.10."""
    with stage(tmp_path / "data", START, minimum_commission=5) as on:
        rows = {(A, day): PRICES[A][at] for at, day in enumerate(DAYS)}
        on.platform.market.import_bars(made_up(rows))
        agent, code = on.agent(), on_bar({1: "self.buy(size=1000)"})
        for asked, minimum in (({}, 5.0), ({"minimum_commission": 7}, 7.0), ({"minimum_commission": 0}, 3.0)):
            found = ran(agent, code, commission_rate=0.0003, **asked)
            assert [each["costs"] for each in found["result"]["trades"]] == [pytest.approx(minimum + 0.1)]
            assert found["minimum_commission"] == asked.get("minimum_commission", 5.0)


def test_a_saved_strategy_is_run_as_it_was_saved_then(agent: Caller) -> None:
    number = save(agent)
    answer = begin(agent, HOLD, strategy_code=None, strategy_id=number)
    assert answer.status_code == 201, answer.text
    ask(agent, "DELETE", f"/strategy/{number}")
    found = ended(agent, answer.json()["id"])
    assert (found["status"], found["strategy_id"]) == ("finished", number)
    assert found["strategy_code"].startswith(HOLD)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"strategy_code": None}, 422),
        ({"strategy_id": 1}, 422),
        ({"tickers": []}, 422),
        ({"tickers": [A] * 51}, 422),
        ({"start": "2023-09-08", "end": "2023-09-01"}, 422),
        ({"initial_capital": 1}, 422),
        ({"slippage_rate": 0.06}, 422),
        ({"universe": "sp500"}, 422),
        ({"tickers": ["RELIANCE.NS"]}, 400),
        ({"strategy_code": "import os"}, 400),
        ({"strategy_code": None, "strategy_id": 10**9}, 404),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(agent: Caller, body: dict[str, Any], status: int) -> None:
    answer = begin(agent, **{"code": HOLD, **body})
    assert answer.status_code == status, answer.text
    assert agent.get("/research/backtests") == {"backtests": []}


@pytest.mark.parametrize(
    ("code", "more", "words"),
    [
        (with_next("1 / 0"), {}, "ZeroDivisionError"),
        (with_next("self.broker.set_cash(10**9)"), {}, "must not change its cash"),
        (with_next("self.broker.bought.clear()", "self.broker.locked['600001.SH'] = {'no_buy': (), 'no_sell': ()}", "self.buy(size=100)"), {}, "breaks the rules of the exchange"),
        (with_next("self.broker.lots['600001.SH'] = (1, 1)", "self.buy(size=1)"), {}, "breaks the rules"),
        (HOLD, {"start": "2020-01-01", "end": "2020-02-01"}, "no bars in the span"),
    ],
)  # fmt: skip
def test_what_fails_says_why_and_has_no_result(
    agent: Caller, code: str, more: dict[str, Any], words: str
) -> None:
    answer = begin(agent, code, **more)
    assert answer.status_code == 201, answer.text
    found = ended(agent, answer.json()["id"])
    assert (found["status"], found["result"], found["metrics"]) == ("failed", None, None)
    assert words in found["reason"]


def test_one_that_runs_and_one_that_waits_are_cancelled_and_the_next_runs(agent: Caller) -> None:
    running, waiting, next_ = (begin(agent, code).json()["id"] for code in (LOOP, HOLD, HOLD))
    for study in (waiting, running):
        cancelled = agent.post(f"/research/backtests/{study}/cancel")
        assert cancelled["status"] == "cancelled"
    assert ended(agent, next_)["status"] == "finished"
    assert ended(agent, running)["result"] is None
    again = agent.call("POST", f"/research/backtests/{running}/cancel")
    assert (again.status_code, again.headers["QuantOS-Error-Code"]) == (400, "research_backtest_ended")
    statuses = [each["status"] for each in agent.get("/research/backtests")["backtests"]]
    assert statuses == ["finished", "cancelled", "cancelled"]
    assert len(agent.get("/research/backtests", status="cancelled")["backtests"]) == 2
    assert len(agent.get("/research/backtests", limit=1, offset=1)["backtests"]) == 1


def test_while_it_runs_its_days_are_counted(agent: Caller) -> None:
    slow = with_next("if len(self) == 4:", "    while True: pass")
    study = begin(agent, slow).json()["id"]
    until = time.monotonic() + 15
    while (found := agent.get(f"/research/backtests/{study}"))["progress"]["done"] < 3:
        assert time.monotonic() < until, found
        time.sleep(0.02)
    assert (found["status"], found["progress"]) == ("running", {"done": 3, "total": 6})
    agent.post(f"/research/backtests/{study}/cancel")


def test_anothers_is_not_found(on: Stage, agent: Caller) -> None:
    study = begin(on.agent(), HOLD).json()["id"]
    assert agent.call("GET", f"/research/backtests/{study}").status_code == 404
    assert agent.call("POST", f"/research/backtests/{study}/cancel").status_code == 404
    assert agent.get("/research/backtests") == {"backtests": []}


def test_a_user_has_twenty_unfinished_and_two_hundred_kept(on: Stage, agent: Caller) -> None:
    user = agent.get("/auth/me")["id"]
    with on.platform.records.write() as session:
        session.add_all(queued_study(user) for _ in range(UNFINISHED_MAX))
    refused = begin(agent, HOLD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    for each in agent.get("/research/backtests", limit=200)["backtests"]:
        agent.post(f"/research/backtests/{each['id']}/cancel")
    with on.platform.records.write() as session:
        session.add_all(queued_study(user, "failed") for _ in range(KEPT_MAX))
    newest = begin(agent, HOLD).json()["id"]
    shown = agent.get("/research/backtests", limit=200)["backtests"]
    assert (len(shown), shown[0]["id"]) == (KEPT_MAX, newest)
    assert agent.get("/research/backtests", limit=1, offset=KEPT_MAX)["backtests"] == []


def test_what_a_stop_interrupted_runs_again_at_the_next_start(tmp_path: Path) -> None:
    rows = {(A, day): PRICES[A][at] for at, day in enumerate(DAYS)}
    with stage(tmp_path / "data", START) as first:
        first.platform.market.import_bars(made_up(rows))
        agent = first.agent()
        running, waiting = (begin(agent, code).json()["id"] for code in (LOOP, HOLD))
        while agent.get(f"/research/backtests/{running}")["status"] != "running":
            time.sleep(0.01)
    with stage(tmp_path / "data", START, research_wall_s_max=1) as second:
        again = Caller(second.operator.runner, second.operator.http, agent.token)
        assert "did not end within 1 seconds" in ended(again, running)["reason"]
        assert ended(again, waiting)["status"] == "finished"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared_market: Path) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("real") / "data"
    with stage(folder, parse_instant("2026-05-09T08:00:00+08:00")) as opened:
        opened.platform.market.import_path(shared_market / f"{SAMPLE}.parquet")
        opened.platform.market.import_path(shared_market / "index_daily.parquet")
        yield opened


def test_real_shares_held_gain_what_their_holder_gains_and_the_benchmark_is_the_index(
    real: Stage, shared_market: Path
) -> None:
    """Against the file alone: closes over references, multiplied up; and the closes of the CSI 300."""
    symbol, first, last = "600519.SH", "2024-01-02", "2025-12-31"
    bars = duckdb.execute(
        "SELECT open, close, pre_close FROM read_parquet(?) WHERE symbol = ? AND date BETWEEN ? AND ? AND volume > 0"
        " ORDER BY date",
        [str(shared_market / f"{SAMPLE}.parquet"), symbol, first, last],
    ).fetchall()
    level, entry = bars[0][1], 0.0
    for number, (opened, closed, reference) in enumerate(bars[1:], 1):
        level *= closed / reference
        if number == 1:
            entry = level * opened / closed
    levels = duckdb.execute(
        "SELECT close FROM read_parquet(?) WHERE symbol = '000300.SH' AND date BETWEEN '2023-12-29' AND ? ORDER BY date",
        [str(shared_market / "index_daily.parquet"), last],
    ).fetchall()
    found = ran(real.agent(), HOLD, tickers=[symbol], start=first, end=last, initial_capital=1_000_000)
    shown = found["metrics"]
    assert shown["total_return"] == pytest.approx(100 * (level - entry) / 1_000_000 - _fee(entry) / 1_000_000)
    assert shown["benchmark_return"] == pytest.approx(levels[-1][0] / levels[0][0] - 1)
    assert shown["excess_return"] == pytest.approx(shown["total_return"] - shown["benchmark_return"])
    assert shown["trading_days"] == len(bars) == len(levels) - 1


def _fee(price: float) -> float:
    """0.001 % of a hundred shares, to the fen."""
    return round(100 * price * 0.00001 + 1e-9, 2)


def test_a_rotation_through_real_shares_keeps_the_rules_of_every_day(real: Stage) -> None:
    """Sixteen shares, six years, five of them held at a time: the second account and the exchange's rules agree."""
    symbols = [each["symbol"] for each in real.platform.market.listed(200, 0)["instruments"]][:16]
    code = (
        "import backtrader as bt\n\n\nclass Strategy(bt.Strategy):\n    def __init__(self):\n"
        "        self.gain = {data: bt.ind.ROC(data.close, period=20) for data in self.datas}\n\n"
        "    def next(self):\n        if len(self) % 10:\n            return\n"
        "        best = sorted(self.datas, key=lambda data: self.gain[data][0])[-5:]\n"
        "        for data in self.datas:\n            if data not in best and self.getposition(data).size:\n"
        "                self.close(data)\n        for data in best:\n"
        "            if not self.getposition(data).size:\n"
        "                lots = int(self.broker.getvalue() * 0.15 / data.close[0] / 200) * 200\n"
        "                if lots:\n                    self.buy(data, size=lots)\n"
    )
    found = ran(real.agent(), code, tickers=symbols, initial_capital=10_000_000, commission_rate=0.0003)
    assert found["result"]["totals"]["trades"] > 200
    assert found["result"]["totals"]["costs"] > 0
    assert found["metrics"]["trading_days"] > 1400
