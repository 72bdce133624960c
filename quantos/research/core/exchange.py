"""The rules of the exchange for the bars of one instrument, and whether a backtest's fills kept them.

t = the instrument's traded days. From the dated table of `settlement.core`, by the raw prices of the day:

lot            [step, minimum] of the board, in shares
transfer[t]    fee on both sides, stamp[t] on sales: of the notional
no_buy[t]      the open is at or beyond the upper price limit, so nobody sells
no_sell[t]     the open is at or beyond the lower one, so nobody buys
both           where the table has no rule

The limits are those of `settlement`: by board, risk warning (unknown: the ordinary ones) and days since listing, from
the reference price, which is pre_close where it is known, else the last close brought over the ex-date by adj_factor.

A backtest trades adjusted shares: 100 of them are 100 shares of the first day of its span.

kept(fills), a second time, because what a run reports is not believed:
    costs     = max(fen(notional commission), minimum) + fen(notional transfer) + fen(notional stamp) of a sale
    a buy is in lots, not on a day with no_buy; a sale is in lots or closes the position, not on a day with no_sell
    what was bought on a day is not sold on it, nor what is not held
    cash is not below zero at the end of a day
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.research.core.account import AccountDiffers, Fill
from quantos.research.core.feed import Feed, traded
from quantos.settlement.core.limits import limit_rates, price_limits
from quantos.settlement.core.rules import NO_RULE, RULES, ListingTerms, day_rules, listing_terms

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

RATE_UNIT: Final = 1e8
TICK_MILLS: Final = 10
"""Where the table has none."""

FEN_SLACK: Final = 0.011
"""A cost may differ by a fen where its notional lies on the edge of one."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the broker takes: fractions of the notional, and CNY an order at the least."""

    commission_rate: float
    commission_min: float
    slippage_rate: float

    def message(self) -> dict[str, float]:
        """As the program that runs strategies reads it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the rules ask of an instrument. `list_date`: NaT where unknown."""

    board: int
    wide_fund: bool
    list_date: np.datetime64


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of the days of a feed; all arrays are [t]."""

    step: int
    minimum: int
    transfer: Floats
    stamp: Floats
    no_buy: Bools
    no_sell: Bools

    def message(self, feed: Feed) -> dict[str, Any]:
        """What the program that runs strategies is told beside the bars."""
        return {
            "lot": [self.step, self.minimum],
            "transfer": _dated(feed.day, self.transfer),
            "stamp": _dated(feed.day, self.stamp),
            "no_buy": self.no_buy.astype(int).tolist(),
            "no_sell": self.no_sell.astype(int).tolist(),
        }


def terms(
    rows: Mapping[str, NDArray[Any]], instrument: Instrument, sessions: NDArray[np.datetime64]
) -> Terms:
    """Of the columns of `Market.history`. `sessions`: every trading day, ascending."""
    day = np.asarray(rows["trade_date"], "datetime64[D]")
    place, since = _rules_of(day), _since_listing(day, instrument.list_date, sessions)
    board = np.full(len(day), instrument.board, np.int8)
    wide = np.full(len(day), instrument.wide_fund)
    is_st, opened = np.asarray(rows["is_st"], np.int8), np.asarray(rows["open"], np.int64)
    of_list_date = listing_terms(board, np.full(len(day), instrument.list_date))
    reference = _reference(rows)
    by_day = {name: np.zeros(len(day)) for name in ("transfer", "stamp", "upper", "lower", "step", "minimum")}
    for number in np.unique(place):
        here = place == number
        rules = day_rules(day[here][0].astype(object))
        listing = ListingTerms(
            *(
                getattr(of_list_date, name)[here]
                for name in ("free_sessions", "first_day_up", "first_day_down")
            )
        )
        up, down = limit_rates(rules, board[here], is_st[here], wide[here], since[here], listing)
        tick = max(int(rules.tick[instrument.board]), 0) or TICK_MILLS
        upper, lower = price_limits(reference[here], up, down, np.full(len(up), tick, np.int64))
        closed = (up == NO_RULE) | (rules.lot_step[instrument.board] == NO_RULE)
        by_day["upper"][here], by_day["lower"][here] = (
            np.where(closed, 0, upper),
            np.where(closed, np.inf, lower),
        )
        for name, rule in (
            ("transfer", rules.transfer_fee),
            ("stamp", rules.stamp_duty_sell),
            ("step", rules.lot_step),
            ("minimum", rules.lot_minimum),
        ):
            by_day[name][here] = max(int(rule[instrument.board]), 0)
    kept = traded(rows["volume"])
    return Terms(
        max(1, int(by_day["step"][-1])),
        max(1, int(by_day["minimum"][-1])),
        by_day["transfer"][kept] / RATE_UNIT,
        by_day["stamp"][kept] / RATE_UNIT,
        (opened >= by_day["upper"])[kept],
        (opened <= by_day["lower"])[kept],
    )


def check(
    cash: float, feeds: Sequence[Feed], terms_of: Mapping[str, Terms], costs: Costs, fills: Sequence[Fill]
) -> None:
    """That fills kept the rules; in the order in which they were made. Raises AccountDiffers."""
    by_name = {feed.name: feed for feed in feeds}
    held: dict[str, float] = {}
    bought: dict[tuple[str, int], float] = {}
    at_end_of: dict[int, float] = {}
    for fill in fills:
        feed, its = by_name[fill.feed], terms_of[fill.feed]
        at = int(np.searchsorted(feed.day, fill.day))
        position, shares = held.get(fill.feed, 0.0), abs(fill.size)
        in_lots = shares >= its.minimum and shares % its.step == 0
        if fill.size > 0:
            allowed = in_lots and not its.no_buy[at]
            bought[fill.feed, fill.day] = bought.get((fill.feed, fill.day), 0.0) + shares
        else:
            free = position - bought.get((fill.feed, fill.day), 0.0)
            allowed = shares <= free and (in_lots or shares == position) and not its.no_sell[at]
        if not allowed:
            raise AccountDiffers("a fill breaks the rules of the exchange")
        if fill.costs < _least_cost(fill, its, at, costs) - FEN_SLACK:
            raise AccountDiffers("a fill costs less than it does")
        held[fill.feed] = position + fill.size
        cash -= fill.size * fill.price + fill.costs
        at_end_of[fill.day] = cash
    if any(left < -FEN_SLACK for left in at_end_of.values()):
        raise AccountDiffers("more was bought than there was cash for")


def _least_cost(fill: Fill, its: Terms, at: int, costs: Costs) -> float:
    notional = abs(fill.size) * fill.price
    stamp = fen(notional * its.stamp[at]) if fill.size < 0 else 0.0
    commission = max(fen(notional * costs.commission_rate), costs.commission_min)
    return commission + fen(notional * its.transfer[at]) + stamp


def fen(amount: float) -> float:
    """Half up to 0.01 CNY."""
    return math.floor(100.0 * amount + 0.5) / 100.0


@cache
def _changes() -> NDArray[np.datetime64]:
    """The days on which a rule begins or ends."""
    days = {day for row in RULES for day in (row.start, row.end) if day is not None}
    return np.array(sorted(days), "datetime64[D]")


def _rules_of(day: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """[t] days of the same number have the same rules."""
    return np.searchsorted(_changes(), day, side="right")


def _since_listing(
    day: NDArray[np.datetime64], listed: np.datetime64, sessions: NDArray[np.datetime64]
) -> NDArray[np.int64]:
    if np.isnat(listed) or listed < sessions[0]:
        return np.full(len(day), -1, np.int64)
    return np.searchsorted(sessions, day) - int(np.searchsorted(sessions, listed))


def _reference(rows: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """[t] in mills; of the first day without a pre_close its own open, which is in no limit's way."""
    close, factor = np.asarray(rows["close"], np.float64), np.asarray(rows["adj_factor"], np.float64)
    known = np.asarray(rows["pre_close"], np.int64)
    carried = np.concatenate([np.asarray(rows["open"], np.float64)[:1], close[:-1]])
    ratio = np.ones(len(close))
    moved = np.isfinite(factor[1:]) & np.isfinite(factor[:-1]) & (factor[1:] > 0)
    ratio[1:] = np.divide(factor[:-1], factor[1:], out=np.ones(len(close) - 1), where=moved)
    return np.where(known > 0, known, np.rint(carried * ratio).astype(np.int64))


def _dated(day: NDArray[np.int64], rate: Floats) -> list[list[float]]:
    """[[first day, rate], ...] where it changes."""
    first = np.flatnonzero(np.concatenate([[True], rate[1:] != rate[:-1]]))
    return [[int(day[at]), float(rate[at])] for at in first]
