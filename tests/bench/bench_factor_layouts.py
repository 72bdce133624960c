"""Factor values stored in three ways: long rows in DuckDB, one vector a factor and day in DuckDB, files.

    python tests/bench/bench_factor_layouts.py [--factors 4] [--days 2500] [--names 5000]

Factors are appended in turns, 50 days each, as daily uploads would lie. Whole-panel reads are of one factor, warm,
the best of three; a replaced or appended day is one committed transaction.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quantos.factors.core.panel import Dates, Panel
from quantos.factors.core.ranks import Codes, rank_codes
from quantos.factors.values import Batch, ValueStore
from quantos.storage.series import Series

CHUNK = 50
AT = datetime(2024, 1, 1, tzinfo=UTC)


class Layout(ABC):
    name: str

    def __init__(self, folder: Path, symbols: tuple[str, ...]) -> None:
        self.folder, self.symbols = folder, symbols
        self.series = Series(folder / "series.duckdb")
        self.prepare()

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def put(self, factor: int, dates: Dates, panel: Panel) -> None: ...

    @abstractmethod
    def values(self, factor: int, dates: Dates) -> Panel: ...

    @abstractmethod
    def codes(self, factor: int, dates: Dates) -> Codes: ...

    def size(self) -> float:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()) / 1e6


class LongRows(Layout):
    name = "long rows"

    def prepare(self) -> None:
        with self.series.write() as cursor:
            cursor.execute(
                "CREATE TABLE long_value (factor INTEGER, trade_date DATE, symbol INTEGER, value DOUBLE, code USMALLINT)"
            )

    def put(self, factor: int, dates: Dates, panel: Panel) -> None:
        day, name = np.nonzero(np.isfinite(panel))
        codes = rank_codes(panel)
        with self.series.write() as cursor:
            cursor.execute(
                "DELETE FROM long_value WHERE factor = ? AND trade_date BETWEEN ? AND ?",
                [factor, dates[0].astype(object), dates[-1].astype(object)],
            )
            cursor.register(
                "rows",
                pa.table(
                    {
                        "d": pa.array(dates[day]),
                        "s": name.astype(np.int32),
                        "v": panel[day, name],
                        "c": codes[day, name],
                    }
                ),
            )
            cursor.execute(f"INSERT INTO long_value SELECT {factor}, d, s, v, c FROM rows")
            cursor.unregister("rows")

    def _dense(self, column: str, factor: int, dates: Dates, out: Any) -> Any:
        with self.series.read() as cursor:
            rows = cursor.execute(
                f"SELECT trade_date, symbol, {column} AS it FROM long_value WHERE factor = ?",
                [factor],
            ).fetchnumpy()
        out[np.searchsorted(dates, rows["trade_date"].astype("datetime64[D]")), rows["symbol"]] = rows["it"]
        return out

    def values(self, factor: int, dates: Dates) -> Panel:
        found: Panel = self._dense("value", factor, dates, np.full((len(dates), len(self.symbols)), np.nan))
        return found

    def codes(self, factor: int, dates: Dates) -> Codes:
        found: Codes = self._dense(
            "code", factor, dates, np.zeros((len(dates), len(self.symbols)), np.uint16)
        )
        return found


class Vectors(Layout):
    name = "vectors in DuckDB"

    def prepare(self) -> None:
        with self.series.write() as cursor:
            cursor.execute("CREATE TABLE vector (factor INTEGER, trade_date DATE, v BLOB, c BLOB)")

    def put(self, factor: int, dates: Dates, panel: Panel) -> None:
        codes = rank_codes(panel)
        with self.series.write() as cursor:
            cursor.execute(
                "DELETE FROM vector WHERE factor = ? AND trade_date BETWEEN ? AND ?",
                [factor, dates[0].astype(object), dates[-1].astype(object)],
            )
            rows = pa.table(
                {
                    "d": pa.array(dates),
                    "v": pa.array([row.tobytes() for row in panel], pa.binary()),
                    "c": pa.array([row.tobytes() for row in codes], pa.binary()),
                }
            )
            cursor.register("rows", rows)
            cursor.execute(f"INSERT INTO vector SELECT {factor}, d, v, c FROM rows")
            cursor.unregister("rows")

    def _dense(self, column: str, dtype: Any, factor: int, dates: Dates) -> Any:
        with self.series.read() as cursor:
            rows = cursor.execute(
                f"SELECT trade_date, {column} FROM vector WHERE factor = ?",
                [factor],
            ).fetchall()
        out = np.empty((len(dates), len(self.symbols)), dtype)
        place = {day: at for at, day in enumerate(dates.astype(object).tolist())}
        for day, data in rows:
            out[place[day]] = np.frombuffer(data, dtype)
        return out

    def values(self, factor: int, dates: Dates) -> Panel:
        found: Panel = self._dense("v", np.float64, factor, dates)
        return found

    def codes(self, factor: int, dates: Dates) -> Codes:
        found: Codes = self._dense("c", np.uint16, factor, dates)
        return found


class Files(Layout):
    name = "files, indexed"

    def prepare(self) -> None:
        self.store = ValueStore(self.folder / "factors")

    def put(self, factor: int, dates: Dates, panel: Panel) -> None:
        with self.series.write() as cursor:
            self.store.put(cursor, factor, Batch(dates, self.symbols, panel), AT)

    def values(self, factor: int, dates: Dates) -> Panel:
        with self.series.read() as cursor:
            return self.store.values(cursor, factor, dates, self.symbols)

    def codes(self, factor: int, dates: Dates) -> Codes:
        with self.series.read() as cursor:
            return self.store.codes(cursor, factor, dates, self.symbols)


def best(action: Callable[[], Any], turns: int = 3) -> float:
    found = []
    for _ in range(turns):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return min(found)


def measure(kind: type[Layout], panel: Panel, dates: Dates, factors: int) -> None:
    symbols = tuple(f"{number:06d}.SZ" for number in range(panel.shape[1]))
    with tempfile.TemporaryDirectory() as folder:
        layout = kind(Path(folder), symbols)
        started = time.perf_counter()
        for first in range(0, len(dates), CHUNK):
            for factor in range(factors):
                layout.put(factor, dates[first : first + CHUNK], panel[first : first + CHUNK])
        put = (time.perf_counter() - started) / factors
        layout.series.checkpoint()
        codes = best(lambda: layout.codes(1, dates))
        values = best(lambda: layout.values(1, dates))
        np.testing.assert_array_equal(layout.values(1, dates), panel)
        after = dates[-1] + 1
        replace = best(lambda: layout.put(1, dates[9:10], panel[9:10]), 10)
        append = best(lambda: layout.put(2, np.array([after]), panel[:1]), 1)
        checkpoint = best(layout.series.checkpoint, 1)
        size = layout.size() / factors
        layout.series.close()
    print(
        f"{kind.name:20} write {put:6.2f} s a factor   codes {codes:6.3f} s   values {values:6.3f} s"
        f"   replace a day {1e3 * replace:6.1f} ms   append one {1e3 * append:6.1f} ms"
        f"   checkpoint {checkpoint:5.2f} s   {size:6.0f} MB a factor",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factors", type=int, default=4)
    parser.add_argument("--days", type=int, default=2500)
    parser.add_argument("--names", type=int, default=5000)
    given = parser.parse_args()
    panel = np.random.default_rng(0).standard_normal((given.days, given.names))
    dates = np.arange(np.datetime64("2014-01-01"), np.datetime64("2014-01-01") + given.days)
    print(
        f"{given.factors} factors of {given.days} days x {given.names} names, load {os.getloadavg()[0]:.1f}"
    )
    for kind in (LongRows, Vectors, Files):
        measure(kind, panel, dates, given.factors)
    plain = Path(tempfile.mkdtemp()) / "values"
    panel.tofile(plain)
    print(f"plain read of a file of the same values: {best(lambda: np.fromfile(plain)):.3f} s")
    plain.unlink()


if __name__ == "__main__":
    main()
