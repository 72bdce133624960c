"""The dated rules of the exchanges, asked for one board and one day.

The rows are the platform's own table, which names its sources: a rule is data that anyone can look up. The
version of a table is a digest of its rows; a package names the one it was settled by and is judged by that one,
the present one or one of an earlier release. A verifier that does not have it says so instead of judging by another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from quantos.market.core.symbols import Board
from quantos.market.core.symbols import board_of as board_named
from quantos.settlement.core.rules_table import COVERED_FROM, RULES, Rule
from quantos.verification.core import trading_days
from quantos.verification.core.earlier_rules import EARLIER
from quantos.verification.core.exact import MILLION, half_up

__all__ = [
    "COVERED_FROM",
    "KNOWN_VERSIONS",
    "PRESENT",
    "TABLES",
    "BoardRules",
    "Limits",
    "RuleTable",
    "board_of",
    "table_of",
    "version_of",
]

TICK: Final = 10
"""Mills; the price step of a symbol without a board."""

Limits = tuple[int | None, int | None]
"""(lower, upper) price of a day in mills; None where there is none."""


@dataclass(frozen=True, slots=True)
class BoardRules:
    """What holds on a board on a day: steps and minima in shares, the tick in mills, rates in 1e-8."""

    step: int
    minimum: int
    tick: int
    stamp_duty: int
    transfer_fee: int


def version_of(rules: Iterable[Rule]) -> str:
    """The name of a table by its content."""
    rows = [
        [
            *(row.rule, row.board.name, row.start.isoformat(), row.end.isoformat() if row.end else None),
            *(row.value, row.unit, row.source, row.confirmed, row.note),
        ]
        for row in rules
    ]
    content = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
    return f"rules-2026.1-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


board_of = lru_cache(maxsize=65536)(board_named)


class RuleTable:
    """One table, asked for a board and a day; what it has answered is kept."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._free_sessions_max = max(row.value for row in rules if row.rule == "listing_free_sessions")
        self.rules_of = lru_cache(maxsize=4096)(self._rules_of)
        self.tick_of = lru_cache(maxsize=4096)(self._tick_of)
        self._possible_rates = lru_cache(maxsize=4096)(self._find_rates)
        self._value = lru_cache(maxsize=65536)(self._find_value)

    def _rules_of(self, board: Board, on: date) -> BoardRules | None:
        """The rules; None where the table has none: the board is unknown, or was not open yet."""
        step, minimum = self._value("lot_step", board, on), self._value("lot_minimum", board, on)
        tick, limit = self._value("tick", board, on), self._value("limit_up", board, on)
        stamp_duty, transfer_fee = (
            self._value("stamp_duty_sell", board, on),
            self._value("transfer_fee", board, on),
        )
        if step is None or minimum is None or limit is None:
            return None
        return BoardRules(step, minimum, tick or TICK, stamp_duty or 0, transfer_fee or 0)

    def _tick_of(self, board: Board, on: date) -> int:
        """The price step in mills."""
        return self._value("tick", board, on) or TICK

    def possible_limits(self, board: Board, on: date, reference: int, *, st_possible: bool) -> set[Limits]:
        """Every pair of limits that the board's rules allow for some share with this reference price.

        Which of them holds depends on facts that a package does not prove: a risk warning, the list date, the index
        that a fund tracks.
        """
        if reference == 0 or self.rules_of(board, on) is None:
            return {(None, None)}
        tick = self.tick_of(board, on)
        return {
            (None, None) if rates is None else _limits(reference, rates, tick)
            for rates in self._possible_rates(board, on, st_possible)
        }

    def _find_rates(self, board: Board, on: date, st_possible: bool) -> frozenset[tuple[int, int] | None]:
        """(down, up) in ppm; None: no limit."""
        pairs = [("limit_down", "limit_up"), ("limit_wide_fund", "limit_wide_fund")]
        if st_possible:
            pairs.append(("limit_down_st", "limit_up_st"))
        found: set[tuple[int, int] | None] = set()
        for down, up in pairs:
            rates = self._value(down, board, on), self._value(up, board, on)
            if rates[0] is not None and rates[1] is not None:
                found.add((rates[0], rates[1]))
        for listed, sessions in self._list_dates(on):
            first = (
                self._value("listing_first_day_down", board, listed),
                self._value("listing_first_day_up", board, listed),
            )
            if sessions == 0 and first[0] is not None and first[1] is not None:
                found.add((first[0], first[1]))
            if sessions < (self._value("listing_free_sessions", board, listed) or 0):
                found.add(None)
        return frozenset(found)

    def _list_dates(self, on: date) -> Iterable[tuple[date, int]]:
        """Days on which a share that is still new on `on` can have been listed, and the sessions since."""
        for sessions in range(self._free_sessions_max):
            newest, before = trading_days.back_by(on, sessions), trading_days.back_by(on, sessions + 1)
            for offset in range((newest - before).days):
                yield newest - timedelta(days=offset), sessions

    def _find_value(self, rule: str, board: Board, on: date) -> int | None:
        return next(
            (row.value for row in self._rules if row.rule == rule and row.board == board and row.holds(on)),
            None,
        )


PRESENT: Final = RuleTable(RULES)
TABLES: Final[Mapping[str, RuleTable]] = {
    **{version: RuleTable(rows) for version, rows in EARLIER.items()},
    version_of(RULES): PRESENT,
}
KNOWN_VERSIONS: Final[frozenset[str]] = frozenset(TABLES)


def table_of(version: str) -> RuleTable:
    """The table of that version; the present one where nobody knows it, which step 3 says."""
    return TABLES.get(version, PRESENT)


def _limits(reference: int, rates: tuple[int, int], tick: int) -> Limits:
    """half_up(reference (1 ± r)) to the tick, at least one tick from the reference, no price under one tick."""
    down, up = rates
    nearest = half_up(reference, 1, tick)
    lower = min(half_up(reference * (MILLION - down), MILLION, tick), nearest - tick)
    upper = max(half_up(reference * (MILLION + up), MILLION, tick), nearest + tick)
    return max(lower, tick), upper
