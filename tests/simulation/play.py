"""The platform of a simulation: a process that opens a folder, answers one act after the other, and may be killed.

What happens must be the same each time a seed is played. So the platform's random numbers come from the seed; its
threads that work on their own account (committer, notifications, pushes) are let run to their end after each act and
not beside it; and waits are measured by the simulated clock.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import socket
import sqlite3
import struct
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from quantos.accounts import key_uses
from quantos.app import Platform, build_app
from quantos.attestation import committer, keeper, repository
from quantos.factors.core import threads as factor_threads
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from quantos.settlement.core import ledger
from quantos.storage.series import Series
from quantos.support.following import Follower
from tests.simulation.syscalls import watched

START: Final = parse_instant("2024-01-02T08:00+08:00")
REMOTE: Final = "remote.git"


class Wire:
    """Messages in both directions on a socket, by calls that nobody watches."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def send(self, message: Any) -> None:
        data = json.dumps(message).encode()
        self.end.sendall(struct.pack("=I", len(data)) + data)

    def receive(self) -> Any:
        """None at the end."""
        head = self._read(4)
        return None if head is None else json.loads(self._read(struct.unpack("=I", head)[0]) or b"null")

    def _read(self, size: int) -> bytes | None:
        found = b""
        while len(found) < size:
            part = self.end.recv(size - len(found))
            if not part:
                return None
            found += part
        return found


# ---------------------------------------------------------------- the same each time


def seed_randomness(seed: str) -> None:
    """Every secret, nonce and id of the platform from here on."""
    draw = random.Random(seed)
    lock = threading.Lock()

    def drawn(count: int) -> bytes:
        with lock:
            return draw.randbytes(count)

    os.urandom = drawn
    random._urandom = drawn  # type: ignore[attr-defined]
    uuid.uuid4 = lambda: uuid.UUID(bytes=drawn(16), version=4)


class _Waited:
    """The platform's clock as seconds, for those who wait: it stands still while an act lasts."""

    platform: Platform | None = None

    @classmethod
    def seconds(cls) -> float:
        return 0.0 if cls.platform is None else cls.platform.clock.now().timestamp()


class _Watching(threading.Event):
    """An event of which it is known that somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_for = False

    def wait(self, timeout: float | None = None) -> bool:
        """However long it takes: `settled` wakes it, no time of the world's."""
        self.is_waited_for = True
        try:
            return super().wait()
        finally:
            self.is_waited_for = False

    @property
    def is_idle(self) -> bool:
        return self.is_waited_for and not self.is_set()


def make_repeatable() -> None:
    """One thing at a time. To be called once in a process, before a platform is opened."""
    committer.monotonic = keeper.monotonic = _Waited.seconds  # type: ignore[attr-defined]
    committer.GATHER_S_MAX = 0.0  # type: ignore[misc]
    committer.Committer._wait_s = lambda self: 3600.0  # type: ignore[method-assign]
    key_uses.WRITE_AFTER_S = 1e9  # type: ignore[misc]
    repository.SYNC_TOGETHER = 1  # type: ignore[misc]
    repository.SETTLE_S = 0.0  # type: ignore[misc]
    Follower.start = lambda self: None  # type: ignore[method-assign]  # `settled` has it follow
    Series.__init__.__kwdefaults__["threads"] = 1  # type: ignore[index]
    starting = keeper.Keeper.__init__

    def started(self: Any, *arguments: Any) -> None:
        starting(self, *arguments)
        self._woken = _Watching()

    keeper.Keeper.__init__ = started  # type: ignore[method-assign,assignment]


def settled(platform: Platform) -> None:
    """Return once all that works on its own account has come to its end."""
    engine = platform.attestation._engine
    if engine is not None:
        for _ in range(2):
            engine.committer.call(lambda: None).result()
        if engine.keeper._thread is not None:
            engine.keeper._woken.set()
        while engine.keeper._thread is not None and not engine.keeper._woken.is_idle:  # type: ignore[attr-defined]
            time.sleep(0.0005)
    platform.support._follower.follow()


# ---------------------------------------------------------------- acts


