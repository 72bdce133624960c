"""The facts of a day by hand: references, events, limits and what is carried to the next day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import numpy as np
import pytest

from quantos.settlement.core import facts as column
from quantos.settlement.core.day import Carried, MarketDay, Roster, ex_adjust
from quantos.settlement.core.facts import Event, Reason
from quantos.settlement.core.limits import NO_LIMIT
from tests.oracle.examples import FUND, PER_SHARE, A, B, bar, weekdays
from tests.oracle.ledger import Bar, CorporateAction, Instrument
from tests.support.worlds import World, carry, engine_actions, engine_instruments, market_days

TEN = bar("10.00", "10.00")
Row = tuple[str, int, int, int, str | None]


def world(
    market: Sequence[Mapping[str, Bar]],
    rows: Sequence[Row] = (),
    first: date = date(2024, 3, 4),
    listed: Sequence[Instrument] = (),
) -> World:
    days = weekdays(first, len(market))
    names = {s for bars in market for s in bars} | {A}
    known = {s: Instrument(s, None, None) for s in sorted(names)} | {one.symbol: one for one in listed}
    actions = [CorporateAction(s, days[n], bonus, cash, into) for s, n, bonus, cash, into in rows]
    return World(days, dict(zip(days, market, strict=True)), known, actions)


def last_of(market: World) -> MarketDay:
    return list(market_days(market))[-1]


def fact(day: MarketDay, which: int, place: int = 0) -> int:
    return int(day.facts[place, which])


def event(second: Mapping[str, Bar], rows: Sequence[Row] = ()) -> Event:
    """What happened to A between a close of 10.00 and its second day."""
    return Event(fact(last_of(world([{A: TEN}, second], rows)), column.EVENT))


# ---------------------------------------------------------------- references


def test_the_reference_is_the_pre_close_of_the_row() -> None:
    assert fact(last_of(world([{A: TEN}, {A: bar("9.87", "9.90")}])), column.REFERENCE) == 9_870


@pytest.mark.parametrize(
    ("then", "now", "mills"),
    [
        ("1.00", "1.05", 9_520),  # 9.5238..
        ("1.00", "1.0005", 10_000),  # 9.9950024..: up
        ("3.3", "2.2", 15_000),
        ("1", "3000", 0),  # 0.0033..: under half a tick
    ],
)
def test_without_pre_close_the_reference_follows_the_factors(then: str, now: str, mills: int) -> None:
    market = world([{A: bar("10.00", "10.00", adj=then)}, {A: bar(None, "9.90", adj=now)}])
    assert fact(last_of(market), column.REFERENCE) == mills


def test_a_fund_rounds_its_reference_to_a_tenth_of_a_cent() -> None:
    """3.456 / 1.05 = 3.29142.."""
    market = world([{FUND: bar("3.456", "3.456", adj="1.00")}, {FUND: bar(None, "3.3", adj="1.05")}])
    assert fact(last_of(market), column.REFERENCE) == 3_291


def test_without_pre_close_and_factor_the_reference_is_the_last_close() -> None:
    assert fact(last_of(world([{A: TEN}, {A: bar(None, "9.00")}])), column.REFERENCE) == 10_000


def test_without_pre_close_and_factor_a_row_adjusts_the_last_close() -> None:
    """(10.00 - 0.50) / 1.3 = 7.3076.."""
    rows = [(A, 1, 300_000, PER_SHARE // 2, None)]
    assert fact(last_of(world([{A: TEN}, {A: bar(None, "7.30")}], rows)), column.REFERENCE) == 7_310


def test_a_close_that_a_row_adjusted_has_no_factor_any_more() -> None:
    """The row's day has no bar; the factor of the next bar moved for the same event."""
    rows = [(A, 1, 1_000_000, 0, None)]
    market = [{A: bar("10.00", "10.00", adj="1.0")}, {}, {A: bar(None, "5.00", adj="2.0")}]
    day = last_of(world(market, rows))
    assert (fact(day, column.REFERENCE), fact(day, column.EVENT)) == (5_000, Event.NONE)


