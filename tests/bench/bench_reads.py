"""Reads with credentials while the platform is at work, beside a bare FastAPI endpoint in the same run.

    python -m tests.bench.bench_reads [--strategies 1000] [--seconds 10] [--connections 32]

Three times over: the platform at rest; while a thousand strategies of 50 names settle, day after day; while bodies of
10 MB arrive, one after the other. Real bars of 2024. The server is `quantos serve` in a process of its own; wrk shares
both cores with it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Caller
from quantos.app import Platform
from quantos.client import Client, calls
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from tests.bench.bench_http import Result, served, wrk
from tests.bench.bench_packages import load, submit, year
from tests.support.served import Served, served_platform

START = "2024-01-02T08:00+08:00"
SIGNAL_DAYS = 21
BODY = (
    b'{"records": ['
    + b'{"date": "2024-01-02", "nav": 1.0},' * 285_000
    + b'{"date": "2024-01-03", "nav": 1.0}]}'
)

READS = (
    ("strategy", "/api/v1/strategies/mine"),
    ("strategies, a list", "/api/v1/strategies"),
    ("signals, a page of 30", "/api/v1/strategies/mine/signals"),
    ("tier", "/api/v1/billing/tier"),
    ("notifications", "/api/v1/notifications"),
    ("track record, public", "/api/v1/public/strategies/s-00001/track-record"),
)

LUA = """
wrk.headers["Authorization"] = "Bearer {key}"
"""


def prepare(folder: Path, strategies: int) -> str:
    """A platform with many strategies and one of an account whose API key is returned."""
    platform = Platform.open(Settings(data_dir=folder), simulate=parse_instant(START))
    try:
        with tempfile.TemporaryDirectory() as bars:
            load(platform, Path(bars))
        days = year(platform, SIGNAL_DAYS)
        return asyncio.run(_prepared(platform, strategies, days))
    finally:
        platform.close()


async def _prepared(platform: Platform, strategies: int, days: list[date]) -> str:
    await submit(platform, strategies, days)
    joined = await platform.accounts.register(platform.accounts.create_invite(1))
    await platform.accounts.change_user(joined.user.id, UserChange(tier="licensed"))
    caller = Caller(joined.user.id, "licensed")
    made = await platform.accounts.create_key(caller, "bench")
    return str(made.api_key)


def own_strategy(on: Served, key: str) -> None:
    """`mine`, with a signal for each day of the next weeks."""
    with Client(on.url, key) as agent:
        agent(calls.create_strategy(name="mine", slug="mine", universe="hs300"))
        for day in range(2, 31):
            when = date(2024, 1, day)
            if agent(calls.read_calendar(date=when)).get("is_trading_day"):
                agent(
                    calls.submit_signal(
                        "mine", trade_date=when, signals=[{"symbol": "600519.SH", "weight": 0.5}]
                    )
                )


@contextmanager
def meanwhile(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """`work` in a thread of its own, until it is told to stop."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Settling:
    """Moves the clock past one settlement after the other; goes on where it was."""

    def __init__(self, on: Served) -> None:
        self._on, self._day = on, date(2024, 1, 2)
        self.days = 0

    def __call__(self, stop: threading.Event) -> None:
        with httpx.Client(base_url=self._on.url, timeout=None, trust_env=False) as operator:
            operator.headers["Authorization"] = f"Bearer {self._on.operator_token}"
            while not stop.is_set():
                operator.post(
                    "/api/v1/admin/clock", json={"now": f"{self._day}T18:20:00+08:00"}
                ).raise_for_status()
                self.days += 1
                calendar = operator.get("/api/v1/calendar", params={"date": str(self._day)}).json()
                self._day = date.fromisoformat(calendar["next_trading_day"])


def uploading(on: Served, key: str) -> Callable[[threading.Event], None]:
    def work(stop: threading.Event) -> None:
        with httpx.Client(base_url=on.url, timeout=None, trust_env=False) as agent:
            agent.headers["Authorization"] = f"Bearer {key}"
            while not stop.is_set():
                answer = agent.put("/api/v1/strategies/mine/claimed", content=BODY)
                assert answer.status_code in {400, 413, 422}, answer.text

    return work


def measured(on: Served, key: str, seconds: int, connections: int) -> Iterator[Result]:
    for name, path in READS:
        made = LUA.replace("{key}", key) + f'wrk.path = "{path}"\n'
        yield wrk(name, on.url, made, connections, seconds)


def shown(title: str, results: Iterator[Result]) -> None:
    print(f"\n{title}, load {os.getloadavg()[0]:.1f}")
    for found in results:
        print(
            f"  {found.name:28} {found.rate:8.0f}/s  p50 {found.p50_ms:7.2f}  p99 {found.p99_ms:7.2f}"
            f"  worst {found.max_ms:8.1f} ms  refused {found.refused}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--strategies", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=32)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        with served("fastapi_get", Path(folder)) as url:
            shown(
                "bare FastAPI",
                iter([wrk("async def GET", f"{url}/get", "", given.connections, given.seconds)]),
            )
        key = prepare(Path(folder) / "data", given.strategies)
        with served_platform(Path(folder) / "data", simulate=START) as on:
            own_strategy(on, key)
            shown("at rest", measured(on, key, given.seconds, given.connections))
            settling = Settling(on)
            with meanwhile(settling):
                shown(
                    f"while {given.strategies} strategies settle",
                    measured(on, key, given.seconds, given.connections),
                )
            print(f"  days settled meanwhile: {settling.days}")
            with meanwhile(uploading(on, key)):
                shown(
                    f"while bodies of {len(BODY) / 1e6:.0f} MB arrive",
                    measured(on, key, given.seconds, given.connections),
                )


if __name__ == "__main__":
    main()
