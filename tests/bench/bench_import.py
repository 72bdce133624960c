"""How fast bars are imported and read back: `python tests/bench/bench_import.py`.

Prints rows per second with all checks, next to DuckDB's bare CREATE TABLE AS of the same file in the same
run, the peak memory of each import (each runs in a process of its own), and the reads that settlement does.
Figures of a busy machine are not comparable; the baseline in the same table is.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

import quantos.market.importing.run  # noqa: F401 - loading the importers is not what is measured
from quantos.kit.clock import SimulatedClock
from quantos.market.service import Market
from quantos.storage.series import Series

ROOT = Path(__file__).parents[2]
FILE = "bars_stock_2023_2026_all.parquet"


def shared() -> Path:
    return Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared") / "market"


def bare(folder: Path, file: Path) -> tuple[int, float]:
    """DuckDB alone: read the file, write a table."""
    with duckdb.connect(str(folder / "bare.duckdb")) as connection:
        connection.execute("SET enable_progress_bar = false")
        started = time.perf_counter()
        connection.execute(f"CREATE TABLE bars AS SELECT * FROM '{file}'")
        elapsed = time.perf_counter() - started
        return connection.execute("SELECT count(*) FROM bars").fetchall()[0][0], elapsed


def market_in(folder: Path) -> Market:
    market = Market(Series(folder / "series.duckdb"), SimulatedClock(datetime(2024, 1, 2, tzinfo=UTC)))
    market.carry(
        date(1990, 12, 19)
    )  # the first query with a parameter makes DuckDB import pandas and pyarrow
    return market


def imported(folder: Path, path: Path) -> tuple[int, float]:
    market = market_in(folder)
    started = time.perf_counter()
    report = market.import_path(path)
    elapsed = time.perf_counter() - started
    assert not report.refused, report.refused
    return report.rows, elapsed


def read_days(folder: Path, _: Path) -> tuple[int, float]:
    """2.3 years of every instrument, a day at a time."""
    market = market_in(folder)
    started = time.perf_counter()
    rows = sum(int(day.has_row.sum()) for day in market.day_bars(date(2024, 1, 2), date(2026, 5, 8)))
    return rows, time.perf_counter() - started


def read_one_day(folder: Path, _: Path) -> tuple[int, float]:
    market = market_in(folder)
    started = time.perf_counter()
    (day,) = market.day_bars(date(2026, 5, 8), date(2026, 5, 8))
    return int(day.has_row.sum()), time.perf_counter() - started


def read_carry(folder: Path, _: Path) -> tuple[int, float]:
    market = market_in(folder)
    started = time.perf_counter()
    carry = market.carry(date(2026, 5, 8))
    return int((carry.close > 0).sum()), time.perf_counter() - started


def in_process(
    work: Callable[[Path, Path], tuple[int, float]], folder: Path, path: Path
) -> tuple[int, float, int]:
    """(rows, seconds, peak memory in MiB) of one piece of work in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (work, folder, path))


def _measured(
    work: Callable[[Path, Path], tuple[int, float]], folder: Path, path: Path
) -> tuple[int, float, int]:
    rows, elapsed = work(folder, path)
    return rows, elapsed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def write_csvs(folder: Path, file: Path) -> tuple[int, float]:
    """One CSV file per symbol."""
    table = pq.read_table(file)
    names = table["symbol"].to_numpy()
    starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1), len(names)]
    target = folder / "bars"
    target.mkdir()
    for start, end in pairwise(starts):
        pa_csv.write_csv(table.slice(start, end - start), target / f"{names[start]}.csv")
    return len(starts) - 1, 0.0


def main() -> None:
    file = shared() / FILE
    if not file.exists():
        sys.exit("no real market data: set QUANTOS_SHARED to the folder that has market/ in it")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {file.name}")
    print(f"{'work':42} {'rows':>10} {'s':>7} {'M rows/s':>9} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, second = folder / "first", folder / "second"
        first.mkdir()
        second.mkdir()
        in_process(write_csvs, folder, file)
        for label, work, where, path in (
            ("DuckDB CREATE TABLE AS, no checks", bare, folder, file),
            ("import Parquet, all checks", imported, first, file),
            ("import it again: nothing changes", imported, first, file),
            ("import a folder of CSVs per symbol", imported, second, folder / "bars"),
            ("day_bars, 2.3 years", read_days, first, file),
            ("day_bars, one day", read_one_day, first, file),
            ("carry", read_carry, first, file),
        ):
            rows, elapsed, peak = in_process(work, where, path)
            print(f"{label:42} {rows:>10,} {elapsed:>7.3f} {rows / elapsed / 1e6:>9.2f} {peak:>9,}")


if __name__ == "__main__":
    main()
