"""What agents are told is true: the program of the guide runs its day, and `/llms.txt` names what is there."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.client import Client, calls, shapes
from quantos.kit.openapi import operations
from tests.docs.client_modules import openapi
from tests.support.served import ROOT, Served, served_platform

PROGRAM = ROOT / "docs/examples/daily_loop.py"
LLMS = ROOT / "quantos/llms.txt"
PRICES = {"600519.SH": 1700.0, "000858.SZ": 140.0, "600036.SH": 28.0, "000001.SZ": 9.2}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_platform(tmp_path_factory.mktemp("agents") / "data") as running:
        yield running


def ran(url: str, key: str, *given: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QUANTOS_URL": url, "QUANTOS_API_KEY": key}
    return subprocess.run(
        [sys.executable, str(PROGRAM), *given],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def run(served: Served, key: str, *given: str) -> str:
    done = ran(served.url, key, *given)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def stopped(url: str, key: str, *given: str) -> str:
    """The one line of a program that has done nothing."""
    done = ran(url, key, *given)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    return line


def bars(folder: Path) -> Path:
    """Three days of the four shares, at prices that do not move."""
    file = folder / "bars.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["symbol", "date", "open", "high", "low", "close", "pre_close", "volume", "amount"])
        for day in ("2024-01-02", "2024-01-03", "2024-01-04"):
            rows.writerows([s, day, p, p, p, p, p, 1_000_000, p * 1_000_000] for s, p in PRICES.items())
    return file


def test_the_daily_loop_runs_its_day(served: Served, tmp_path: Path) -> None:
    key = served.agent_token()
    with Client(served.url, key) as agent, Client(served.url, served.operator_token) as operator:
        agent(calls.create_strategy(name="Loop", slug="daily-loop", universe="hs300"))
        first = run(served, key)
        assert re.fullmatch(
            r"daily-loop: submitted for 2024-01-02, hash [0-9a-f]{12}; nothing is settled yet\n", first
        )
        assert run(served, key) == "daily-loop: the signal of 2024-01-02 is there; nothing is settled yet\n"
        operator(calls.import_market(path=str(bars(tmp_path))))
        operator(calls.move_clock(now="2024-01-02T19:00:00+08:00"))
        assert re.fullmatch(
            r"daily-loop: the signal of 2024-01-02 is there; NAV 0\.\d{4} on 2024-01-02\n", run(served, key)
        )
        operator(calls.move_clock(now="2024-01-03T08:00:00+08:00"))
        sent: list[shapes.SignalLine] = [{"symbol": "600519.SH", "weight": 0.3}]
        for day in ("2024-01-03", "2024-01-04"):
            agent(calls.submit_signal("daily-loop", trade_date=day, signals=sent))
        assert "the signal of 2024-01-03 is there" in run(served, key)
        today = next(
            one for one in agent.each(calls.list_signals("daily-loop")) if one["trade_date"] == "2024-01-03"
        )
        assert today["signals"] == sent
        operator(calls.move_clock(now="2024-01-05T09:20:00+08:00"))
        assert "daily-loop: submitted for 2024-01-08" in run(served, key), (
            "the deadline of the fifth has passed"
        )


def test_the_daily_loop_runs_also_of_a_strategy_that_is_not_public(served: Served) -> None:
    key = served.agent_token()
    with Client(served.url, key) as agent:
        agent(calls.create_strategy(name="Hidden", slug="hidden-loop", is_public=False))
        sent = agent.each(calls.list_signals("hidden-loop"))
        assert re.fullmatch(
            r"hidden-loop: submitted for [\d-]{10}, hash [0-9a-f]{12}; there is no public strategy .*\n",
            run(served, key),
        )
        assert len(list(sent)) == 1


def test_the_daily_loop_submits_for_one_strategy_and_asks_which_where_there_are_several(
    served: Served,
) -> None:
    key = served.agent_token()
    assert "has no strategy that is pending or active" in stopped(served.url, key)
    with Client(served.url, key) as agent:
        for slug in ("first-of-two", "other-of-two"):
            agent(calls.create_strategy(name="Two", slug=slug))
        assert "name one: " in (asked := stopped(served.url, key))
        assert {"first-of-two", "other-of-two"} <= set(re.split("[ ,]+", asked))
        assert run(served, key, "other-of-two", "600519.SH").startswith("other-of-two: submitted for ")
        assert [len(list(agent.each(calls.list_signals(s)))) for s in ("first-of-two", "other-of-two")] == [
            0,
            1,
        ]
    assert "no such strategy among yours" in stopped(served.url, key, "nobodys-strategy")


def test_the_daily_loop_tells_what_it_cannot_do_in_one_line(served: Served) -> None:
    key = served.agent_token()
    assert "does not take this key" in stopped(served.url, "qgpt_wrong")
    assert "no answer from http://127.0.0.1:9" in stopped("http://127.0.0.1:9", key)
    assert "usage: " in stopped("", key)
    with Client(served.url, key) as agent:
        agent(calls.create_strategy(name="Odd", slug="odd-symbols"))
    assert "signals.1.symbol" in stopped(served.url, key, "odd-symbols", "600519.SH", "AAPL")


def test_llms_txt_is_served_as_it_stands(served: Served) -> None:
    with served.client() as anyone:
        answer = anyone.get("/llms.txt")
    assert (answer.status_code, answer.text) == (200, LLMS.read_text())
    assert answer.headers["content-type"].startswith("text/plain")


def test_llms_txt_names_operations_that_are_there() -> None:
    offered = {(method.upper(), re.sub(r"{\w+}", "{}", path)) for method, path, _ in operations(openapi())}
    named = re.findall(r"(GET|POST|PUT|PATCH|DELETE) (/[\w/{}-]+)", LLMS.read_text())
    assert len(named) > 12
    missing = [
        (method, path)
        for method, path in named
        if (method, "/api/v1" + re.sub(r"{\w+}", "{}", path)) not in offered
    ]
    assert missing == []
