"""The ledger: yesterday's holdings, today's signal and today's market in; orders, holdings and NAV out.

All strategies of a day are settled together, as arrays. Units: money int64 mills (0.001 CNY), shares int64,
prices mills a share, rates 1e-8. Symbols: s strategy, i instrument (place in symbol order), t the day.

    1  corporate actions change h[i] and cash; later steps see the quantities after them
    2  no signal for t: HOLD, go to 6
    3  E    = cash + sum h[i] p[i]                 p the open or the close of t
    4  n[i] = floor(w[i] E / buy_price[i])         w exact decimals; not named: 0
       q[i] = n[i] - h[i], bound by the board's lots
    5  sells at p (1 - slippage), then buys at p (1 + slippage) by descending weight, then symbol,
       to the tick, inside the price limits, cut to what the cash affords, fees included
    6  NAV  = cash + sum h[i] c[i]                 c the close of t

Settling many strategies together equals settling each alone. A strategy-day that cannot be settled (an
unexplained reference of a held instrument, an amount beyond int64) is left wholly as it was.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantos.settlement.core.day import MarketDay
from quantos.settlement.core.facts import Status

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Ints = NDArray[np.int64]

_DIGITS_MAX = 19  # of a mantissa, which is an int64
_POWERS_OF_TEN = np.array([10**k for k in range(_DIGITS_MAX + 1)], dtype=np.uint64)
_NOWHERE = -(10**6)  # below the place of the first digit of any double

_THREADED_FROM = 256  # strategies: below, handing work to a second thread costs more than it saves
_HELPERS = ThreadPoolExecutor(thread_name_prefix="ledger")
"""Threads that wait for the next day: started anew, they cost a third of a day of 1,000 strategies."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the strategies agreed to when they were created; [S] each."""

    at_close: Bools
    commission_e8: Ints
    slippage_e8: Ints
    minimum_commission: int = 0  # mills an order, one for the platform


