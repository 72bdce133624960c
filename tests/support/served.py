"""A platform served as a program of its own, for clients that speak HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from quantos.client import Client, calls

ROOT = Path(__file__).parents[2]
STARTED_S = 60
STOPPED_S = 30


@dataclass(frozen=True)
class Served:
    """A running `quantos serve`."""

    url: str
    operator_token: str

    def agent_token(self) -> str:
        """The API key of a new user."""
        with Client(self.url, self.operator_token) as operator, Client(self.url) as anyone:
            code = operator(calls.create_invite(max_uses=1))["invite_code"]
            registered = anyone(calls.redeem_invite(invite_code=code))
        with Client(self.url, registered["access_token"]) as user:
            return str(user(calls.create_api_key(name="agent"))["api_key"])

    def client(self) -> httpx.Client:
        """Plain HTTP, without credentials."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30)


@contextmanager
def served_platform(
    folder: Path,
    simulate: str = "2024-01-02T08:00",
    port: int = 0,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A simulated platform, from when it answers until it has stopped. `port`: 0 takes a free one.

    `variables`: of its environment, beside ours.
    """
    command = [sys.executable, "-m", "quantos.cli", "serve", "--port", str(port), "--data-dir", str(folder)]
    process = subprocess.Popen(
        [*command, "--simulate", simulate],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
    )
    try:
        yield Served(announced_url(folder / "server.json", process), _operator_token(folder))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOPPED_S)


def announced_url(announced: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + STARTED_S
    while not announced.exists():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    return str(json.loads(announced.read_text())["url"])


def _operator_token(folder: Path) -> str:
    return (folder / "secrets" / "operator-token").read_text().strip()
