"""What was asked before a deadline and is stored only after the day's settlement has begun.

The store is held while a request comes in and the clock goes on, as a long commit would hold it.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from quantos.accounts.service import Caller
from quantos.kit.clock import parse_instant
from quantos.strategies.refusals import TakesNoSignals
from quantos.strategies.schemas import Submission
from tests.support.signals import DAY

SETTLES = "2024-01-02T18:15:00"


def stored_late(agent: Any, until: Any, method: Any, path: Any, body: Any = None) -> Any:
    """The answer to a call that reached the platform at once and its store at `until`."""

    async def call() -> Any:
        with agent.site.records.write():
            asked = asyncio.create_task(agent.send(method, path, body))
            await asyncio.sleep(0.05)
            agent.site.at(until)
        return await asked

    return agent.site.run(call())


def test_a_signal_that_its_settlement_may_have_missed_is_refused_and_not_stored(
    site: Any, agent: Any
) -> None:
    agent.strategy()
    answer = stored_late(
        agent, SETTLES, "POST", "/strategies/alpha/signals", {"trade_date": DAY, "signals": []}
    )
    assert answer.status_code == 400
    assert "deadline passed" in answer.json()["detail"]
    assert agent.history("alpha") == []
    assert agent.get("alpha")["status"] == "pending"


def test_a_signal_received_in_time_is_taken_until_its_settlement_begins(site: Any, agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": []}
    answer = stored_late(agent, "2024-01-02T18:14:59", "POST", "/strategies/alpha/signals", body)
    assert answer.status_code == 201
    assert answer.json()["submitted_at"] == "2024-01-02T00:00:00Z"


def test_a_signal_that_its_settlement_may_have_read_is_not_deleted(site: Any, agent: Any) -> None:
    agent.active()
    answer = stored_late(agent, SETTLES, "DELETE", f"/strategies/alpha/signals/{DAY}")
    assert answer.status_code == 400
    assert [signal["trade_date"] for signal in agent.history("alpha")] == [DAY]


def test_a_pause_stored_after_the_deadline_does_not_undo_that_days_signal(site: Any, agent: Any) -> None:
    agent.active()
    answer = stored_late(agent, SETTLES, "PATCH", "/strategies/alpha", {"status": "paused"})
    assert answer.status_code == 200
    site.settlement.until[1] = site.clock.now().date()
    assert [signal["is_settled"] for signal in agent.history("alpha")] == [True]


def test_a_retirement_is_dated_when_it_is_stored(site: Any, agent: Any) -> None:
    agent.active()
    answer = stored_late(agent, SETTLES, "DELETE", "/strategies/alpha")
    assert answer.json()["retired_at"] == "2024-01-02T10:15:00Z"


def stored(site: Any, agent: Any, trade_date: str, received: str) -> Any:
    """A signal that was received at an instant and is stored now."""
    caller = Caller(agent.user_id, "licensed")
    submission = Submission(trade_date=date.fromisoformat(trade_date), signals=[])
    at = parse_instant(f"{received}+08:00")
    return site.run(site.strategies.submit(caller, "alpha", submission, at))


def test_of_two_first_signals_the_earlier_counts_though_the_later_was_stored_first(
    site: Any, agent: Any
) -> None:
    agent.strategy()
    site.at("2024-01-02T09:15:01")
    stored(site, agent, "2024-01-03", "2024-01-02T09:15:00.000001")
    stored(site, agent, DAY, "2024-01-02T09:14:59.999999")
    with site.records.read() as session:
        day = date.fromisoformat(DAY)
        assert list(site.strategies.signals_on(session, day, [1])) == [1]
        assert [terms.first_date for terms in site.strategies.due(session, day)] == [day]
    assert agent.get("alpha")["activated_at"] == "2024-01-02T01:14:59.999999Z"


def test_a_later_signal_leaves_the_activation_where_it_was(site: Any, agent: Any) -> None:
    agent.active()
    before = agent.get("alpha")["activated_at"]
    site.at("2024-01-02T09:15:01")
    stored(site, agent, "2024-01-03", "2024-01-02T09:15:01")
    assert agent.get("alpha")["activated_at"] == before


def test_a_signal_of_a_pause_that_ended_before_it_was_stored_is_refused(site: Any, agent: Any) -> None:
    agent.active()
    agent.patch("alpha", status="paused")
    site.at("2024-01-03T09:15:01")
    agent.patch("alpha", status="active")
    with pytest.raises(TakesNoSignals, match="status was paused at the deadline"):
        stored(site, agent, "2024-01-03", "2024-01-03T09:14:59")
    assert [signal["trade_date"] for signal in agent.history("alpha")] == [DAY]