class Player:
    """Does acts: {do: call | close | remote, ...} to {code, body, ...}."""

    def __init__(self, folder: Path, platform: Platform, runner: asyncio.Runner) -> None:
        self.folder, self.platform, self._runner = folder, platform, runner
        self._tokens = json.loads((folder / "tokens.json").read_text())
        transport = httpx.ASGITransport(build_app(platform), raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://platform", timeout=None)
        self._log: list[str] = []
        logging.getLogger().addHandler(_Kept(self._log))

    def do(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["do"] == "calls":
            return {"answers": [self.call(each) for each in order["calls"]]}
        if order["do"] == "hidden":
            return self.hidden()
        if order["do"] == "remote":
            away, there = self.folder / "away.git", self.folder / REMOTE
            source, target = (there, away) if order["down"] else (away, there)
            if source.exists():
                source.rename(target)
            return {"code": 200}
        return self.call(order)

    def call(self, order: dict[str, Any]) -> dict[str, Any]:
        headers = dict(order.get("headers") or {})
        if order["who"] in self._tokens:
            headers["Authorization"] = f"Bearer {self._tokens[order['who']]}"
        path = "/api/v1" + order["path"]
        body = order.get("text")
        content = body.encode() if body is not None else None
        if body is None and order.get("body") is not None:
            content = json.dumps(order["body"]).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        answer = self._runner.run(self._http.request(order["method"], path, content=content, headers=headers))
        try:
            found = answer.json()
        except ValueError:
            found = answer.text[:500]
        return {
            "code": answer.status_code,
            "text": answer.text if order.get("as_text") else "",
            "body": found,
            "replayed": answer.headers.get("idempotency-replayed"),
            "log": self._log[-1] if answer.status_code == 500 and self._log else "",
        }

    def hidden(self) -> dict[str, Any]:
        """What is to be kept from everyone, as it is stored; and whatever was written where anyone may read."""
        with sqlite3.connect(f"file:{self.folder / 'data' / 'records.db'}?mode=ro", uri=True) as records:
            rows = records.execute(
                "SELECT s.slug, g.trade_date, g.nonce FROM signal g JOIN strategy s ON s.number = g.strategy_number"
            ).fetchall()
        records.close()
        written = {}
        proofs = self.folder / "proofs"
        for file in sorted(proofs.rglob("*.json")):
            if ".git" not in file.parts:
                written[str(file.relative_to(proofs))] = file.read_text(errors="replace")
        return {"nonces": rows, "written": written, "log": "\n".join(self._log)}

    def close(self) -> None:
        self._runner.run(self._http.aclose())


class _Kept(logging.Handler):
    """The lines of the log."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


def settings_of(folder: Path, attested: str, *, remote: bool) -> Settings:
    return Settings(
        data_dir=folder / "data",
        attestation_repo=str(folder / "proofs") if attested else "",
        attestation_when=attested or "submission",
        attestation_remote=str(folder / REMOTE) if remote else "",
        attestation_push_timeout_s=20,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Platform]:
    platform = Platform.open(settings, simulate=START)
    _Waited.platform = platform
    try:
        platform.start()
        yield platform
    finally:
        platform.close()


def play(folder: Path, settings: Settings, wire: Wire, salt: str, *, is_watched: bool = True) -> None:
    """Open the folder, do what comes over the wire, close it."""
    if is_watched:
        descriptor = watched()
        socket.send_fds(wire.end, [b"x"], [descriptor])
        os.close(descriptor)
    seed_randomness(salt)
    logging.getLogger().setLevel(logging.INFO)
    try:
        with opened(settings) as platform, asyncio.Runner() as runner:
            player = Player(folder, platform, runner)
            settled(platform)
            wire.send({"opened": True})
            while (order := wire.receive()) is not None:
                if order["do"] == "close":
                    break
                answer = player.do(order)
                settled(platform)
                wire.send(answer)
            player.close()
    except Exception as error:  # noqa: BLE001 - told to whoever judges
        wire.send({"failed": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()})
        return
    wire.send({"closed": True})


def template(folder: Path) -> None:
    """An empty platform with an operator and two agents, from which every seed begins."""
    seed_randomness("template")
    settings = settings_of(folder, "", remote=False)
    with opened(settings) as platform, asyncio.Runner() as runner:
        (folder / "tokens.json").write_text(json.dumps({"operator": platform.accounts.operator_token()}))
        player = Player(folder, platform, runner)
        for number in range(2):
            invited = player.call(
                {"who": "operator", "method": "POST", "path": "/admin/invites", "body": {"max_uses": 1}}
            )
            code = {"invite_code": invited["body"]["invite_code"]}
            user = player.call({"who": "", "method": "POST", "path": "/auth/invite", "body": code})["body"]
            player._tokens[f"agent{number}"] = user["access_token"]
            order = {
                "who": f"agent{number}",
                "method": "POST",
                "path": "/billing/api-keys",
                "body": {"name": "a"},
            }
            player._tokens[f"agent{number}"] = player.call(order)["body"]["api_key"]
            operator = {"who": "operator", "method": "PATCH", "path": f"/admin/users/{user['user']['id']}"}
            player.call({**operator, "body": {"tier": "licensed"}})
        (folder / "tokens.json").write_text(json.dumps(player._tokens))
        player.close()


def warm(folder: Path, files: Path) -> None:
    """Two days in this very process: what they import and compile is there for all that are forked from it."""
    with opened(settings_of(folder, "submission", remote=False)) as platform, asyncio.Runner() as runner:
        player = Player(folder, platform, runner)

        def ask(who: str, method: str, path: str, body: Any = None) -> None:
            answer = player.call({"who": who, "method": method, "path": path, "body": body})
            assert answer["code"] < 300, answer
            settled(platform)

        ask("agent0", "POST", "/strategies", {"name": "warm", "slug": "warm-one"})
        signal = {"trade_date": "2024-01-02", "signals": [{"symbol": "600000.SH", "weight": 0.5}]}
        ask("agent0", "POST", "/strategies/warm-one/signals", signal)
        for file in ("before", "day-2024-01-02", "day-2024-01-03"):
            ask("operator", "POST", "/admin/market/import", {"path": str(files / file)})
        for day in ("2024-01-02", "2024-01-03"):
            ask("operator", "POST", "/admin/clock", {"now": f"{day}T19:00:00+08:00"})
        restatement = {"from": "2024-01-02", "reason": "warm", "data": str(files / "day-2024-01-02")}
        ask("operator", "POST", "/admin/settlement-runs/restate", restatement)
        for what in ("track-record", "performance", "verify", "audit"):
            ask("", "GET", f"/public/strategies/warm-one/{what}")
        ask("agent0", "PATCH", "/strategies/warm-one", {"status": "paused"})
        ask("agent0", "PATCH", "/strategies/warm-one", {"status": "active"})
        player.close()
    for module in (ledger, factor_threads):  # their threads are not there after a fork
        module._HELPERS = ThreadPoolExecutor()  # type: ignore[attr-defined]
    gc.collect()
    gc.freeze()
