"""Settled rows as they lie in the store, put together into records: many strategies of a day, or days of one.

Symbols: s strategy-day (place in `StoredRows.of`), i instrument number, r place of a symbol among all symbols that
the rows name, in their order. A row's key s * R + r sorts and finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.facts import Event
from quantos.settlement.core.ledger import Signals
from quantos.settlement.core.record import (
    EVENTS,
    REASONS,
    Action,
    ActionTerms,
    Bar,
    Before,
    DayRecord,
    Decided,
    Holding,
    Order,
    Position,
    Restated,
    Revision,
)

Columns = Mapping[str, NDArray[Any]]
Ints = NDArray[np.int64]

_BAR_COLUMNS: Final = ("open", "close", "reference", "last_close", "volume")


@dataclass(frozen=True, slots=True)
class DaySnapshot:
    """What decided a day. `bars`: columns over `number`, which ascends; `terms`: by instrument number."""

    decided: Decided
    number: NDArray[np.int32]
    bars: Columns
    terms: Mapping[int, tuple[int, int, int]]  # bonus, cash, the number swapped into (-1: none)


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows of the strategy-days `of`: (strategy number, trade date). Rows of a table in any order, with their s."""

    of: Sequence[tuple[int, date]]
    nav: Columns  # nav, cash, stale, rebalanced, snapshot, run, revision; [S]
    before: Sequence[Before | None]  # [S]
    held_before: Columns  # s, instrument, shares
    held: Columns
    orders: Columns
    events: Columns
    snapshots: Mapping[int, DaySnapshot]
    revisions: Mapping[int, tuple[Revision, ...]]  # by s, of those restated
    restated: Mapping[int, Restated]
    signals: Mapping[int, ExactWeights]  # by s


def records_of(
    rows: StoredRows, symbol_of: Mapping[int, str], number_of: Mapping[str, int]
) -> list[DayRecord]:
    """The records in the order of `rows.of`.

    symbol_of: of every instrument number in the rows; number_of: the market's numbers.
    """
    return _Assembly(rows, symbol_of, number_of).records()


