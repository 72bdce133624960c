"""An import killed at any stage leaves nothing, and the next one completes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quantos.market.service import Market
from quantos.storage.series import Series

from .conftest import Write, bar

VICTIM = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from quantos.kit.clock import SimulatedClock
from quantos.market.importing.run import Importer
from quantos.market.service import Market
from quantos.storage.series import Series

store, path, when = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

market = Market(Series(Path(store)), SimulatedClock(datetime(2024, 1, 2, tzinfo=UTC)))
if when == "recording":
    Importer._record = die
market.import_path(Path(path), lambda _source, stage, _rows: die() if stage == when else None)
"""


@pytest.mark.parametrize("when", ["checking", "comparing", "storing", "recording"])
def test_killed_it_leaves_nothing_and_can_be_done_again(
    market: Market, series: Series, write: Write, when: str
) -> None:
    path = write("bars.parquet", [bar("600519.SH", f"2024-01-0{day}", high=10.0) for day in (2, 3, 4)])
    series.close()
    killed = subprocess.run(
        [sys.executable, "-c", VICTIM, str(series.path), str(path), when], check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    reopened = Series(Path(series.path))
    after = Market(reopened, market.clock)
    with reopened.read() as cursor:
        for table in ("bar", "instrument", "load", "quarantine", "finding"):
            assert cursor.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]
    assert after.import_path(path).stored == 3
    reopened.close()
