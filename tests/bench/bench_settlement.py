"""Settlement: strategy-days a second, computed and written, beside `vectorbt` and `bt` in the same run.

    python tests/bench/bench_settlement.py [--days 242] [--sizes 100,1000,10000] [--peers]

Real bars of 2024, the whole market of the shared files; 50 holdings a strategy, rebalanced to equal weights at
the open of every day, with the full rules, orders, fees and corporate actions. `--peers` needs the `bench`
dependency group.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from quantos.market.core.bars import DayBars, Instruments
from quantos.market.core.boards import boards_of
from quantos.settlement import store
from quantos.settlement.core import facts as column
from quantos.settlement.core.day import Carried, MarketDay, Roster, market_day
from quantos.settlement.core.facts import Status
from quantos.settlement.core.ledger import Book, Signals, Terms, settle_day
from quantos.settlement.core.snapshot import snapshot_of
from quantos.settlement.warm import warm
from quantos.settlement.writer import DayWriter
from quantos.storage.series import Series

HOLDINGS = 50
TURNS = 6
PASSES = 3
NOW = datetime(2024, 12, 31, 10, 15, tzinfo=UTC)
SHARED = Path(os.environ.get("QUANTOS_SHARED") or Path(__file__).parents[3] / "shared") / "market"


@dataclass(frozen=True)
class Market:
    roster: Roster
    days: list[MarketDay]
    opens: np.ndarray  # CNY, [T, N], only names with a bar on every day
    steady: np.ndarray  # places of those names


def load_market(days: int) -> Market:
    """2024 as facts, in memory."""
    file = SHARED / "bars_stock_2023_2026_all.parquet"
    rows = duckdb.sql(
        f"SELECT symbol, date, open, high, low, close, pre_close, volume, adj_factor, is_st FROM '{file}'"
        " WHERE date BETWEEN '2023-12-29' AND '2024-12-31' ORDER BY date, symbol"
    ).fetchnumpy()
    symbols, instrument = np.unique(rows["symbol"].astype(str), return_inverse=True)
    dates = np.unique(rows["date"].astype("datetime64[D]"))
    listed = dict(duckdb.sql(f"SELECT symbol, list_date FROM '{SHARED / 'instruments.parquet'}'").fetchall())
    count = len(symbols)
    names = tuple(symbols.tolist())
    instruments = Instruments(
        names,
        {s: i for i, s in enumerate(names)},
        boards_of(names),
        np.zeros(count, np.bool_),
        np.array([listed.get(s) for s in names], dtype="datetime64[D]"),
        np.full(count, np.datetime64("NaT"), dtype="datetime64[D]"),
    )
    roster = Roster.of(instruments)
    sessions = np.concatenate([_sessions_before(), dates])
    carried = Carried(
        np.zeros(count, np.int64), np.full(count, np.nan), np.full(count, "NaT", dtype="datetime64[D]")
    )
    result, started = [], time.perf_counter()
    edges = np.searchsorted(rows["date"].astype("datetime64[D]"), np.append(dates, dates[-1] + 1))
    for t in range(min(days + 1, len(dates))):
        day = market_day(
            _bars(rows, instrument, count, dates[t], edges[t], edges[t + 1]), carried, roster, sessions, []
        )
        carried = day.after
        if t:
            result.append(day)
    print(
        f"facts of {len(result)} days x {count} instruments: {(time.perf_counter() - started) / (len(result) + 1) * 1e3:.2f} ms a day"
    )
    traded = np.all([(d.facts[:, column.BLOCK] == 0) for d in result], axis=0)
    steady = np.flatnonzero(traded)
    return Market(roster, result, np.array([d.facts[steady, column.OPEN] / 1000 for d in result]), steady)


def _sessions_before() -> np.ndarray:
    file = SHARED / "trading_calendar.parquet"
    found = duckdb.sql(
        f"SELECT date FROM '{file}' WHERE is_open AND date < '2023-12-29' ORDER BY date"
    ).fetchnumpy()
    return np.asarray(found["date"], dtype="datetime64[D]")


def _bars(
    rows: dict[str, Any], instrument: np.ndarray, count: int, day: np.datetime64, a: int, b: int
) -> DayBars:
    here = instrument[a:b]
    has_row = np.zeros(count, np.bool_)
    has_row[here] = True

    def dense(name: str, scale: float, fill: float, kind: Any) -> np.ndarray:
        values = np.ma.filled(np.ma.asarray(rows[name][a:b], dtype=np.float64), np.nan)
        out = np.full(count, fill, dtype=kind)
        scaled = values * scale
        good = np.isfinite(scaled)
        out[here[good]] = np.rint(scaled[good]) if kind is not np.float64 else scaled[good]
        return out

    prices = [dense(name, 1000, 0, np.int64) for name in ("open", "high", "low", "close", "pre_close")]
    opened, high, low, close, pre_close = prices
    return DayBars(
        date.fromisoformat(str(day)),
        has_row,
        opened,
        high,
        low,
        close,
        pre_close,
        dense("volume", 1, 0, np.int64),
        dense("adj_factor", 1, np.nan, np.float64),
        dense("is_st", 1, -1, np.int8),
    )


def strategies(market: Market, size: int) -> tuple[Book, Signals, Terms, np.ndarray]:
    """`size` strategies of 1,000,000 CNY, each of 50 names drawn at random, 2 % a name."""
    random = np.random.default_rng(size)
    names = np.concatenate(
        [np.sort(random.choice(market.steady, HOLDINGS, replace=False)) for _ in range(size)]
    )
    start = np.arange(size + 1) * HOLDINGS
    ones = np.ones(len(names), np.int64)
    signals = Signals.in_order(np.ones(size, np.bool_), start, names, 2 * ones, 2 * ones)
    terms = Terms(np.zeros(size, np.bool_), np.full(size, 30_000, np.int64), np.full(size, 200_000, np.int64))
    return Book.empty(np.full(size, 10**9, np.int64)), signals, terms, names


def computed(market: Market, size: int, days: int) -> float:
    """Strategy-days a second of the ledger alone; the best of three passes, as of each peer."""
    played, made = market.days[:days], strategies(market, size)
    return max(_computed_once(played, made) for _ in range(PASSES))


def _computed_once(played: list[MarketDay], made: tuple[Book, Signals, Terms, np.ndarray]) -> float:
    book, signals, terms, _ = made
    spent = 0.0
    for day in played:
        started = time.perf_counter()
        settled = settle_day(book, signals, terms, day)
        spent += time.perf_counter() - started
        assert (settled.status == Status.SETTLED).all()
        book = settled.book
    return len(made[2].at_close) * len(played) / spent


def written(market: Market, size: int, days: int, folder: Path) -> tuple[float, float, float]:
    """(settled and written, bare Arrow inserts of the same rows) in strategy-days a second, orders a day each.

    The two take turns, a part of the days each, so that a machine whose speed drifts slows both.
    """
    played, made = market.days[:days], strategies(market, size)
    series, bare = Series(folder / "series.duckdb"), Series(folder / "bare.duckdb")
    for_us, for_them = days_to_write(market, played, made), days_to_write(market, played, made)
    ours = theirs = 0.0
    orders = 0
    for part in np.array_split(np.arange(len(played)), TURNS):
        started = time.perf_counter()
        with DayWriter(series, market.roster, lambda _: None) as writer:
            for day in itertools.islice(for_us, len(part)):
                writer.put(day)
        ours += time.perf_counter() - started
        for day in itertools.islice(for_them, len(part)):
            theirs += _insert_bare(bare, list(_tables(day, market.roster)))
            orders += len(day.settled.orders.instrument)
    series.close()
    bare.close()
    count = size * len(played)
    return count / ours, count / theirs, orders / count


def days_to_write(
    market: Market, played: list[MarketDay], made: tuple[Book, Signals, Terms, np.ndarray]
) -> Iterator[store.DayToWrite]:
    """Settle day after day."""
    book, signals, terms, _ = made
    size = len(book.cash)
    numbers = np.arange(size, dtype=np.int32)
    for day in played:
        settled = settle_day(book, signals, terms, day)
        snapshot = snapshot_of(day, market.roster, 0)
        nothing_stale = np.zeros(size, np.int64)
        yield store.DayToWrite(
            day.trade_date, numbers, settled, signals.given, nothing_stale, [], snapshot, None, 1, NOW
        )
        book = settled.book


def _tables(day: store.DayToWrite, roster: Roster) -> Iterator[tuple[str, pa.Table]]:
    """The same rows as finished Arrow tables."""
    settled = day.settled
    book, orders = settled.book, settled.orders
    on = np.datetime64(day.trade_date)

    def table(**columns: np.ndarray) -> pa.Table:
        return pa.table(columns)

    yield (
        "nav",
        table(
            s=day.numbers,
            d=np.full(len(day.numbers), on),
            nav=settled.nav,
            cash=book.cash,
            turnover=settled.turnover,
            fees=settled.fees,
            stale=day.stale,
            rebalanced=day.rebalanced,
            snapshot=np.ones(len(day.numbers), np.int32),
            run=np.ones(len(day.numbers), np.int32),
        ),
    )
    yield (
        "position",
        table(
            s=np.repeat(day.numbers, np.diff(book.start)),
            d=np.full(len(book.instrument), on),
            i=roster.number[book.instrument],
            h=book.shares,
        ),
    )
    yield (
        "trade_order",
        table(
            s=np.repeat(day.numbers, np.diff(orders.start)),
            d=np.full(len(orders.instrument), on),
            i=roster.number[orders.instrument],
            q=orders.quantity,
            f=orders.filled,
            p=orders.price,
            c=orders.commission,
            sd=orders.stamp_duty,
            tf=orders.transfer_fee,
            r=orders.reason,
        ),
    )
    columns = {name: np.ascontiguousarray(values) for name, values in day.snapshot.columns.items()}
    number = roster.number[day.snapshot.place]
    yield "snapshot_bar", table(s=np.ones(len(number), np.int32), i=number, **columns)


def _insert_bare(series: Series, tables: list[tuple[str, pa.Table]]) -> float:
    started = time.perf_counter()
    with series.write() as cursor:
        for name, incoming in tables:  # noqa: B007 - DuckDB finds it by its name
            cursor.execute(f"INSERT INTO {name} SELECT * FROM incoming")
    return time.perf_counter() - started


def vectorbt_rate(market: Market, size: int) -> float:
    """The same targets in vectorbt: no lots, no limits, no corporate actions, no order results."""
    import pandas as pd  # noqa: PLC0415
    import vectorbt as vbt  # noqa: PLC0415

    _, _, _, names = strategies(market, size)
    where = np.searchsorted(market.steady, names)
    prices = pd.DataFrame(market.opens[:, where], index=[np.datetime64(d.trade_date) for d in market.days])
    group = np.repeat(np.arange(size), HOLDINGS)

    def run() -> float:
        started = time.perf_counter()
        portfolio = vbt.Portfolio.from_orders(
            prices,
            size=1 / HOLDINGS,
            size_type="targetpercent",
            group_by=group,
            cash_sharing=True,
            call_seq="auto",
            fees=0.0003,
            slippage=0.002,
            init_cash=1e6,
            freq="1D",
        )
        portfolio.value()
        return time.perf_counter() - started

    run()  # compiles
    return size * len(market.days) / min(run() for _ in range(PASSES))


def bt_rate(market: Market, size: int) -> float:
    """The same targets in bt."""
    import bt  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    _, _, _, names = strategies(market, size)
    where = np.searchsorted(market.steady, names).reshape(size, HOLDINGS)
    index = pd.DatetimeIndex([np.datetime64(d.trade_date) for d in market.days])

    def run() -> float:
        started = time.perf_counter()
        for s in range(size):
            columns = [f"n{k}" for k in range(HOLDINGS)]
            prices = pd.DataFrame(market.opens[:, where[s]], index=index, columns=columns)
            algos = [bt.algos.RunDaily(), bt.algos.SelectAll(), bt.algos.WeighEqually(), bt.algos.Rebalance()]
            fees: Callable[[float, float], float] = lambda q, p: abs(q) * p * 0.0003  # noqa: E731
            bt.run(bt.Backtest(bt.Strategy(f"s{s}", algos), prices, commissions=fees, progress_bar=False))
        return time.perf_counter() - started

    return size * len(market.days) / min(run() for _ in range(PASSES))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=242)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit("no real market data: set QUANTOS_SHARED")
    warm()
    market = load_market(arguments.days)
    print(
        f"{'strategies':>10} {'computed/s':>12} {'written/s':>12} {'bare/s':>12} {'of bare':>8} {'orders':>7}"
    )
    best = 0.0
    for size in map(int, arguments.sizes.split(",")):
        days = min(arguments.days, max(20, 600_000 // size))
        rate = computed(market, size, days)
        best = max(best, rate)
        folder = Path(tempfile.mkdtemp(prefix="quantos-bench-", dir=os.environ.get("QUANTOS_BENCH_DIR")))
        try:
            ours, bare, orders = written(market, size, days, folder)
        finally:
            shutil.rmtree(folder)
        print(f"{size:>10} {rate:>12,.0f} {ours:>12,.0f} {bare:>12,.0f} {ours / bare:>8.0%} {orders:>7.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    if arguments.peers:
        for name, peer in (("vectorbt", vectorbt_rate(market, 100)), ("bt", bt_rate(market, 5))):
            print(
                f"{name:>10} {peer:>12,.0f} strategy-days/s: {best / peer:,.0f} times slower than the ledger"
            )


if __name__ == "__main__":
    main()
