"""Golden edges: days of the real market on which a ledger can go wrong, worked out by hand from the bars.

The bars stand in the docstrings. Strategies start with 1,000,000 CNY and pay neither commission nor slippage,
so that the transfer fee (0.001 % from 2022-04-29, 0.002 % before) and the stamp duty are the only costs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import duckdb
import pytest

from quantos.settlement.core.facts import Status
from tests.oracle import ledger as slow
from tests.oracle.ledger import CorporateAction, DayResult, Event, Terms
from tests.support.real import DELISTED, EARLY, LATE, SAMPLE, bars_between, real_world
from tests.support.worlds import Strategy, World, settle_many, settle_world

FREE = Terms(1_000_000, "open", D(0), D(0))
ZERO_ROW = (0, 0)
Signal = Mapping[str, D]


def settle(world: World, signals: Mapping[date, Signal], terms: Terms = FREE) -> list[DayResult]:
    """The engine's days, from the first signal on, after the slow ledger has agreed with each of them."""
    days = [day for day in world.sessions if day >= min(signals)]
    found = settle_world(world, signals, terms, days)
    assert found == slow.settle(
        days, world.bars, world.instruments, world.sessions, signals, terms, world.actions
    )
    return found


# ---------------------------------------------------------------- 002157.SZ, a bar in another unit

BUY_002157 = {date(2026, 4, 29): {"002157.SZ": D("0.0942")}}  # 94,200 / 3.14 = 30,000 shares


def world_002157(folder: Path, *rows: CorporateAction) -> World:
    return real_world(folder, LATE, date(2026, 4, 29), date(2026, 5, 8), ["002157.SZ"], rows)


def test_002157_a_holder_waits_at_a_reference_of_53_67_after_a_close_of_3_30(shared_market: Path) -> None:
    days = settle(world_002157(shared_market), BUY_002157)
    assert [(day.trade_date, day.stuck) for day in days] == [
        (date(2026, 4, 29), False),
        (date(2026, 4, 30), True),
    ]
    assert days[1].positions == {"002157.SZ": 30_000}
    assert days[1].nav == D(1000000) - D("0.94") + 30_000 * D("0.16")


def test_002157_nobody_buys_on_the_bad_day_nor_on_the_day_back(shared_market: Path) -> None:
    """2026-05-06 has the reference 3.47 after 56.43: 94 % down. On 05-07 the reference is the close of 3.54."""
    signal = {"002157.SZ": D("0.1")}
    buys = dict.fromkeys((date(2026, 4, 30), date(2026, 5, 6), date(2026, 5, 7)), signal)
    bought = settle(world_002157(shared_market), buys)
    assert [day.orders[0].reason for day in bought if day.orders] == [
        "unexplained_reference",
        "unexplained_reference",
        None,
    ]


def test_002157_settles_once_the_bad_bar_is_gone_and_the_operator_says_nothing_happened(
    shared_market: Path,
) -> None:
    """Without the bar 2026-04-30 is a suspension at 3.30; 05-06 has a reference of 3.47: a row of zeros."""
    word = CorporateAction("002157.SZ", date(2026, 5, 6), *ZERO_ROW)
    world = world_002157(shared_market, word)
    clean = replace(world, bars={d: rows for d, rows in world.bars.items() if d != date(2026, 4, 30)})
    days = settle(clean, BUY_002157)
    assert [day.stuck for day in days] == [False] * 5
    assert [day.closes["002157.SZ"] for day in days] == [D(c) for c in ("3.3", "3.3", "3.54", "3.51", "3.43")]
    assert [day.positions["002157.SZ"] for day in days] == [30_000] * 5


# ---------------------------------------------------------------- 688256.SH, shares for a gap of a third


def test_688256_a_gap_of_a_third_is_inferred_as_shares(shared_market: Path) -> None:
    """Close 1,868.00, reference 1,252.68: 32.9 %. 400 shares are 747,200.00 = 596 * 1,252.68 + 602.72."""
    world = real_world(shared_market, LATE, date(2026, 5, 6), date(2026, 5, 8), ["688256.SH"])
    opened = world.bars[date(2026, 5, 7)]["688256.SH"].open
    signal = {"688256.SH": (D(400) * opened / 1_000_000 + D("0.0001")).quantize(D("0.0001"))}
    before, after = settle(world, {date(2026, 5, 7): signal})
    assert before.positions == {"688256.SH": 400}
    assert after.events == [Event("688256.SH", "inferred_bonus", 400, 596, D("602.72"))]
    assert after.nav - before.nav == 596 * (D("1182.53") - D("1252.68"))


# ---------------------------------------------------------------- 302132.SZ, a session that is missing

BUY_302132 = {date(2012, 9, 7): {"302132.SZ": D("0.1349")}}  # 134,900 / 13.49 = 10,000 shares


