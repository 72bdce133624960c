"""Verification packages: digests of a day of many strategies, one package, a year of packages over HTTP.

    python tests/bench/bench_packages.py [--strategies 1000] [--days 242]

Real bars of 2024, the whole market of the shared files; strategies of 50 names, rebalanced every twentieth day, settled by
the platform itself on a temporary data directory; without an attestation repository.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import uvicorn

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Caller
from quantos.app import Platform, build_app
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.schemas import StrategyNew, Submission
from quantos.verification.packages import Asked
from quantos.verification.service import Publication

SHARED = Path(os.environ.get("QUANTOS_SHARED") or Path(__file__).parents[3] / "shared") / "market"
FIRST, BEFORE = date(2024, 1, 2), date(2023, 12, 28)
HOLDINGS, EVERY, OF_A_USER = 50, 20, 20
PASSES = 3


def year(platform: Platform, days: int) -> list[date]:
    return platform.market.calendar.between(FIRST, date(2024, 12, 31))[:days]


def load(platform: Platform, folder: Path) -> None:
    """The bars of 2024 and the trading days just before."""
    file = ds.dataset(SHARED / "bars_stock_2023_2026_all.parquet")
    span = (ds.field("date") >= BEFORE) & (ds.field("date") <= date(2024, 12, 31))
    pq.write_table(file.to_table(filter=span), folder / "bars_2024.parquet")
    platform.market.import_path(folder / "bars_2024.parquet")


async def submit(platform: Platform, count: int, days: list[date]) -> None:
    """`count` strategies of accounts with twenty each, and their signals."""
    choose = np.random.default_rng(50)
    symbols = np.array(platform.market.instruments().symbols)
    for number in range(count):
        if number % OF_A_USER == 0:
            joined = await platform.accounts.register(platform.accounts.create_invite(1))
            await platform.accounts.change_user(joined.user.id, UserChange(tier="licensed"))
            caller = Caller(joined.user.id, "licensed")
        slug = f"s-{number:05}"
        await platform.strategies.create(caller, StrategyNew(name=slug, slug=slug))
        for day in days[::EVERY]:
            names = choose.choice(symbols, HOLDINGS, replace=False)
            signal = Submission(day, [TargetWeight(str(name), 0.0199) for name in names])
            await platform.strategies.submit(caller, slug, signal, platform.clock.now())


class Taken(NamedTuple):
    """Seconds by the clock, and of processors: the two differ on a busy machine."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.4f} s ({self.cpu_s:.4f} s of processors)"


def timed(work: Callable[[], Any]) -> Taken:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


def report(platform: Platform, count: int, days: list[date]) -> None:
    publication, packages = platform.publication, platform.verification._packages
    numbers = list(range(1, count + 1))
    rebalanced, held = days[EVERY * ((len(days) - 1) // EVERY)], days[-1]
    for what, day in (("rebalanced", rebalanced), ("held", held)):
        taken = [timed(partial(_digests_of, publication, day, numbers)) for _ in range(PASSES)]
        print(f"digests of {count} strategies, a day {what}: {min(taken)}")
    for what, order in (("alone", days[::-1]), ("of a record read day by day", days)):
        made = [timed(partial(packages._made, Asked(1, day, None))) for day in order]
        mean = Taken(*(sum(each) / len(made) for each in zip(*made, strict=True)))
        print(f"a package {what}, mean of {len(made)}: {mean}")
    size = len(packages._made(Asked(1, rebalanced, None)))
    print(f"its size on a day with a signal: {size / 1024:.0f} kB")


def _digests_of(publication: Publication, day: date, numbers: list[int]) -> int:
    return len(list(publication._digests(day, None, numbers)))


def over_http(platform: Platform, days: list[date]) -> None:
    """One client, one connection; first as they are made, then as they are kept."""
    server = uvicorn.Server(
        uvicorn.Config(build_app(platform), port=0, log_level="warning", access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def fetch_all() -> None:
        for day in days:
            connection.request("GET", f"/api/v1/public/strategies/s-00001/verify?date={day}")
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)

    for what in ("made", "kept"):
        print(f"{len(days)} packages over HTTP, {what}: {timed(fetch_all)}")
    server.should_exit = True
    thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--strategies", type=int, default=1000)
    parser.add_argument("--days", type=int, default=242)
    arguments = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(dir=os.environ.get("QUANTOS_BENCH_DIR")) as folder:
        settings = Settings(data_dir=Path(folder) / "data", attestation_repo="")
        platform = Platform.open(settings, simulate=parse_instant(f"{FIRST}T08:00+08:00"))
        try:
            load(platform, Path(folder))
            days = year(platform, arguments.days)
            asyncio.run(submit(platform, arguments.strategies, days))
            platform.clock.move_to(parse_instant(f"{days[-1] + timedelta(days=1)}T08:00+08:00"))  # type: ignore[attr-defined]
            settled = timed(lambda: platform.settlement.run(days[-1]))
            print(f"{arguments.strategies} strategies settled over {len(days)} days: {settled}")
            report(platform, arguments.strategies, days)
            over_http(platform, days)
        finally:
            platform.close()


if __name__ == "__main__":
    main()
