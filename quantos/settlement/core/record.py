"""A settled strategy-day as it was written, with everything that decided it.

Money and prices are mills, quantities shares. Rows stand in the order in which they are published: holdings,
corporate actions and bars by symbol, orders as they were executed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from quantos.settlement.core.facts import Event, Reason

REASONS: Final = {int(reason): None if reason is Reason.NONE else reason.name.lower() for reason in Reason}
"""What a stored reason or block is called; None: none."""

EVENTS: Final = {
    int(Event.NONE): None,
    int(Event.ROW): "corporate_action",
    int(Event.INFERRED_CASH): "inferred_cash",
    int(Event.INFERRED_SHARES): "inferred_shares",
    int(Event.UNEXPLAINED): "unexplained",
}
"""What a stored event is called."""


class Holding(NamedTuple):
    symbol: str
    shares: int


class Position(NamedTuple):
    """A holding at the close of the day."""

    symbol: str
    shares: int
    close: int  # 0: the instrument has no price


class Order(NamedTuple):
    """An order with its result; `quantity` bought > 0, sold < 0, `filled` not negative."""

    symbol: str
    quantity: int
    filled: int
    price: int
    commission: int
    stamp_duty: int
    transfer_fee: int
    reason: str | None


class ActionTerms(NamedTuple):
    """Of a corporate-action row, or of several of one day summed."""

    bonus_per_million: int
    cash_mills_per_million: int
    into_symbol: str | None


class Action(NamedTuple):
    """What happened to a holding before the open; terms None for inferred ones and for shares of a swap."""

    symbol: str
    kind: str
    shares_before: int
    shares_after: int
    cash: int
    terms: ActionTerms | None


class Bar(NamedTuple):
    """What the day was for an instrument, as settled. Limits None: none held; other prices 0: not known."""

    symbol: str
    open: int
    close: int
    reference: int
    last_close: int
    volume: int
    upper: int | None
    lower: int | None
    block: str | None
    event: str | None
    st_unknown: bool


class Decided(NamedTuple):
    """What decided a day for all strategies settled with it."""

    sha256: str
    rules_version: str
    minimum_commission: int
    accepted_by: str | None
    accepted_reason: str | None


class Before(NamedTuple):
    """The strategy's settled day before."""

    trade_date: date
    nav: int
    cash: int


class Revision(NamedTuple):
    """One settlement of a strategy-day; the last is in force."""

    number: int
    nav: int


class Restated(NamedTuple):
    """The last restatement of a day."""

    from_date: date
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DayRecord:
    """A settled strategy-day."""

    strategy: int
    trade_date: date
    revision: int
    nav: int
    cash: int
    stale: int  # of the NAV in delisted holdings
    rebalanced: bool
    run: int  # the settlement run that wrote it
    decided: Decided
    before: Before | None  # None on the first day
    held_before: tuple[Holding, ...]
    actions: tuple[Action, ...]
    orders: tuple[Order, ...]
    positions: tuple[Position, ...]
    bars: tuple[Bar, ...]
    revisions: tuple[Revision, ...]  # ascending; of a day never restated, the one
    restated: Restated | None
