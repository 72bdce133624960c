"""Small markets and how to settle them with the engine.

A world is what the slow ledger reads: bars by day and symbol. `settle_many` runs strategies through the
engine's arrays; `settle_world` runs one of them and gives back the slow ledger's results, so that the two can
be compared field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

import numpy as np

from quantos.kit.money import mills, rate_e8
from quantos.market.core.bars import Carry, DayBars, Instruments
from quantos.market.core.bars import CorporateAction as Action
from quantos.market.core.boards import boards_of
from quantos.settlement.core.day import Carried, MarketDay, Roster, market_day
from quantos.settlement.core.facts import CLOSE, Event, Reason, Status
from quantos.settlement.core.ledger import Book, Ints, Settled, Signals, Terms, settle_day
from tests.oracle import ledger as slow

KINDS = {Event.ROW: "row", Event.INFERRED_CASH: "inferred_dividend", Event.INFERRED_SHARES: "inferred_bonus"}

Weights = Mapping[str, Decimal]


@dataclass(frozen=True)
class World:
    sessions: Sequence[date]
    bars: Mapping[date, Mapping[str, slow.Bar]]
    instruments: Mapping[str, slow.Instrument]  # numbered in this order
    actions: Sequence[slow.CorporateAction] = ()


@dataclass(frozen=True)
class Strategy:
    terms: slow.Terms
    signals: Mapping[date, Weights]


# ---------------------------------------------------------------- the market as arrays


def engine_instruments(world: World) -> Instruments:
    symbols = tuple(world.instruments)
    known = [world.instruments[s] for s in symbols]
    return Instruments(
        symbols,
        {s: n for n, s in enumerate(symbols)},
        boards_of(symbols),
        np.array([i.wide_fund for i in known], dtype=np.bool_),
        np.array([i.list_date for i in known], dtype="datetime64[D]"),
        np.array([i.delist_date for i in known], dtype="datetime64[D]"),
    )


def engine_bars(world: World, day: date) -> DayBars:
    rows = world.bars.get(day, {})
    symbols = tuple(world.instruments)

    def prices(name: str) -> Ints:
        values = [getattr(rows[s], name) if s in rows else None for s in symbols]
        return np.array([0 if v is None else mills(v) for v in values], dtype=np.int64)

    opened, closed = prices("open"), prices("close")
    factors = [rows[s].adj_factor if s in rows else None for s in symbols]
    st = [rows[s].is_st if s in rows else None for s in symbols]
    return DayBars(
        day,
        np.array([s in rows for s in symbols], dtype=np.bool_),
        opened,
        np.maximum(opened, closed),
        np.minimum(opened, closed),
        closed,
        prices("pre_close"),
        np.array([rows[s].volume if s in rows else 0 for s in symbols], dtype=np.int64),
        np.array([np.nan if f is None else float(f) for f in factors]),
        np.array([-1 if f is None else int(f) for f in st], dtype=np.int8),
    )


def engine_actions(world: World) -> list[Action]:
    numbers = {s: n for n, s in enumerate(world.instruments)}
    return [
        Action(
            numbers[a.symbol],
            a.ex_date,
            a.bonus_per_million,
            a.cash_mills_per_million,
            None if a.into_symbol is None else numbers[a.into_symbol],
        )
        for a in world.actions
    ]


def carry(world: World, before: date) -> Carry:
    """The last bar of each instrument before a day; a suspended one gives its reference price."""
    count = len(world.instruments)
    close, factor = np.zeros(count, np.int64), np.full(count, np.nan)
    last = np.full(count, np.datetime64("NaT"), dtype="datetime64[D]")
    for day in world.sessions:
        if day < before:
            for n, symbol in enumerate(world.instruments):
                bar = world.bars.get(day, {}).get(symbol)
                if bar is not None:
                    suspended = bar.volume == 0 and bar.pre_close is not None
                    close[n] = mills(bar.pre_close if suspended and bar.pre_close is not None else bar.close)
                    factor[n] = np.nan if bar.adj_factor is None else float(bar.adj_factor)
                    last[n] = np.datetime64(day)
    return Carry(before, close, factor, last)


def market_days(
    world: World, carried: Carried | None = None, first: date | None = None
) -> Iterator[MarketDay]:
    """Every session's facts, in date order; from `first` on where the carried closes are given."""
    roster = Roster.of(engine_instruments(world))
    sessions = np.array(world.sessions, dtype="datetime64[D]")
    actions = engine_actions(world)
    if carried is None:
        carried = Carried.of(carry(world, world.sessions[0]), roster)
    for day in world.sessions:
        if first is None or day >= first:
            due = [a for a in actions if a.ex_date == day]
            today = market_day(engine_bars(world, day), carried, roster, sessions, due)
            carried = today.after
            yield today


# ---------------------------------------------------------------- strategies as arrays


