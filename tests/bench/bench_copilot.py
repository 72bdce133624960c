"""Backtests of one year of daily bars: how long one takes warm, and what 32 at once do to everyone else.

    python -m tests.bench.bench_copilot [runs]

A platform is served as a program of its own on this machine, with made-up bars of one share over 242 days. One caller
runs a moving average crossover again and again; then 32 run it at once, while another asks for `/api/v1/health` and
`/api/v1/public/strategies` without pause. Percentiles are of the callers' own clocks. What a run costs inside of the
worker is measured apart.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import httpx
import numpy as np

from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.settings import Settings
from tests.support.platforms import made_up
from tests.support.served import served_platform

SYMBOL = "600001.SH"
AT = "2024-01-02T08:00:00+08:00"
AT_ONCE = 32
CODE = """\
import backtrader as bt


class Strategy(bt.Strategy):
    def __init__(self):
        self.cross = bt.ind.CrossOver(bt.ind.SMA(period=5), bt.ind.SMA(period=20))

    def next(self):
        if not self.position and self.cross > 0:
            self.buy(size=1000)
        elif self.position and self.cross < 0:
            self.close()
"""


def prepare(folder: Path) -> None:
    days = shipped_calendar().between(date(2023, 1, 3), date(2023, 12, 29))
    rng = np.random.default_rng(7)
    close = np.round(20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, len(days)))), 2).tolist()
    before = [None, *close[:-1]]
    rows = {(SYMBOL, day): (close[at], close[at], before[at], 1_000_000) for at, day in enumerate(days)}
    platform = Platform.open(Settings(data_dir=folder), simulate=parse_instant(AT))
    platform.market.import_bars(made_up(rows))
    platform.close()


def timed(http: httpx.Client, method: str, path: str, body: object = None) -> float:
    start = time.perf_counter()
    answer = http.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    return 1000 * (time.perf_counter() - start)


def percentiles(found: list[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(found, p)), 1) for p in (50, 90, 99)} | {
        "max": round(max(found), 1)
    }


def asked(http: httpx.Client, ended: threading.Event) -> list[float]:
    """What a caller of small things waits, until the event."""
    found = []
    while not ended.is_set():
        found.append(timed(http, "GET", "/api/v1/health"))
        found.append(timed(http, "GET", "/api/v1/public/strategies"))
    return found


def inside() -> list[float]:
    """The engine alone, in this process: milliseconds of processor time of a run, whatever else the machine does."""
    from strategy_worker import engine  # noqa: PLC0415

    days = list(range(738000, 738242))
    prices = [20.0 + (day * 7 % 13) / 10 for day in days]
    feed = {
        "name": SYMBOL,
        "day": days,
        **dict.fromkeys(("open", "high", "low", "close", "volume"), prices),
    }
    found = []
    for _ in range(10):
        start = time.process_time()
        told = engine.backtest({"code": CODE, "cash": 100_000.0, "feeds": [feed]})
        assert "error" not in told
        found.append(1000 * (time.process_time() - start))
    return found


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    body = {"strategy_code": CODE, "ticker": SYMBOL}
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept) / "data"
        prepare(folder)
        with served_platform(folder, AT) as served, served.client() as http:
            cold = timed(http, "POST", "/backtest", body)
            one = [timed(http, "POST", "/backtest", body) for _ in range(runs)]
            ended = threading.Event()
            with (
                ThreadPoolExecutor(AT_ONCE + 1) as threads,
                served.client() as small,
                served.client() as many,
            ):
                quiet = threads.submit(asked, small, ended)
                time.sleep(2)
                ended.set()
                alone = quiet.result()
                ended.clear()
                others = threads.submit(asked, small, ended)
                start = time.perf_counter()
                together = list(threads.map(lambda _: timed(many, "POST", "/backtest", body), range(AT_ONCE)))
                wall_s = time.perf_counter() - start
                ended.set()
                beside = others.result()
    print(
        json.dumps(
            {
                "load_1min": os.getloadavg()[0],
                "cpus": os.cpu_count(),
                "first_ms": round(cold, 1),
                "warm_ms": percentiles(one),
                "engine_cpu_ms": percentiles(inside()),
                "at_once": {"runs": AT_ONCE, "wall_s": round(wall_s, 2), **percentiles(together)},
                "api_alone_ms": percentiles(alone),
                "api_beside_ms": percentiles(beside) | {"asked": float(len(beside))},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