@dataclass(frozen=True, slots=True)
class Book:
    """Who holds what. Holdings of strategy s: start[s]..start[s+1], in symbol order, shares > 0."""

    cash: Ints  # [S]
    start: Ints  # [S + 1]
    instrument: Ints
    shares: Ints

    @classmethod
    def empty(cls, cash: Ints) -> Book:
        return cls(cash, np.zeros(len(cash) + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one day. Weight j is mantissa[j] * 10**-exponent[j], exactly.

    Names of strategy s: start[s]..start[s+1], by descending weight, then symbol (`in_order` sees to it).
    `given[s]`: there is a signal; an empty one means all cash, none at all a hold day.
    """

    given: Bools  # [S]
    start: Ints  # [S + 1]
    instrument: Ints
    weight: NDArray[np.float64]  # the nearest double; guesses only
    mantissa: Ints
    exponent: Ints

    @classmethod
    def none(cls, strategies: int) -> Signals:
        empty = np.empty(0, np.int64)
        return cls(
            np.zeros(strategies, np.bool_),
            np.zeros(strategies + 1, np.int64),
            empty,
            np.empty(0),
            empty,
            empty,
        )

    @classmethod
    def in_order(cls, given: Bools, start: Ints, instrument: Ints, mantissa: Ints, exponent: Ints) -> Signals:
        """Put each strategy's names in the order in which they are bought."""
        strategy = np.repeat(np.arange(len(given)), np.diff(start))
        # Compared as decimals: the place of the first digit, then the digits filled up to 19. Doubles computed
        # here would not do: neighbouring weights can meet in one, or change places.
        digits = np.searchsorted(_POWERS_OF_TEN, mantissa.astype(np.uint64), side="right")
        filled = mantissa.astype(np.uint64) * _POWERS_OF_TEN[_DIGITS_MAX - digits]
        place = np.where(mantissa > 0, digits - exponent, _NOWHERE)
        order = np.lexsort((instrument, ~filled, -place, strategy))
        weight = mantissa / np.power(10.0, np.minimum(exponent, np.int64(300)))
        return cls(given, start, instrument[order], weight[order], mantissa[order], exponent[order])


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order of the day. Orders of strategy s: start[s]..start[s+1], in the order of execution."""

    start: Ints
    instrument: Ints
    quantity: Ints  # bought > 0, sold < 0; 0: refused without any price
    filled: Ints  # shares
    price: Ints
    commission: Ints
    stamp_duty: Ints
    transfer_fee: Ints
    reason: Ints  # a facts.Reason; NONE where filled whole


@dataclass(frozen=True, slots=True)
class Events:
    """What corporate actions did to holdings. Events of strategy s: start[s]..start[s+1]."""

    start: Ints
    instrument: Ints
    shares_before: Ints
    shares_after: Ints
    cash: Ints
    kind: Ints  # a facts.Event; what a swap brought is a ROW


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled day."""

    status: Codes  # [S] facts.Status; of the others only SETTLED ones count
    waits_for: Ints  # [S] the instrument that keeps a WAITING strategy, else -1
    nav: Ints
    turnover: Ints  # sum of the traded notionals, both sides
    fees: Ints
    book: Book
    orders: Orders
    events: Events


def settle_day(book: Book, signals: Signals, terms: Terms, day: MarketDay, threads: int = 2) -> Settled:
    """Settle one day for all strategies of the book."""
    strategies = len(book.cash)
    bounds = _shares_of_work(book, signals, strategies, threads)
    parts = [_Part(book, signals, first, last) for first, last in bounds]
    shared = _Shared(strategies)
    first, *others = parts
    helped = [_HELPERS.submit(part.run, book, signals, terms, day, shared) for part in others]
    first.run(book, signals, terms, day, shared)
    for other in helped:
        other.result()
    return _assemble(parts, shared)


class _Shared:
    """Results per strategy; each part writes its own range."""

    def __init__(self, strategies: int) -> None:
        self.status = np.zeros(strategies, np.int8)
        self.cash, self.nav, self.turnover, self.fees = (np.zeros(strategies, np.int64) for _ in range(4))
        self.waits_for = np.full(strategies, -1, np.int64)
        self.positions, self.orders, self.events = (np.zeros(strategies, np.int64) for _ in range(3))


class _Part:
    """A range of strategies with room for what they can write at the most."""

    def __init__(self, book: Book, signals: Signals, first: int, last: int) -> None:
        self.first, self.last = first, last
        held = int(book.start[last] - book.start[first])
        named = int(signals.start[last] - signals.start[first])
        self.position_instrument, self.position_shares = (
            np.empty(2 * held + named, np.int64) for _ in range(2)
        )
        self.order_instrument, self.order_reason = (np.empty(2 * held + named, np.int64) for _ in range(2))
        self.order_numbers = np.empty((6, 2 * held + named), np.int64)
        self.event_instrument = np.empty(2 * held, np.int64)
        self.event_numbers = np.empty((4, 2 * held), np.int64)
        self.counts = (0, 0, 0)

    def run(self, book: Book, signals: Signals, terms: Terms, day: MarketDay, shared: _Shared) -> None:
        from quantos.settlement.core.kernel import settle_strategies  # noqa: PLC0415 - the compiler costs 0.6 s

        self.counts = settle_strategies(
            self.first,
            self.last,
            day.facts,
            terms.at_close,
            terms.commission_e8,
            terms.slippage_e8,
            terms.minimum_commission,
            book.cash,
            book.start,
            book.instrument,
            book.shares,
            signals.start,
            signals.instrument,
            signals.weight,
            signals.mantissa,
            signals.exponent,
            signals.given,
            shared.status,
            shared.cash,
            shared.nav,
            shared.turnover,
            shared.fees,
            shared.waits_for,
            shared.positions,
            self.position_instrument,
            self.position_shares,
            shared.orders,
            self.order_instrument,
            self.order_numbers,
            self.order_reason,
            shared.events,
            self.event_instrument,
            self.event_numbers,
        )


def _shares_of_work(book: Book, signals: Signals, strategies: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of strategies with about the same number of names each."""
    if strategies < _THREADED_FROM or threads < 2:
        return [(0, strategies)]
    work = book.start + signals.start
    cuts = np.searchsorted(work, np.linspace(0, work[-1], threads + 1)[1:-1])
    edges = np.unique(np.concatenate([[0], cuts, [strategies]]))
    return [(int(a), int(b)) for a, b in pairwise(edges)]


def _assemble(parts: list[_Part], shared: _Shared) -> Settled:
    def joined(name: str, which: int) -> Any:
        return np.concatenate([getattr(part, name)[..., : part.counts[which]] for part in parts], axis=-1)

    numbers, (before, after, cash, kind) = joined("order_numbers", 1), joined("event_numbers", 2)
    quantity, filled, price, commission, stamp_duty, transfer_fee = numbers
    book = Book(
        shared.cash, _starts(shared.positions), joined("position_instrument", 0), joined("position_shares", 0)
    )
    orders = Orders(
        _starts(shared.orders),
        joined("order_instrument", 1),
        quantity,
        filled,
        price,
        commission,
        stamp_duty,
        transfer_fee,
        joined("order_reason", 1),
    )
    return Settled(
        shared.status,
        shared.waits_for,
        shared.nav,
        shared.turnover,
        shared.fees,
        book,
        orders,
        Events(_starts(shared.events), joined("event_instrument", 2), before, after, cash, kind),
    )


def _starts(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)])


def is_settled(settled: Settled) -> Bools:
    """Which strategies were settled, [S]."""
    return np.equal(settled.status, Status.SETTLED)