def test_302132_a_missing_session_is_a_suspension_and_the_next_reference_needs_a_word(
    shared_market: Path,
) -> None:
    """13.58 on 2012-09-07, no row on the 10th, reference 13.97 on the 11th."""
    world = real_world(shared_market, EARLY, date(2012, 9, 5), date(2012, 9, 14), ["302132.SZ"])
    bought, missing, waiting = settle(world, BUY_302132)
    assert bought.positions == missing.positions == {"302132.SZ": 10_000}
    assert missing.nav == bought.nav
    assert (waiting.trade_date, waiting.stuck) == (date(2012, 9, 11), True)


def test_302132_goes_on_with_a_row_of_zeros(shared_market: Path) -> None:
    """13.58 to 13.88 over two sessions: 0.30 on 10,000 shares."""
    word = CorporateAction("302132.SZ", date(2012, 9, 11), *ZERO_ROW)
    world = real_world(shared_market, EARLY, date(2012, 9, 5), date(2012, 9, 14), ["302132.SZ"], [word])
    days = settle(world, BUY_302132)
    assert len(days) == 6
    assert days[2].nav - days[1].nav == D(3_000)


# ---------------------------------------------------------------- July 2015, half the market suspended


def test_fifty_names_through_july_2015_equal_the_slow_ledger(shared_market: Path) -> None:
    """On 2015-07-08 a third of these bars are suspensions; most of the rest open at the lower limit."""
    first, last = date(2015, 7, 3), date(2015, 7, 15)
    rng = random.Random(2015)
    names = sorted(bars_between(shared_market, EARLY, first, first)[first])
    world = real_world(shared_market, EARLY, first, last, names)
    signals = {}
    for day in world.sessions[1:]:
        signals[day] = dict.fromkeys(rng.sample(names, 50), D("0.02"))
    days = settle(world, signals, Terms(10_000_000, "open", D("0.0003"), D("0.001"), D(5)))
    reasons = {order.reason for day in days for order in day.orders}
    assert {None, "suspended", "limit_up", "limit_down", "insufficient_cash"} <= reasons
    assert len(days) == 8
    assert not any(day.stuck for day in days)


# ---------------------------------------------------------------- delistings

MERGER = {date(2025, 8, 11): {"601989.SH": D("0.0506")}}
LEFT = {"601989.SH": date(2025, 9, 5)}
SWAP = date(2025, 9, 16)


def merger(folder: Path, *rows: CorporateAction) -> World:
    """601989.SH: last bar 2025-08-12 at 5.10, swapped on 2025-09-16 at 0.1339 into 600150.SH.

    There are no bars of 600150.SH; where the swap needs a price 600685.SH stands in for it.
    """
    first, last = date(2025, 8, 8), date(2025, 9, 19)
    gone = real_world(folder, DELISTED, first, last, ["601989.SH"], rows, LEFT)
    into = real_world(folder, LATE, first, last, ["600150.SH", "600685.SH"])
    bars = {d: {**into.bars.get(d, {}), **gone.bars.get(d, {})} for d in gone.sessions}
    return World(gone.sessions, bars, {**gone.instruments, **into.instruments}, gone.actions)


def test_601989_stays_at_its_last_close_and_cannot_be_sold(shared_market: Path) -> None:
    world = merger(shared_market)
    sell = {date(2025, 9, 4): dict[str, D](), date(2025, 9, 8): dict[str, D]()}
    days = {day.trade_date: day for day in settle(world, {**MERGER, **sell})}
    assert days[date(2025, 9, 4)].orders[0].reason == "suspended"
    assert days[date(2025, 9, 8)].orders[0].reason == "delisted"
    assert days[date(2025, 9, 19)].closes == {"601989.SH": D("5.1")}
    assert days[date(2025, 9, 19)].nav == days[date(2025, 8, 12)].nav


def test_601989_waits_where_the_shares_it_becomes_have_no_price(shared_market: Path) -> None:
    row = CorporateAction("601989.SH", SWAP, 133_900, 0, "600150.SH")
    days = settle(merger(shared_market, row), MERGER)
    assert (days[-1].trade_date, days[-1].stuck) == (SWAP, True)
    assert days[-1].nav == days[-2].nav


def test_601989_becomes_other_shares_by_a_swap_row(shared_market: Path) -> None:
    """0.1339 of a share each; what is left of a share is paid at the reference of the other name."""
    world = merger(shared_market, CorporateAction("601989.SH", SWAP, 133_900, 0, "600685.SH"))
    days = {day.trade_date: day for day in settle(world, MERGER)}
    before = days[date(2025, 9, 15)]
    whole, millionths = divmod(before.positions["601989.SH"] * 133_900, 1_000_000)
    reference = world.bars[SWAP]["600685.SH"].pre_close
    assert reference is not None
    assert days[SWAP].positions == {"600685.SH": whole}
    cash = (reference * millionths / 1_000_000).quantize(D("0.01"), rounding="ROUND_HALF_UP")
    assert days[SWAP].cash - before.cash == cash > 0


