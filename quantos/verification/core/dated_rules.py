"""The dated rules of the exchanges, asked for one board and one day.

The rows are the platform's own table, which names its sources: a rule is data that anyone can look up. The
version of a table is a digest of its rows; a package names the one it was settled by, and a verifier that does
not have that one says so instead of judging by another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from quantos.market.core.symbols import Board
from quantos.market.core.symbols import board_of as board_named
from quantos.settlement.core.rules_table import COVERED_FROM, RULES, Rule
from quantos.verification.core import trading_days
from quantos.verification.core.exact import MILLION, half_up

__all__ = [
    "COVERED_FROM",
    "KNOWN_VERSIONS",
    "BoardRules",
    "Limits",
    "board_of",
    "possible_limits",
    "rules_of",
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


KNOWN_VERSIONS: Final[frozenset[str]] = frozenset({version_of(RULES)})


board_of = lru_cache(maxsize=65536)(board_named)


@lru_cache(maxsize=4096)
def rules_of(board: Board, on: date) -> BoardRules | None:
    """The rules; None where the table has none: the board is unknown, or was not open yet."""
    step, minimum = _value("lot_step", board, on), _value("lot_minimum", board, on)
    tick, limit = _value("tick", board, on), _value("limit_up", board, on)
    stamp_duty, transfer_fee = _value("stamp_duty_sell", board, on), _value("transfer_fee", board, on)
    if step is None or minimum is None or limit is None:
        return None
    return BoardRules(step, minimum, tick or TICK, stamp_duty or 0, transfer_fee or 0)


@lru_cache(maxsize=4096)
def tick_of(board: Board, on: date) -> int:
    """The price step in mills."""
    return _value("tick", board, on) or TICK


def possible_limits(board: Board, on: date, reference: int, *, st_possible: bool) -> set[Limits]:
    """Every pair of limits that the board's rules allow for some share with this reference price.

    Which of them holds depends on facts that a package does not prove: a risk warning, the list date, the index
    that a fund tracks.
    """
    if reference == 0 or rules_of(board, on) is None:
        return {(None, None)}
    tick = tick_of(board, on)
    return {
        (None, None) if rates is None else _limits(reference, rates, tick)
        for rates in _possible_rates(board, on, st_possible)
    }


@lru_cache(maxsize=4096)
def _possible_rates(board: Board, on: date, st_possible: bool) -> frozenset[tuple[int, int] | None]:
    """(down, up) in ppm; None: no limit."""
    pairs = [("limit_down", "limit_up"), ("limit_wide_fund", "limit_wide_fund")]
    if st_possible:
        pairs.append(("limit_down_st", "limit_up_st"))
    found: set[tuple[int, int] | None] = set()
    for down, up in pairs:
        rates = _value(down, board, on), _value(up, board, on)
        if rates[0] is not None and rates[1] is not None:
            found.add((rates[0], rates[1]))
    for listed, sessions in _list_dates(on):
        first = _value("listing_first_day_down", board, listed), _value("listing_first_day_up", board, listed)
        if sessions == 0 and first[0] is not None and first[1] is not None:
            found.add((first[0], first[1]))
        if sessions < (_value("listing_free_sessions", board, listed) or 0):
            found.add(None)
    return frozenset(found)


def _list_dates(on: date) -> Iterable[tuple[date, int]]:
    """Days on which a share that is still new on `on` can have been listed, and the sessions since."""
    longest = max(row.value for row in RULES if row.rule == "listing_free_sessions")
    for sessions in range(longest):
        newest, before = trading_days.back_by(on, sessions), trading_days.back_by(on, sessions + 1)
        for offset in range((newest - before).days):
            yield newest - timedelta(days=offset), sessions


def _limits(reference: int, rates: tuple[int, int], tick: int) -> Limits:
    """half_up(reference (1 ± r)) to the tick, at least one tick from the reference, no price under one tick."""
    down, up = rates
    nearest = half_up(reference, 1, tick)
    lower = min(half_up(reference * (MILLION - down), MILLION, tick), nearest - tick)
    upper = max(half_up(reference * (MILLION + up), MILLION, tick), nearest + tick)
    return max(lower, tick), upper


@lru_cache(maxsize=65536)
def _value(rule: str, board: Board, on: date) -> int | None:
    return next(
        (row.value for row in RULES if row.rule == rule and row.board == board and row.holds(on)), None
    )