# ---------------------------------------------------------------- events


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("10.00", Event.NONE),
        ("9.99", Event.INFERRED_CASH),
        ("8.50", Event.INFERRED_CASH),  # 15 %
        ("8.49", Event.INFERRED_SHARES),
        ("3.00", Event.INFERRED_SHARES),  # 70 %
        ("2.99", Event.UNEXPLAINED),
        ("10.01", Event.UNEXPLAINED),
    ],
)
def test_the_gap_decides_what_a_reference_means(reference: str, expected: Event) -> None:
    assert event({A: bar(reference, reference)}) is expected


@pytest.mark.parametrize("reference", ["10.00", "9.99", "2.99", "10.01"])
def test_a_row_is_applied_whatever_the_gap(reference: str) -> None:
    assert event({A: bar(reference, reference)}, [(A, 1, 0, 0, None)]) is Event.ROW


def test_a_row_is_applied_on_a_day_without_a_bar() -> None:
    assert event({}, [(A, 1, 1_000_000, 0, None)]) is Event.ROW


def test_a_row_of_a_name_that_never_had_a_price_is_no_event() -> None:
    assert Event(fact(last_of(world([{}], [(A, 0, 1_000_000, 0, None)])), column.EVENT)) is Event.NONE


def test_a_first_bar_is_no_event() -> None:
    assert Event(fact(last_of(world([{}, {A: TEN}])), column.EVENT)) is Event.NONE


def test_a_factor_that_leaves_no_price_is_unexplained() -> None:
    market = world([{A: bar("10.00", "10.00", adj="1")}, {A: bar(None, "10.00", adj="3000")}])
    day = last_of(market)
    assert fact(day, column.EVENT) == Event.UNEXPLAINED
    assert fact(day, column.BLOCK) == Reason.UNEXPLAINED_REFERENCE


@pytest.mark.parametrize("factor", ["0.0000000000001", "1e-300"])
def test_a_factor_that_leaves_more_than_any_price_is_unexplained(factor: str) -> None:
    market = world([{A: bar("10.00", "10.00", adj="1")}, {A: bar(None, "10.00", adj=factor)}])
    day = last_of(market)
    assert fact(day, column.REFERENCE) == 1_000_000_000
    assert fact(day, column.EVENT) == Event.UNEXPLAINED


def test_a_row_that_leaves_more_than_any_price_is_cut_there() -> None:
    """A million shares at 10.00 become one of ten million CNY; stored prices and limits have 32 bits."""
    day = last_of(world([{A: TEN}, {A: bar(None, "10.00")}], [(A, 1, -999_999, 0, None)]))
    assert fact(day, column.REFERENCE) == 1_000_000_000
    assert fact(day, column.UPPER) < 2**31


# ---------------------------------------------------------------- prices and limits


def test_a_suspended_name_is_priced_at_its_reference() -> None:
    market = world([{A: TEN}, {A: replace(bar("9.50", "10.00"), volume=0)}])
    day = last_of(market)
    assert [fact(day, which) for which in (column.OPEN, column.CLOSE)] == [9_500, 9_500]
    assert fact(day, column.BLOCK) == Reason.SUSPENDED


def test_a_suspended_row_without_a_reference_has_its_close_for_one() -> None:
    market = world([{A: TEN}, {A: bar(None, "9.50", volume=0)}])
    day = last_of(market)
    assert (fact(day, column.REFERENCE), fact(day, column.CLOSE)) == (9_500, 9_500)
    assert fact(day, column.EVENT) == Event.INFERRED_CASH


def test_the_limits_are_ten_per_cent_half_up_to_the_tick() -> None:
    """10.05 * 1.1 = 11.055 -> 11.06; 10.05 * 0.9 = 9.045 -> 9.05."""
    day = last_of(world([{A: bar("10.05", "10.05")}]))
    assert (fact(day, column.UPPER), fact(day, column.LOWER)) == (11_060, 9_050)


