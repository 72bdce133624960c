"""The rules of a day, as arrays.

The table (`rules_table`) holds dated rows; this module answers two questions from it.

    day_rules(on)                  what holds on the trade date: one int64 array per rule, indexed by Board
    listing_terms(board, listed)   what holds for a new listing: the rules of its LIST DATE, per instrument

NO_RULE (-1) stands where the table has no row: the board had not opened, is UNKNOWN, or the rule does not
concern it (funds carry no risk warning; a board whose first sessions are free has no first-day limit).
Whether an order has rules at all is read from `limit_up`: it is NO_RULE exactly where the board is closed.

    share of the notional taken = rate * 1e-8       stamp_duty_sell, transfer_fee
    price limit                 = ppm * 1e-6        limit_*, listing_first_day_*

RULES_VERSION names the table by its content: any change of any row, its source or its note changes it. Two
settlements with the same version used the same rules.

Dates before COVERED_FROM (2010-01-01) are answered from the rows that reach back so far; only list dates may
lie there.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board
from quantos.settlement.core.rules_table import COVERED_FROM, RULES, Rule

__all__ = [
    "COVERED_FROM",
    "NO_RULE",
    "RULES",
    "RULES_VERSION",
    "DayRules",
    "ListingTerms",
    "Rule",
    "day_rules",
    "listing_regime",
    "listing_terms",
    "rules_version",
]

NO_RULE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class DayRules:
    """The rules of one day; every array is int64[6], indexed by Board, read-only, NO_RULE where none."""

    lot_step: NDArray[np.int64]
    """Shares; order quantities move in steps of this."""
    lot_minimum: NDArray[np.int64]
    """Shares; the smallest order that does not close the position."""
    tick: NDArray[np.int64]
    """Mills."""
    limit_up: NDArray[np.int64]
    """Ppm of the reference price."""
    limit_down: NDArray[np.int64]
    """Ppm of the reference price."""
    limit_up_st: NDArray[np.int64]
    """Ppm, shares under risk warning."""
    limit_down_st: NDArray[np.int64]
    """Ppm, shares under risk warning."""
    limit_wide: NDArray[np.int64]
    """Ppm, both sides, funds that track ChiNext or STAR."""
    listing_free_sessions: NDArray[np.int64]
    """Sessions without a limit, from the list date on; of this day taken as a list date."""
    listing_first_day_up: NDArray[np.int64]
    """Ppm of the issue price; of this day taken as a list date."""
    listing_first_day_down: NDArray[np.int64]
    """Ppm of the issue price; of this day taken as a list date."""
    stamp_duty_sell: NDArray[np.int64]
    """1e-8 of the notional of a sale."""
    transfer_fee: NDArray[np.int64]
    """1e-8 of the notional, both sides."""


@dataclass(frozen=True, slots=True, eq=False)
class ListingTerms:
    """The listing rules of N instruments, each by its own list date; int64[N], NO_RULE where none."""

    free_sessions: NDArray[np.int64]
    first_day_up: NDArray[np.int64]
    """Ppm of the issue price."""
    first_day_down: NDArray[np.int64]
    """Ppm of the issue price."""


_RULE_OF_FIELD: Final = {
    field.name: "limit_wide_fund" if field.name == "limit_wide" else field.name for field in fields(DayRules)
}


def _by_board(rule: str, on: date) -> NDArray[np.int64]:
    values = np.full(len(Board), NO_RULE, dtype=np.int64)
    for row in RULES:
        if row.rule == rule and row.holds(on):
            values[row.board] = row.value
    values.setflags(write=False)
    return values


@lru_cache(maxsize=8192)
def day_rules(on: date) -> DayRules:
    """The rules in force on a day."""
    return DayRules(**{field: _by_board(rule, on) for field, rule in _RULE_OF_FIELD.items()})


def listing_regime(list_date: date) -> DayRules:
    """The rules that an instrument listed on this day meets as a new listing: those of the list date.

    Only the three `listing_*` arrays are meant to be read; a regime stays with the instrument even when the
    rules change during its first sessions.
    """
    return day_rules(list_date)


@cache
def _listing_regimes() -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """Days D[K] on which a listing rule changed, and the terms int64[3, K + 1, 6] before and after each."""
    rows = [row for row in RULES if row.rule.startswith("listing_")]
    changes = sorted({day for row in rows for day in (row.start, row.end) if day is not None})
    terms = np.full((3, len(changes) + 1, len(Board)), NO_RULE, dtype=np.int64)
    for index, day in enumerate(changes, start=1):
        regime = listing_regime(day)
        terms[0, index] = regime.listing_free_sessions
        terms[1, index] = regime.listing_first_day_up
        terms[2, index] = regime.listing_first_day_down
    return np.array(changes, dtype="datetime64[D]"), terms


def listing_terms(board: NDArray[np.int8], list_date: NDArray[np.datetime64]) -> ListingTerms:
    """The listing rules of N instruments, each those of its own list date.

    board: int8[N]; list_date: datetime64[D][N], NaT where unknown (no listing rule then).
    """
    changes, terms = _listing_regimes()
    known = ~np.isnat(list_date)
    regime = np.where(known, np.searchsorted(changes, list_date.astype("datetime64[D]"), side="right"), 0)
    free_sessions, first_day_up, first_day_down = terms[:, regime, board]
    return ListingTerms(free_sessions, first_day_up, first_day_down)


def rules_version(rules: Iterable[Rule]) -> str:
    """A short name for a table: `rules-2026.1-` and 12 hex digits of the SHA-256 of its canonical JSON.

    The canonical JSON is an array of rows, each an array of the row's columns in their order: dates as
    YYYY-MM-DD or null, the board by name, no spaces, UTF-8.
    """
    rows = [
        (
            *(row.rule, row.board.name, row.start.isoformat(), row.end and row.end.isoformat()),
            *(row.value, row.unit, row.source, row.confirmed, row.note),
        )
        for row in rules
    ]
    canonical = json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()
    return f"rules-2026.1-{hashlib.sha256(canonical).hexdigest()[:12]}"


RULES_VERSION: Final = rules_version(RULES)
