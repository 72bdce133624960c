"""The market's panel: made anew, carried on after the last day came again, out of its file after a start.

    python -m tests.bench.bench_panel COPY/series.duckdb [--first 2015-01-05] [--turns 4]

Processor time of a window on all days. The store is changed, so give a copy: each import is a close of the last day
that moves by a cent.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from quantos.factors.axes import Axes
from quantos.factors.warm import warm
from quantos.kit.clock import SystemClock
from quantos.market.service import Market
from quantos.storage.series import Series


def processor_s(action: Callable[[], Any]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def import_last_day(market: Market, last: date) -> None:
    with market.series.write() as cursor:
        cursor.execute("UPDATE bar SET close = close + 10 WHERE trade_date = ?", [last])
    market.refresh()


def run(store: Path, first: date, turns: int) -> None:
    market = Market(Series(store), SystemClock())
    last = market.last_date()
    assert last is not None, "there are bars"
    warm()
    with tempfile.TemporaryDirectory(dir=store.parent) as folder:
        file = Path(folder) / "market.panel"
        for _ in range(turns):
            file.unlink(missing_ok=True)
            axes = Axes(market, SystemClock(), file)
            anew = processor_s(lambda axes=axes: axes.window("csi500", first, last))  # type: ignore[misc]
            market.refresh()
            axes = Axes(market, SystemClock(), file)
            started = processor_s(lambda axes=axes: axes.window("csi500", first, last))  # type: ignore[misc]
            import_last_day(market, last)
            carried_on = processor_s(lambda axes=axes: axes.window("csi500", first, last))  # type: ignore[misc]
            print(
                f"anew {anew:.2f} s, out of the file {started:.2f} s, carried on {carried_on:.2f} s,"
                f" {file.stat().st_size / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2015, 1, 5))
    parser.add_argument("--turns", type=int, default=4)
    given = parser.parse_args()
    run(given.store, given.first, given.turns)
