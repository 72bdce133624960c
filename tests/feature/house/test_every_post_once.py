"""Retry safety over the whole application: IDEM-01 to IDEM-03, and `Idempotency-Key` on every POST there is."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from tests.support.described import Described, Operation
from tests.support.platforms import Caller, Stage, stage

NOW: Final = "2024-01-02T08:00:00+08:00"
SIGNAL: Final = {"trade_date": "2024-01-03", "signals": [{"symbol": "600001.SH", "weight": 0.5}]}
CLAIM: Final = {
    "records": [{"date": "2023-12-01", "nav": 1000000.0}, {"date": "2023-12-04", "nav": 1005200.5}]
}
VALUES: Final = {"data": [{"date": "2023-12-01", "values": {"600001.SH": 0.5}}]}
COPILOTS: Final = {
    "copilot_backtest",
    "copilot_explain",
    "copilot_generate",
    "copilot_plot",
    "copilot_translate",
}
FREE: Final = {"redeem_invite", "log_in", "refresh_token", "request_otp", "verify_otp"} | COPILOTS
"""Nobody is asked who they are: refusals are not kept."""


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("posts") / "data"
    with stage(folder, parse_instant(NOW)) as opened:
        yield opened


@pytest.fixture(scope="module")
def agent(on_stage: Stage) -> Caller:
    found = on_stage.agent()
    found.post("/strategies", {"name": "Alpha", "slug": "alpha"})
    return found


@pytest.fixture(scope="module")
def api(on_stage: Stage, agent: Caller) -> Described:
    known = {
        "slug": "alpha",
        "trade_date": "2024-01-03",
        "date": "2024-01-02",
        "now": NOW,
        "expires_at": None,
        "path": "/nowhere/at/all",
        "invite_code": on_stage.operator.post("/admin/invites", {"max_uses": 9})["invite_code"],
        "factor_id": agent.post("/factors", {"name": "Alpha", "universe": "hs300"})["id"],
        "portfolio_id": agent.post("/portfolios", {"name": "Alpha", "universe": "hs300"})["id"],
        "fingerprint": "f" * 64,
    }
    return Described(build_app(on_stage.platform).openapi(), known)


def posts(api: Described) -> list[Operation]:
    found = [operation for operation in api.operations if operation.method == "POST"]
    assert len(found) > 20
    return found


def send(
    on_stage: Stage, agent: Caller, api: Described, operation: Operation, key: str, more: bytes = b""
) -> httpx.Response:
    """The operation as it is described; `more` makes another body of it."""
    target = operation.path
    for each in operation.parameters("path"):
        target = target.replace(f"{{{each['name']}}}", str(api.example(each["schema"], each["name"])))
    caller = on_stage.operator if operation.is_operators else agent
    values = operation.name == "upload_factor_values"  # of which an example says too little
    example = None if operation.body is None else VALUES if values else api.example(operation.body)
    body = b"" if example is None else json.dumps(example).encode()
    headers = {
        "Authorization": f"Bearer {caller.token}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    return caller.runner.run(caller.http.request("POST", target, content=body + more, headers=headers))


def test_every_post_is_done_once_and_answered_as_the_first_time(
    on_stage: Stage, agent: Caller, api: Described
) -> None:
    replayed = set()
    for operation in posts(api):
        key = f"once-and-no-more-{operation.name}"
        first, second = (send(on_stage, agent, api, operation, key) for _ in "12")
        assert first.status_code < 500, (operation.name, first.text)
        assert "idempotency-replayed" not in first.headers, operation.name
        if operation.name in FREE and first.status_code >= 300:
            assert "idempotency-replayed" not in second.headers
            continue
        assert (second.status_code, second.content) == (first.status_code, first.content), operation.name
        assert second.headers["idempotency-replayed"] == "true", operation.name
        replayed.add(operation.name)
        other = send(on_stage, agent, api, operation, key, b" ")
        assert other.status_code == (400 if operation.is_copilots else 422), operation.name
        assert "another request" in other.text, operation.name
    assert replayed >= {operation.name for operation in posts(api)} - FREE


def test_a_key_without_credentials_is_401(on_stage: Stage, api: Described) -> None:
    nobody = on_stage.public()
    for operation in posts(api):
        if operation.name not in FREE:
            key = {"Idempotency-Key": f"once-and-no-more-{operation.name}"}
            path = operation.path.replace("{slug}", "alpha")
            assert nobody.runner.run(nobody.http.post(path, headers=key)).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/invite", None),
        ("/billing/api-keys", {"name": "same"}),
        ("/factors", {"name": "Same", "universe": "hs300"}),
        ("/portfolios", {"name": "Same", "universe": "hs300"}),
        ("/tickets", {"title": "Same", "category": "bug"}),
    ],
)
def test_idem_01_what_is_sent_twice_is_made_twice(on_stage: Stage, path: str, body: Any) -> None:
    agent = on_stage.agent()
    body = body or {"invite_code": on_stage.operator.post("/admin/invites", {"max_uses": 2})["invite_code"]}
    first, second = agent.post(path, body), agent.post(path, body)
    assert first.get("id", first.get("user")) != second.get("id", second.get("user"))


def test_idem_01_a_strategy_is_409_the_second_time(agent: Caller) -> None:
    answers = [agent.call("POST", "/strategies", {"name": "Twice", "slug": "twice"}) for _ in "12"]
    assert [answer.status_code for answer in answers] == [201, 409]


def test_idem_02_what_is_set_twice_is_set_once(on_stage: Stage) -> None:
    agent = on_stage.agent()
    agent.post("/strategies", {"name": "Again", "slug": "again"})
    agent.post("/strategies/again/signals", SIGNAL)
    factor = agent.post("/factors", {"name": "Again", "universe": "hs300"})["id"]
    for method, path, body in (
        ("PUT", "/strategies/again/claimed", CLAIM),
        ("POST", "/notifications/read-all", None),
        ("PATCH", "/auth/profile", {"nickname": "the-same"}),
        ("POST", f"/factors/{factor}/values", VALUES),
    ):
        first, second = (agent.call(method, path, body) for _ in "12")
        assert first.is_success and second.is_success, (path, second.text)
    assert agent.get("/strategies/again/claimed")["meta"]["data_points"] == 2
    assert agent.get(f"/factors/{factor}/values/status")["total_days"] == 1
    deleted = [agent.call("DELETE", "/strategies/again/signals/2024-01-03").status_code for _ in "12"]
    assert deleted == [200, 404]


def test_idem_03_of_identical_strategies_at_once_there_is_one(on_stage: Stage) -> None:
    agent = on_stage.agent()
    answers = at_once(agent, "/strategies", {"name": "Rush", "slug": "rush"})
    assert Counter(answers) == {201: 1, 409: 15}


def test_idem_03_of_identical_signals_at_once_one_is_stored(on_stage: Stage) -> None:
    agent = on_stage.agent()
    agent.post("/strategies", {"name": "Rushed", "slug": "rushed"})
    assert Counter(at_once(agent, "/strategies/rushed/signals", SIGNAL)) == {201: 16}
    assert len(agent.get("/strategies/rushed/signals")["signals"]) == 1


def at_once(agent: Caller, path: str, body: Any) -> list[int]:
    async def together() -> list[int]:
        headers = {"Authorization": f"Bearer {agent.token}"}
        calls = (agent.http.post(path, json=body, headers=headers) for _ in range(16))
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    return agent.runner.run(together())
