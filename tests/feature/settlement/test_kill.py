"""Killed at any moment and started again, a settlement ends with the same bytes as one left alone."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.market.core.synthetic import synthetic_market
from tests.support.platforms import stage

ROOT = Path(__file__).parents[3]
START = parse_instant("2024-01-02T08:00+08:00")
END = "2024-03-29T20:00+08:00"
DAYS = shipped_calendar().between(date(2024, 1, 2), date(2024, 3, 29))
KILLS = 8

SETTLE = """
import sys
from pathlib import Path
from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.settings import Settings

platform = Platform.open(Settings(data_dir=Path(sys.argv[1])), simulate=parse_instant(sys.argv[2]))
platform.start()
print("started", flush=True)
platform.scheduler.advance_to(parse_instant(sys.argv[2]))
platform.close()
"""
"""The clock is moved over three months; the kill falls anywhere in it."""

TABLES = {
    "nav": "strategy, trade_date, nav, cash, turnover, fees, stale, rebalanced, sha256",
    "position": "*",
    "trade_order": "*",
    "position_event": "*",
}


def prepare(folder: Path) -> None:
    """Nine strategies with signals on most days of a quarter, none settled yet."""
    market = synthetic_market(shipped_calendar(), last=date(2024, 3, 29))
    choose = np.random.default_rng(7)
    with stage(folder, START) as on:
        on.platform.market.import_instruments(market.instruments, synthetic=True)
        on.platform.market.import_bars(market.bars, synthetic=True)
        symbols = on.platform.market.instruments().symbols
        for a in range(3):
            agent = on.agent()
            for s in range(3):
                slug = f"strategy-{a}-{s}"
                execution = "close" if s == 1 else "open"
                agent.post("/strategies", {"name": slug, "slug": slug, "execution_price": execution})
                for day in DAYS:
                    if choose.random() < 0.7:
                        names = choose.choice(len(symbols), 8, replace=False)
                        on.submit(agent, slug, day, {symbols[i]: 0.12 for i in names})


def settle(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SETTLE, str(folder), END],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def settled_rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(folder / "series.duckdb"), read_only=True) as connection:
        return {
            table: connection.execute(
                f"SELECT {columns} FROM {table}"
                + (" JOIN (SELECT id, sha256 FROM snapshot) ON id = snapshot" if table == "nav" else "")
                + " ORDER BY ALL"
            ).fetchall()
            for table, columns in TABLES.items()
        }


def test_a_settlement_killed_at_random_moments_ends_with_the_same_rows(tmp_path: Path) -> None:
    prepare(tmp_path / "undisturbed")
    shutil.copytree(tmp_path / "undisturbed", tmp_path / "killed")

    started = time.perf_counter()
    whole = settle(tmp_path / "undisturbed")
    assert whole.stdout is not None
    whole.stdout.readline()
    before = time.perf_counter() - started
    assert whole.wait() == 0, whole.communicate()[1].decode()
    length = time.perf_counter() - started - before

    moment = random.Random(11)
    killed = 0
    for _ in range(KILLS):
        process = settle(tmp_path / "killed")
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment.uniform(0, length / 4))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.communicate()
    last = settle(tmp_path / "killed")
    assert last.wait() == 0, last.communicate()[1].decode()
    last.communicate()
    whole.communicate()

    assert killed >= 3, "too few kills fell into the run to say anything"
    expected = settled_rows(tmp_path / "undisturbed")
    assert len(expected["nav"]) > 500
    assert settled_rows(tmp_path / "killed") == expected
