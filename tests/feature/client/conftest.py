"""A platform served for real, and a server that answers as it is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quantos.client import Client, calls

ROOT = Path(__file__).parents[3]
STARTED_S = 60


@dataclass(frozen=True)
class Served:
    """A running `quantos serve`."""

    url: str
    operator_token: str
    process: subprocess.Popen[bytes]

    def agent_token(self) -> str:
        """The API key of a new user."""
        with Client(self.url, self.operator_token) as operator, Client(self.url) as anyone:
            code = operator(calls.create_invite(max_uses=1))["invite_code"]
            registered = anyone(calls.redeem_invite(invite_code=code))
        with Client(self.url, registered["access_token"]) as user:
            return str(user(calls.create_api_key(name="agent"))["api_key"])


def serving(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "quantos.cli", "serve", "--port", "0", "--data-dir", str(folder)]
    return subprocess.Popen([*command, "--simulate", "2024-01-02T08:00"], stdout=subprocess.DEVNULL, cwd=ROOT)


def announced(folder: Path, process: subprocess.Popen[bytes]) -> Served:
    server, deadline = folder / "server.json", time.monotonic() + STARTED_S
    while not server.exists():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    token = (folder / "secrets" / "operator-token").read_text().strip()
    return Served(json.loads(server.read_text())["url"], token, process)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("client") / "data"
    process = serving(folder)
    try:
        yield announced(folder, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@dataclass
class Scripted:
    """Answers requests with `answers` in turn, then with the last; None closes the connection without a word."""

    url: str
    answers: list[tuple[int, dict[str, str], bytes] | None] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    said = Scripted("")

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            said.requests.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
            answer = said.answers.pop(0) if len(said.answers) > 1 else said.answers[0]
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.handle_one)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield said
    server.shutdown()
    server.server_close()
