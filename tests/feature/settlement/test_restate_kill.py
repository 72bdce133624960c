"""Killed at any moment, a restatement and the data that it brings stand as a whole or not at all."""

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
from quantos.market.service import Market
from tests.support.platforms import stage
from tests.support.restated import Bars, write_bars

ROOT = Path(__file__).parents[3]
START = parse_instant("2024-01-02T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 1, 2), date(2024, 1, 19))
KILLS = 6

RESTATE = """
import sys
from datetime import date
from pathlib import Path
from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from quantos.storage import series

commit = series._commit

def told(cursor):
    print("committing", flush=True)
    commit(cursor)

folder, data, first = sys.argv[1:]
platform = Platform.open(Settings(data_dir=Path(folder)), simulate=parse_instant("2024-01-19T20:00+08:00"))
platform.start()
series._commit = told
print("started", flush=True)
platform.settlement.restate(date.fromisoformat(first), "corrected closes", "operator", data=Path(data))
print("done", flush=True)
platform.close()
"""

NOT_COMPARED = {"load", "finding", "quarantine", "evaluation"}
"""Three say how long an import took; metrics follow the restated days by a job of their own."""


def prepare(folder: Path, data: Path) -> None:
    """Six strategies that trade most days, settled for three weeks; closes of the second day that were wrong."""
    market = synthetic_market(shipped_calendar(), last=DAYS[-1])
    choose = np.random.default_rng(7)
    with stage(folder, START) as on:
        on.platform.market.import_instruments(market.instruments, synthetic=True)
        on.platform.market.import_bars(market.bars, synthetic=True)
        symbols = on.platform.market.instruments().symbols
        for a in range(2):
            agent = on.agent()
            for s in range(3):
                slug = f"strategy-{a}-{s}"
                execution = "close" if s == 1 else "open"
                agent.post("/strategies", {"name": slug, "slug": slug, "execution_price": execution})
                for day in DAYS:
                    if choose.random() < 0.7:
                        names = choose.choice(len(symbols), 8, replace=False)
                        on.submit(agent, slug, day, {symbols[i]: 0.12 for i in names})
        on.clock_to(DAYS[-1], "20:00")
        write_bars(data, corrections(on.platform.market, symbols))


def corrections(market: Market, symbols: tuple[str, ...]) -> Bars:
    """Whoever traded on the second and the third day closed the second at its open."""
    rows: Bars = {}
    for symbol in symbols:
        bars = market.history(symbol, DAYS[1], DAYS[2])
        if len(bars["volume"]) < 2 or not bars["volume"].all() or bars["pre_close"][1] != bars["close"][0]:
            continue
        first, second = (
            {name: bars[name][k] / 1000 for name in ("open", "close", "pre_close")} for k in (0, 1)
        )
        rows[symbol, DAYS[1]] = (first["open"], first["open"], first["pre_close"], int(bars["volume"][0]))
        rows[symbol, DAYS[2]] = (second["open"], second["close"], first["open"], int(bars["volume"][1]))
    return rows


def restate(folder: Path, data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RESTATE, str(folder), str(data), DAYS[1].isoformat()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == word:
            return
    raise AssertionError(f"{word} was never said: {process.communicate()[1]}")


def rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(folder / "series.duckdb")) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return {
            name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall()
            for (name,) in tables
            if name not in NOT_COMPARED
        }


def test_a_restatement_killed_at_random_moments_stands_whole_or_not_at_all(tmp_path: Path) -> None:
    prepared, data = tmp_path / "prepared", tmp_path / "corrected"
    prepare(prepared, data)
    before = rows(prepared)

    undisturbed = shutil.copytree(prepared, tmp_path / "undisturbed")
    process = restate(undisturbed, data)
    wait_for(process, "started")
    started = time.perf_counter()
    wait_for(process, "done")
    length = time.perf_counter() - started
    assert process.wait() == 0
    process.communicate()
    after = rows(undisturbed)
    assert len(after["nav_superseded"]) > 30
    assert len(after["bar_superseded"]) > 10

    moment, left = random.Random(11), {"nothing": 0, "all": 0}
    for k in range(KILLS):
        folder = shutil.copytree(prepared, tmp_path / f"killed-{k}")
        process = restate(folder, data)
        # Half of the kills fall anywhere, the other half while it commits.
        wait_for(process, "started" if k % 2 else "committing")
        time.sleep(moment.uniform(0, length) if k % 2 else moment.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = rows(folder)
        assert found in (before, after)
        left["all" if found == after else "nothing"] += 1
    assert left["nothing"] >= 2, f"too few kills fell into the run to say anything: {left}"

    again = restate(folder, data)
    again.communicate()
    assert again.returncode == 0
    done = rows(folder)
    for table, expected in after.items():
        assert without_run(done, table) == without_run(after, table), (table, expected[:1])


def without_run(found: dict[str, list[tuple[Any, ...]]], table: str) -> list[tuple[Any, ...]]:
    """Rows without the run that wrote them: an attempt that was killed has taken a number."""
    if table == "event":
        return [row[:3] for row in found[table]]
    return (
        [row[:-1] for row in found[table]]
        if table in {"nav", "nav_superseded", "restatement"}
        else found[table]
    )
