"""QUANTOS_RATE_LIMIT: off unless set; then 429 with Retry-After, for each caller by itself (ERR-09)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from quantos.kit.clock import parse_instant
from quantos.kit.rates import CALLERS_MAX, Meter, Rate, parse_rate
from quantos.settings import Settings
from tests.support.platforms import Caller, Stage, stage

START = parse_instant("2024-01-02T08:00+08:00")


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START, rate_limit="5/hour") as opened:
        yield opened


def registered(on_stage: Stage, code: str) -> Caller:
    """A user, at the price of one call of the address."""
    session = on_stage.public().post("/auth/invite", {"invite_code": code})
    return Caller(on_stage.operator.runner, on_stage.operator.http, session["access_token"])


def test_err_09_beyond_the_limit_it_is_429_in_the_shape_of_every_refusal(on_stage: Stage) -> None:
    agent = registered(on_stage, on_stage.operator.post("/admin/invites", {"max_uses": 9})["invite_code"])
    for _ in range(5):
        assert agent.call("GET", "/auth/me").status_code == 200
    refused = agent.call("GET", "/auth/me")
    assert refused.status_code == 429
    assert refused.json().keys() == {"detail"}
    assert isinstance(refused.json()["detail"], str)
    assert 1 <= int(refused.headers["retry-after"]) <= 720
    assert refused.headers["content-type"] == "application/json"


def test_each_caller_is_counted_by_itself(on_stage: Stage) -> None:
    code = on_stage.operator.post("/admin/invites", {"max_uses": 9})["invite_code"]
    one, other = registered(on_stage, code), registered(on_stage, code)
    for _ in range(6):
        one.call("GET", "/auth/me")
    assert one.call("GET", "/auth/me").status_code == 429
    assert other.call("GET", "/auth/me").status_code == 200
    key = other.post("/billing/api-keys", {"name": "x"})["api_key"]
    same = Caller(other.runner, other.http, key)
    assert [same.call("GET", "/auth/me").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_who_is_not_known_is_an_address(on_stage: Stage) -> None:
    nobody = on_stage.public()
    wrong = [Caller(nobody.runner, nobody.http, f"qgpt_{number}") for number in range(3)]
    assert [caller.call("GET", "/auth/me").status_code for caller in wrong] == [401] * 3
    assert [nobody.call("GET", "/public/strategies").status_code for _ in range(3)] == [200, 200, 429]
    assert wrong[0].call("GET", "/auth/me").status_code == 429


def test_neither_health_nor_the_operator_is_limited(on_stage: Stage) -> None:
    for _ in range(10):
        assert on_stage.public().call("GET", "/health").status_code == 200
        assert on_stage.operator.call("GET", "/admin/users").status_code == 200
    assert on_stage.public().call("GET", "/calendar", month="2024-01").status_code == 200


def test_off_unless_it_is_set(tmp_path: Path) -> None:
    for number, off in enumerate(({}, {"rate_limit": ""}, {"rate_limit": "0"})):
        settings: Any = off
        with stage(tmp_path / str(number), START, **settings) as opened:
            nobody = opened.public()
            assert {nobody.call("GET", "/public/strategies").status_code for _ in range(100)} == {200}


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("", None),
        ("0", None),
        ("0/hour", None),
        ("600", Rate(600, 60)),
        ("600/minute", Rate(600, 60)),
        ("10/second", Rate(10, 1)),
        ("5000/hour", Rate(5000, 3600)),
    ],
)
def test_a_rate_is_written_as_calls_per_period(text: str, rate: Rate | None) -> None:
    assert parse_rate(Settings(rate_limit=text).rate_limit) == rate


@pytest.mark.parametrize("text", ["-1", "10/day", "ten", "10/", "/minute", "1.5", "10 / minute", "9" * 10])
def test_any_other_text_is_refused_at_start(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings(rate_limit=text)


def test_a_whole_period_may_be_used_at_once_and_is_given_back_little_by_little() -> None:
    now = [0.0]
    meter = Meter(Rate(4, 60.0), lambda: now[0])
    assert [meter.wait_s("a") for _ in range(5)] == [0, 0, 0, 0, 15]
    now[0] = 14.9
    assert round(meter.wait_s("a"), 6) == 0.1
    now[0] = 15.0
    assert [meter.wait_s("a"), meter.wait_s("a")] == [0, 15]
    now[0] = 1000.0
    assert [meter.wait_s("a") for _ in range(5)] == [0, 0, 0, 0, 15]


def test_a_refused_call_makes_nobody_wait_longer() -> None:
    meter = Meter(Rate(1, 60.0), lambda: 7.0)
    assert [meter.wait_s("a") for _ in range(4)] == [0, 60, 60, 60]


def test_callers_are_remembered_up_to_a_bound() -> None:
    meter = Meter(Rate(1, 60.0), lambda: 7.0)
    for number in range(CALLERS_MAX + 10):
        meter.wait_s(str(number))
    assert len(meter._paid) == CALLERS_MAX
