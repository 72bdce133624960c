"""What a trading day means for every instrument, before any strategy is looked at.

Arrays are in symbol order (`Roster`), so that nothing depends on the order in which instruments were loaded.

    last[i]   close of t-1, carried forward and ex-adjusted by corporate-action rows
    ref[i]    pre_close[t]; else last * adj[t-1] / adj[t], half up to the tick; else last (ex-adjusted by a row)
    price[i]  open or close of t; ref where the instrument did not trade

No price is above PRICE_MILLS_MAX, as in the market's own checks: a factor or a row that says more is cut there,
so that one absurd number of one instrument concerns its holders and nobody else.

Events, the first that applies:

    a corporate-action row                                   ROW
    ref = last, or no last                                   NONE
    no row on t-1, ref above last, or a gap above 70 %       UNEXPLAINED
    gap 1 - ref/last at most 15 %                            INFERRED_CASH
    gap at most 70 %                                         INFERRED_SHARES

A suspended instrument has a row with volume 0; a missing row says nothing of what happened that day, so a
reference that moved over it is unexplained. A row of zeros in the corporate actions is the operator's word
that nothing happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.bars import Carry, CorporateAction, DayBars, Instruments
from quantos.market.core.checks import PRICE_MILLS_MAX
from quantos.settlement.core import facts as column
from quantos.settlement.core.facts import Event, Reason
from quantos.settlement.core.limits import NO_LIMIT, limit_rates, price_limits
from quantos.settlement.core.rules import (
    NO_RULE,
    RULES_VERSION,
    DayRules,
    ListingTerms,
    day_rules,
    listing_terms,
)

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Dates = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_INFERRED_CASH_PER_CENT = 15
_INFERRED_SHARES_PER_CENT = 70
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Roster:
    """The instruments in symbol order. `number[k]`: the stable number of place k; `place`: the inverse."""

    symbols: tuple[str, ...]
    number: NDArray[np.int32]
    place: NDArray[np.int32]
    board: Codes
    wide_fund: Bools
    list_date: Dates
    delist_date: Dates
    listing: ListingTerms

    @classmethod
    def of(cls, instruments: Instruments) -> Roster:
        number = np.array(
            sorted(range(len(instruments)), key=instruments.symbols.__getitem__), dtype=np.int32
        )
        place = np.empty_like(number)
        place[number] = np.arange(len(number), dtype=np.int32)
        board = instruments.board[number]
        list_date = instruments.list_date[number]
        return cls(
            tuple(instruments.symbols[n] for n in number),
            number,
            place,
            board,
            instruments.wide_fund[number],
            list_date,
            instruments.delist_date[number],
            listing_terms(board, list_date),
        )

    def __len__(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True, slots=True)
class Carried:
    """The last close of each instrument before a day, in symbol order, ex-adjusted."""

    close: Ints  # mills, 0: none
    adj_factor: Floats  # of the bar that gave the close; NaN: unknown, or a row has adjusted the close since
    last_date: Dates

    @classmethod
    def of(cls, carry: Carry, roster: Roster) -> Carried:
        return cls(
            carry.close[roster.number], carry.adj_factor[roster.number], carry.last_date[roster.number]
        )


@dataclass(frozen=True, slots=True)
class MarketDay:
    """One trading day, ready for the ledger."""

    trade_date: date
    rules_version: str
    facts: Ints  # [N, facts.COLUMNS]
    has_row: Bools
    volume: Ints
    st_unknown: Bools  # the ordinary limit was used because nobody says whether the share is under ST
    after: Carried  # what the next day starts from


def market_day(
    bars: DayBars,
    before: Carried,
    roster: Roster,
    sessions: Dates,
    actions: Sequence[CorporateAction],
) -> MarketDay:
    """The facts of `bars.trade_date`.

    before: the last closes known before the day; sessions: every trading day, ascending; actions: those with
    an ex-date after the previous trading day and up to this one.
    """
    number = roster.number
    has_row, volume = bars.has_row[number], bars.volume[number]
    opened, closed, pre_close = bars.open[number], bars.close[number], bars.pre_close[number]
    adj_factor, is_st = bars.adj_factor[number], bars.is_st[number]
    today = np.datetime64(bars.trade_date)
    place_today = int(np.searchsorted(sessions, today))
    previous = sessions[place_today - 1] if place_today else today
    rules = day_rules(bars.trade_date)
    tick = np.where(rules.tick[roster.board] == NO_RULE, 10, rules.tick[roster.board])
    # A suspended row without a reference price carries it as its close.
    pre_close = np.where(has_row & (volume == 0) & (pre_close == 0), closed, pre_close)
    traded = has_row & (volume > 0) & (opened > 0) & (closed > 0)

    facts = np.zeros((len(roster), column.COLUMNS), dtype=np.int64)
    facts[:, column.INTO] = -1
    acted = _apply_rows(facts, actions, roster)
    ex_close = _ex_adjusted(before.close, facts, acted, tick)
    reference = _reference(pre_close * has_row, before, ex_close, adj_factor, has_row, tick)
    facts[:, column.EVENT] = _events(before, reference, traded, acted, previous)
    facts[:, column.REFERENCE] = reference
    facts[:, column.LAST_CLOSE] = before.close
    facts[:, column.OPEN] = np.where(traded, opened, reference)
    facts[:, column.CLOSE] = np.where(traded, closed, reference)

    known = ~np.isnat(roster.list_date) & (roster.list_date >= sessions[0])
    since_listing = np.where(known, place_today - np.searchsorted(sessions, roster.list_date), -1)
    no_rule = _write_rules(facts, rules, roster, is_st, since_listing, tick)

    facts[:, column.BLOCK] = np.select(
        [
            ~has_row & np.isnat(before.last_date),
            roster.delist_date <= today,
            ~traded,
            (facts[:, column.EVENT] == Event.UNEXPLAINED) | (reference == 0),
            no_rule,
        ],
        [
            Reason.NO_MARKET_DATA,
            Reason.DELISTED,
            Reason.SUSPENDED,
            Reason.UNEXPLAINED_REFERENCE,
            Reason.NO_RULE,
        ],
        Reason.NONE,
    )
    st_matters = (rules.limit_up_st != NO_RULE) & (rules.limit_up_st != rules.limit_up)
    after = Carried(
        facts[:, column.CLOSE].copy(),
        np.where(has_row, adj_factor, np.where(acted, np.nan, before.adj_factor)),
        np.where(has_row, today, before.last_date),
    )
    return MarketDay(
        bars.trade_date,
        RULES_VERSION,
        facts,
        has_row,
        volume,
        has_row & (is_st == -1) & st_matters[roster.board],
        after,
    )


def _write_rules(
    facts: Ints, rules: DayRules, roster: Roster, is_st: Codes, since_listing: Ints, tick: Ints
) -> Bools:
    """Write limits, lots and rates of the day; which instruments have no rule."""
    board, reference = roster.board, facts[:, column.REFERENCE]
    up, down = limit_rates(rules, board, is_st, roster.wide_fund, since_listing, roster.listing)
    upper, lower = price_limits(reference, up, down, tick)
    no_rule: Bools = (rules.lot_step[board] == NO_RULE) | (up == NO_RULE)
    unbounded = no_rule | (reference == 0)
    facts[:, column.UPPER] = np.where(unbounded, NO_LIMIT, upper)
    facts[:, column.LOWER] = np.where(unbounded, 0, lower)
    facts[:, column.TICK] = tick
    for place, values in (
        (column.STEP, rules.lot_step),
        (column.MINIMUM, rules.lot_minimum),
        (column.STAMP, rules.stamp_duty_sell),
        (column.TRANSFER, rules.transfer_fee),
    ):
        facts[:, place] = np.maximum(values[board], 0)
    return no_rule


def ex_adjust(carried: Carried, roster: Roster, actions: Sequence[CorporateAction]) -> Carried:
    """The carried closes after the rows of days without a bar: those with an ex-date after the last bar."""
    for day in sorted({action.ex_date for action in actions}):
        due = [
            action
            for action in actions
            if action.ex_date == day
            and carried.last_date[roster.place[action.instrument]] < np.datetime64(day)
        ]
        facts = np.zeros((len(roster), column.COLUMNS), dtype=np.int64)
        acted = _apply_rows(facts, due, roster)
        tick = np.where(day_rules(day).tick[roster.board] == NO_RULE, 10, day_rules(day).tick[roster.board])
        close = _ex_adjusted(carried.close, facts, acted, tick)
        carried = Carried(close, np.where(acted, np.nan, carried.adj_factor), carried.last_date)
    return carried


def _apply_rows(facts: Ints, actions: Sequence[CorporateAction], roster: Roster) -> Bools:
    """Write the rows of the day into the facts; several rows of an instrument add up."""
    acted = np.zeros(len(roster), dtype=np.bool_)
    facts[:, column.INTO] = -1
    for action in actions:
        k = roster.place[action.instrument]
        acted[k] = True
        facts[k, column.BONUS] += action.bonus_per_million
        facts[k, column.EVENT_CASH] += action.cash_mills_per_million
        if action.into_instrument is not None:
            facts[k, column.INTO] = roster.place[action.into_instrument]
    return acted


def _ex_adjusted(close: Ints, facts: Ints, acted: Bools, tick: Ints) -> Ints:
    """(close - d) / (1 + k), half up to the tick, where a row acts and shares remain; else the close."""
    result = close.copy()
    for i in np.flatnonzero(acted):
        shares = _MILLION + int(facts[i, column.BONUS])
        if shares <= 0 or facts[i, column.INTO] >= 0 or close[i] == 0:
            continue
        value = max(int(close[i]) * _MILLION - int(facts[i, column.EVENT_CASH]), 0)
        result[i] = _half_up_to(Fraction(value, shares), int(tick[i]))
    return result


def _reference(
    pre_close: Ints, before: Carried, ex_close: Ints, adj_factor: Floats, has_row: Bools, tick: Ints
) -> Ints:
    reference = np.where(pre_close > 0, pre_close, ex_close)
    moved = (
        has_row
        & (pre_close == 0)
        & (before.close > 0)
        & np.isfinite(adj_factor)
        & np.isfinite(before.adj_factor)
        & (adj_factor != before.adj_factor)
    )
    for i in np.flatnonzero(moved):  # few: ex-dates of a source without reference prices
        ratio = Fraction(Decimal(repr(float(before.adj_factor[i])))) / Fraction(
            Decimal(repr(float(adj_factor[i])))
        )
        reference[i] = _half_up_to(int(before.close[i]) * ratio, int(tick[i]))
    return reference


def _events(before: Carried, reference: Ints, traded: Bools, acted: Bools, previous: np.datetime64) -> Ints:
    last = before.close
    known = ~np.isnat(before.last_date)
    gap = (last - reference) * 100
    moved = known & ((reference != last) | (traded & (reference == 0)))
    unexplained = (
        (before.last_date != previous)
        | (reference == 0)
        | (gap < 0)
        | (gap > _INFERRED_SHARES_PER_CENT * last)
    )
    return np.select(
        [acted & known, ~moved, unexplained, gap <= _INFERRED_CASH_PER_CENT * last],
        [Event.ROW, Event.NONE, Event.UNEXPLAINED, Event.INFERRED_CASH],
        Event.INFERRED_SHARES,
    )


def _half_up_to(value: Fraction, tick: int) -> int:
    """A price; the bound is a whole number of every tick."""
    return min(int((value / tick + Fraction(1, 2)).__floor__()) * tick, PRICE_MILLS_MAX)