class _Assembly:
    """The rows with their keys."""

    def __init__(self, rows: StoredRows, symbol_of: Mapping[int, str], number_of: Mapping[str, int]) -> None:
        self.rows = rows
        signals = [rows.signals.get(s) for s in range(len(rows.of))]
        named = set(symbol_of.values()).union(*(w.symbols for w in signals if w is not None))
        self.symbols = sorted(named)
        rank = self.rank_of = {symbol: r for r, symbol in enumerate(self.symbols)}
        self.size = max(len(rank), 1)
        self.known = np.array(sorted(symbol_of), np.int64)
        self.rank = np.array([rank[symbol_of[n]] for n in self.known.tolist()], np.int64)
        self.number = np.array([number_of.get(symbol, -1) for symbol in self.symbols], np.int64)
        self.shown = sorted(rows.snapshots)
        self.snapshot = np.searchsorted(np.array(self.shown), rows.nav["snapshot"])
        self.bar = np.stack([_places(rows.snapshots[k].number, self.number) for k in self.shown])
        self.signal_keys = self._signal_keys(signals)

    def records(self) -> list[DayRecord]:
        rows = self.rows
        before = self._by_symbol(rows.held_before)
        held_before = self._split(before, Holding, self._named(before), rows.held_before["shares"][before[0]])
        after = self._by_symbol(rows.held)
        closes = self._closes(after[1])
        positions = self._split(after, Position, self._named(after), rows.held["shares"][after[0]], closes)
        orders, order_keys = self._orders()
        actions, action_keys = self._actions(before)
        bars = self._bars(np.concatenate([before[1], after[1], order_keys, action_keys, self.signal_keys]))
        nav = {name: values.tolist() for name, values in rows.nav.items()}
        return [
            DayRecord(
                number,
                trade_date,
                nav["revision"][s],
                nav["nav"][s],
                nav["cash"][s],
                nav["stale"][s],
                bool(nav["rebalanced"][s]),
                nav["run"][s],
                rows.snapshots[nav["snapshot"][s]].decided,
                rows.before[s],
                held_before[s],
                actions[s],
                orders[s],
                positions[s],
                bars[s],
                rows.revisions.get(s) or (Revision(nav["revision"][s], nav["nav"][s]),),
                rows.restated.get(s),
            )
            for s, (number, trade_date) in enumerate(rows.of)
        ]

    # keys

    def _keys(self, columns: Columns) -> Ints:
        r = self.rank[np.searchsorted(self.known, columns["instrument"])]
        return np.asarray(columns["s"] * self.size + r, np.int64)

    def _by_symbol(self, columns: Columns) -> tuple[Ints, Ints]:
        """(order, keys in that order)."""
        keys = self._keys(columns)
        order = np.argsort(keys, kind="stable")
        return order, keys[order]

    def _named(self, ordered: tuple[Ints, Ints]) -> list[str]:
        return [self.symbols[r] for r in (ordered[1] % self.size).tolist()]

    def _split(self, ordered: tuple[Ints, Ints], kind: Any, symbols: list[str], *columns: Any) -> list[Any]:
        """Rows made of the columns, as one tuple for each strategy-day."""
        made = list(map(kind._make, zip(symbols, *(_list(column) for column in columns), strict=True)))
        return self._cut(ordered[1], made)

    def _cut(self, keys: Ints, made: list[Any]) -> list[Any]:
        edges = np.searchsorted(keys // self.size, np.arange(len(self.rows.of) + 1)).tolist()
        return [tuple(made[a:b]) for a, b in pairwise(edges)]

    def _signal_keys(self, signals: Sequence[ExactWeights | None]) -> Ints:
        """The keys of the signals' symbols by descending weight, then symbol."""
        given = np.array([w is not None for w in signals], np.bool_)
        stated = [w for w in signals if w is not None]
        start = np.concatenate([[0], np.cumsum([0 if w is None else len(w.symbols) for w in signals])])
        places = np.array([self.rank_of[symbol] for w in stated for symbol in w.symbols], np.int64)
        mantissa = np.concatenate([np.empty(0, np.int64), *(w.mantissa for w in stated)])
        exponent = np.concatenate([np.empty(0, np.int64), *(w.exponent for w in stated)])
        ordered = Signals.in_order(given, start, places, mantissa.astype(np.int64), exponent.astype(np.int64))
        return np.repeat(np.arange(len(given)), np.diff(start)) * self.size + ordered.instrument

    # what stands in a record

    def _closes(self, keys: Ints) -> Ints:
        snapshot, row = self._bar_rows(keys)
        closes = np.zeros(len(keys), np.int64)
        for k, number in enumerate(self.shown):
            here = (snapshot == k) & (row >= 0)
            closes[here] = self.rows.snapshots[number].bars["close"][row[here]]
        return closes

    def _bar_rows(self, keys: Ints) -> tuple[Ints, Ints]:
        """(snapshot, row in it or -1) of each key."""
        snapshot = self.snapshot[keys // self.size]
        return snapshot, self.bar[snapshot, keys % self.size]

    def _orders(self) -> tuple[list[tuple[Order, ...]], Ints]:
        """As executed: sells by symbol, buys as the signal ranks them."""
        columns = self.rows.orders
        keys, quantity = self._keys(columns), columns["quantity"]
        by_key = np.argsort(self.signal_keys)
        named = _places(self.signal_keys[by_key], keys)
        ranked = by_key[named] if len(by_key) else named
        turn = np.where(quantity < 0, keys % self.size, self.size + ranked)
        order = np.lexsort((turn, keys // self.size))
        ordered = order, keys[order]
        numbers = ("quantity", "filled", "price", "commission", "stamp_duty", "transfer_fee")
        reasons = [REASONS[code] for code in columns["reason"][order].tolist()]
        rows = self._split(
            ordered, Order, self._named(ordered), *(columns[name][order] for name in numbers), reasons
        )
        return rows, ordered[1]

    def _actions(self, before: tuple[Ints, Ints]) -> tuple[list[tuple[Action, ...]], Ints]:
        """By symbol; of one symbol its own event first, then what a swap brought."""
        columns, held = self.rows.events, self.rows.held_before["shares"][before[0]]
        keys = self._keys(columns)
        place = _places(before[1], keys)
        was_held = place >= 0
        shares = np.where(was_held, held[np.maximum(place, 0)] if len(held) else 0, 0)
        order = np.lexsort((columns["shares_after"], columns["shares_before"] != shares, keys))
        keys, was_held = keys[order], was_held[order]
        first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        own = first & was_held & (columns["kind"][order] == Event.ROW)
        terms = [
            self._terms(key) if mine else None for key, mine in zip(keys.tolist(), own.tolist(), strict=True)
        ]
        rows = self._split(
            (order, keys),
            Action,
            self._named((order, keys)),
            [EVENTS[code] for code in columns["kind"][order].tolist()],
            columns["shares_before"][order],
            columns["shares_after"][order],
            columns["cash"][order],
            terms,
        )
        into = [
            key - key % self.size + self.rank_of[found.into_symbol]
            for key, found in zip(keys.tolist(), terms, strict=True)
            if found is not None and found.into_symbol is not None
        ]
        return rows, np.concatenate([keys, np.array(into, np.int64)])

    def _terms(self, key: int) -> ActionTerms | None:
        s, r = divmod(key, self.size)
        snapshot = self.rows.snapshots[self.shown[self.snapshot[s]]]
        found = snapshot.terms.get(int(self.number[r]))
        if found is None:
            return None
        bonus, cash, into = found
        return ActionTerms(bonus, cash, self._symbol(into) if into >= 0 else None)

    def _symbol(self, number: int) -> str:
        return self.symbols[int(self.rank[np.searchsorted(self.known, number)])]

    def _bars(self, keys: Ints) -> list[tuple[Bar, ...]]:
        keys = np.unique(keys)
        snapshot, row = self._bar_rows(keys)
        keys, snapshot = keys[row >= 0], snapshot[row >= 0]
        made: list[Any] = [None] * len(keys)
        for k in range(len(self.shown)):
            here = np.flatnonzero(snapshot == k)
            ranks, which = np.unique(keys[here] % self.size, return_inverse=True)
            bars = self._bars_of(k, ranks)
            for place, bar in zip(here.tolist(), which.tolist(), strict=True):
                made[place] = bars[bar]
        return self._cut(keys, made)

    def _bars_of(self, snapshot: int, ranks: Ints) -> list[Bar]:
        bars, row = self.rows.snapshots[self.shown[snapshot]].bars, self.bar[snapshot, ranks]
        limits = [[None if v < 0 else v for v in bars[name][row].tolist()] for name in ("upper", "lower")]
        return list(
            map(
                Bar._make,
                zip(
                    [self.symbols[r] for r in ranks.tolist()],
                    *(bars[name][row].tolist() for name in _BAR_COLUMNS),
                    *limits,
                    [REASONS[code] for code in bars["block"][row].tolist()],
                    [EVENTS[code] for code in bars["event"][row].tolist()],
                    bars["st_unknown"][row].tolist(),
                    strict=True,
                ),
            )
        )


def _list(column: Any) -> list[Any]:
    """A column as a list."""
    found: list[Any] = column.tolist() if isinstance(column, np.ndarray) else column
    return found


def _places(where: NDArray[Any], wanted: NDArray[Any]) -> Ints:
    """The place of each wanted value in `where`, which ascends; -1: not there."""
    if len(where) == 0:
        return np.full(len(wanted), -1, np.int64)
    place = np.minimum(np.searchsorted(where, wanted), len(where) - 1)
    return np.where(where[place] == wanted, place, -1).astype(np.int64)
