"""`QuantOS-Ignored-Fields` names what of a body its call does not know, and changes nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantos.client import calls
from quantos.client.call import Call
from quantos.client.wire import answer_of, request_of
from quantos.kit.clock import parse_instant
from quantos.kit.ignored import NAMED_MAX, header_of
from quantos.performance.schemas import ClaimUpload
from tests.support.platforms import Caller, Stage, stage

HEADER = "QuantOS-Ignored-Fields"
SIGNAL = {"trade_date": "2024-01-02", "signals": [{"symbol": "600519.SH", "weight": 0.5}]}


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("ignored") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


@pytest.fixture(scope="module")
def agent(on_stage: Stage) -> Caller:
    made = on_stage.agent()
    made.post("/strategies", {"name": "Alpha", "slug": "alpha"})
    return made


def told(caller: Caller, path: str, body: Any) -> str | None:
    answer = caller.call("POST", path, body)
    assert answer.is_success, answer.text
    named: str | None = answer.headers.get(HEADER)
    return named


def test_a_field_that_is_misspelt_is_named_and_the_call_succeeds(agent: Caller) -> None:
    body = {"name": "Beta", "slug": "beta", "holding_perod": 5, "is_public": False}
    assert told(agent, "/strategies", body) == "holding_perod"


def test_a_body_of_known_fields_has_no_such_header(agent: Caller) -> None:
    assert told(agent, "/strategies", {"name": "Gamma", "slug": "gamma"}) is None
    assert told(agent, "/strategies/alpha/signals?validate_only=true", SIGNAL) is None


def test_an_operators_body_with_an_alias_is_told_right(on_stage: Stage) -> None:
    answer = on_stage.operator.call(
        "POST", "/admin/clock", {"now": "2024-01-02T08:00:30+08:00", "then": "later"}
    )
    assert (answer.status_code, answer.headers.get(HEADER)) == (200, "then")


def test_a_checked_signal_names_what_a_submitted_one_ignores(agent: Caller) -> None:
    body = {**SIGNAL, "note": "x", "signals": [{"symbol": "600519.SH", "weight": 0.5, "side": "buy"}]}
    assert told(agent, "/strategies/alpha/signals?validate_only=true", body) == "signals.0.side, note"
    assert told(agent, "/strategies/alpha/signals", body) is None, (
        "it is the busiest call: nothing is read twice"
    )


def test_a_refusal_repeats_nothing_of_the_body(agent: Caller) -> None:
    answer = agent.call("POST", "/strategies", {"colour": "red"})
    assert (answer.status_code, HEADER in answer.headers) == (422, False)


STRICT = {"Prefer": "respond-async, handling=strict"}


def preferring(caller: Caller, path: str, preference: dict[str, str], **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json", **preference}
    return caller.runner.run(caller.http.request("POST", path, headers=headers, **body))


def strictly(caller: Caller, path: str, body: Any) -> tuple[int, Any]:
    answer = preferring(caller, path, STRICT, json=body)
    return answer.status_code, answer.json()


def test_who_prefers_it_has_a_misspelt_field_refused_and_nothing_done(on_stage: Stage) -> None:
    agent = on_stage.agent()
    body = {"name": "Strict", "slug": "strict", "execution": "close"}
    finding = {
        "type": "extra_forbidden",
        "loc": ["body", "execution"],
        "msg": "is no field of this request; did you mean execution_price?",
    }
    assert strictly(agent, "/strategies", body) == (422, {"detail": [finding]})
    assert agent.call("GET", "/strategies/strict").status_code == 404
    del body["execution"]
    assert strictly(agent, "/strategies", body)[0] == 201


@pytest.mark.parametrize(
    "path", ["/strategies/alpha/signals", "/strategies/alpha/signals?validate_only=true"]
)
def test_who_prefers_it_has_unknown_fields_of_a_signal_refused(agent: Caller, path: str) -> None:
    line = {"symbol": "600519.SH", "weight": 0.5, "side": "buy"}
    status, told = strictly(agent, path, {"trade_date": "2024-01-03", "signals": [line], "zzz": 1})
    assert (status, [each["loc"] for each in told["detail"]]) == (
        422,
        [["body", "signals", 0, "side"], ["body", "zzz"]],
    )
    assert told["detail"][1]["msg"] == "is no field of this request"
    dates = [each["trade_date"] for each in agent.call("GET", "/strategies/alpha/signals").json()["signals"]]
    assert "2024-01-03" not in dates


def test_another_preference_changes_nothing(on_stage: Stage) -> None:
    agent = on_stage.agent()
    body = {"name": "Lenient", "slug": "lenient", "execution": "close"}
    answer = preferring(agent, "/strategies", {"Prefer": "handling=lenient"}, json=body)
    assert (answer.status_code, answer.headers.get(HEADER)) == (201, "execution")
    assert answer.json()["execution_price"] == "open", "the answer shows what applies"


def test_a_body_that_is_no_json_is_refused_as_ever(agent: Caller) -> None:
    answer = preferring(agent, "/strategies", STRICT, content=b"{")
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "json_invalid")


def test_names_cannot_break_the_header_and_are_bounded(agent: Caller) -> None:
    odd = {"a, b\r\nSet-Cookie: x": 1, "名": 1, "x" * 5000: 1, "": 1}
    named = told(agent, "/tickets", {"title": "t", "category": "data", **odd}) or ""
    assert all(32 <= ord(each) < 127 for each in named)
    assert "a%2C%20b%0D%0ASet-Cookie:%20x" in named
    assert "%E5%90%8D" in named
    assert len(named) < 2000


def test_no_more_than_ten_are_named() -> None:
    named = header_of(ClaimUpload, {f"f{number}": 1 for number in range(50)}) or ""
    assert named.split(", ") == [f"f{number}" for number in range(NAMED_MAX)] + ["..."]


@pytest.mark.parametrize("body", [None, 1, "text", [], [{"a": 1}]])
def test_what_is_no_object_has_no_fields(body: Any) -> None:
    assert header_of(ClaimUpload, body) is None


def test_the_client_has_fields_refused_that_the_platform_does_not_know() -> None:
    with pytest.raises(TypeError, match="execution"):
        calls.create_strategy(name="Alpha", slug="alpha", execution="close")  # type: ignore[call-arg]
    with httpx.Client(base_url="http://platform") as client:
        made = request_of(client, calls.create_strategy(name="Alpha", slug="alpha"))
        read = request_of(client, calls.list_strategies())
    assert (made.headers["Prefer"], "Prefer" in read.headers) == ("handling=strict", False)


def test_the_client_logs_them(caplog: pytest.LogCaptureFixture) -> None:
    response = httpx.Response(200, json={}, headers={HEADER: "note"})
    with caplog.at_level(logging.WARNING, "quantos"):
        assert answer_of(Call("POST", "/api/v1/x"), response) == {}
    assert caplog.messages == ["POST /api/v1/x: the platform does not know these fields: note"]
