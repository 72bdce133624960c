"""The demo's own parts: signals that do not know the future, checks that find what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from quantos.cli.demo.agents import AGENTS, LOOKBACK, Agent
from quantos.cli.demo.identities import (
    metrics_follow_from_records,
    metrics_of,
    no_day_is_missing,
    returns_follow_from_navs,
)
from quantos.cli.demo.panel import Panel
from quantos.cli.demo.plot import Curve, drawn

FIRST = LOOKBACK + 2
DAYS, NAMES = FIRST + 30, 40


def a_panel() -> Panel:
    draw = np.random.default_rng(5)
    returns = draw.normal(0, 0.04, (DAYS, NAMES)).astype(np.float32)
    traded = draw.random((DAYS, NAMES)) > 0.1
    return Panel(
        dates=tuple(date(2024, 1, 1) + timedelta(days=t) for t in range(DAYS)),
        symbols=tuple(f"{600000 + i}.SH" for i in range(NAMES)),
        total_return=np.where(traded, returns, 0),
        amount=np.where(traded, draw.random((DAYS, NAMES)), 0).astype(np.float32),
        has_row=np.ones((DAYS, NAMES), np.bool_),
        traded=traded,
        suspended=~traded,
        share=np.arange(NAMES) > 3,
        limit_up=traded & (returns > 0.09),
    )


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.slug)
def test_a_signal_does_not_know_its_own_day_or_what_comes_after(agent: Agent) -> None:
    panel, t = a_panel(), FIRST + 12
    changed = replace(
        panel,
        total_return=np.vstack([panel.total_return[:t], panel.total_return[t:] + 1]),
        amount=np.vstack([panel.amount[:t], panel.amount[t:] * 3 + 7]),
        traded=np.vstack([panel.traded[:t], ~panel.traded[t:]]),
        suspended=np.vstack([panel.suspended[:t], ~panel.suspended[t:]]),
        limit_up=np.vstack([panel.limit_up[:t], ~panel.limit_up[t:]]),
    )
    upto = t - FIRST + 1  # the signal of session t is the last that may not have changed
    assert agent.decide(changed, FIRST)[:upto] == agent.decide(panel, FIRST)[:upto]
    assert agent.decide(changed, FIRST) != agent.decide(panel, FIRST)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.slug)
def test_a_signal_holds_shares_only_once_each_and_no_more_than_there_is(agent: Agent) -> None:
    for orders in agent.decide(a_panel(), FIRST):
        symbols = [str(order["symbol"]) for order in orders]
        assert len(set(symbols)) == len(symbols)
        assert all(int(symbol[:6]) > 600003 for symbol in symbols)
        assert sum(float(order["weight"]) for order in orders) <= 1


def a_record(day: str, nav: float, before: float, benchmark: float | None) -> dict[str, object]:
    return {
        "date": day,
        "nav": nav,
        "daily_return": nav / before - 1,
        "cumulative_return": nav - 1,
        "benchmark_return": benchmark,
    }


RECORDS = [a_record("2024-01-02", 0.9, 1.0, 0.01), a_record("2024-01-03", 0.99, 0.9, -0.02)]


def test_two_days_worked_by_hand() -> None:
    found = metrics_of(RECORDS)
    assert found["total_return"] == pytest.approx(-0.01)
    assert found["max_drawdown"] == pytest.approx(0.10)  # the first day's loss counts
    assert found["annual_return"] == pytest.approx(0.99**126 - 1)
    assert found["volatility"] == pytest.approx(0.2 / 2**0.5 * 252**0.5)  # of -10 % and +10 %
    assert found["benchmark_return"] == pytest.approx(1.01 * 0.98 - 1)


def test_a_metric_that_differs_is_found() -> None:
    metrics = {**metrics_of(RECORDS), "sharpe": 1.0}
    assert metrics_follow_from_records(metrics_of(RECORDS), RECORDS).holds
    assert metrics_follow_from_records(metrics, RECORDS).differing == 1


def test_a_return_that_does_not_follow_is_found() -> None:
    wrong = [RECORDS[0], {**RECORDS[1], "daily_return": 0.11}]
    assert returns_follow_from_navs(RECORDS).holds
    assert returns_follow_from_navs(wrong).differing == 1


def test_a_missing_day_is_found() -> None:
    sessions = ["2024-01-02", "2024-01-03"]
    assert no_day_is_missing(RECORDS, sessions).holds
    three = [*RECORDS, a_record("2024-01-05", 1.0, 0.99, 0.0)]
    assert not no_day_is_missing(three, [*sessions, "2024-01-04", "2024-01-05"]).holds


def test_nothing_compared_is_no_success() -> None:
    assert not returns_follow_from_navs([]).holds


def test_curves_are_told_apart_without_colour() -> None:
    curves = [Curve("up", "U", [1.0, 1.1, 1.2]), Curve("down", "D", [1.0, 0.9, 0.8])]
    plot = drawn(curves, ["2024-01-02", "2024-01-03"], 60, colour=False)
    assert "\x1b" not in plot
    rows = plot.splitlines()
    assert "U" in rows[0]
    assert any("D" in row for row in rows[8:])
