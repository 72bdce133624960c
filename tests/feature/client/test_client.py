"""The client against a platform that is served: calls, pages, errors, events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, closing
from datetime import date, datetime

import pytest

from quantos.client import ApiError, AsyncClient, Call, Client, Event, calls, errors, refusals, shapes
from tests.support.served import Served


@pytest.fixture
def agent(served: Served) -> Iterator[Client]:
    with Client(served.url, served.agent_token()) as client:
        yield client


@pytest.fixture
def operator(served: Served) -> Iterator[Client]:
    with Client(served.url, served.operator_token) as client:
        yield client


def first_event(client: Client, after: str) -> Event:
    with closing(client.events(after)) as events:
        return next(events)


def line(symbol: str, weight: float) -> shapes.SignalLine:
    return {"symbol": symbol, "weight": weight}


def test_an_agents_day(agent: Client, operator: Client) -> None:
    made = agent(calls.create_strategy(name="momentum", slug="client-momentum", universe="hs300"))
    assert (made["slug"], made["status"]) == ("client-momentum", "pending")
    day, weights = date(2024, 1, 3), [line("600519.SH", 0.5), line("000001.SZ", 0.25)]
    agent(calls.submit_signal_validate_only(made["slug"], trade_date=day, signals=weights))
    assert list(agent.each(calls.list_signals(made["slug"]))) == []
    receipt = agent(calls.submit_signal(made["slug"], trade_date=day, signals=weights))
    assert receipt["trade_date"] == "2024-01-03"
    [signal] = agent.each(calls.list_signals(made["slug"]))
    assert signal["signal_hash"] == receipt["signal_hash"]
    agent(calls.delete_signal(made["slug"], date(2024, 1, 3)))
    assert list(agent.each(calls.list_signals(made["slug"]))) == []
    assert made["slug"] in {one["slug"] for one in operator.each(calls.list_all_strategies())}


def test_a_field_left_out_is_not_a_field_of_null(agent: Client) -> None:
    made = agent(calls.create_strategy(name="n", slug="client-null", universe="hs300", description="kept"))
    assert agent(calls.change_strategy(made["slug"], name="m"))["description"] == "kept"
    assert agent(calls.change_strategy(made["slug"], description=None))["description"] is None


def test_a_refusal_is_raised_as_the_class_of_its_code(agent: Client) -> None:
    with pytest.raises(refusals.StrategyNotFound) as refused:
        agent(calls.get_strategy("nowhere"))
    assert (refused.value.status, refused.value.code) == (404, "strategy_not_found")
    assert isinstance(refused.value, errors.NotFound)
    assert str(refused.value) == refused.value.detail != ""


def test_a_422_carries_its_findings(agent: Client) -> None:
    with pytest.raises(errors.Invalid) as refused:
        agent(calls.create_strategy(name="", slug="client-x", universe="hs300"))
    [finding] = refused.value.findings
    assert finding.loc == ("body", "name")
    assert "body.name" in str(refused.value)


def test_a_path_that_the_platform_does_not_have_is_not_found(agent: Client) -> None:
    with pytest.raises(errors.NotFound):
        agent(Call("GET", "/api/v1/nowhere"))


def test_credentials_that_do_not_hold_are_unauthenticated(served: Served) -> None:
    with Client(served.url, "qgpt_" + "0" * 32) as stranger, pytest.raises(errors.Unauthenticated):
        stranger(calls.get_me())
    with Client(served.url) as nobody, pytest.raises(errors.Unauthenticated):
        nobody(calls.get_me())


def test_a_users_credentials_are_forbidden_to_operate(agent: Client) -> None:
    with pytest.raises(errors.Forbidden):
        agent(calls.list_users())


def test_pages_are_turned_until_the_last(operator: Client) -> None:
    for _ in range(7):
        operator(calls.create_invite())
    total = operator(calls.list_invites())["total"]
    by_threes = [one["id"] for one in operator.each(calls.list_invites(), page=3)]
    assert len(by_threes) == len(set(by_threes)) == total >= 7
    assert by_threes == [one["id"] for one in operator.each(calls.list_invites())]


def test_only_a_list_in_pages_can_be_gone_through(operator: Client) -> None:
    with pytest.raises(TypeError, match="does not come in pages"):
        next(operator.each(calls.get_clock()))


def test_times_go_out_with_their_offset(operator: Client) -> None:
    now = datetime.fromisoformat(operator(calls.get_clock())["now"])
    moved = operator(calls.move_clock(now=now))
    assert datetime.fromisoformat(moved["now"]) == now


def test_what_is_no_json_comes_as_bytes(served: Served) -> None:
    with Client(served.url) as anyone:
        assert anyone(calls.get_verifier())[:2] in {b"PK", b"#!"}


def test_the_events_go_on_where_they_were_left(operator: Client) -> None:
    operator(calls.create_invite())
    operator(calls.create_invite())
    first = first_event(operator, "records-0")
    again = first_event(operator, "records-0")
    following = first_event(operator, first.id)
    assert first == again
    assert following.id != first.id


def test_events_are_refused_to_others(agent: Client) -> None:
    with pytest.raises(errors.Forbidden):
        first_event(agent, "records-0")


def test_the_same_calls_from_an_event_loop(served: Served) -> None:
    async def run() -> tuple[int, int, str]:
        async with AsyncClient(served.url, served.operator_token) as send:
            await asyncio.gather(*(send(calls.create_invite()) for _ in range(5)))
            by_twos = [one async for one in send.each(calls.list_invites(), page=2)]
            total = (await send(calls.list_invites()))["total"]
            with pytest.raises(ApiError) as refused:
                await send(calls.get_settlement_run("nowhere"))
            async with aclosing(send.events("records-0")) as events:
                event = await anext(events)
            return len(by_twos), total, f"{refused.value.status} {event.id.partition('-')[0]}"

    count, total, said = asyncio.run(run())
    assert count == total >= 5
    assert said == "404 records"
