"""Factors: one validation, stage by stage, beside a plain read, a NumPy version and alphalens-reloaded.

    python -m tests.bench.bench_factors [--days 2500] [--names 5000] [--active 50] [--peer-days 250]

Values are random, fully or to 80 % covered, written through the store and read from it; the active factors lie
each in files of their own. The platform keeps the market's panel between validations; its making is shown apart.
Each stage: wall time, and processor time of all threads, which a loaded machine does not change much. The best of
three. Alphalens (dependency group `bench`) and the NumPy version measure the first `--peer-days` days, as this
program does there for the ratio; both must find the same ICs.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from quantos.factors.core import beyond, validation
from quantos.factors.core.measured import MarketPanel, measure
from quantos.factors.core.panel import Dates, Panel
from quantos.factors.core.ranks import rank_codes
from quantos.factors.pairs import correlations
from quantos.factors.values import Batch, ValueStore
from quantos.factors.warm import warm
from quantos.storage.series import Series
from tests.support.plain_panels import market_panel, returns

AT = datetime(2024, 1, 1, tzinfo=UTC)
UPLOAD = 500
TURNS = 3
DISTINCT = 5  # panels of active factors; the others are copies of their files


class Took(NamedTuple):
    wall_s: float
    processor_s: float


def best(action: Callable[[], Any], turns: int = TURNS) -> Took:
    found = []
    for _ in range(turns):
        wall, processor = time.perf_counter(), time.process_time()
        action()
        found.append(Took(time.perf_counter() - wall, time.process_time() - processor))
    return min(found)


def line(stage: str, took: Took, beside: str = "") -> Took:
    print(f"  {stage:58} {took.wall_s:8.3f} s   processor {took.processor_s:7.3f} s   {beside}", flush=True)
    return took


def sessions(count: int) -> Dates:
    return np.arange(np.datetime64("2014-01-01"), np.datetime64("2014-01-01") + count)


def drawn(random: np.random.Generator, days: int, names: int, covered: float, holes: Panel | None) -> Panel:
    panel = random.standard_normal((days, names))
    if covered < 1 and holes is not None:
        panel[holes >= covered] = np.nan
    return panel


class Shelf:
    """A store with one factor to judge (number 1) and active ones (2 and up)."""

    def __init__(self, folder: Path, days: int, names: int, active: int, covered: float) -> None:
        self.series = Series(folder / "series.duckdb", memory_limit="1GB")
        self.store = ValueStore(folder / "factors")
        self.dates, self.symbols = sessions(days), tuple(f"{number:06d}.SZ" for number in range(names))
        random = np.random.default_rng(int(100 * covered))
        for factor in range(1, 2 + min(DISTINCT, active)):
            holes = random.random((days, names)) if covered < 1 else None
            self.panel = drawn(random, days, names, covered, holes)
            took = best(lambda factor=factor: self._put(factor), 1)  # type: ignore[misc]
            if factor == 1:
                self.first, self.put = self.panel[: min(days, 500)].copy(), took
            del holes
        del self.panel
        self.others = list(range(2, 2 + active))
        for factor in self.others[DISTINCT:]:
            self._copy(2 + (factor - 2) % DISTINCT, factor)
        self.series.checkpoint()

    def _put(self, factor: int) -> None:
        for first in range(0, len(self.dates), UPLOAD):
            rows = slice(first, first + UPLOAD)
            with self.series.write() as cursor:
                self.store.put(cursor, factor, Batch(self.dates[rows], self.symbols, self.panel[rows]), AT)

    def _copy(self, source: int, factor: int) -> None:
        for part in ("values", "codes"):
            shutil.copyfile(
                self.store.folder / f"{source}-1.{part}", self.store.folder / f"{factor}-1.{part}"
            )
        with self.series.write() as cursor:
            for table in ("factor_file", "factor_day"):
                cursor.execute(
                    f"INSERT INTO {table} SELECT * REPLACE ({factor} AS factor) FROM {table} WHERE factor = ?",
                    [source],
                )

    def codes(self) -> Any:
        with self.series.read() as cursor:
            return self.store.codes(cursor, 1, self.dates, self.symbols)

    def all_values(self) -> Panel:
        with self.series.read() as cursor:
            return self.store.values(cursor, 1, self.dates, self.symbols)


def judge(codes: Any, market: MarketPanel) -> None:
    measured = measure(codes, market)
    figures = validation.in_sample(measured, 0.0)
    validation.checks(figures)
    validation.yearly_stats(measured)


def run(folder: Path, days: int, names: int, active: int, covered: float, market: MarketPanel) -> None:
    shelf = Shelf(folder, days, names, active, covered)
    print(f"\n{days} days x {names} names, {100 * covered:.0f} % covered, load {os.getloadavg()[0]:.1f}")
    line(
        f"written, {UPLOAD} days a transaction",
        shelf.put,
        f"{days * names / shelf.put.wall_s / 1e6:.1f} million values/s",
    )
    file = shelf.store.folder / "1-1.values"
    plain = line("yardstick: plain read of the same values, one file", best(lambda: np.fromfile(file)))
    line("the values read from the store, checksums compared", best(shelf.all_values))
    read = line("the rank codes read from the store, checksums compared", best(shelf.codes))
    codes = shelf.codes()
    computed = line(
        "computed: IC at five lags, fifths, turnover, yearly, checks", best(lambda: judge(codes, market))
    )
    both = line(
        "read and computed",
        best(lambda: judge(shelf.codes(), market)),
        f"plain read: {100 * plain.wall_s / (read.wall_s + computed.wall_s):.0f} %",
    )
    boards, measured = np.zeros(names, np.int8), measure(codes, market)
    line(
        "beyond: Newey-West, boards, earlier lags, placebo of 39 draws",
        best(lambda: beyond.diagnostics(codes, measured, market, None, boards, (1.0,), 1)),
    )
    pairs = line(
        f"correlation with {active} active factors, read",
        best(lambda: correlations(shelf.store, shelf.series, 1, shelf.others)),
    )
    line(
        "all: read, computed, correlated",
        Took(both.wall_s + pairs.wall_s, both.processor_s + pairs.processor_s),
    )
    day = Batch(shelf.dates[9:10], shelf.symbols, shelf.first[9:10])

    def replaced() -> None:
        with shelf.series.write() as cursor:
            shelf.store.put(cursor, 2, day, AT)

    line("a day replaced, committed", best(replaced, 10))
    shelf.series.close()


def numpy_ic(factor: Panel, ret: Panel) -> Panel:
    """Spearman per day without ties, whole arrays."""
    known = np.isfinite(factor) & np.isfinite(ret)

    def centred(panel: Panel) -> Panel:
        ranks = np.argsort(np.argsort(np.where(known, panel, np.inf), axis=1), axis=1).astype(np.float64)
        count = known.sum(axis=1, keepdims=True)
        return np.where(known, ranks - (count - 1) / 2, 0.0)

    x, y = centred(factor), centred(ret)
    found: Panel = (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return found


def numpy_version(factor: Panel, ret: Panel) -> Panel:
    """The same figures in whole arrays: IC at five lags, long-short, turnover."""
    lagged = np.array([numpy_ic(factor[: -k - 1], ret[k + 1 :])[: len(factor) - 6] for k in range(1, 6)])
    ahead = ret[2:]
    order = np.argsort(np.where(np.isfinite(ahead), factor[:-2], np.nan), axis=1)
    size = np.isfinite(factor[:-2] + ahead).sum(axis=1) // 5
    place = np.argsort(order, axis=1)
    count = np.isfinite(factor[:-2] + ahead).sum(axis=1)[:, None]
    bottom, top = place < size[:, None], (place >= count - size[:, None]) & (place < count)
    ls = (np.where(top, ahead, 0).sum(axis=1) - np.where(bottom, ahead, 0).sum(axis=1)) / size
    for fifth in (bottom, top):
        1 - (fifth[1:] & fifth[:-1]).sum(axis=1) / size[1:]
    return np.vstack([lagged, ls[None, : lagged.shape[1]]])


def peers(days: int, names: int, random: np.random.Generator) -> None:
    """Ours, NumPy's and alphalens' measures of the same shorter panel."""
    factor = random.standard_normal((days, names))
    price = np.exp(np.cumsum(0.02 * random.standard_normal((days, names)), axis=0))
    market, codes = market_panel(sessions(days), price), rank_codes(factor)
    print(f"\npeers: {days} days x {names} names, load {os.getloadavg()[0]:.1f}")
    ours = line("this program, from rank codes", best(lambda: judge(codes, market)))
    sorting = line("... and sorting the values first", best(lambda: rank_codes(factor), 1))
    ret = returns(price)
    whole = line("NumPy, whole arrays", best(lambda: numpy_version(factor, ret), 1))
    print(f"  NumPy takes {whole.processor_s / ours.processor_s:.0f} times the processor time")
    ic = measure(codes, market).ic
    np.testing.assert_allclose(numpy_version(factor, ret)[0], ic[: days - 6], atol=1e-12)
    for periods, name in (((1,), "one return"), ((1, 2, 3, 4, 5), "five returns, as we have five lags")):
        try:
            theirs, their_ic = alphalens(factor, price, periods)
        except ImportError:
            print("  alphalens-reloaded is not installed: dependency group bench")
            return
        line(f"alphalens-reloaded, {name}", theirs)
        print(
            f"  alphalens takes {theirs.processor_s / ours.processor_s:.0f} times the processor time,"
            f" {theirs.processor_s / (ours.processor_s + sorting.processor_s):.0f} times with our sorting"
        )
        np.testing.assert_allclose(their_ic, ic[: len(their_ic)], atol=1e-9)


def alphalens(factor: Panel, price: Panel, periods: tuple[int, ...]) -> tuple[Took, Panel]:
    """Clean data, IC, quantile returns, turnover. Alphalens enters at the price of the factor's day: the price of the day after is given in its place."""
    import pandas as pd  # noqa: PLC0415 - a peer
    from alphalens import performance, utils  # noqa: PLC0415 - a peer

    warnings.simplefilter("ignore")
    days = pd.bdate_range("2014-01-01", periods=len(factor), name="date")
    names = [f"{number:06d}" for number in range(factor.shape[1])]
    pairs = pd.MultiIndex.from_product([days[:-1], names], names=["date", "asset"])
    values = pd.Series(factor[:-1].ravel(), pairs)
    prices = pd.DataFrame(price[1:], days[:-1], names)
    found: list[Any] = []

    def work() -> None:
        data = utils.get_clean_factor_and_forward_returns(
            values, prices, quantiles=5, periods=periods, max_loss=1
        )
        found.append(performance.factor_information_coefficient(data))
        performance.mean_return_by_quantile(data, by_date=True)
        for quantile in (1, 5):
            performance.quantile_turnover(data["factor_quantile"], quantile)

    took = best(work, 1)
    return took, found[0]["1D"].to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=2500)
    parser.add_argument("--names", type=int, default=5000)
    parser.add_argument("--active", type=int, default=50)
    parser.add_argument("--peer-days", type=int, default=250)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    warm()
    random = np.random.default_rng(0)
    price = np.exp(np.cumsum(0.02 * random.standard_normal((given.days, given.names)), axis=0))
    print("once an import")
    made: list[MarketPanel] = []
    making = best(lambda: made.append(market_panel(sessions(given.days), price)), 1)
    line("the market's panel in plain arrays, from closes (bench_panel: the platform's)", making)
    market = made.pop()
    price = price[:0]
    for covered in (1.0, 0.8):
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            run(Path(folder), given.days, given.names, given.active, covered, market)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
    peers(given.peer_days, given.names, random)


if __name__ == "__main__":
    main()
