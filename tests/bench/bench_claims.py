"""What an upload of a claim, its answers and a backfill take, over HTTP to a real server, one after the other.

    python -m tests.bench.bench_claims [--records 5000] [--times 30] [--dir FOLDER]

Medians and the worst of `--times` requests. An upload is answered after its commit is synced to the disk of
`--dir`; the public answers are asked for anew after each upload (made) and again (finished already). The
backfill is one strategy of 50 names with a signal on each trading day of a year, on a synthetic market.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.market.core.synthetic import synthetic_market
from tests.support.platforms import stage

START = "2025-01-02T08:00+08:00"
ACTIVATED = date(2025, 1, 2)
DAYS = shipped_calendar().between(date(2024, 1, 2), date(2024, 12, 31))
NAMES = 50


def prepared(folder: Path) -> tuple[str, str, list[str]]:
    """A data directory with a year of a market and an active strategy; the agent's key, the operator's, symbols."""
    market = synthetic_market(shipped_calendar(), last=DAYS[-1])
    with stage(folder, parse_instant(START)) as on:
        on.platform.market.import_instruments(market.instruments, synthetic=True)
        on.platform.market.import_bars(market.bars, synthetic=True)
        agent = on.agent()
        agent.post("/strategies", {"name": "One", "slug": "one"})
        on.submit(agent, "one", ACTIVATED, {})
        return agent.token, on.operator.token, list(on.platform.market.instruments().symbols)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "quantos.cli", "serve", "--data-dir", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        where = folder / "server.json"
        while not where.exists():
            assert process.poll() is None, "the server did not start"
            time.sleep(0.05)
        yield str(json.loads(where.read_text())["url"]).rstrip("/")
    finally:
        process.terminate()
        process.wait()


def timed(work: Callable[[], Any], times: int) -> str:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return f"median {statistics.median(taken):7.1f} ms   worst {max(taken):7.1f} ms"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=5000)
    options.add_argument("--times", type=int, default=30)
    options.add_argument("--dir", type=Path, default=None)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.dir) as place:
        folder = Path(place) / "data"
        key, operator, symbols = prepared(folder)
        days = [(date(2024, 12, 31) - timedelta(k)).isoformat() for k in range(asked.records)][::-1]
        points = [{"date": day, "nav": 1e6 * 1.0001**k} for k, day in enumerate(days)]
        claim = json.dumps({"records": points}).encode()
        weights = [{"symbol": symbol, "weight": 1 / NAMES} for symbol in symbols[:NAMES]]
        signals = [{"trade_date": day.isoformat(), "signals": weights} for day in DAYS]
        with served(folder) as url:

            def call(method: str, path: str, token: str = "", body: bytes | None = None) -> None:
                headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
                request = urllib.request.Request(
                    f"{url}/api/v1{path}", method=method, data=body, headers=headers
                )
                with urllib.request.urlopen(request) as answer:
                    answer.read()

            def upload() -> None:
                call("PUT", "/strategies/one/claimed", key, claim)

            def made(path: str) -> str:
                def anew() -> float:
                    upload()
                    begun = time.perf_counter()
                    call("GET", path)
                    return (time.perf_counter() - begun) * 1000

                taken = [anew() for _ in range(asked.times)]
                return f"median {statistics.median(taken):7.1f} ms   worst {max(taken):7.1f} ms"

            body = json.dumps({"signals": signals}).encode()
            print(f"PUT {asked.records} records ({len(claim) / 1000:.0f} kB)   {timed(upload, asked.times)}")
            own = timed(lambda: call("GET", "/strategies/one/claimed", key), asked.times)
            print(f"GET, its owner                {own}")
            backfill = timed(lambda: call("POST", "/admin/strategies/one/backfill", operator, body), 3)
            print(f"backfill of {len(DAYS)} days          {backfill}")
            for name in ("claimed", "track-record"):
                path = f"/public/strategies/one/{name}"
                print(f"GET public {name}, made    {made(path)}")
                print(f"GET public {name}, again   {timed(lambda p=path: call('GET', p), asked.times)}")  # type: ignore[misc]


if __name__ == "__main__":
    main()
