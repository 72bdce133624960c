"""What is sent byte by byte to a real server: heads without end, and bodies that break off or are long in coming."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from quantos.client import Client, calls
from tests.feature.cli.conftest import Run, Serving, serving

PART: Final = b"x" * 50_000
PARTS: Final = 100
HEADS: Final = {
    "a target": (b"GET /", PART),
    "a header": (b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-More: ", PART),
    "many headers": (b"GET /api/v1/health HTTP/1.1\r\n", b"X-More: more\r\n" * 4_000),
    "a trailer": (
        b"POST /api/v1/auth/invite HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\nX: ",
        PART,
    ),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wire") / "log"


@pytest.fixture(scope="module")
def server(home: Path, log: Path) -> Iterator[Serving]:
    started = serving(home, log.parent / "data", log=log)
    yield started
    started.stop()
    assert started.process.stdout is not None
    started.process.stdout.close()


def connected(server: Serving) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def healthy(server: Serving) -> bool:
    return httpx.get(f"{server.url}/api/v1/health", trust_env=False).status_code == 200


@pytest.mark.parametrize("what", HEADS)
def test_a_head_without_end_is_cut_off(server: Serving, what: str) -> None:
    begun, part = HEADS[what]
    with connected(server) as sender, pytest.raises(OSError, match=r"reset|[Bb]roken"):
        sender.sendall(begun)
        for _ in range(PARTS):
            sender.sendall(part)
            time.sleep(0.01)  # the refusal may be on its way
    assert healthy(server)


def test_a_head_that_is_too_large_is_told_so(server: Serving) -> None:
    with connected(server) as sender:
        sender.sendall(HEADS["a header"][0])
        time.sleep(0.2)
        sender.sendall(PART)
        time.sleep(0.2)
        sender.sendall(PART)
        head, _, body = sender.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert isinstance(json.loads(body)["detail"], str)


def test_a_body_in_chunks_of_a_byte_is_read_to_its_end(server: Serving) -> None:
    body = json.dumps({"invite_code": "x" * 40_000}).encode()
    with connected(server) as sender:
        head = b"POST /api/v1/auth/invite HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        sender.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(body), 1000):
            sender.sendall(b"".join(b"1\r\n%c\r\n" % byte for byte in body[at : at + 1000]))
        sender.sendall(b"0\r\n\r\n")
        answer = sender.recv(65536)
    assert b"invite_refused" in answer


class Agent:
    """A user with an API key."""

    def __init__(self, server: Serving, operator: str) -> None:
        with Client(server.url, operator) as calling, Client(server.url) as anyone:
            code = calling(calls.create_invite())["invite_code"]
            self.session: Any = anyone(calls.redeem_invite(invite_code=code))
        with Client(server.url, self.session["access_token"]) as user:
            self.key: Any = user(calls.create_api_key(name="agent"))


@pytest.fixture
def operator(server: Serving, run: Run) -> str:
    return run("operator", "token", data_dir=server.directory).out.strip()


def begin(sender: socket.socket, path: str, token: str, length: int, *headers: str) -> None:
    """A POST whose body is still to come."""
    lines = [f"POST /api/v1{path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    lines += [f"Authorization: Bearer {token}", f"Content-Length: {length}", "", ""]
    sender.sendall("\r\n".join(lines).encode())


def test_a_body_that_breaks_off_leaves_no_word_in_the_log(server: Serving, operator: str, log: Path) -> None:
    agent = Agent(server, operator)
    for path in ("/strategies", "/strategies/alpha/signals", "/auth/invite"):
        for headers in ([], [f"Idempotency-Key: {'k' * 20}"]):
            with connected(server) as sender:
                begin(sender, path, agent.key["api_key"], 100, *headers)
                time.sleep(0.2)
                sender.sendall(b"{")
    assert healthy(server)
    time.sleep(0.5)
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("path", ["/strategies", "/strategies/alpha/signals", "/tickets"])
@pytest.mark.parametrize("headers", [[], [f"Idempotency-Key: {'k' * 20}"]], ids=["once", "with a key"])
def test_a_key_revoked_before_the_body_has_come_does_nothing(
    server: Serving, operator: str, path: str, headers: list[str]
) -> None:
    agent = Agent(server, operator)
    body = b'{"name":"x","slug":"late","title":"x","category":"bug"}'
    with connected(server) as sender, Client(server.url, agent.session["access_token"]) as owner:
        begin(sender, path, agent.key["api_key"], len(body), *headers)
        time.sleep(0.3)
        owner(calls.revoke_api_key(agent.key["id"]))
        sender.sendall(body)
        answer = sender.recv(65536)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b"www-authenticate: Bearer" in answer
        assert not owner(calls.list_strategies())["strategies"]
        assert not owner(calls.list_tickets())["tickets"]


def test_an_account_disabled_before_the_body_has_come_does_nothing(server: Serving, operator: str) -> None:
    agent = Agent(server, operator)
    body = b'{"name":"x","slug":"late"}'
    with connected(server) as sender, Client(server.url, operator) as calling:
        begin(sender, "/strategies", agent.key["api_key"], len(body))
        time.sleep(0.3)
        calling(calls.change_user(agent.session["user"]["id"], disabled=True))
        sender.sendall(body)
        assert sender.recv(65536).startswith(b"HTTP/1.1 403 ")
        assert calling(calls.list_all_strategies())["strategies"] == []
