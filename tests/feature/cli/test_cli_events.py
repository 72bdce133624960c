"""The event stream of a real server: over a socket, and at the server's end."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.feature.cli.conftest import Serving, serving

DEAFENING = 400
"""Events of 19 kB each: more than the buffers between two sockets hold."""


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Serving]:
    started = serving(home, tmp_path / "data", log=tmp_path / "log")
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
    assert started.process.stdout is not None
    started.process.stdout.close()


def token(server: Serving) -> dict[str, str]:
    text = (server.directory / "secrets" / "operator-token").read_text()
    return {"Authorization": f"Bearer {text}"}


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def invited(server: Serving) -> None:
    httpx.post(f"{server.url}/api/v1/admin/invites", json={}, headers=token(server)).raise_for_status()


def test_what_happens_arrives_and_is_gone_on_with(server: Serving) -> None:
    url = f"{server.url}/api/v1/admin/events"
    with httpx.stream("GET", url, headers=token(server), timeout=None) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        came = events(stream.iter_lines())
        invited(server)
        first = next(came)
    assert (first["kind"], first["payload"]["action"]) == ("operator_changed", "invite_created")
    invited(server)
    headers = {**token(server), "Last-Event-ID": first["id"]}
    with httpx.stream("GET", url, headers=headers, timeout=None) as stream:
        assert next(events(stream.iter_lines()))["payload"]["audit"] == first["payload"]["audit"] + 1


def test_a_server_that_stops_ends_every_stream_also_of_who_does_not_read(
    server: Serving, tmp_path: Path
) -> None:
    """Nothing is waited for: uvicorn tells of what it had to cut off after its time of grace."""
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=token(server), timeout=None) as http:
        code = http.post("/admin/invites", json={}).json()["invite_code"]
        agent = http.post("/auth/invite", json={"invite_code": code}).json()["access_token"]
        new = {"title": "t", "category": "bug"}
        ticket = http.post("/tickets", json=new, headers={"Authorization": f"Bearer {agent}"}).json()["id"]
        deaf = [not_reading(server) for _ in range(3)]
        for k in range(DEAFENING):
            reply = {"admin_reply": f"{k:06}" + "x" * 19_000}
            http.patch(f"/admin/tickets/{ticket}", json=reply).raise_for_status()
    with httpx.stream(
        "GET", f"{server.url}/api/v1/admin/events", headers=token(server), timeout=None
    ) as stream:
        lines = stream.iter_lines()
        next(lines)
        assert server.stop() == 0
        assert [line for line in lines if line.startswith("data")] == []
    log = (tmp_path / "log").read_text()
    assert "graceful" not in log
    assert "Traceback" not in log
    assert "ERROR" not in log
    for each in deaf:
        each.close()


def not_reading(server: Serving) -> socket.socket:
    """A reader of the stream that reads nothing, and has little room for what is sent."""
    url = httpx.URL(server.url)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((url.host, url.port))
    authorization = token(server)["Authorization"]
    deaf.sendall(
        f"GET /api/v1/admin/events HTTP/1.1\r\nHost: h\r\nAuthorization: {authorization}\r\n\r\n".encode()
    )
    return deaf
