"""What must hold on every settled day, whatever the market did. Amounts are int mills, never floats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import given

from quantos.settlement.core import facts as column
from quantos.settlement.core.day import MarketDay
from quantos.settlement.core.facts import Event, Status
from quantos.settlement.core.ledger import Book, Settled
from tests.support.effort import tries
from tests.support.generated import Case, cases
from tests.support.worlds import settle_many

STILL = {"still": 8, "suspended": 1, "missing": 1}


@dataclass(frozen=True)
class Order:
    instrument: int
    bought: int  # sold: negative
    fill: int
    fees: int


@dataclass(frozen=True)
class StrategyDay:
    """One settled strategy-day; every mapping goes from an instrument's place to shares or mills."""

    day: MarketDay
    at_close: bool
    cash_before: int
    cash: int
    nav: int
    fees: int
    turnover: int
    held_at_first: dict[int, int]
    held_after_events: dict[int, int]
    held: dict[int, int]
    event_cash: dict[int, int]
    orders: list[Order]

    def fact(self, instrument: int, which: int) -> int:
        return int(self.day.facts[instrument, which])

    def price(self, instrument: int) -> int:
        return self.fact(instrument, column.CLOSE if self.at_close else column.OPEN)


def strategy_day(case: Case, day: MarketDay, book: Book, settled: Settled, s: int) -> StrategyDay:
    o, e, after = settled.orders, settled.events, settled.book
    held = {int(book.instrument[k]): int(book.shares[k]) for k in range(book.start[s], book.start[s + 1])}
    moved, event_cash = dict(held), dict.fromkeys(held, 0)
    for k in range(e.start[s], e.start[s + 1]):
        i = int(e.instrument[k])
        assert moved.get(i, 0) == e.shares_before[k]
        moved[i] = int(e.shares_after[k])
        event_cash[i] = event_cash.get(i, 0) + int(e.cash[k])
    orders = [
        Order(
            int(o.instrument[k]),
            int(o.filled[k]) * (1 if o.quantity[k] > 0 else -1),
            int(o.price[k]),
            int(o.commission[k] + o.stamp_duty[k] + o.transfer_fee[k]),
        )
        for k in range(o.start[s], o.start[s + 1])
    ]
    return StrategyDay(
        day,
        case.strategies[s].terms.execution == "close",
        int(book.cash[s]),
        int(after.cash[s]),
        int(settled.nav[s]),
        int(settled.fees[s]),
        int(settled.turnover[s]),
        held,
        moved,
        {int(after.instrument[k]): int(after.shares[k]) for k in range(after.start[s], after.start[s + 1])},
        event_cash,
        orders,
    )


def settled_days(case: Case) -> Iterator[StrategyDay]:
    for day, book, settled in settle_many(case.world, case.strategies, case.days):
        for s in range(len(case.strategies)):
            if settled.status[s] == Status.SETTLED:
                yield strategy_day(case, day, book, settled, s)


@tries(100)
@given(cases(strategies=3))
def test_cash_and_market_value_make_the_nav(case: Case) -> None:
    for one in settled_days(case):
        value = sum(shares * one.fact(i, column.CLOSE) for i, shares in one.held.items())
        assert one.cash + value == one.nav


@tries(100)
@given(cases(strategies=3))
def test_cash_and_shares_are_never_negative(case: Case) -> None:
    for one in settled_days(case):
        assert one.cash >= 0
        assert all(shares > 0 for shares in one.held.values())


@tries(100)
@given(cases(strategies=3))
def test_shares_and_cash_change_by_events_and_orders_alone(case: Case) -> None:
    for one in settled_days(case):
        held, cash = dict(one.held_after_events), one.cash_before + sum(one.event_cash.values())
        for order in one.orders:
            held[order.instrument] = held.get(order.instrument, 0) + order.bought
            cash -= order.bought * order.fill + order.fees
        assert {i: shares for i, shares in held.items() if shares} == one.held
        assert cash == one.cash
        assert sum(order.fees for order in one.orders) == one.fees
        assert sum(abs(order.bought) * order.fill for order in one.orders) == one.turnover


@tries(150)
@given(cases(strategies=3))
def test_value_is_conserved_to_the_mill(case: Case) -> None:
    """NAV[t] - NAV[t-1] = sum h (p - ref) + sum h' (c - p) - fees - sum |q| |fill - p| + what events gave."""
    for one in settled_days(case):
        before = one.cash_before + sum(
            h * one.fact(i, column.LAST_CLOSE) for i, h in one.held_at_first.items()
        )
        gain = sum(
            h * (one.price(i) - one.fact(i, column.REFERENCE)) for i, h in one.held_after_events.items()
        )
        gain += sum(h * (one.fact(i, column.CLOSE) - one.price(i)) for i, h in one.held.items())
        gain -= one.fees
        gain -= sum(abs(o.bought) * abs(o.fill - one.price(o.instrument)) for o in one.orders if o.bought)
        gain += sum(given_by_event(one, i) for i in one.held_after_events)
        assert one.nav - before == gain


