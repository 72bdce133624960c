"""What the market looked like, as dense arrays over all instruments.

Every array has one entry per instrument: entry i belongs to the instrument with number i, and a number is
never reused, so arrays read at different times line up (a later one may be longer).

Units: prices are int64 mills (0.001 CNY) per share, raw; volumes are shares. A price that is not known is 0,
a volume that is not known cannot be stored, an adjustment factor that is not known is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Dates = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Instruments:
    """Everything that can be traded: shares and exchange-traded funds, never indices."""

    symbols: tuple[str, ...]
    number_of: Mapping[str, int]
    board: Codes  # quantos.market.core.boards.Board
    wide_fund: Bools  # a fund that tracks ChiNext or STAR: its price limit is 20 %
    list_date: Dates  # datetime64[D], NaT where unknown
    delist_date: Dates  # first day without trading; NaT where unknown or still listed

    def __len__(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True, slots=True)
class DayBars:
    """One trading day. A suspended instrument has a row with volume 0 and its reference price in every field."""

    trade_date: date
    has_row: Bools
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    pre_close: Ints  # the exchange's reference price; 0 where no source had it
    volume: Ints
    adj_factor: Floats  # cumulative backward factor; NaN where no source had it
    is_st: Codes  # 1 under ST or *ST, 0 not, -1 unknown


@dataclass(frozen=True, slots=True)
class Carry:
    """The last bar of each instrument strictly before a date."""

    before: date
    close: Ints  # 0: no bar at all
    adj_factor: Floats
    last_date: Dates  # datetime64[D], NaT: no bar at all


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """What happens to one million shares of an instrument at the open of its ex-date."""

    instrument: int
    ex_date: date
    bonus_per_million: int  # new shares; negative where shares are merged
    cash_mills_per_million: int
    into_instrument: int | None = None  # a swap: the shares become shares of this instrument
    note: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The operator's word that a doubtful day may be settled."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a day's bars suffice to settle it (SETTLE-13)."""

    trade_date: date
    ready: bool
    expected: int  # instruments that traded on the previous trading day
    present: int  # of those, how many have a row
    missing: tuple[str, ...]  # symbols without a row, the first MISSING_MAX of them
    accepted: Acceptance | None = None


MISSING_MAX = 50
READY_PER_CENT = 90


def is_ready(expected: int, present: int) -> bool:
    """At least 90 % of the instruments that traded the day before have a row; nothing expected is not ready."""
    return expected > 0 and 100 * present >= READY_PER_CENT * expected
