"""What a trading day says of each instrument, as one row of int64 facts: all that the ledger asks.

`facts[i]` has the columns below, i being the instrument's place in symbol order. Prices and amounts are
mills, 0 where there is none; a row fills two cache lines, so a holding costs two reads.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

OPEN: Final = 0  # execution price of open strategies; the reference where the instrument did not trade
CLOSE: Final = 1  # the day's close, carried and ex-adjusted where the instrument did not trade
REFERENCE: Final = 2  # pre_close, or what stands for it
LAST_CLOSE: Final = 3  # close of the day before, carried forward
UPPER: Final = 4  # price limits
LOWER: Final = 5
TICK: Final = 6
STEP: Final = 7  # lot step and minimum of an order, in shares
MINIMUM: Final = 8
STAMP: Final = 9  # stamp duty on sales and transfer fee on both sides, in 1e-8
TRANSFER: Final = 10
BLOCK: Final = 11  # a Reason that refuses every order, 0: none
EVENT: Final = 12  # an Event
BONUS: Final = 13  # of a corporate-action row: shares and mills per million shares
EVENT_CASH: Final = 14
INTO: Final = 15  # the instrument swapped into, -1: none
COLUMNS: Final = 16


class Reason(IntEnum):
    """Why an order was not filled, or not whole; a smaller number wins."""

    NONE = 0
    NO_MARKET_DATA = 1
    DELISTED = 2
    SUSPENDED = 3
    UNEXPLAINED_REFERENCE = 4
    NO_RULE = 5
    LIMIT_UP = 6
    LIMIT_DOWN = 7
    BELOW_ONE_LOT = 8
    INSUFFICIENT_CASH = 9
    T_PLUS_1 = 10  # reserved: one execution a day keeps T+1 by construction


class Event(IntEnum):
    """What happened to an instrument before the open."""

    NONE = 0
    ROW = 1  # a corporate-action row
    INFERRED_CASH = 2  # a gap of at most 15 %, taken as a dividend
    INFERRED_SHARES = 3  # a gap above 15 % and at most 70 %, taken as bonus shares
    UNEXPLAINED = 4  # nothing explains the reference: who holds it waits


class Status(IntEnum):
    """How a strategy-day ended."""

    SETTLED = 0
    WAITING = 1  # holds an instrument whose reference nothing explains
    OVERFLOW = 2  # an amount left the range of the ledger
