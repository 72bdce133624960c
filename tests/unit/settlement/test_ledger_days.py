"""Corporate actions, waiting and overflow by hand: what a strategy holds after a day that is not ordinary.

Strategies start with 1,000,000 CNY, free of commission and slippage; 2024-03-04 is the first day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal as D

import numpy as np
import pytest

from quantos.settlement.core.facts import Status
from quantos.settlement.core.ledger import Book, Settled, is_settled, settle_day
from tests.oracle.examples import PER_SHARE, A, B, bar, weekdays
from tests.oracle.ledger import Bar, CorporateAction, Event, Instrument, Terms
from tests.support.worlds import (
    Strategy,
    World,
    engine_signals,
    engine_terms,
    market_days,
    settle_many,
    settle_world,
)

C = "600002.SH"
TEN = bar("10.00", "10.00")
FREE = Terms(1_000_000, "open", D(0), D(0))
Row = tuple[str, int, int, int, str | None]


def world(market: Sequence[Mapping[str, Bar]], rows: Sequence[Row] = ()) -> World:
    days = weekdays(date(2024, 3, 4), len(market))
    known = {s: Instrument(s, None, None) for s in (A, B, C)}
    actions = [CorporateAction(s, days[n], bonus, cash, into) for s, n, bonus, cash, into in rows]
    return World(days, dict(zip(days, market, strict=True)), known, actions)


def run(market: World, *signals: Mapping[str, D]) -> list[Settled]:
    """One strategy for each signal of the first day; all hold afterwards."""
    strategies = [Strategy(FREE, {market.sessions[0]: signal}) for signal in signals]
    return [settled for _, _, settled in settle_many(market, strategies, market.sessions)]


def holding(book: Book, s: int) -> dict[str, int]:
    at = slice(book.start[s], book.start[s + 1])
    symbols = sorted([A, B, C])
    return {symbols[i]: int(h) for i, h in zip(book.instrument[at], book.shares[at], strict=True)}


# ---------------------------------------------------------------- waiting


def test_who_holds_an_unexplained_reference_waits_and_the_others_go_on() -> None:
    """A's reference of 11.00 after a close of 10.00; the second strategy holds B alone."""
    market = world([{A: TEN, B: TEN}, {A: bar("11.00", "11.00"), B: bar("10.00", "10.50")}])
    first, second = run(market, {A: D("0.1")}, {B: D("0.1")})
    assert is_settled(second).tolist() == [False, True]
    assert second.status[0] == Status.WAITING
    assert second.waits_for.tolist() == [0, -1]
    assert second.nav[1] == first.nav[1] + 10_000 * 500


def test_a_waiting_strategy_is_left_as_it_was() -> None:
    market = world([{A: TEN, B: TEN}, {A: bar("2.99", "2.99"), B: TEN}])
    first, second = run(market, {A: D("0.1"), B: D("0.1")})
    assert second.book.cash[0] == first.book.cash[0]
    assert holding(second.book, 0) == {A: 10_000, B: 10_000}
    assert len(second.orders.instrument) == len(second.events.instrument) == 0


def test_events_before_the_unexplained_one_are_taken_back() -> None:
    """A pays a dividend of 0.50, B cannot be explained."""
    market = world([{A: TEN, B: TEN}, {A: bar("9.50", "9.50"), B: bar("10.10", "10.10")}])
    first, second = run(market, {A: D("0.1"), B: D("0.1")})
    assert second.status[0] == Status.WAITING
    assert second.book.cash[0] == first.book.cash[0]
    assert len(second.events.instrument) == 0


def test_a_row_of_zeros_is_the_operators_word_that_nothing_happened() -> None:
    """Reference 11.00 after 10.00: 10,000 shares are 10,000 shares."""
    market = world([{A: TEN}, {A: bar("11.00", "11.50")}], [(A, 1, 0, 0, None)])
    first, second = run(market, {A: D("0.1")})
    assert is_settled(second).tolist() == [True]
    assert holding(second.book, 0) == {A: 10_000}
    assert second.nav[0] == first.nav[0] + 10_000 * 1_500


