"""How long until the platform is ready, and what it weighs when idle.

    python -m tests.bench.bench_startup [ROUNDS]

Bytecode is kept, as in an installation. Ready: from the start of the process `quantos serve` on an existing data directory until `GET /api/v1/health`
answers ok. The first round warms the disk cache and makes the directory; it is not counted. Beside it, in the same
run: a bare interpreter, and one that imports the three libraries the server cannot do without.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
ROUNDS = 7
READY_S_MAX = 0.8
RSS_MIB_MAX = 200
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
LIBRARIES = "import fastapi, sqlmodel, duckdb"


def ready_and_weight(directory: Path) -> tuple[float, float, float]:
    """Seconds until health answers, those that processors worked, and MiB of resident memory a second later."""
    (directory / "server.json").unlink(missing_ok=True)
    started = time.perf_counter()
    command = [sys.executable, "-m", "quantos.cli", "serve", "--port", "0", "--data-dir", str(directory)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT)
    try:
        url = _announced(directory, server)
        with httpx.Client(trust_env=False) as client:
            while not _healthy(client, url):
                time.sleep(0.002)
        seconds, worked = time.perf_counter() - started, _worked_s(server.pid)
        time.sleep(1)
        return seconds, worked, _rss_mib(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def python_seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=ENVIRONMENT)
    return time.perf_counter() - started


def _announced(directory: Path, server: subprocess.Popen[bytes]) -> str:
    file = directory / "server.json"
    while server.poll() is None:
        if file.exists():
            return str(json.loads(file.read_text())["url"])
        time.sleep(0.002)
    raise SystemExit(f"the server ended with exit code {server.returncode}")


def _healthy(client: httpx.Client, url: str) -> bool:
    try:
        return bool(client.get(f"{url}/api/v1/health").json() == {"status": "ok"})
    except httpx.TransportError:
        return False


def _worked_s(process: int) -> float:
    """Of all its threads, to the nanosecond."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def _rss_mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "data"
        ready_and_weight(directory)
        found = [ready_and_weight(directory) for _ in range(rounds)]
    seconds, worked, weights = map(list, zip(*found, strict=True))
    print(
        f"ready      median {statistics.median(seconds):.3f} s, best {min(seconds):.3f} s (to reach: {READY_S_MAX} s)"
    )
    print(f"processors median {statistics.median(worked):.3f} s, best {min(worked):.3f} s")
    print(f"idle RSS   median {statistics.median(weights):.0f} MiB (to reach: {RSS_MIB_MAX} MiB)")
    print(f"bare python       {min(python_seconds('') for _ in range(rounds)):.3f} s")
    print(f"its libraries     {min(python_seconds(LIBRARIES) for _ in range(rounds)):.3f} s ({LIBRARIES})")


if __name__ == "__main__":
    main()
