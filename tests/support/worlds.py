"""Small markets and how to settle them with the engine, in the slow ledger's own types.

A world is what the slow ledger reads: bars by day and symbol. `settle_world` runs the same strategy through
the engine's arrays and gives back the slow ledger's results, so that the two can be compared field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from quantos.kit.money import mills, rate_e8
from quantos.market.core.bars import Carry, DayBars, Instruments
from quantos.market.core.bars import CorporateAction as Action
from quantos.market.core.boards import boards_of
from quantos.settlement.core.day import Carried, MarketDay, Roster, ex_adjust, market_day
from quantos.settlement.core.facts import CLOSE, EVENT, Event, Reason, Status
from quantos.settlement.core.ledger import Book, Settled, Signals, Terms, settle_day
from tests.oracle import ledger as slow

KINDS = {Event.ROW: "row", Event.INFERRED_CASH: "inferred_dividend", Event.INFERRED_SHARES: "inferred_bonus"}


@dataclass(frozen=True)
class World:
    sessions: Sequence[date]
    bars: Mapping[date, Mapping[str, slow.Bar]]
    instruments: Mapping[str, slow.Instrument]
    actions: Sequence[slow.CorporateAction] = ()
    first: date | None = None  # first session whose bars matter; None: the first of all
    carry: Carry | None = field(default=None)

    def symbols(self) -> tuple[str, ...]:
        return tuple(self.instruments)


def engine_instruments(world: World) -> Instruments:
    symbols = world.symbols()
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
    symbols = world.symbols()

    def prices(name: str) -> np.ndarray:
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


def nothing_before(world: World) -> Carried:
    count = len(world.instruments)
    return Carried(
        np.zeros(count, np.int64),
        np.full(count, np.nan),
        np.full(count, np.datetime64("NaT"), dtype="datetime64[D]"),
    )


def market_days(world: World) -> Iterator[MarketDay]:
    """Every session's facts, in date order."""
    roster = Roster.of(engine_instruments(world))
    sessions = np.array(world.sessions, dtype="datetime64[D]")
    carried = nothing_before(world)
    numbers = {s: n for n, s in enumerate(world.symbols())}
    actions = [
        Action(
            numbers[a.symbol],
            a.ex_date,
            a.bonus_per_million,
            a.cash_mills_per_million,
            None if a.into_symbol is None else numbers[a.into_symbol],
        )
        for a in world.actions
    ]
    for day in world.sessions:
        today = market_day(
            engine_bars(world, day), carried, roster, sessions, [a for a in actions if a.ex_date == day]
        )
        carried = today.after
        yield today


def one_strategy(terms: slow.Terms) -> Terms:
    return Terms(
        np.array([terms.execution == "close"]),
        np.array([rate_e8(terms.commission_rate)], dtype=np.int64),
        np.array([rate_e8(terms.slippage_rate)], dtype=np.int64),
        mills(terms.minimum_commission),
    )


def one_signal(weights: Mapping[str, Decimal] | None, place: Mapping[str, int]) -> Signals:
    if weights is None:
        return Signals.none(1)
    exact = [w.normalize().as_tuple() for w in weights.values()]
    mantissa = np.array(
        [int("".join(map(str, t.digits))) * 10 ** max(int(t.exponent), 0) for t in exact], dtype=np.int64
    )
    exponent = np.array([max(-int(t.exponent), 0) for t in exact], dtype=np.int64)
    instrument = np.array([place[s] for s in weights], dtype=np.int64)
    return Signals.in_order(np.array([True]), np.array([0, len(weights)]), instrument, mantissa, exponent)


def settle_world(
    world: World, signals: Mapping[date, Mapping[str, Decimal]], terms: slow.Terms, days: Sequence[date]
) -> list[slow.DayResult]:
    """The engine's answer for one strategy, in the slow ledger's types; stops where the strategy waits."""
    roster = Roster.of(engine_instruments(world))
    place = {s: k for k, s in enumerate(roster.symbols)}
    book = Book.empty(np.array([terms.initial_capital * 1000], dtype=np.int64))
    results: list[slow.DayResult] = []
    for day in market_days(world):
        if day.trade_date not in set(days):
            continue
        weights = signals.get(day.trade_date)
        settled = settle_day(book, one_signal(weights, place), one_strategy(terms), day)
        results.append(_as_slow(settled, day, roster, weights is not None))
        if settled.status[0] != Status.SETTLED:
            return results
        book = settled.book
    return results


def cny(amount: int) -> Decimal:
    return Decimal(int(amount)) / 1000


def _as_slow(settled: Settled, day: MarketDay, roster: Roster, rebalance: bool) -> slow.DayResult:
    o, e, symbols = settled.orders, settled.events, roster.symbols
    orders = []
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
    events = [
        slow.Event(
            symbols[e.instrument[k]],
            KINDS.get(Event(int(day.facts[e.instrument[k], EVENT])), "row"),
            int(e.shares_before[k]),
            int(e.shares_after[k]),
            cny(e.cash[k]),
        )
        for k in range(len(e.instrument))
    ]
    held = settled.book
    return slow.DayResult(
        day.trade_date,
        "REBALANCE" if rebalance else "HOLD",
        cny(settled.nav[0]),
        cny(held.cash[0]),
        {symbols[i]: int(h) for i, h in zip(held.instrument, held.shares, strict=True)},
        {symbols[i]: cny(day.facts[i, CLOSE]) for i in held.instrument},
        orders,
        events,
        bool(settled.status[0] != Status.SETTLED),
    )


__all__ = ["World", "cny", "engine_bars", "engine_instruments", "ex_adjust", "market_days", "settle_world"]
