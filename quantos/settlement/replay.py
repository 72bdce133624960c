"""Settle strategies over a span of days inside one transaction: all of it is written, or nothing.

The daily run commits day by day and leaves what cannot be settled for later. Where a whole curve is made or
made anew there is no later: the first day that cannot be settled ends it, and the caller's transaction is
rolled back. The rules, the ledger and the rows are those of the daily run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import numpy as np

from quantos.errors import WrongState
from quantos.market.core.bars import Readiness
from quantos.market.service import Market
from quantos.settlement import store
from quantos.settlement.core.books import ExactWeights, put, signals_of, take
from quantos.settlement.core.day import MarketDay, Roster
from quantos.settlement.core.facts import Status
from quantos.settlement.core.ledger import Book, Settled, settle_day
from quantos.settlement.core.snapshot import snapshot_of
from quantos.settlement.days import market_days, session_of
from quantos.settlement.failures import failure, needed
from quantos.settlement.plan import Ints, Work, some, stale_value, terms_of
from quantos.settlement.store import Cursor, DayToWrite

NAMED_MAX: Final = 10

SignalsOn = Callable[[date, Sequence[int]], Mapping[int, ExactWeights]]
"""The signals of a day by series key; a strategy without one holds."""


MinimumOn = Callable[[date, Sequence[int]], Ints]
"""The minimum commission of a day, mills an order, for each series key."""

Write = Callable[[Cursor, DayToWrite, Roster], None]
"""Writes the rows of a day."""


class CannotReplay(WrongState):
    """A day of the span cannot be settled; the message names what is missing."""

    code = "cannot_replay"


@dataclass(frozen=True, slots=True)
class Replay:
    """What to settle. `work` names the strategies by their series keys, each with its own first and last day."""

    work: Work
    book: Book  # before each strategy's first day, in the order of `work.terms`
    signals_on: SignalsOn
    minimum_commission: int  # mills an order
    run: int  # written into the NAV rows
    at: datetime
    minimum_on: MinimumOn | None = None  # where it is not one for all
    write: Write = store.write_rows


def replay(
    cursor: Cursor, market: Market, todo: Replay, on_day: Callable[[DayToWrite], None] | None = None
) -> Book:
    """Settle every strategy-day of `todo.work` and write its rows; the books after the last day.

    cursor: of an open transaction of the series store, in which no row of these strategy-days stands, unless
    `todo.write` replaces it. The caller holds `market.standing_still()`, commits, and writes whatever event
    tells of it. `on_day` is told of each day once its rows are written, of strategies with another minimum
    commission apart. Raises CannotReplay; the transaction is then to be rolled back.
    """
    work, book = todo.work, todo.book
    if not work.terms:
        return book
    roster = Roster.of(market.instruments())
    place = {symbol: k for k, symbol in enumerate(roster.symbols)}
    terms = terms_of(work.terms, todo.minimum_commission)
    for day in market_days(market, roster, int(work.next.min()), int(work.until.max())):
        here = session_of(market.calendar, day.trade_date)
        due = np.flatnonzero((work.next == here) & (work.until >= here))
        if len(due) == 0:
            continue
        readiness = _ready(market, day.trade_date)
        accepted = readiness.accepted
        for which, minimum in _alike(todo, day.trade_date, due):
            numbers = [work.terms[int(s)].number for s in which]
            given = todo.signals_on(day.trade_date, numbers)
            signals, unknown = signals_of([given.get(n) for n in numbers], place)
            charged = replace(some(terms, which), minimum_commission=minimum)
            settled = settle_day(take(book, which), signals, charged, day)
            _check_settled(work, which, settled, day, roster)
            written = DayToWrite(
                day.trade_date,
                np.array(numbers, np.int32),
                settled,
                signals.given,
                stale_value(settled, day),
                unknown,
                snapshot_of(day, roster, minimum),
                (accepted.by, accepted.reason) if accepted else None,
                todo.run,
                todo.at,
            )
            todo.write(cursor, written, roster)
            rebalanced = int(signals.given.sum())
            work.settled, work.held = work.settled + rebalanced, work.held + len(which) - rebalanced
            work.next[which] += 1
            book = put(book, which, settled.book)
            if on_day:
                on_day(written)
    return book


def _alike(todo: Replay, trade_date: date, which: Ints) -> Iterator[tuple[Ints, int]]:
    """The strategies of a day by their minimum commission."""
    if todo.minimum_on is None:
        yield which, todo.minimum_commission
        return
    charged = todo.minimum_on(trade_date, [todo.work.terms[int(s)].number for s in which])
    for minimum in np.unique(charged).tolist():
        yield which[charged == minimum], minimum


def _ready(market: Market, trade_date: date) -> Readiness:
    readiness = market.readiness(trade_date)
    if readiness.ready:
        return readiness
    if readiness.expected == 0:
        raise CannotReplay(f"there are no market data of {trade_date} and none before: import them")
    named = ", ".join(readiness.missing[:NAMED_MAX])
    more = readiness.expected - readiness.present - NAMED_MAX
    raise CannotReplay(
        f"the market data of {trade_date} are not complete: {readiness.present} of {readiness.expected} instruments"
        f" have a row, missing {named}{f' and {more} more' if more > 0 else ''}; import them, or accept the date"
    )


def _check_settled(work: Work, which: Ints, settled: Settled, day: MarketDay, roster: Roster) -> None:
    for s in np.flatnonzero(settled.status != Status.SETTLED):
        told = failure(work.terms[int(which[s])].slug, settled, int(s), day, roster)
        raise CannotReplay(
            f"{told['slug']} cannot be settled for {told['trade_date']}: {told['reason']}; it takes {needed(told)}"
        )
