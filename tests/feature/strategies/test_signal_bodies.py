"""Bodies of signals, good and bad, and what comes together (SIG-26, SIG-27, ERR, SEC, IDEM)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.signals import DAY, GOOD, MAOTAI, items, post, refused, send_raw


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"trade_date": DAY}, ["body", "signals"]),
        ({"signals": []}, ["body", "trade_date"]),
        ({"trade_date": DAY, "signals": None}, ["body", "signals"]),
        ({"trade_date": DAY, "signals": {}}, ["body", "signals"]),
        ({"trade_date": DAY, "signals": "x"}, ["body", "signals"]),
        ({"trade_date": DAY, "signals": [1]}, ["body", "signals", 0]),
        ({"trade_date": DAY, "signals": [[]]}, ["body", "signals", 0]),
        ({"trade_date": DAY, "signals": [{}]}, ["body", "signals", 0, "symbol"]),
        ({"trade_date": DAY, "signals": [{"symbol": "600519.SH"}]}, ["body", "signals", 0, "weight"]),
    ],
)
def test_sig_26_missing_and_misshapen_parts_are_named(agent: Any, body: Any, loc: Any) -> None:
    agent.strategy()
    refused(post(agent, body), loc)


def test_sig_27_at_most_5000_items(agent: Any) -> None:
    agent.strategy()
    lines = [(f"{number:06d}.SZ", 0.0001) for number in range(5001)]
    refused(agent.signal("alpha", DAY, *lines), ["body", "signals"])
    assert agent.signal("alpha", DAY, *lines[:5000]).status_code == 201
    assert len(agent.history("alpha")[0]["signals"]) == 5000


def test_unknown_fields_of_a_body_are_ignored(agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": [{"symbol": "600519.SH", "weight": 0.5, "note": "x"}], "more": [1]}
    assert post(agent, body).status_code == 201
    assert agent.history("alpha")[0]["signals"] == items(("600519.SH", 0.5))


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (GOOD[:-1], "application/json"),
        (GOOD + b"x", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"trade_date":"2024-01-02","signals":' + b"[" * 50_000, "application/json"),
        (b'{"trade_date":"\\ud800","signals":[]}', "application/json"),
        (b'{"trade_date":"2024-01-02","signals":[],"x":1e999}', "application/json"),
        (b'{"trade_date":"2024-01-02","signals":[],"x":NaN}', "application/json"),
        (b'{"trade_date":"2024-01-02","signals":[],"x":"\\udfff"}', "application/json"),
        (GOOD, "text/plain"),
        (GOOD, "application/x-www-form-urlencoded"),
        (GOOD, None),
    ],
)
def test_err_04_a_body_that_is_not_json_is_422(agent: Any, content: Any, content_type: Any) -> None:
    agent.strategy()
    answer = send_raw(agent, content, content_type)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
def test_err_04_json_by_its_other_names_is_taken(agent: Any, content_type: Any) -> None:
    agent.strategy()
    assert send_raw(agent, GOOD, content_type).status_code == 201


def test_of_a_repeated_key_the_last_counts_in_both_readers(agent: Any) -> None:
    agent.strategy()
    line = b'{"symbol":"600519.SH","weight":%b,"weight":0.25}'
    for first in (b"0.5", b'"x"'):
        raw = b'{"trade_date":"2024-01-02","signals":[%b]}' % (line % first)
        assert send_raw(agent, raw).status_code == 201
        assert agent.history("alpha")[0]["signals"] == items(("600519.SH", 0.25))


def test_err_06_a_body_beyond_the_limit_is_413(agent: Any) -> None:
    agent.strategy()
    answer = send_raw(agent, b" " * 2**21)
    assert answer.status_code == 413
    assert isinstance(answer.json()["detail"], str)


def test_err_07_text_comes_back_unchanged(agent: Any) -> None:
    texts = ["茅台 <b>\"'; DROP TABLE strategy;--", "👩‍🔬 \\ \t\n", "\u202e\u200f"]
    for number, text in enumerate(texts):
        agent.strategy(f"text-{number}", name=text, description=text)
        found = agent.get(f"text-{number}")
        assert (found["name"], found["description"]) == (text, text)


def test_err_11_an_error_does_not_repeat_the_input(agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": "SECRETDATE", "signals": items(("SECRETSYM", "SECRETWEIGHT"))}
    assert "SECRET" not in post(agent, body).text
    assert "SECRET" not in agent.patch("alpha", SECRETSTATUSES="SECRETVALUE").json()["detail"][0]["msg"]
    fields = {"name": "Beta", "slug": "beta", "commission_rate": 0.0123456789}
    assert "0123456789" not in agent.call("POST", "/strategies", fields).text


def test_sec_02_every_route_needs_credentials_before_the_body_is_read(site: Any, agent: Any) -> None:
    agent.strategy()
    calls = [
        ("POST", "/strategies"),
        ("GET", "/strategies"),
        ("GET", "/strategies/alpha"),
        ("PATCH", "/strategies/alpha"),
        ("DELETE", "/strategies/alpha"),
        ("POST", "/strategies/alpha/signals"),
        ("GET", "/strategies/alpha/signals"),
        ("DELETE", "/strategies/alpha/signals/2024-01-02"),
    ]
    for method, path in calls:
        answer = site.run(site.http.request(method, f"/api/v1{path}", content=b"{"))
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)


def test_idem_03_simultaneous_identical_signals_store_one(site: Any, agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": items(MAOTAI)}

    async def together() -> Any:
        return await asyncio.gather(
            *[agent.send("POST", "/strategies/alpha/signals", body) for _ in range(12)]
        )

    answers = [answer.json() for answer in site.run(together())]
    assert sorted(answer["replaced"] for answer in answers) == [False] + [True] * 11
    (kept,) = agent.history("alpha")
    assert kept["signal_hash"] in {answer["signal_hash"] for answer in answers}
    assert {answer["id"] for answer in answers} == {kept["id"]}


def test_err_10_a_refused_first_signal_leaves_the_strategy_pending(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", "2024-01-06", MAOTAI)
    site.at("2024-01-02T09:15:00")
    agent.signal("alpha", DAY, MAOTAI)
    assert agent.get("alpha")["status"] == "pending"
    assert agent.history("alpha") == []


def test_the_documentation_shows_the_body_of_a_signal(site: Any) -> None:
    operation = site.app.openapi()["paths"]["/api/v1/strategies/{slug}/signals"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert sorted(schema["required"]) == ["signals", "trade_date"]
    assert "slug" in [parameter["name"] for parameter in operation["parameters"]]
