"""The day settled again, in whole numbers, from the published specification (settlement.md) alone.

h shares held, w the signal's weight, p the price at execution, c the close, E equity at execution; money and
prices are mills, rates 1e-8.

    1  corporate actions change h and cash
    2  no signal: hold, go to 6
    3  E = cash + sum h p
    4  n = floor(w E / buy price), orders q = n - h bound by the board's lots
    5  sells by symbol at p (1 - slippage), then buys by descending weight, then symbol, at p (1 + slippage), to
       the tick, inside the day's limits, a buy cut to what the cash affords
    6  NAV = cash + sum h c

Worked: 1,000,000 CNY, w = 0.05 of 600519.SH at p = 1,700.00 CNY, slippage 0.2 %, commission 0.03 %. The buy
price is 1,703.40; 0.05 * 1,000,000 / 1,703.40 = 29.35, so the target is 29 shares, under one lot of 100: no
order. At p = 17.00 the buy price is 17.03 (17.034 to the tick), the target 2,935, the order 2,900 shares for
49,387.00, commission 14.82, transfer fee 0.49.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from quantos.verification.core.dated_rules import PRESENT, BoardRules, RuleTable, board_of
from quantos.verification.core.exact import CENT, MILLION, RATE_UNIT, cny, exact_weight, fee, half_up
from quantos.verification.core.package import Action, Bar

NO_PRICE: Final = "no_price"
"""Stands for the reason of an order in a symbol that had no price: nothing in a package tells which it was."""


class Unsettleable(ValueError):
    """By the specification this day could not have been settled."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a corporate-action row gives for a million shares."""

    bonus: int
    cash: int
    into: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """All that decides a strategy-day."""

    trade_date: date
    at_close: bool
    commission_e8: int
    slippage_e8: int
    minimum_commission: int
    cash: int
    holdings: Mapping[str, int]
    signal: Sequence[tuple[str, float]] | None
    bars: Mapping[str, Bar]
    terms: Mapping[str, Terms]
    rules: RuleTable = PRESENT


@dataclass(frozen=True, slots=True)
class Order:
    """Bought > 0, sold < 0. Where nothing filled, price and fees are 0."""

    symbol: str
    quantity: int
    filled: int = 0
    price: int = 0
    commission: int = 0
    stamp_duty: int = 0
    transfer_fee: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    orders: tuple[Order, ...]
    actions: tuple[Action, ...]
    positions: tuple[tuple[str, int, int], ...]  # symbol, shares, close; by symbol
    cash: int
    nav: int


@dataclass(slots=True)
class _Book:
    cash: int
    shares: dict[str, int]
    actions: list[Action] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)


def settle(day: Day) -> Settled:
    """The day's orders, actions, positions, cash and NAV. Raises Unsettleable."""
    book = _Book(day.cash, dict(day.holdings))
    _corporate_actions(book, day)
    if book.cash < 0:
        raise Unsettleable("cash_below_zero", cash=cny(book.cash))
    if day.signal is not None:
        _rebalance(book, day, day.signal)
    positions = tuple(
        (symbol, shares, _close(day.bars.get(symbol))) for symbol, shares in sorted(book.shares.items())
    )
    nav = book.cash + sum(shares * close for _, shares, close in positions)
    return Settled(tuple(book.orders), tuple(book.actions), positions, book.cash, nav)


# 1. Corporate actions


def _corporate_actions(book: _Book, day: Day) -> None:
    arrived: dict[str, int] = {}
    for symbol in sorted(book.shares):
        bar, terms, held = day.bars.get(symbol), day.terms.get(symbol), book.shares[symbol]
        event = bar.event if bar else "corporate_action" if terms else None
        if event is None:
            continue
        if event == "unexplained":
            raise Unsettleable("unexplained_reference_held", symbol=symbol)
        if event != "corporate_action":
            assert bar is not None
            action = _inferred(bar, event, held)
        elif terms is None:
            raise Unsettleable("terms_missing", symbol=symbol)
        else:
            action = _announced(symbol, terms, held, day, arrived)
        book.cash += action.cash
        book.shares[symbol] = action.quantity_after
        book.actions.append(action)
    for symbol, count in arrived.items():
        before = book.shares.get(symbol, 0)
        book.shares[symbol] = before + count
        book.actions.append(Action(symbol, "corporate_action", before, before + count, 0, None, None, None))
    book.actions.sort(key=lambda action: (action.symbol, action.arrived))
    book.shares = {symbol: shares for symbol, shares in book.shares.items() if shares}


