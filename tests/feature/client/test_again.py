"""What the client sends again, what it does not, and what it makes of strange answers."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from typing import Any

import pytest

from quantos.client import AsyncClient, Client, NotTheApi, Patience, Unreachable, calls, errors
from tests.feature.client.conftest import Scripted
from tests.support.served import ROOT

Answer = tuple[int, dict[str, str], bytes]
QUICK = Patience(attempts=3, pause_s=0.001)
OK: Answer = (200, {}, b'{"status": "ok"}')
BUSY: Answer = (503, {}, b'{"detail": "the storage cannot answer now"}')


def send(scripted: Scripted, call: Any, patience: Patience = QUICK) -> Any:
    with Client(scripted.url, "token", patience=patience) as client:
        return client(call)


def send_async(scripted: Scripted, call: Any, patience: Patience = QUICK) -> Any:
    async def run() -> Any:
        async with AsyncClient(scripted.url, "token", patience=patience) as client:
            return await client(call)

    return asyncio.run(run())


both = pytest.mark.parametrize("how", [send, send_async], ids=["sync", "async"])


@both
def test_a_read_is_tried_again_until_it_is_answered(scripted: Scripted, how: Any) -> None:
    scripted.answers = [BUSY, None, OK]
    assert how(scripted, calls.get_health()) == {"status": "ok"}
    assert len(scripted.requests) == 3


@both
def test_every_attempt_of_a_post_carries_the_same_key(scripted: Scripted, how: Any) -> None:
    scripted.answers = [None, BUSY, (201, {}, b'{"invite_code": "x"}')]
    how(scripted, calls.create_invite(max_uses=2))
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in scripted.requests}
    assert (len(scripted.requests), len(keys)) == (3, 1)
    assert {body for *_, body in scripted.requests} == {b'{"max_uses":2}'}
    how(scripted, calls.create_invite(max_uses=2))
    assert scripted.requests[-1][2]["Idempotency-Key"] not in keys


@both
def test_a_patch_without_an_answer_is_not_sent_again(scripted: Scripted, how: Any) -> None:
    scripted.answers = [None]
    with pytest.raises(Unreachable):
        how(scripted, calls.change_profile(nickname="n"))
    assert len(scripted.requests) == 1
    scripted.answers = [BUSY]
    with pytest.raises(errors.Unavailable):
        how(scripted, calls.change_profile(nickname="n"))
    assert len(scripted.requests) == 2


@both
def test_a_refusal_that_stands_is_not_tried_again(scripted: Scripted, how: Any) -> None:
    scripted.answers = [(409, {"QuantOS-Error-Code": "new_code"}, b'{"detail": "taken"}')]
    with pytest.raises(errors.Conflict) as refused:
        how(scripted, calls.create_strategy(name="n", slug="n", universe="hs300"))
    assert (refused.value.named, refused.value.detail, len(scripted.requests)) == ("new_code", "taken", 1)


def test_the_server_says_when_to_come_back(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    scripted.answers = [(429, {"Retry-After": "7"}, b'{"detail": "slower"}'), OK]
    send(scripted, calls.get_health())
    assert slept == [7.0]


def test_a_limit_that_lasts_is_raised_with_its_time(scripted: Scripted) -> None:
    scripted.answers = [(429, {"Retry-After": "0"}, b'{"detail": "slower"}')]
    with pytest.raises(errors.TooManyRequests) as refused:
        send(scripted, calls.get_health())
    assert (refused.value.retry_after_s, len(scripted.requests)) == (0.0, 3)


def test_pauses_grow_and_have_an_end() -> None:
    patience = Patience(pause_s=1.0)
    for attempt, longest in [(1, 1.0), (2, 2.0), (3, 4.0), (20, 30.0)]:
        assert longest / 2 <= patience.after(attempt, None) <= longest
    assert patience.after(1, 3600.0) == 30.0


@both
@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<html>"),
        (404, {"Content-Type": "text/html"}, b"<html>not here</html>"),
        (200, {}, b'{"cut": '),
        (500, {}, b'["no detail"]'),
    ],
)
def test_an_answer_of_somebody_else_is_told(scripted: Scripted, how: Any, answer: Any) -> None:
    scripted.answers = [answer]
    with pytest.raises(NotTheApi, match="is this the right address"):
        how(scripted, calls.get_health())


@both
def test_nobody_there_is_unreachable(how: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = Scripted(f"http://127.0.0.1:{free.getsockname()[1]}")
    with pytest.raises(Unreachable, match=r"GET http://127\.0\.0\.1"):
        how(gone, calls.get_health())


def test_truth_values_and_absent_ones_in_a_query(scripted: Scripted) -> None:
    scripted.answers = [(200, {}, json.dumps({"notifications": []}).encode())]
    send(scripted, calls.list_notifications(unread_only=True))
    assert scripted.requests[0][1] == "/api/v1/notifications?unread_only=true"


def test_a_part_of_a_path_cannot_leave_it(scripted: Scripted) -> None:
    scripted.answers = [(404, {}, b'{"detail": "no"}')]
    with pytest.raises(errors.NotFound):
        send(scripted, calls.get_strategy("../admin/users?x=1#"))
    assert scripted.requests[0][1] == "/api/v1/strategies/..%2Fadmin%2Fusers%3Fx%3D1%23"


def test_it_needs_httpx_and_nothing_else_of_the_platform() -> None:
    code = (
        "import sys, quantos.client; print(sorted(name for name in sys.modules if name.startswith('quantos.')"
        " and not name.startswith('quantos.client')))"
        "; print([name for name in ('fastapi', 'sqlmodel', 'duckdb', 'numpy', 'pydantic') if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert printed == "[]\n[]\n"