def test_a_reference_that_moved_over_a_missing_row_is_unexplained() -> None:
    """Nobody knows how much of it was a price; a row of volume 0 in its place would be a suspension."""
    after_a_gap = world([{A: TEN}, {}, {A: bar("9.90", "9.90")}])
    after_a_suspension = world([{A: TEN}, {A: bar("10.00", "10.00", volume=0)}, {A: bar("9.90", "9.90")}])
    assert run(after_a_gap, {A: D("0.1")})[2].status[0] == Status.WAITING
    assert run(after_a_suspension, {A: D("0.1")})[2].status[0] == Status.SETTLED


def test_a_reference_that_did_not_move_over_a_missing_row_needs_no_word() -> None:
    market = world([{A: TEN}, {}, {A: bar("10.00", "10.40")}])
    assert run(market, {A: D("0.1")})[2].status[0] == Status.SETTLED


def test_a_trade_after_a_worthless_close_is_unexplained() -> None:
    """A row takes 12.00 a share from 10.00 on a day without a bar: the carried close is 0."""
    market = world([{A: TEN}, {}, {A: bar(None, "3.00")}], [(A, 1, 0, 12 * PER_SHARE, None)])
    _, second, third = run(market, {A: D("0.1")})
    assert second.nav[0] == 1_000_000_000 - 1_000 + 10_000 * 2_000
    assert third.status[0] == Status.WAITING


# ---------------------------------------------------------------- swaps and ends


def test_a_swap_brings_the_shares_after_the_receiving_names_own_bonus() -> None:
    """A 10,000 -> 0.5 B each; B's own 1:1 bonus makes 20,000 of 10,000 first, then 5,000 arrive."""
    rows = [(A, 1, 500_000, 0, B), (B, 1, 1_000_000, 0, None)]
    market = world([{A: TEN, B: TEN}, {B: bar("5.00", "5.00")}], rows)
    result = settle_world(market, {market.sessions[0]: {A: D("0.1"), B: D("0.1")}}, FREE, market.sessions)[1]
    assert result.positions == {B: 25_000}
    assert result.events == [
        Event(A, "row", 10_000, 0, D(0)),
        Event(B, "row", 10_000, 20_000, D(0)),
        Event(B, "row", 20_000, 25_000, D(0)),
    ]


def test_two_swaps_into_one_name_arrive_as_one_event() -> None:
    """10,000 of A at 0.1 and 10,000 of B at 0.2 become 1,000 + 2,000 of C."""
    rows = [(A, 1, 100_000, 0, C), (B, 1, 200_000, 0, C)]
    market = world([{A: TEN, B: TEN, C: TEN}, {C: TEN}], rows)
    result = settle_world(market, {market.sessions[0]: {A: D("0.1"), B: D("0.1")}}, FREE, market.sessions)[1]
    assert result.positions == {C: 3_000}
    assert result.events == [
        Event(A, "row", 10_000, 0, D(0)),
        Event(B, "row", 10_000, 0, D(0)),
        Event(C, "row", 0, 3_000, D(0)),
    ]


def test_a_swap_into_a_name_without_any_price_waits_for_its_bar() -> None:
    market = world([{A: TEN}, {}], [(A, 1, 1_000_000, 0, B)])
    first, second = run(market, {A: D("0.1")})
    assert (second.status.tolist(), second.waits_for.tolist()) == ([Status.WAITING], [1])
    assert holding(second.book, 0) == {A: 10_000}
    assert second.book.cash[0] == first.book.cash[0]


def test_a_name_that_was_swapped_away_is_sold_no_more() -> None:
    """E = 999,999.00: 0.05 of it are 4,999 of the 10,000 shares of B; 5,001 less, rounded down."""
    market = world([{A: TEN, B: TEN}, {B: TEN}], [(A, 1, 1_000_000, 0, B)])
    signals = {market.sessions[0]: {A: D("0.1")}, market.sessions[1]: {B: D("0.05")}}
    result = settle_world(market, signals, FREE, market.sessions)[1]
    assert [(o.symbol, o.side, o.filled) for o in result.orders] == [(B, "SELL", 5_000)]


