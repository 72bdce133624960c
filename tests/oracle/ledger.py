"""The slow settlement: settlement.md computed again, one strategy, one day, one order at a time.

It shares no code with the engine. Amounts are exact decimals in CNY; the decimal context traps
`Inexact`, so nothing can be rounded except where the page says "half up" or "floor". Where the page
leaves a choice, READINGS.md says what was chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext

from . import rules
from .market import (
    MILLION,
    ZERO,
    Bar,
    CorporateAction,
    DayResult,
    Event,
    Instrument,
    Order,
    Quote,
    Terms,
    event_kind,
    quote_of,
)
from .rules import BUY, FEN, SELL, Bill, DayRules, Limits, floor_ratio, half_up

__all__ = [
    "Bar",
    "CorporateAction",
    "DayResult",
    "Event",
    "Instrument",
    "Order",
    "Terms",
    "settle",
]

EXACT = Context(prec=1000, traps=[Inexact, InvalidOperation, DivisionByZero])


# ---------------------------------------------------------------- step 1: corporate actions


@dataclass
class Book:
    """Cash and shares while a day is being settled."""

    cash: Decimal
    shares: dict[str, int]


def row_effect(held: int, quote: Quote, quotes: Mapping[str, Quote]) -> tuple[int, Decimal, dict[str, int]]:
    """Shares after the rows of the day, the cash they pay, the shares they swap into."""
    bonus = 0
    cash = ZERO
    swapped: dict[str, int] = {}
    for row in quote.rows:
        whole, fraction = divmod(held * row.bonus_per_million, MILLION)
        target = quote if row.into_symbol is None else quotes.get(row.into_symbol)
        worth = ZERO if target is None or target.reference is None else target.reference
        mills = Decimal(held * row.cash_mills_per_million) * rules.MILL
        cash += half_up(mills, FEN, Decimal(MILLION))
        cash += half_up(fraction * worth, FEN, Decimal(MILLION))
        if row.into_symbol is None:
            bonus += whole
        else:
            swapped[row.into_symbol] = swapped.get(row.into_symbol, 0) + whole
    after = 0 if swapped else held + bonus
    return after, cash, swapped


def must_wait(quote: Quote, quotes: Mapping[str, Quote]) -> bool:
    """Whether a holder of this waits: nothing explains the reference, or a swap into what has no price."""
    into = [row.into_symbol for row in quote.rows if row.into_symbol and row.bonus_per_million > 0]
    priceless = any(symbol not in quotes or quotes[symbol].close == 0 for symbol in into)
    return priceless or event_kind(quote) == "unexplained"


def corporate_actions(book: Book, quotes: Mapping[str, Quote]) -> list[Event]:
    """Step 1, per position, by symbol."""
    events: list[Event] = []
    arriving: dict[str, int] = {}
    for symbol in sorted(book.shares):
        held, quote = book.shares[symbol], quotes[symbol]
        kind = event_kind(quote)
        if kind == "none":
            continue
        assert quote.last is not None and quote.reference is not None
        if kind == "row":
            after, cash, swapped = row_effect(held, quote, quotes)
            for into, count in swapped.items():
                arriving[into] = arriving.get(into, 0) + count
        elif kind == "inferred_dividend":
            after, cash = held, held * (quote.last - quote.reference)
        else:
            after = floor_ratio(held * quote.last, quote.reference)
            cash = held * quote.last - after * quote.reference
        book.cash += cash
        book.shares[symbol] = after
        events.append(Event(symbol, kind, held, after, cash))
    for symbol in sorted(into for into, count in arriving.items() if count):
        held = book.shares.get(symbol, 0)
        book.shares[symbol] = held + arriving[symbol]
        events.append(Event(symbol, "row", held, book.shares[symbol], ZERO))
    book.shares = {symbol: held for symbol, held in book.shares.items() if held}
    return events


# ---------------------------------------------------------------- steps 3 and 4: targets


@dataclass(frozen=True)
class World:
    """What does not change from day to day."""

    instruments: Mapping[str, Instrument]
    sessions: Sequence[date]
    terms: Terms


@dataclass(frozen=True)
class Wish:
    """An order before it meets the cash: wanted quantity, fill price, first refusal."""

    symbol: str
    side: str
    quantity: int
    weight: Decimal
    fill: Decimal
    refusal: str | None
    rule: DayRules | None


def fill_price(side: str, price: Decimal, symbol: str, limits: Limits, slippage: Decimal) -> Decimal:
    """Step 5: p * (1 ± slippage), half up to the tick, never outside the limits."""
    factor = 1 + slippage if side == BUY else 1 - slippage
    fill = half_up(price * factor, rules.tick_of(symbol))
    if limits.upper is not None:
        fill = min(fill, limits.upper)
    if limits.lower is not None:
        fill = max(fill, limits.lower)
    return fill


def wanted(held: int, target: int, step: int, minimum: int) -> tuple[int, bool]:
    """Step 4: the quantity of q = n - h rounded to the step, and whether it is big enough.

    Quantity 0 is no order.
    """
    if target > held:
        quantity = (target - held) // step * step
        return quantity, quantity >= minimum
    sale = held - target
    if target == 0:  # closes the position
        return sale, True
    if held % step != 0 and sale % step == held % step:  # sells the odd part
        return sale, True
    quantity = sale // step * step
    return quantity, quantity >= minimum


def refusal_of(
    day: date,
    side: str,
    big_enough: bool,
    quote: Quote,
    instrument: Instrument | None,
    rule: DayRules | None,
    limits: Limits,
) -> str | None:
    """Step 5: the first reason that applies, those before cash (no_market_data: see wish_of)."""
    delist_date = None if instrument is None else instrument.delist_date
    if delist_date is not None and day >= delist_date:
        return "delisted"
    if not quote.traded:
        return "suspended"
    if event_kind(quote) == "unexplained" or quote.reference == 0:
        return "unexplained_reference"
    if rule is None:
        return "no_rule"
    if side == BUY and limits.upper is not None and quote.price >= limits.upper:
        return "limit_up"
    if side == SELL and limits.lower is not None and quote.price <= limits.lower:
        return "limit_down"
    return None if big_enough else "below_one_lot"


def wish_of(
    symbol: str,
    day: date,
    held: int,
    weight: Decimal | None,
    equity: Decimal,
    quote: Quote | None,
    world: World,
) -> Wish | None:
    """Step 4 for one instrument: target, order quantity and first refusal; None is no order."""
    rule = rules.day_rules(symbol, day)
    if quote is None:
        side = SELL if held else BUY
        return Wish(symbol, side, 0, weight or ZERO, ZERO, "no_market_data", rule)
    instrument = world.instruments.get(symbol)
    limits = rules.price_limits(
        symbol,
        day,
        quote.reference,
        quote.st,
        instrument is not None and instrument.wide_fund,
        None if instrument is None else instrument.list_date,
        world.sessions,
    )
    if quote.price == 0 and not held:
        refusal = refusal_of(day, BUY, True, quote, instrument, rule, limits)
        return Wish(symbol, BUY, 0, weight or ZERO, ZERO, refusal, rule)
    slippage = world.terms.slippage_rate
    buy_price = fill_price(BUY, quote.price, symbol, limits, slippage)
    target = 0
    if weight is not None and buy_price > 0:
        target = floor_ratio(weight * equity, buy_price)
    step, minimum = (1, 1) if rule is None else (rule.step, rule.minimum)
    quantity, big_enough = wanted(held, target, step, minimum)
    if quantity == 0:
        return None
    side = BUY if target > held else SELL
    fill = fill_price(side, quote.price, symbol, limits, slippage)
    refusal = refusal_of(day, side, big_enough, quote, instrument, rule, limits)
    return Wish(symbol, side, quantity, weight or ZERO, fill, refusal, rule)


# ---------------------------------------------------------------- step 5: orders


def bill_for(wish: Wish, quantity: int, terms: Terms) -> Bill:
    """What the order costs or brings if `quantity` of it is filled."""
    assert wish.rule is not None  # no_rule is refused before
    rate, minimum = terms.commission_rate, terms.minimum_commission
    return rules.bill_of(wish.side, quantity * wish.fill, wish.rule, rate, minimum)


def affordable(wish: Wish, rule: DayRules, cash: Decimal, terms: Terms) -> int:
    """The largest lot, at most the wish, whose amount and fees the cash covers (0: none).

    The cost never falls as the quantity grows, so the boundary is found by halving.
    """
    low, high = 0, wish.quantity // rule.step  # `low` steps are affordable, more than `high` not
    while low < high:
        middle = (low + high + 1) // 2
        bill = bill_for(wish, middle * rule.step, terms)
        if bill.amount + bill.fees <= cash:
            low = middle
        else:
            high = middle - 1
    quantity = low * rule.step
    return quantity if quantity >= rule.minimum else 0


def execute(wish: Wish, cash: Decimal, terms: Terms) -> Order:
    """Step 5 for one order: refused, cut or filled."""
    reason = wish.refusal
    filled = 0
    if reason is None and wish.rule is not None:
        if wish.side == BUY:
            filled = affordable(wish, wish.rule, cash, terms)
        else:
            bill = bill_for(wish, wish.quantity, terms)
            filled = wish.quantity if bill.fees <= bill.amount + cash else 0
        if filled < wish.quantity:
            reason = "insufficient_cash"
    if filled == 0:
        nothing = (ZERO, ZERO, ZERO, ZERO)
        return Order(wish.symbol, wish.side, wish.quantity, 0, "refused", reason, None, *nothing)
    bill = bill_for(wish, filled, terms)
    return Order(
        wish.symbol,
        wish.side,
        wish.quantity,
        filled,
        "filled" if reason is None else "cut",
        reason,
        wish.fill,
        bill.amount,
        bill.commission,
        bill.stamp_duty,
        bill.transfer_fee,
    )


def rebalance(
    day: date,
    book: Book,
    quotes: Mapping[str, Quote],
    signal: Mapping[str, Decimal],
    world: World,
) -> list[Order]:
    """Steps 3 to 5."""
    # Step 3: equity at execution.
    equity = book.cash
    for symbol, held in book.shares.items():
        equity += held * quotes[symbol].price
    # Step 4: targets and quantities.
    wishes: list[Wish] = []
    for symbol in sorted(set(book.shares) | set(signal)):
        held, weight = book.shares.get(symbol, 0), signal.get(symbol)
        wish = wish_of(symbol, day, held, weight, equity, quotes.get(symbol), world)
        if wish is not None:
            wishes.append(wish)
    # Step 5: sells first (by symbol), then buys by descending weight, then symbol.
    sells = [wish for wish in wishes if wish.side == SELL]
    buys = [wish for wish in wishes if wish.side == BUY]
    buys.sort(key=lambda wish: (-wish.weight, wish.symbol))
    orders: list[Order] = []
    for wish in sells + buys:
        order = execute(wish, book.cash, world.terms)
        fees = order.commission + order.stamp_duty + order.transfer_fee
        sign = 1 if order.side == BUY else -1
        book.cash -= sign * order.amount + fees
        book.shares[order.symbol] = book.shares.get(order.symbol, 0) + sign * order.filled
        orders.append(order)
    book.shares = {symbol: held for symbol, held in book.shares.items() if held}
    return orders


# ---------------------------------------------------------------- the day and the run


def settle_day(
    day: date,
    before: DayResult,
    quotes: Mapping[str, Quote],
    signal: Mapping[str, Decimal] | None,
    world: World,
) -> DayResult:
    """Steps 1 to 6 for one strategy and one day."""
    action = "HOLD" if signal is None else "REBALANCE"
    positions = before.positions
    # Step 1: corporate actions first; an unexplained reference stops the strategy.
    if any(must_wait(quotes[symbol], quotes) for symbol in positions):
        closes = dict(before.closes)
        return DayResult(day, action, before.nav, before.cash, dict(positions), closes, [], [], True)
    book = Book(before.cash, dict(positions))
    events = corporate_actions(book, quotes)
    # Step 2: no signal, no orders.
    orders = [] if signal is None else rebalance(day, book, quotes, signal, world)
    # Step 6: close.
    shares = {symbol: book.shares[symbol] for symbol in sorted(book.shares)}
    closes = {symbol: quotes[symbol].close for symbol in shares}
    nav = book.cash
    for symbol, held in shares.items():
        nav += held * closes[symbol]
    return DayResult(day, action, nav, book.cash, shares, closes, orders, events, False)


def settle(
    days: Sequence[date],
    bars: Mapping[date, Mapping[str, Bar]],
    instruments: Mapping[str, Instrument],
    sessions: Sequence[date],
    signals: Mapping[date, Mapping[str, Decimal]],
    terms: Terms,
    actions: Sequence[CorporateAction] = (),
) -> list[DayResult]:
    """Settle every day of `days` in order; stop with a stuck day at an unexplained reference."""
    if not days:
        return []
    if list(days) != [day for day in sessions if days[0] <= day <= days[-1]]:
        raise ValueError("days must be consecutive sessions, none skipped")
    rows: dict[tuple[date, str], tuple[CorporateAction, ...]] = {}
    symbols = {symbol for signal in signals.values() for symbol in signal}
    for row in actions:
        rows[row.ex_date, row.symbol] = (*rows.get((row.ex_date, row.symbol), ()), row)
        symbols |= {row.symbol} | ({row.into_symbol} if row.into_symbol else set())
    world = World(instruments, sessions, terms)
    with localcontext(EXACT):
        capital = Decimal(terms.initial_capital)
        result = DayResult(days[0], "HOLD", capital, capital, {}, {}, [], [], False)
        results: list[DayResult] = []
        quotes: dict[str, Quote] = {}
        for day in sessions:  # from the first session on: closes are carried into days[0]
            if day > days[-1] or result.stuck:
                break
            today = bars.get(day, {})
            before, quotes = quotes, {}
            for symbol in sorted(symbols):
                found = rows.get((day, symbol), ())
                quote = quote_of(symbol, today.get(symbol), before.get(symbol), found, terms.execution)
                if quote is not None:
                    quotes[symbol] = quote
            if day >= days[0]:
                result = settle_day(day, result, quotes, signals.get(day), world)
                results.append(result)
    return results