def test_300391_is_written_off_by_a_row_of_the_operator(shared_market: Path) -> None:
    """Last bar 2026-04-10 at 0.19; 1,000,000 shares stay 190,000.00 until the row takes them."""
    row = CorporateAction("300391.SZ", date(2026, 4, 20), -1_000_000, 0)
    world = real_world(
        shared_market,
        DELISTED,
        date(2026, 4, 8),
        date(2026, 4, 21),
        ["300391.SZ"],
        [row],
        {"300391.SZ": date(2026, 4, 13)},
    )
    signal = {"300391.SZ": D("0.1")}
    days = {day.trade_date: day for day in settle(world, {date(2026, 4, 10): signal, date(2026, 4, 15): {}})}
    held = days[date(2026, 4, 10)].positions["300391.SZ"]
    before, after = days[date(2026, 4, 17)], days[date(2026, 4, 20)]
    assert before.closes == {"300391.SZ": D("0.19")}
    assert before.nav - after.nav == held * D("0.19")
    assert (after.positions, after.nav) == ({}, after.cash)


# ---------------------------------------------------------------- lots


def test_688981_an_odd_remainder_under_200_leaves_in_one_order(shared_market: Path) -> None:
    """Opens 45.30, 45.42, 47.23. 250 bought; 0.005 of E would keep 109, a sale of 141: refused. Then all."""
    world = real_world(shared_market, LATE, date(2024, 6, 3), date(2024, 6, 6), ["688981.SH"])
    star = "688981.SH"
    signals = {
        date(2024, 6, 4): {star: D("0.01133")},  # 11,330 / 45.30 = 250.1
        date(2024, 6, 5): {star: D("0.005")},  # 1,000,092.39 * 0.005 / 45.42 = 110.09
        date(2024, 6, 6): dict[str, D](),
    }
    orders = [(o.side, o.quantity, o.filled, o.reason) for day in settle(world, signals) for o in day.orders]
    assert orders == [
        ("BUY", 250, 250, None),
        ("SELL", 140, 0, "below_one_lot"),
        ("SELL", 250, 250, None),
    ]


def test_weight_029_at_an_open_of_10_00_is_29000_shares(shared_market: Path) -> None:
    """000062.SZ opened at exactly 10.00 on 2024-03-04."""
    world = real_world(shared_market, LATE, date(2024, 3, 1), date(2024, 3, 4), ["000062.SZ"])
    assert world.bars[date(2024, 3, 4)]["000062.SZ"].open == D("10.00")
    (day,) = settle(world, {date(2024, 3, 4): {"000062.SZ": D("0.29")}})
    assert [(o.quantity, o.filled) for o in day.orders] == [(29_000, 29_000)]


# ---------------------------------------------------------------- six years of 32 names


def by_chance(world: World, seed: int) -> dict[date, Signal]:
    rng = random.Random(seed)
    names, signals = sorted(world.instruments), dict[date, Signal]()
    for day in world.sessions:
        if rng.random() < 0.6 or day == world.sessions[0]:
            chosen = rng.sample(names, rng.randint(0, 12))
            raw = [rng.random() for _ in chosen]
            total = sum(raw) * rng.choice([1.0001, 1.3, 2])
            digits = rng.choice([2, 4, 17])
            weights = {s: D(repr(round(r / total, digits))) for s, r in zip(chosen, raw, strict=True)}
            signals[day] = {s: w for s, w in weights.items() if w > 0}
    return signals


@pytest.fixture(scope="session")
def six_years(shared_market: Path) -> World:
    world = real_world(shared_market, SAMPLE, date(2020, 1, 1), date(2026, 5, 8))
    rows = duckdb.execute(
        "SELECT symbol, list_date FROM read_parquet(?)", [str(shared_market / "instruments.parquet")]
    ).fetchall()
    listed = {s: replace(world.instruments[s], list_date=day) for s, day in rows if s in world.instruments}
    return replace(world, instruments={**world.instruments, **listed})


@pytest.mark.parametrize(
    ("seed", "terms"),
    [
        (1, Terms(1_000_000, "open", D("0.0003"), D("0.002"))),
        (2, Terms(100_000, "open", D("0.00025"), D("0.001"), D(5))),
        (3, Terms(50_000_000, "close", D("0.00012345"), D("0.0005"))),
    ],
    ids=["open", "minimum-commission", "close"],
)
def test_six_years_by_chance_equal_the_slow_ledger_to_the_mill(
    six_years: World, seed: int, terms: Terms
) -> None:
    days = settle(six_years, by_chance(six_years, seed), terms)
    assert len(days) == len(six_years.sessions)
    assert not days[-1].stuck


def test_six_years_together_equal_six_years_alone(six_years: World) -> None:
    strategies = [
        Strategy(Terms(1_000_000, side, D("0.0003"), D("0.002")), by_chance(six_years, n))
        for n, side in ((4, "open"), (5, "close"), (6, "open"))
    ]
    together = [list(s.nav) for _, _, s in settle_many(six_years, strategies, six_years.sessions)]
    for n, strategy in enumerate(strategies):
        days = list(settle_many(six_years, [strategy], six_years.sessions))
        assert all(settled.status[0] == Status.SETTLED for _, _, settled in days)
        assert [settled.nav[0] for _, _, settled in days] == [navs[n] for navs in together]
