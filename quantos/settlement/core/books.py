"""Books, signals and results of some of the strategies: taking a few out of many and putting them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantos.settlement.core.ledger import Book, Events, Orders, Settled, Signals

Ints = NDArray[np.int64]


class ExactWeights(Protocol):
    """A signal: symbols and their weights, mantissa * 10**-exponent."""

    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def mantissa(self) -> NDArray[np.integer]: ...
    @property
    def exponent(self) -> NDArray[np.integer]: ...


def take(book: Book, which: Ints) -> Book:
    """The book of the strategies `which` (their rows, ascending), in that order."""
    if len(which) == len(book.cash):
        return book
    rows, start = _rows(book.start, which)
    return Book(book.cash[which], start, book.instrument[rows], book.shares[rows])


def put(book: Book, which: Ints, part: Book) -> Book:
    """`book` with the strategies `which` replaced by those of `part`."""
    if len(which) == len(book.cash):
        return part
    cash, counts = book.cash.copy(), np.diff(book.start)
    cash[which], counts[which] = part.cash, np.diff(part.start)
    start = np.concatenate([[0], np.cumsum(counts)])
    instrument, shares = np.empty(start[-1], np.int64), np.empty(start[-1], np.int64)
    others = np.setdiff1d(np.arange(len(cash)), which)
    for strategies, source in ((others, take(book, others)), (which, part)):
        rows, _ = _rows(start, strategies)
        instrument[rows], shares[rows] = source.instrument, source.shares
    return Book(cash, start, instrument, shares)


def part_of(settled: Settled, which: Ints) -> Settled:
    """What a settled day was for the strategies `which` (their rows, ascending), in that order."""
    orders, events = settled.orders, settled.events
    ordered, order_start = _rows(orders.start, which)
    happened, event_start = _rows(events.start, which)
    return Settled(
        settled.status[which],
        settled.waits_for[which],
        settled.nav[which],
        settled.turnover[which],
        settled.fees[which],
        take(settled.book, which),
        Orders(
            order_start,
            orders.instrument[ordered],
            orders.quantity[ordered],
            orders.filled[ordered],
            orders.price[ordered],
            orders.commission[ordered],
            orders.stamp_duty[ordered],
            orders.transfer_fee[ordered],
            orders.reason[ordered],
        ),
        Events(
            event_start,
            events.instrument[happened],
            events.shares_before[happened],
            events.shares_after[happened],
            events.cash[happened],
            events.kind[happened],
        ),
    )


def signals_of(
    given: Sequence[ExactWeights | None], place: Mapping[str, int]
) -> tuple[Signals, list[tuple[int, tuple[str, ...]]]]:
    """The day's signals as arrays, and (strategy, symbols) for symbols that no market file ever named."""
    unknown: list[tuple[int, tuple[str, ...]]] = []
    instruments: list[int] = []
    mantissas: list[NDArray[np.integer]] = [np.empty(0, np.int64)]
    exponents: list[NDArray[np.integer]] = [np.empty(0, np.int64)]
    counts = np.zeros(len(given), np.int64)
    for s, weights in enumerate(given):
        if weights is None:
            continue
        places = [place.get(symbol, -1) for symbol in weights.symbols]
        mantissa, exponent = weights.mantissa, weights.exponent
        if -1 in places:
            known = np.array(places) >= 0
            missing = (
                symbol for symbol, is_known in zip(weights.symbols, known, strict=True) if not is_known
            )
            unknown.append((s, tuple(sorted(missing))))
            mantissa, exponent = mantissa[known], exponent[known]
            places = [p for p in places if p >= 0]
        instruments += places
        mantissas.append(mantissa)
        exponents.append(exponent)
        counts[s] = len(places)
    signals = Signals.in_order(
        np.array([weights is not None for weights in given], dtype=np.bool_),
        np.concatenate([[0], np.cumsum(counts)]),
        np.array(instruments, dtype=np.int64),
        np.concatenate(mantissas).astype(np.int64),
        np.concatenate(exponents).astype(np.int64),
    )
    return signals, unknown


def _rows(start: Ints, which: Ints) -> tuple[Ints, Ints]:
    """The rows of the strategies `which` in a compressed array, and their starts in the result."""
    counts = start[which + 1] - start[which]
    starts = np.concatenate([[0], np.cumsum(counts)])
    return np.arange(starts[-1]) - np.repeat(starts[:-1] - start[which], counts), starts
