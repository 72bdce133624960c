"""HTTP throughput of a signal POST, beside bare Starlette and FastAPI endpoints in the same run.

    python tests/bench/bench_http.py [--seconds 5] [--connections 8] [--only platform]

Each server is a real uvicorn process pinned to one core; wrk runs on the other. The platform's data directory
is a temporary one on the disk of --dir: a POST is answered after its commit is synced.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
NAMES = 50
SLUGS = 19
BARE = ("starlette", "fastapi_async", "fastapi_def")

READS = (
    ("track record GET, a year", "/api/v1/public/strategies/record/track-record"),
    ("performance GET", "/api/v1/public/strategies/record/performance"),
    ("public list GET", "/api/v1/public/strategies"),
    ("calendar GET, a month", "/api/v1/calendar?month=2024-03"),
)
"""GET requests measured on the platform after the POSTs."""

LUA_POST = """
local slugs, bodies, turn = {slugs}, {bodies}, 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
function request()
  turn = turn + 1
  local path = "{path}"
  if slugs > 0 then path = string.format("{path}", turn % slugs) end
  return wrk.format(nil, path, nil, bodies[turn % #bodies + 1])
end
"""
LUA_GET = """
wrk.path = "{path}"
"""
LUA_DONE = """
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max, summary.errors.status))
end
"""


class Result(NamedTuple):
    name: str
    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: int


@contextmanager
def served(name: str, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "QUANTOS_BENCH_APP": name,
        "QUANTOS_BENCH_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
    }
    command = [sys.executable, "-m", "uvicorn", "bench_app:app", "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    server = subprocess.Popen([*pinned(0), *command], env=environment)
    try:
        wait_until_listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def pinned(core: int) -> list[str]:
    many = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(core)] if many else []


def wait_until_listening(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")


def wrk(name: str, url: str, script: str, connections: int, seconds: int) -> Result:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + LUA_DONE)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name, url]
        out = subprocess.run([*pinned(1), *command], check=True, capture_output=True, text=True).stdout
    match = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", out)
    if match is None:
        raise RuntimeError(out)
    requests, micros, p50, p99, worst, refused = map(int, match.groups())
    return Result(name, requests / micros * 1e6, p50 / 1e3, p99 / 1e3, worst / 1e3, refused)


def bodies(kind: str, days: list[str]) -> list[str]:
    """Signals of 50 names, one per day; weights with 16 digits, or short equal ones."""
    source, found = random.Random(7), []
    for day in days:
        raw = [source.random() for _ in range(NAMES)]
        total = sum(raw) * 1.01
        weights = [value / total for value in raw] if kind == "random" else [0.02] * NAMES
        lines = [
            {"symbol": f"{600000 + place:06d}.SH", "weight": weight} for place, weight in enumerate(weights)
        ]
        found.append(json.dumps({"trade_date": day, "signals": lines}))
    return found


def script(path: str, key: str, slugs: int, texts: list[str]) -> str:
    listed = "{" + ",".join(f"[==[{text}]==]" for text in texts) + "}"
    made = LUA_POST.replace("{slugs}", str(slugs)).replace("{bodies}", listed)
    return made.replace("{path}", path).replace("{key}", key)


def measure(name: str, arguments: argparse.Namespace) -> Iterator[Result]:
    seconds, connections = arguments.seconds, arguments.connections
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder, served(name, Path(folder)) as url:
        if name in BARE:
            yield wrk(
                name, url, script("/post", "", 0, bodies("random", ["2024-01-02"])), connections, seconds
            )
            return
        answer = urllib.request.urlopen(urllib.request.Request(f"{url}/prepare", method="POST"))
        prepared = json.load(answer)
        path = "/api/v1/strategies/bench-%d/signals"
        for kind in ("random", "equal"):
            made = script(path, prepared["api_key"], SLUGS, bodies(kind, prepared["days"]))
            yield wrk(f"signal POST, {NAMES} {kind} weights", url, made, connections, seconds)
        for read, target in READS:
            yield wrk(read, url, LUA_GET.replace("{path}", target), connections, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--dir", help="folder for the temporary data directories")
    parser.add_argument("--only", choices=[*BARE, "platform"])
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk")
    print(f"{'server':34} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'refused':>8}")
    for name in [arguments.only] if arguments.only else [*BARE, "platform"]:
        for result in measure(name, arguments):
            print(
                f"{result.name:34} {result.rate:8.0f} {result.p50_ms:8.2f} {result.p99_ms:8.2f}"
                f" {result.max_ms:8.1f} {result.refused:8d}"
            )


if __name__ == "__main__":
    main()