def _inferred(bar: Bar, event: str, held: int) -> Action:
    """A gap of the reference that nobody announced: small ones are cash, larger ones are shares."""
    after = held
    if event == "inferred_shares":
        if bar.pre_close == 0:
            raise Unsettleable("unexplained_reference_held", symbol=bar.symbol)
        after = held * bar.last_close // bar.pre_close
    cash = held * bar.last_close - after * bar.pre_close
    return Action(bar.symbol, event, held, after, cash, None, None, None)


def _announced(symbol: str, terms: Terms, held: int, day: Day, arrived: dict[str, int]) -> Action:
    """A row: bonus shares, cash, and the fraction of a share at the reference."""
    receiving = day.bars.get(terms.into or symbol)
    bonus, fraction = divmod(held * terms.bonus, MILLION)
    cash = half_up(held * terms.cash, MILLION, CENT)
    cash += half_up(fraction * (receiving.pre_close if receiving else 0), MILLION, CENT)
    after = held + bonus
    if terms.into is not None:
        after = 0
        if terms.bonus > 0 and _close(receiving) == 0:
            raise Unsettleable("swap_without_price", symbol=symbol, into=terms.into)
        if bonus > 0:
            arrived[terms.into] = arrived.get(terms.into, 0) + bonus
    if after < 0 or (terms.into is not None and terms.bonus < 0):
        raise Unsettleable("shares_below_zero", symbol=symbol)
    return Action(symbol, "corporate_action", held, after, cash, terms.bonus, terms.cash, terms.into)


# 3. to 5. Targets and orders


def _rebalance(book: _Book, day: Day, signal: Sequence[tuple[str, float]]) -> None:
    equity = book.cash + sum(shares * _price(day, day.bars.get(s)) for s, shares in book.shares.items())
    weights = {symbol: exact_weight(weight) for symbol, weight in signal}
    targets = {
        symbol: _target(weights[symbol], equity, _fill(day, day.bars.get(symbol), symbol, 1))
        for symbol in weights
    }
    for symbol in sorted(book.shares):
        if targets.get(symbol, 0) < book.shares[symbol]:
            _sell(book, day, symbol, targets.get(symbol, 0))
    places = max((exponent for _, exponent in weights.values()), default=0)
    comparable = {symbol: mantissa * 10 ** (places - e) for symbol, (mantissa, e) in weights.items()}
    for symbol in sorted(weights, key=lambda symbol: (-comparable[symbol], symbol)):
        _buy(book, day, symbol, targets[symbol])


def _target(weight: tuple[int, int], equity: int, buy_price: int) -> int:
    """floor(w E / buy price); without a price nothing can be aimed at."""
    mantissa, exponent = weight
    return mantissa * equity // (10**exponent * buy_price) if buy_price else 0


def _sell(book: _Book, day: Day, symbol: str, target: int) -> None:
    bar, rules, held = (
        day.bars.get(symbol),
        day.rules.rules_of(board_of(symbol), day.trade_date),
        book.shares[symbol],
    )
    quantity, large_enough = held - target, True
    if rules is not None and target > 0:  # a sale that closes the position goes as it is
        odd = held % rules.step
        if odd == 0 or quantity % rules.step != odd:  # so does one of exactly the odd remainder
            quantity -= quantity % rules.step
            large_enough = quantity >= rules.minimum
    if quantity == 0:
        return
    reason = _refusal(bar)
    if (
        reason is None
        and bar is not None
        and bar.lower_limit is not None
        and _price(day, bar) <= bar.lower_limit
    ):
        reason = "limit_down"
    if reason is None and not large_enough:
        reason = "below_one_lot"
    if reason is None and rules is not None:
        fill = _fill(day, bar, symbol, -1)
        order = _billed(day, rules, symbol, -quantity, quantity, fill)
        proceeds = quantity * fill - order.commission - order.stamp_duty - order.transfer_fee
        if book.cash + proceeds >= 0:
            book.cash += proceeds
            book.shares[symbol] = held - quantity
            if held == quantity:
                del book.shares[symbol]
            book.orders.append(order)
            return
        reason = "insufficient_cash"
    book.orders.append(Order(symbol, -quantity, reason=reason))