def engine_terms(strategies: Sequence[Strategy]) -> Terms:
    terms = [strategy.terms for strategy in strategies]
    (minimum,) = {t.minimum_commission for t in terms}  # the platform sets one
    return Terms(
        np.array([t.execution == "close" for t in terms]),
        np.array([rate_e8(t.commission_rate) for t in terms], dtype=np.int64),
        np.array([rate_e8(t.slippage_rate) for t in terms], dtype=np.int64),
        mills(minimum),
    )


def exact(weight: Decimal) -> tuple[int, int]:
    """(mantissa, exponent) of a weight: mantissa * 10**-exponent."""
    _, digits, power = weight.normalize().as_tuple()
    mantissa = int("".join(map(str, digits)))
    return (mantissa * 10 ** max(int(power), 0), max(-int(power), 0)) if mantissa else (0, 0)


def engine_signals(weights: Sequence[Weights | None], place: Mapping[str, int]) -> Signals:
    named = [w if w is not None else {} for w in weights]
    pairs = [exact(v) for w in named for v in w.values()]
    return Signals.in_order(
        np.array([w is not None for w in weights]),
        np.array([0, *accumulate(len(w) for w in named)], dtype=np.int64),
        np.array([place[s] for w in named for s in w], dtype=np.int64),
        np.array([m for m, _ in pairs], dtype=np.int64),
        np.array([e for _, e in pairs], dtype=np.int64),
    )


def settle_many(
    world: World, strategies: Sequence[Strategy], days: Sequence[date], threads: int = 2
) -> Iterator[tuple[MarketDay, Book, Settled]]:
    """Each of the days, the book it began with, and how it ended. A strategy that waits is asked again."""
    place = {s: k for k, s in enumerate(sorted(world.instruments))}
    terms = engine_terms(strategies)
    book = Book.empty(np.array([s.terms.initial_capital * 1000 for s in strategies], dtype=np.int64))
    wanted = set(days)
    for day in market_days(world):
        if day.trade_date in wanted:
            signals = engine_signals([s.signals.get(day.trade_date) for s in strategies], place)
            settled = settle_day(book, signals, terms, day, threads)
            yield day, book, settled
            book = settled.book


# ---------------------------------------------------------------- back into the slow ledger's types


def settle_world(
    world: World, signals: Mapping[date, Weights], terms: slow.Terms, days: Sequence[date]
) -> list[slow.DayResult]:
    """The engine's answer for one strategy, in the slow ledger's types; stops where the strategy waits."""
    results: list[slow.DayResult] = []
    for day, book, settled in settle_many(world, [Strategy(terms, signals)], days):
        before = results[-1] if results else None
        results.append(_as_slow(settled, day, book, sorted(world.instruments), signals, before))
        if settled.status[0] != Status.SETTLED:
            break
    return results


def cny(amount: int) -> Decimal:
    return Decimal(int(amount)) / 1000


def _as_slow(
    settled: Settled,
    day: MarketDay,
    book: Book,
    symbols: Sequence[str],
    signals: Mapping[date, Weights],
    before: slow.DayResult | None,
) -> slow.DayResult:
    held = settled.book
    stuck = bool(settled.status[0] != Status.SETTLED)
    cash = cny(held.cash[0])
    positions = {symbols[i]: int(h) for i, h in zip(held.instrument, held.shares, strict=True)}
    closes = {symbols[i]: cny(day.facts[i, CLOSE]) for i in held.instrument}
    nav = cny(settled.nav[0])
    if stuck:  # the slow ledger repeats the closes and the NAV of the day before
        closes, nav = (before.closes, before.nav) if before is not None else ({}, cash)
    return slow.DayResult(
        day.trade_date,
        "HOLD" if day.trade_date not in signals else "REBALANCE",
        nav,
        cash,
        positions,
        closes,
        _orders(settled, symbols),
        _events(settled, symbols),
        stuck,
    )


def _orders(settled: Settled, symbols: Sequence[str]) -> list[slow.Order]:
    o, orders = settled.orders, []
    for k in range(len(o.instrument)):
        quantity, filled, reason = int(o.quantity[k]), int(o.filled[k]), Reason(int(o.reason[k]))
        result = "filled" if reason is Reason.NONE else "cut" if filled else "refused"
        orders.append(
            slow.Order(
                symbols[o.instrument[k]],
                "SELL" if quantity < 0 else "BUY",
                abs(quantity),
                filled,
                result,
                None if reason is Reason.NONE else reason.name.lower(),
                cny(o.price[k]) if filled else None,
                cny(o.price[k] * filled),
                cny(o.commission[k]),
                cny(o.stamp_duty[k]),
                cny(o.transfer_fee[k]),
            )
        )
    return orders


def _events(settled: Settled, symbols: Sequence[str]) -> list[slow.Event]:
    e, events = settled.events, []
    for k in range(len(e.instrument)):
        i = int(e.instrument[k])
        kind = KINDS[Event(int(e.kind[k]))]
        events.append(
            slow.Event(symbols[i], kind, int(e.shares_before[k]), int(e.shares_after[k]), cny(e.cash[k]))
        )
    return events