def test_a_cash_out_ends_the_holding() -> None:
    market = world([{A: TEN}, {}], [(A, 1, -1_000_000, 9 * PER_SHARE, None)])
    first, second = run(market, {A: D("0.1")})
    assert holding(second.book, 0) == {}
    assert second.book.cash[0] == first.book.cash[0] + 10_000 * 9_000


def test_a_delisted_holding_can_be_written_off() -> None:
    market = world([{A: TEN}, {}, {}], [(A, 2, -1_000_000, 0, None)])
    first, second, third = run(market, {A: D("0.1")})
    assert second.nav[0] == first.nav[0]
    assert third.nav[0] == first.book.cash[0] == third.book.cash[0]


# ---------------------------------------------------------------- beyond int64


def beyond(shares: int, cash: int = 0, rows: Sequence[Row] = ()) -> Settled:
    """A day of a book with so many shares of A at 10.00, given back as it was settled."""
    market = world([{A: TEN}, {A: TEN}], rows)
    book = Book(np.array([cash]), np.array([0, 1]), np.array([0]), np.array([shares]))
    day = list(market_days(market))[1]
    place = {s: k for k, s in enumerate(sorted([A, B, C]))}
    terms = engine_terms([Strategy(FREE, {})])
    return settle_day(book, engine_signals([{A: D(1)}], place), terms, day)


@pytest.mark.parametrize(
    ("shares", "cash", "rows"),
    [
        (4 * 10**14 + 1, 0, []),
        (10**18, 0, []),  # the value wraps around int64
        (1, 4 * 10**18, []),
        (10**12, 0, [(A, 1, 9_000_000_000_001, 0, None)]),
        (4 * 10**14, 0, [(A, 1, 9_000_000_000_000, 0, None)]),
        (10**12, 0, [(A, 1, 0, 9_000_000_000_001, None)]),
    ],
    ids=["holding", "wraps", "sum", "bonus-rate", "bonus", "cash-rate"],
)
def test_an_amount_beyond_the_ledger_leaves_the_strategy_as_it_was(
    shares: int, cash: int, rows: Sequence[Row]
) -> None:
    settled = beyond(shares, cash, rows)
    assert settled.status.tolist() == [Status.OVERFLOW]
    assert len(settled.orders.instrument) == len(settled.events.instrument) == 0
    assert (settled.book.cash.tolist(), settled.book.shares.tolist()) == ([cash], [shares])
    assert settled.turnover.tolist() == settled.fees.tolist() == [0]


def test_the_largest_amount_is_settled() -> None:
    """4 * 10**14 shares at 10.00 are 4 * 10**18 mills, to the mill; at the target nothing is traded."""
    settled = beyond(4 * 10**14)
    assert settled.status.tolist() == [Status.SETTLED]
    assert settled.nav.tolist() == [4 * 10**18]


def test_an_overflow_leaves_the_neighbours_alone() -> None:
    market = world([{A: TEN}])
    (day,) = market_days(market)
    book = Book(np.array([10**9, 0]), np.array([0, 0, 1]), np.array([0]), np.array([10**18]))
    place = {s: k for k, s in enumerate(sorted([A, B, C]))}
    terms = engine_terms([Strategy(FREE, {})] * 2)
    settled = settle_day(book, engine_signals([{A: D("0.1")}, {}], place), terms, day)
    assert settled.status.tolist() == [Status.SETTLED, Status.OVERFLOW]
    assert holding(settled.book, 0) == {A: 10_000}
    assert holding(settled.book, 1) == {A: 10**18}


@pytest.mark.parametrize("rows", [[(A, 1, -1_000_001, 0, None)], [(A, 1, -1, 0, B)]])
def test_a_row_that_takes_more_shares_than_there_are_is_out_of_range(rows: Sequence[Row]) -> None:
    assert beyond(1_000, rows=rows).status.tolist() == [Status.OVERFLOW]


def test_a_row_that_takes_more_cash_than_there_is_is_out_of_range() -> None:
    """1.00 a share from 1,000 shares and 999.99 of cash."""
    settled = beyond(1_000, cash=999_990, rows=[(A, 1, 0, -PER_SHARE, None)])
    assert settled.status.tolist() == [Status.OVERFLOW]
    assert settled.book.cash.tolist() == [999_990]