def _buy(book: _Book, day: Day, symbol: str, target: int) -> None:
    bar, rules, held = (
        day.bars.get(symbol),
        day.rules.rules_of(board_of(symbol), day.trade_date),
        book.shares.get(symbol, 0),
    )
    fill = _fill(day, bar, symbol, 1)
    if fill == 0:
        if held == 0:
            book.orders.append(Order(symbol, 0, reason=_refusal(bar)))
        return
    quantity = target - held
    if rules is not None:
        quantity -= quantity % rules.step
    if quantity <= 0:
        return
    reason = _refusal(bar)
    if (
        reason is None
        and bar is not None
        and bar.upper_limit is not None
        and _price(day, bar) >= bar.upper_limit
    ):
        reason = "limit_up"
    if reason is None and rules is not None and quantity < rules.minimum:
        reason = "below_one_lot"
    if reason is not None or rules is None:
        book.orders.append(Order(symbol, quantity, reason=reason))
        return
    filled = _affordable(day, rules, symbol, quantity, fill, book.cash)
    if filled == 0:
        book.orders.append(Order(symbol, quantity, reason="insufficient_cash"))
        return
    order = _billed(day, rules, symbol, quantity, filled, fill)
    book.cash -= _cost(order)
    book.shares[symbol] = held + filled
    book.orders.append(order)


def _affordable(day: Day, rules: BoardRules, symbol: str, quantity: int, fill: int, cash: int) -> int:
    """The largest lot up to `quantity` that the cash pays for, fees included; 0 under the minimum."""
    if _cost(_billed(day, rules, symbol, quantity, quantity, fill)) <= cash:
        return quantity
    low, high = 0, quantity // rules.step  # in steps: `low` can be paid, what is above `high` cannot
    while low < high:
        middle = (low + high + 1) // 2
        if _cost(_billed(day, rules, symbol, quantity, middle * rules.step, fill)) <= cash:
            low = middle
        else:
            high = middle - 1
    return low * rules.step if low * rules.step >= rules.minimum else 0


def _billed(day: Day, rules: BoardRules, symbol: str, quantity: int, filled: int, fill: int) -> Order:
    """An order with what its fill costs besides."""
    notional = filled * fill
    return Order(
        symbol,
        quantity,
        filled,
        fill,
        half_up(max(notional * day.commission_e8, day.minimum_commission * RATE_UNIT), RATE_UNIT, CENT),
        fee(notional, rules.stamp_duty) if quantity < 0 else 0,
        fee(notional, rules.transfer_fee),
        None if filled == abs(quantity) else "insufficient_cash",
    )


def _cost(order: Order) -> int:
    return order.filled * order.price + order.commission + order.stamp_duty + order.transfer_fee


def _fill(day: Day, bar: Bar | None, symbol: str, side: int) -> int:
    """p (1 ± slippage) half up to the tick, inside the day's limits; 0 where there is no price."""
    price = _price(day, bar)
    if bar is None or price == 0:
        return 0
    tick = day.rules.tick_of(board_of(symbol), day.trade_date)
    fill = half_up(price * (RATE_UNIT + side * day.slippage_e8), RATE_UNIT, tick)
    fill = fill if bar.lower_limit is None else max(fill, bar.lower_limit)
    return fill if bar.upper_limit is None else min(fill, bar.upper_limit)


def _refusal(bar: Bar | None) -> str | None:
    return NO_PRICE if bar is None else bar.block


def _price(day: Day, bar: Bar | None) -> int:
    return 0 if bar is None else bar.close if day.at_close else bar.open


def _close(bar: Bar | None) -> int:
    return 0 if bar is None else bar.close
