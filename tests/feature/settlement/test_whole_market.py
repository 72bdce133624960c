"""The whole market of the real files, through the whole platform, against the slow ledger, to the mill."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from quantos.kit.clock import parse_instant
from tests.oracle import ledger as slow
from tests.support.platforms import Stage, stage
from tests.support.real import LATE, bars_between, sessions_between

FIRST, LAST = date(2024, 1, 2), date(2026, 5, 8)
TERMS = slow.Terms(10_000_000, "open", Decimal("0.0003"), Decimal("0.002"))
NAMES, HELD = 80, 30


def rotation(symbols: list[str], days: list[date]) -> dict[date, dict[str, float]]:
    """Thirty names of eighty, some replaced each time, on four days of five; weights 1/30 and some of fewer digits."""
    choose = random.Random(2024)
    held = choose.sample(symbols, HELD)
    signals: dict[date, dict[str, float]] = {}
    for day in days:
        for _ in range(3):
            held[choose.randrange(HELD)] = choose.choice([s for s in symbols if s not in held])
        if day == days[0] or choose.random() < 0.8:
            weight = choose.choice([1 / 30, 0.033, 0.02])
            signals[day] = dict.fromkeys(held, weight)
    return signals


def liquid_symbols(folder: Path) -> list[str]:
    """Names of all boards in the file, ex-dates, suspensions and ST included."""
    rows = duckdb.execute(
        "SELECT symbol FROM read_parquet(?) WHERE date BETWEEN ? AND ? GROUP BY symbol"
        " HAVING min(date) = ? AND symbol NOT IN ('002157.SZ') ORDER BY hash(symbol) LIMIT ?",
        [str(folder / f"{LATE}.parquet"), FIRST, LAST, FIRST, NAMES],
    ).fetchall()
    return sorted(symbol for (symbol,) in rows)


def settle_on_the_platform(on: Stage, folder: Path, signals: dict[date, dict[str, float]]) -> None:
    on.platform.market.import_path(folder / f"{LATE}.parquet")
    on.platform.market.import_path(folder / "instruments.parquet")
    agent = on.agent()
    agent.post(
        "/strategies", {"name": "Rotation", "slug": "rotation", "initial_capital": TERMS.initial_capital}
    )
    for day, weights in signals.items():
        on.submit(agent, "rotation", day, weights)
    on.clock_to(FIRST, "20:00")
    on.platform.clock.move_to(parse_instant(f"{LAST}T20:00+08:00"))  # type: ignore[attr-defined]
    report = on.platform.settlement.run(LAST)
    assert (report.status, report.failed) == ("done", [])


def test_every_day_of_two_years_equals_the_slow_ledger(tmp_path: Path, shared_market: Path) -> None:
    symbols = liquid_symbols(shared_market)
    days = sessions_between(shared_market, FIRST, LAST)
    signals = rotation(symbols, days)
    with stage(tmp_path / "data", parse_instant("2024-01-02T08:00+08:00")) as on:
        settle_on_the_platform(on, shared_market, signals)
        with on.platform.series.read() as cursor:
            navs = cursor.execute("SELECT trade_date, nav, cash FROM nav ORDER BY trade_date").fetchall()
            held = cursor.execute(
                "SELECT trade_date, symbol, shares FROM position JOIN instrument ON number = instrument"
            ).fetchall()
            orders = cursor.execute(
                "SELECT trade_date, count(*), sum(filled * price), sum(commission), sum(stamp_duty), sum(transfer_fee)"
                " FROM trade_order GROUP BY trade_date"
            ).fetchall()

    before = sessions_between(shared_market, date(2023, 1, 3), days[-1])
    listed = dict(
        duckdb.execute(
            "SELECT symbol, list_date FROM read_parquet(?)", [str(shared_market / "instruments.parquet")]
        ).fetchall()
    )
    known = {s: slow.Instrument(s, listed.get(s), None) for s in symbols}
    bars = bars_between(shared_market, LATE, before[0], LAST, symbols)
    exact = {day: {s: Decimal(repr(w)) for s, w in weights.items()} for day, weights in signals.items()}
    expected = slow.settle(days, bars, known, before, exact, TERMS)

    assert len(navs) == len(days) == len(expected)
    assert [(d, Decimal(nav) / 1000, Decimal(cash) / 1000) for d, nav, cash in navs] == [
        (r.trade_date, r.nav, r.cash) for r in expected
    ]
    positions: dict[date, dict[str, int]] = {day: {} for day in days}
    for day, symbol, shares in held:
        positions[day][symbol] = shares
    assert positions == {r.trade_date: r.positions for r in expected}
    assert {d: (n, *(Decimal(int(x)) / 1000 for x in sums)) for d, n, *sums in orders} == {
        r.trade_date: (
            len(r.orders),
            sum(o.amount for o in r.orders),
            sum(o.commission for o in r.orders),
            sum(o.stamp_duty for o in r.orders),
            sum(o.transfer_fee for o in r.orders),
        )
        for r in expected
        if r.orders
    }