def test_a_new_listing_is_free_for_five_sessions_of_the_main_board() -> None:
    listed = Instrument(A, date(2024, 3, 4), None)
    days = list(market_days(world([{A: TEN}] * 6, listed=[listed])))
    assert [fact(day, column.UPPER) for day in days] == [NO_LIMIT] * 5 + [11_000]
    assert [fact(day, column.LOWER) for day in days] == [0] * 5 + [9_000]


def test_unknown_risk_warning_is_said_only_where_it_matters() -> None:
    """The fund has no ST limit; from 2026-07-06 the main board has no narrower one either."""
    unknown = {A: bar("10.00", "10.00", st=None), FUND: bar("10.000", "10.000", st=None)}
    before = last_of(world([unknown], first=date(2026, 7, 3)))
    after = last_of(world([unknown], first=date(2026, 7, 6)))
    place = {s: k for k, s in enumerate(sorted([A, FUND]))}
    assert [bool(before.st_unknown[place[s]]) for s in (A, FUND)] == [True, False]
    assert not after.st_unknown.any()


# ---------------------------------------------------------------- what is carried


def ex_adjusted(market: World, day: date) -> Carried:
    roster = Roster.of(engine_instruments(market))
    return ex_adjust(Carried.of(carry(market, day), roster), roster, engine_actions(market))


def test_rows_since_the_last_bar_adjust_the_carried_close_in_date_order() -> None:
    """10.00 doubled in shares is 5.00; then 0.50 of cash leaves 4.50."""
    rows = [(A, 2, 0, PER_SHARE // 2, None), (A, 1, 1_000_000, 0, None)]
    market = world([{A: bar("10.00", "10.00", adj="1")}, {}, {}, {}], rows)
    carried = ex_adjusted(market, market.sessions[3])
    assert carried.close.tolist() == [4_500]
    assert np.isnan(carried.adj_factor[0])


def test_a_row_of_a_day_with_a_bar_does_not_adjust_its_close_again() -> None:
    market = world([{A: TEN}, {A: bar("5.00", "5.00", adj="2")}], [(A, 1, 1_000_000, 0, None)])
    carried = ex_adjusted(market, date(2024, 3, 6))
    assert (carried.close.tolist(), carried.adj_factor.tolist()) == ([5_000], [2.0])


@pytest.mark.parametrize("row", [(A, 1, -1_000_000, PER_SHARE, None), (A, 1, 500_000, 0, B)])
def test_a_cash_out_and_a_swap_leave_the_carried_close(row: Row) -> None:
    market = world([{A: TEN, B: TEN}, {}], [row])
    assert last_of(market).after.close[0] == 10_000


def test_more_cash_than_the_close_leaves_nothing() -> None:
    market = world([{A: TEN}, {}], [(A, 1, 0, 11 * PER_SHARE, None)])
    assert last_of(market).after.close.tolist() == [0]


def test_instruments_stand_in_symbol_order_whatever_their_numbers() -> None:
    known = {s: Instrument(s, None, None) for s in (B, FUND, A)}
    roster = Roster.of(engine_instruments(World([date(2024, 3, 4)], {}, known)))
    assert roster.symbols == (FUND, A, B)
    assert (roster.number.tolist(), roster.place.tolist()) == ([1, 2, 0], [2, 0, 1])


def test_a_tick_of_a_cent_is_known_before_a_board_opens() -> None:
    """STAR has no rule before 2019-07-22, and still a price step."""
    star = "688001.SH"
    day = last_of(world([{star: bar("10.00", "10.00")}], first=date(2019, 7, 19)))
    assert fact(day, column.TICK, 1) == 10
    assert fact(day, column.BLOCK, 1) == Reason.NO_RULE


def test_prices_of_the_weights_world_are_mills() -> None:
    assert fact(last_of(world([{A: bar("10.00", "10.01", "9.99")}])), column.OPEN) == int(D("10.01") * 1000)
