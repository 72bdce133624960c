"""Signals over HTTP with a local attestation repository: how many a second, for how long, and none lost.

    python -m tests.bench.bench_attestation [--seconds 60] [--clients 32] [--dates 1] [--sign] [--remote]

A server process with its own data directory and repository; wrk's clients each send a signal, wait for the
answer that names its commit, and send the next, for another strategy (or date) each time. Afterwards every
answered signal is looked for in the store and in the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic, sleep
from typing import Any

from sqlalchemy import insert, text
from sqlmodel import SQLModel

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Caller
from quantos.app import Platform
from quantos.attestation.git import environment
from quantos.attestation.signing import generate, key_path
from quantos.kit.clock import parse_instant
from quantos.kit.ids import new_id
from quantos.settings import Settings
from tests.bench.bench_http import LUA_DONE, pinned

ROOT = Path(__file__).parents[2]
START = "2024-01-02T08:00+08:00"
NAMES = 50
RATE_MAX = 1500
"""Signals a second that the set-up has strategies for."""

LUA = """
local days, count, turn = {days}, {count}, {first}
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
function request()
  turn = turn + 1
  local day = days[turn % #days + 1]
  local slug = math.floor(turn / #days) % count
  return wrk.format(nil, string.format("/api/v1/strategies/bench-%d/signals", slug), nil,
    string.format('{"trade_date":"%s","signals":{lines}}', day))
end
function response(status)
  if status ~= 201 then refused = (refused or 0) + 1 end
end
"""


def prepare(folder: Path, strategies: int) -> tuple[str, list[str]]:
    """A licensed account with very many strategies: its key, and trading days."""
    import asyncio  # noqa: PLC0415 - for the set-up alone

    platform = Platform.open(Settings(data_dir=folder), simulate=parse_instant(START))
    try:
        accounts = platform.accounts

        async def joined() -> tuple[str, Caller]:
            user = (await accounts.register(accounts.create_invite(1))).user
            await accounts.change_user(user.id, UserChange(tier="licensed"))
            caller = Caller(user.id, "licensed")
            return (await accounts.create_key(caller, "bench")).api_key, caller

        key, caller = asyncio.run(joined())
        now = platform.clock.now()
        row = {
            "user_id": caller.user_id, "name": "bench", "universe": "hs300", "execution_price": "open",
            "holding_period": 10, "initial_capital": 1_000_000, "commission_e8": 30_000, "slippage_e8": 200_000,
            "status": "active", "is_public": True, "activated_at": now, "created_at": now,
        }  # fmt: skip
        with platform.records.write() as session:
            table = SQLModel.metadata.tables["strategy"]
            rows = [{**row, "id": new_id(), "slug": f"bench-{n}"} for n in range(strategies)]
            session.execute(insert(table), rows)
        days = platform.market.calendar.between(date(2024, 1, 2), date(2024, 6, 28))
        return key, [str(day) for day in days]
    finally:
        platform.close()


@contextmanager
def served(folder: Path, repository: Path, remote: Path | None) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "QUANTOS_ATTESTATION_REPO": str(repository)}
    if remote is not None:
        env["QUANTOS_ATTESTATION_REMOTE"] = str(remote)
    command = [sys.executable, "-m", "quantos.cli", "serve", "--port", str(port), "--data-dir", str(folder)]
    server = subprocess.Popen(
        [*command, "--simulate", START], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        assert "is ready" in server.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(120)


def load(url: str, key: str, days: list[str], strategies: int, clients: int, seconds: int) -> list[int]:
    """What wrk counted: requests, microseconds, p50, p99, worst (µs), answers that were no success."""
    lines = json.dumps([{"symbol": f"{600000 + n}.SH", "weight": 0.02} for n in range(NAMES)])
    listed = "{" + ",".join(f'"{day}"' for day in days) + "}"
    script = LUA.replace("{days}", listed).replace("{count}", str(strategies)).replace("{key}", key)
    script = script.replace("{lines}", lines.replace(" ", "")).replace("{first}", "-1")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + LUA_DONE)
        file.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", file.name, url]
        out = subprocess.run([*pinned(1), *command], check=True, capture_output=True, text=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", out)
    assert found is not None, out
    return [int(group) for group in found.groups()]


def settled_down(url: str, folder: Path) -> Any:
    """The operator's view once nothing is outstanding."""
    token = (folder / "secrets" / "operator-token").read_text()
    end = monotonic() + 120
    while True:
        request = urllib.request.Request(f"{url}/api/v1/admin/attestation")
        request.add_header("Authorization", f"Bearer {token}")
        status = json.load(urllib.request.urlopen(request))
        remote = status["remote"]
        is_pushed = remote is None or (remote["unpushed"] == 0 and remote["state"] == "pushed")
        if (status["signals"] == {"waiting": 0, "in_commit": 0} and is_pushed) or monotonic() > end:
            return status
        sleep(0.2)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    ran = subprocess.run(command, env=environment({}, {}), capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def count(folder: Path, repository: Path, days: list[str]) -> dict[str, int]:
    """Signals stored, marked, in files of the head; hashes of the store that no file has, or that two have."""
    platform = Platform.open(Settings(data_dir=folder), simulate=parse_instant(START))
    try:
        with platform.records.read() as session:
            rows = session.execute(text("SELECT signal_hash, commit_sha FROM signal")).all()
    finally:
        platform.close()
    commits = set(git(repository, "rev-list", "HEAD").splitlines())
    found: Counter[str] = Counter()
    files = set(git(repository, "ls-tree", "-r", "--name-only", "HEAD", "attestations").splitlines())
    for day in days:
        if f"attestations/{day}.json" in files:
            shown = json.loads(git(repository, "show", f"HEAD:attestations/{day}.json"))
            found.update(entry["signal_hash"] for entry in shown["strategies"])
    return {
        "stored": len(rows),
        "marked": sum(sha in commits for _, sha in rows),
        "entries": sum(found.values()),
        "lost": sum(found[signal_hash] == 0 for signal_hash, _ in rows),
        "doubled": sum(times > 1 for times in found.values()),
        "commits": len(commits),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--dates", type=int, default=1, help="trade dates among which the signals are spread")
    parser.add_argument("--sign", action="store_true", help="with an Ed25519 key")
    parser.add_argument("--remote", action="store_true", help="push to a bare repository meanwhile")
    parser.add_argument("--dir", help="folder for the temporary directories")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk")
    strategies = arguments.seconds * RATE_MAX // arguments.dates
    with tempfile.TemporaryDirectory(dir=arguments.dir) as made:
        folder, repository = Path(made) / "data", Path(made) / "attestation"
        key, days = prepare(folder, strategies)
        days = days[: arguments.dates]
        if arguments.sign:
            generate(key_path(folder))
        remote = Path(made) / "remote.git" if arguments.remote else None
        if remote is not None:
            remote.mkdir()
            git(remote, "init", "-q", "--bare")
        with served(folder, repository, remote) as url:
            requests, micros, p50, p99, worst, refused = load(
                url, key, days, strategies, arguments.clients, arguments.seconds
            )
            status = settled_down(url, folder)
            sleep(8)  # the keeper packs once it is quiet
        used = getrusage(RUSAGE_CHILDREN)
        print(
            f"{requests / micros * 1e6:.0f} signals/s over {micros / 1e6:.0f} s, p50 {p50 / 1e3:.0f} ms,"
            f" p99 {p99 / 1e3:.0f} ms, worst {worst / 1e3:.0f} ms, refused {refused}, load {os.getloadavg()[0]:.1f},"
            f" processor time of server, wrk and git {used.ru_utime + used.ru_stime:.0f} s"
        )
        print(
            count(folder, repository, days),
            f"repository {size_mb(repository / '.git'):.1f} MB",
            status["alarms"],
        )
        print(f"packed by git gc: {(git(repository, 'gc', '-q'), size_mb(repository / '.git'))[1]:.1f} MB")


if __name__ == "__main__":
    main()
