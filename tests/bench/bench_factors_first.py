"""The first validation of a factor over HTTP: after a cold start, after a restart, after the day's import.

    python -m tests.bench.bench_factors_first [--days 2500] [--names 5000] [--folder FOLDER]

A platform in a process of its own holds the bars of all names (random walks in cents, one session in fifty suspended)
and one factor with a value for each name and day. Before each validation a day of its values is uploaded again, which
makes it ready. Of each: the client's time for POST /submit; the server's processor time; its peak memory since its
start; the machine's load.

    cold start      the first validation ever: every bar is read, no panel file
    restart         a new process, the panel file of before
    daily import    the same process, after `quantos market import` of the next day's bars
    again           nothing has changed since
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quantos.kit.clock import SystemClock
from quantos.market.core.calendar import shipped_calendar
from quantos.market.service import Market
from quantos.storage.series import Series
from tests.bench.bench_uploads import _streamed as streamed
from tests.bench.watched import Watched
from tests.support.served import ROOT, Served, served_platform

LAST: Final = np.datetime64("2024-03-01")
EVENING: Final = "2024-03-01T20:00"
YEAR: Final = 250
PART: Final = 500
STREAM: Final = "application/vnd.apache.arrow.stream"

Days = NDArray[np.datetime64]


class Walks:
    """Closes of all names in cents, a year at a time."""

    def __init__(self, names: int) -> None:
        self.symbols = [f"{600000 + number:06d}.SH" for number in range(names)]
        self._random = np.random.default_rng(1)
        self._close = np.round(1000 + 4000 * self._random.random(names))

    def bars(self, days: Days) -> pa.Table:
        """The next days' bars."""
        shape = len(days), len(self.symbols)
        growth = 1 + np.clip(self._random.normal(0.0002, 0.02, shape), -0.09, 0.09)
        traded = self._random.random(shape) > 0.02
        close, before = np.empty((2, *shape))
        for row in range(len(days)):
            before[row] = self._close
            moved = np.maximum(np.round(self._close * growth[row]), 100)
            close[row] = self._close = np.where(traded[row], moved, self._close)
        price = close.ravel() / 100
        return pa.table(
            {
                "symbol": pa.DictionaryArray.from_arrays(
                    pa.array(np.tile(np.arange(shape[1], dtype=np.int32), len(days))), self.symbols
                ).cast(pa.string()),
                "date": pa.array(np.repeat(days, shape[1])),
                **dict.fromkeys(("open", "high", "low", "close"), price),
                "pre_close": before.ravel() / 100,
                "volume": np.where(traded.ravel(), 1_000_000, 0),
            }
        )


def prepare(folder: Path, days: Days, names: int) -> None:
    """Import the bars of all days but the last, which goes to a file beside the directory."""
    walks, file = Walks(names), folder.parent / "bars.parquet"
    with closing(Series(folder / "series.duckdb")) as series:
        market = Market(series, SystemClock())
        for start in range(0, len(days) - 1, YEAR):
            pq.write_table(walks.bars(days[start : min(start + YEAR, len(days) - 1)]), file)
            market.import_path(file)
        series.checkpoint()
    pq.write_table(walks.bars(days[-1:]), file)


class Owner:
    """Uploads and submits the one factor, and prints what that took."""

    def __init__(self, server: Served, watched: Watched, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=server.url, trust_env=False, timeout=900, headers=headers)
        self._watched = watched

    def create(self) -> str:
        made = self._http.post("/api/v1/factors", json={"name": "drawn", "universe": "csi500"})
        return str(made.json()["id"])

    def upload(self, factor: str, days: Days, symbols: list[str], seed: int) -> None:
        values = np.random.default_rng(seed).normal(size=(len(days), len(symbols)))
        table = pa.table({"date": pa.array(days)} | {name: values[:, at] for at, name in enumerate(symbols)})
        answer = self._http.post(
            f"/api/v1/factors/{factor}/values",
            content=streamed(table, None),
            headers={"Content-Type": STREAM},
        )
        assert answer.status_code == 200, answer.text

    def submit(self, factor: str, what: str) -> None:
        wall, spent = time.perf_counter(), self._watched.processor_s()
        answer = self._http.post(f"/api/v1/factors/{factor}/submit")
        wall, spent = time.perf_counter() - wall, self._watched.processor_s() - spent
        assert answer.status_code == 200, answer.text
        print(
            f"  {what:14} {wall:6.2f} s   processor {spent:6.2f} s   peak {self._watched.peak_gib():.2f} GiB"
            f"   load {os.getloadavg()[0]:.1f}   {len(answer.json()['ic_series'])} ICs",
            flush=True,
        )


def play(folder: Path, days: Days, names: int) -> None:
    data, symbols = folder / "data", Walks(names).symbols
    with served_platform(data, EVENING) as server:
        token = server.agent_token()
    prepare(data, days, names)
    print(f"{len(days)} days x {names} names")
    with served_platform(data, EVENING) as server:
        owner = Owner(server, Watched(data), token)
        factor = owner.create()
        for start in range(0, len(days), PART):
            owner.upload(factor, days[start : start + PART], symbols, start)
        owner.submit(factor, "cold start")
    with served_platform(data, EVENING) as server:
        owner = Owner(server, Watched(data), token)
        owner.upload(factor, days[:1], symbols, 1)
        owner.submit(factor, "restart")
        run_cli(data, "market", "import", str(folder / "bars.parquet"))
        owner.upload(factor, days[:1], symbols, 2)
        owner.submit(factor, "daily import")
        owner.upload(factor, days[:1], symbols, 3)
        owner.submit(factor, "again")


def run_cli(data: Path, *arguments: str) -> None:
    command: list[Any] = [sys.executable, "-m", "quantos.cli", *arguments, "--data-dir", data]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=2500)
    parser.add_argument("--names", type=int, default=5000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    sessions = shipped_calendar().sessions
    days = sessions[sessions <= LAST][-given.days - 1 :]
    with TemporaryDirectory(dir=given.folder) as folder:
        play(Path(folder), days, given.names)
        shutil.rmtree(Path(folder) / "data")


if __name__ == "__main__":
    main()
