"""Why a row was refused, and what was found in rows that were kept.

A refused row is not stored: it lies in the quarantine as it came, with its reason. A finding is a row that is
kept although something about it is odd; real markets are odd, and nothing is repaired by guessing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Refusal(StrEnum):
    """Reasons to refuse a row, in the order in which they are tried: a row has the first that applies."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    MISSING_DATE = "missing_date"
    BEYOND_CALENDAR = "beyond_calendar"
    CLOSED_DAY = "closed_day"
    FUTURE_DAY = "future_day"
    MISSING_PRICE = "missing_price"
    BAD_PRICE = "bad_price"
    OFF_TICK = "off_tick"
    HIGH_BELOW_LOW = "high_below_low"
    OUTSIDE_RANGE = "outside_range"
    MISSING_VOLUME = "missing_volume"
    SUSPENDED_BUT_TRADED = "suspended_but_traded"
    AMOUNT_OFF_VOLUME = "amount_off_volume"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    BAD_VALUE = "bad_value"


class Finding(StrEnum):
    """What is reported of rows that are kept."""

    DUPLICATE_ROW = "duplicate_row"
    GAP = "gap"
    JUMP = "jump"
    REFERENCE_ABOVE_CLOSE = "reference_above_close"
    REFERENCE_FAR_BELOW_CLOSE = "reference_far_below_close"
    FACTOR_MISMATCH = "factor_mismatch"
    SUSPENDED_PRICE = "suspended_price"
    AMOUNT_DOUBTFUL = "amount_doubtful"
    BEFORE_LISTING = "before_listing"
    AFTER_DELISTING = "after_delisting"
    CORRECTION = "correction"
    SETTLED_CORRECTION = "settled_correction"
    SETTLED_ADDITION = "settled_addition"
    NO_PRE_CLOSE = "no_pre_close"
    NO_AMOUNT = "no_amount"
    NO_ADJ_FACTOR = "no_adj_factor"
    NO_IS_ST = "no_is_st"
    UNIT_DOUBTFUL = "unit_doubtful"
    INEXACT_VOLUME = "inexact_volume"
    SURVIVORS_ONLY = "survivors_only"
    INDEX_RANGE = "index_range"
    INDEX_REFERENCE = "index_reference"
    INDEX_NO_VOLUME = "index_no_volume"
    LIST_SIZE = "list_size"
    LIST_LATE = "list_late"
    SOURCES_DIFFER = "sources_differ"
    NAME_DIFFERS = "name_differs"


SENTENCES: Final[dict[Refusal | Finding, str]] = {
    Refusal.UNKNOWN_SYMBOL: "the symbol is no share and no fund of Shanghai, Shenzhen or Beijing (an index, a B share, a bond or nothing), or its exchange is missing or wrong (.SH, .SZ, .BJ behind the six digits)",
    Refusal.MISSING_DATE: "the row has no readable date",
    Refusal.BEYOND_CALENDAR: "the date lies beyond the trading calendar: extend it with `quantos calendar import FILE`",
    Refusal.CLOSED_DAY: "the exchange was closed on that day",
    Refusal.FUTURE_DAY: "the day is not over yet: its bars are taken from 15:30 on",
    Refusal.MISSING_PRICE: "open, high, low or close is missing",
    Refusal.BAD_PRICE: "a price is not positive, or larger than any price of the exchange",
    Refusal.OFF_TICK: "a price is not a multiple of the tick (0.01 CNY for shares, 0.001 for funds)",
    Refusal.HIGH_BELOW_LOW: "high is below low",
    Refusal.OUTSIDE_RANGE: "open or close lies outside low and high",
    Refusal.MISSING_VOLUME: "the volume is missing or negative",
    Refusal.SUSPENDED_BUT_TRADED: "the row says suspended, and has a volume",
    Refusal.AMOUNT_OFF_VOLUME: "amount / volume lies outside the day's prices by a factor of 2 or more, or the amount is negative",
    Refusal.CONFLICTING_DUPLICATE: "several rows of the same symbol and date say different things",
    Refusal.BAD_VALUE: "a value of the row cannot be what its column says",
    Finding.DUPLICATE_ROW: "the same row stands several times in the file; one is kept",
    Finding.GAP: "sessions are missing before this row, without rows that say suspended",
    Finding.JUMP: "the close left the day's price limit, and no ex-date, listing or resumption explains it",
    Finding.REFERENCE_ABOVE_CLOSE: "the reference price lies above the last close: settlement waits for a corporate action",
    Finding.REFERENCE_FAR_BELOW_CLOSE: "the reference price lies more than 70 % below the last close: settlement waits for a corporate action",
    Finding.FACTOR_MISMATCH: "the adjustment factor moves otherwise than the reference price says; the reference price counts",
    Finding.SUSPENDED_PRICE: "a suspended row whose prices are not its reference price",
    Finding.AMOUNT_DOUBTFUL: "amount / volume lies more than 2 % outside the day's prices",
    Finding.BEFORE_LISTING: "the row lies before the list date",
    Finding.AFTER_DELISTING: "the row lies on or after the delisting date",
    Finding.CORRECTION: "the row replaced a stored one that said something else",
    Finding.SETTLED_CORRECTION: "the row contradicts a day that is settled: not applied",
    Finding.SETTLED_ADDITION: "the row adds to a day that is settled: not applied",
    Finding.NO_PRE_CLOSE: "rows without a reference price",
    Finding.NO_AMOUNT: "rows without an amount",
    Finding.NO_ADJ_FACTOR: "rows without an adjustment factor",
    Finding.NO_IS_ST: "rows that do not say whether the share was under ST",
    Finding.UNIT_DOUBTFUL: "prices beyond any that was ever paid, without an amount that proves them: are they in fen instead of CNY?",
    Finding.INEXACT_VOLUME: "volumes above 16,777,216 shares that passed through 32-bit floats: exact to 6e-8",
    Finding.SURVIVORS_ONLY: "every instrument of the file trades until its end: delisted ones are missing",
    Finding.INDEX_RANGE: "open or close lies outside low and high",
    Finding.INDEX_REFERENCE: "the previous close given differs from the last close by more than 0.01 points",
    Finding.INDEX_NO_VOLUME: "an index row without volume",
    Finding.LIST_SIZE: "a constituent list that does not have the number of members of its index",
    Finding.LIST_LATE: "constituent lists that start on a month's last session: the source dates them after the effective day",
    Finding.SOURCES_DIFFER: "another source names other members on the same days; one source counts per date",
    Finding.NAME_DIFFERS: "the name of an instrument was replaced",
}
"""One sentence for each, for people."""

REFUSALS: Final = tuple(Refusal)
"""Position in this tuple + 1 is the code of a refusal in an array; 0 is a row that is kept."""