def given_by_event(one: StrategyDay, i: int) -> int:
    """event cash + h ref - h0 close[t-1]"""
    return (
        one.event_cash.get(i, 0)
        + one.held_after_events[i] * one.fact(i, column.REFERENCE)
        - one.held_at_first.get(i, 0) * one.fact(i, column.LAST_CLOSE)
    )


@tries(100)
@given(cases(strategies=3))
def test_only_a_row_gives_or_takes_value(case: Case) -> None:
    """An inferred event, or none at all, leaves the value of a holding what it was; a swap is two rows."""
    for one in settled_days(case):
        arrivals = {one.fact(i, column.INTO) for i in one.held_at_first}
        for i in one.held_at_first:
            if one.fact(i, column.EVENT) != Event.ROW and i not in arrivals:
                assert given_by_event(one, i) == 0


@tries(100)
@given(cases(strategies=2))
def test_the_day_begins_with_the_nav_of_the_day_before(case: Case) -> None:
    navs = [s.terms.initial_capital * 1000 for s in case.strategies]
    for day, book, settled in settle_many(case.world, case.strategies, case.days):
        for s in range(len(case.strategies)):
            if settled.status[s] == Status.SETTLED:
                one = strategy_day(case, day, book, settled, s)
                worth = sum(h * one.fact(i, column.LAST_CLOSE) for i, h in one.held_at_first.items())
                assert one.cash_before + worth == navs[s]
                navs[s] = one.nav
            else:  # it waits: the closes go on without it
                return


@tries(100)
@given(cases(strategies=3))
def test_fees_and_slippage_are_never_negative(case: Case) -> None:
    for one in settled_days(case):
        for order in one.orders:
            assert order.fees >= 0
            if order.bought:
                side = 1 if order.bought > 0 else -1
                assert side * (order.fill - one.price(order.instrument)) >= 0


@tries(100)
@given(cases(strategies=3))
def test_fills_are_inside_the_limits_and_on_the_tick(case: Case) -> None:
    for one in settled_days(case):
        for order in one.orders:
            if order.bought:
                i = order.instrument
                assert one.fact(i, column.LOWER) <= order.fill <= one.fact(i, column.UPPER)
                assert order.fill % one.fact(i, column.TICK) == 0


@tries(100)
@given(cases(strategies=3))
def test_nothing_bought_today_is_sold_today(case: Case) -> None:
    for one in settled_days(case):
        for order in one.orders:
            assert order.bought >= -one.held_after_events.get(order.instrument, 0)
        filled = [order.instrument for order in one.orders if order.bought]
        assert len(filled) == len(set(filled))


@tries(100)
@given(cases(strategies=3, moves=STILL))
def test_where_no_price_moves_the_nav_never_rises(case: Case) -> None:
    navs: dict[int, int] = {}
    for _, _, settled in settle_many(case.world, case.strategies, case.days):
        for s, strategy in enumerate(case.strategies):
            assert settled.status[s] == Status.SETTLED
            assert settled.nav[s] <= navs.get(s, strategy.terms.initial_capital * 1000)
            navs[s] = int(settled.nav[s])


@tries(100)
@given(cases(strategies=2))
def test_a_strategy_of_cash_alone_keeps_its_nav(case: Case) -> None:
    cash_only = [
        type(strategy)(strategy.terms, {key: {} for key in strategy.signals}) for strategy in case.strategies
    ]
    for _, _, settled in settle_many(case.world, cash_only, case.days):
        assert settled.nav.tolist() == [s.terms.initial_capital * 1000 for s in case.strategies]


@tries(100)
@given(cases())
def test_a_position_is_within_a_lot_of_its_weight_unless_an_order_says_why(case: Case) -> None:
    """SETTLE-08, without costs: an order that was filled whole leaves less than a step to the target."""
    (strategy,) = case.strategies
    for day, book, settled in settle_many(case.world, case.strategies, case.days):
        weights = strategy.signals.get(day.trade_date)
        if settled.status[0] != Status.SETTLED or weights is None:
            continue
        one = strategy_day(case, day, book, settled, 0)
        equity = one.cash_before + sum(one.event_cash.values())
        equity += sum(h * one.price(i) for i, h in one.held_after_events.items())
        symbols = sorted(case.world.instruments)
        refused = {
            int(settled.orders.instrument[k])
            for k in range(len(settled.orders.instrument))
            if settled.orders.reason[k]
        }
        for i in set(one.held) | {symbols.index(s) for s in weights}:
            if i not in refused:
                weight = Fraction(weights.get(symbols[i], Decimal(0)))
                price = bid(one, i, strategy.terms.slippage_rate)
                target = int(weight * equity / price) if price else 0
                assert abs(one.held.get(i, 0) - target) < max(one.fact(i, column.STEP), 1)


def bid(one: StrategyDay, i: int, slippage: Decimal) -> int:
    tick = one.fact(i, column.TICK)
    price = int(one.price(i) * (1 + Fraction(slippage)) / tick + Fraction(1, 2)) * tick
    return min(max(price, one.fact(i, column.LOWER)), one.fact(i, column.UPPER))
