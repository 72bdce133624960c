"""A platform with an attestation repository, and git to look at it from outside."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from quantos.attestation.core.batches import Window
from quantos.attestation.git import environment
from quantos.attestation.service import Claimed, Outstanding
from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage, stage

TUESDAY_EIGHT = parse_instant("2024-01-02T08:00+08:00")
DAY = date(2024, 1, 2)
MAOTAI = {"600519.SH": 0.05}
WULIANGYE = {"000858.SZ": 0.04}
WAIT_S = 60.0


def git(folder: Path, *arguments: str, check: bool = True, **variables: str) -> str:
    """What git prints, run without anybody's configuration."""
    env = environment({"init.defaultBranch": "main", "protocol.file.allow": "always"}, variables)
    ran = subprocess.run(
        ["git", "-C", str(folder), *arguments], env=env, capture_output=True, text=True, check=False
    )
    assert not check or ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def bare(folder: Path) -> Path:
    """A new bare repository."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare")
    return folder


@contextmanager
def attested(folder: Path, **settings: Any) -> Iterator[Stage]:
    """A simulated platform whose repository is `folder/attestation`, at eight on the first trading day of 2024."""
    given = {"attestation_repo": str(folder / "attestation"), **settings}
    with stage(folder / "data", TUESDAY_EIGHT, **given) as on:
        yield on


def strategy(agent: Caller, slug: str = "alpha", **fields: Any) -> str:
    agent.post("/strategies", {"name": slug, "slug": slug, **fields})
    return slug


def body(day: date, weights: dict[str, float]) -> dict[str, Any]:
    signals = [{"symbol": symbol, "weight": weight} for symbol, weight in weights.items()]
    return {"trade_date": day.isoformat(), "signals": signals}


def post(agent: Caller, slug: str = "alpha", day: date = DAY, weights: dict[str, float] = MAOTAI) -> Any:
    """The answer to a submission."""
    return agent.call("POST", f"/strategies/{slug}/signals", body(day, weights))


def receipt(agent: Caller, slug: str = "alpha", day: date = DAY, weights: dict[str, float] = MAOTAI) -> Any:
    answer = post(agent, slug, day, weights)
    assert answer.status_code == 201, answer.text
    return answer.json()


def history(agent: Caller, slug: str = "alpha") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = agent.get(f"/strategies/{slug}/signals", limit=200)["signals"]
    return found


def together(requests: Sequence[tuple[Caller, tuple[str, str, Any]]]) -> list[httpx.Response]:
    """The answers to requests, (caller, (method, path, body)), that are sent at the same moment."""

    async def send(caller: Caller, request: tuple[str, str, Any]) -> httpx.Response:
        method, path, content = request
        headers = {"Authorization": f"Bearer {caller.token}"}
        return await caller.http.request(method, path, json=content, headers=headers)

    async def all_of_them() -> list[httpx.Response]:
        return await asyncio.gather(*(send(*each) for each in requests))

    return requests[0][0].runner.run(all_of_them())


def entries(repository: Path, day: date = DAY, kind: str = "attestations") -> list[dict[str, Any]]:
    """The entries of a date at the head of a repository, as git shows them."""
    name = {"attestations": "strategies", "settlements": "settlements", "statuses": "changes"}[kind]
    shown = git(repository, "show", f"HEAD:{kind}/{day}.json", check=False)
    return json.loads(shown)[name] if shown else []


def subjects(repository: Path) -> list[str]:
    """The subjects of all commits, oldest first."""
    return git(repository, "log", "--reverse", "--format=%s").splitlines()


def hashes(repository: Path) -> list[str]:
    """Every signal hash in every file of the head."""
    files = git(repository, "ls-tree", "-r", "--name-only", "HEAD", "attestations", check=False).splitlines()
    found = [json.loads(git(repository, "show", f"HEAD:{file}"))["strategies"] for file in files]
    return [entry["signal_hash"] for listed in found for entry in listed]


def everything_in(repository: Path) -> bytes:
    """The content of every object of a repository."""
    ran = subprocess.run(
        ["git", "-C", str(repository), "cat-file", "--batch", "--batch-all-objects"],
        env=environment({}, {}),
        capture_output=True,
        check=True,
    )
    return ran.stdout


def until(seen: Any, what: str = "") -> Any:
    """What a look finds, as soon as it finds something; fails where that never comes."""
    end = monotonic() + WAIT_S
    while monotonic() < end:
        found = seen()
        if found:
            return found
        sleep(0.02)
    raise AssertionError(f"it never came: {what}")


@dataclass
class NothingDue:
    """An outbox without signals that remembers what it was asked for."""

    windows: list[Window] = field(default_factory=list)

    def adopt(self, now: datetime) -> None:
        pass

    def is_due(self, window: Window) -> bool:
        self.windows.append(window)
        return False

    def claim(self, window: Window, limit: int) -> Claimed:
        return Claimed([], [])

    def mark(self, attested: Any) -> None:
        pass

    def release(self, signals: Any, *, again: bool) -> None:
        pass

    def outstanding(self) -> Outstanding:
        return Outstanding(0, 0)

    def refused(self, limit: int) -> tuple[int, list[Any]]:
        return 0, []

    def acknowledge(self) -> int:
        return 0

    def statuses(self, after: Any) -> list[Any]:
        return []
