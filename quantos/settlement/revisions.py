"""Settled days that are settled again: what came out otherwise replaces its rows, which are kept.

A strategy-day gets a new revision where anything that is published of it changes: its NAV, cash, positions,
orders and events; and, because its daily return and its holdings before are published with it, where NAV, cash
or positions of the strategy's day before changed. Every other strategy-day keeps its rows as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from quantos.settlement import store
from quantos.settlement.core.books import part_of
from quantos.settlement.core.day import Roster
from quantos.settlement.core.facts import Event
from quantos.settlement.core.record import EVENTS
from quantos.settlement.plan import Ints
from quantos.settlement.store import Cursor, DayToWrite
from quantos.storage.confined import given

Columns = dict[str, NDArray[Any]]
Bools = NDArray[np.bool_]

INFERRED: Final = (int(Event.INFERRED_CASH), int(Event.INFERRED_SHARES))
TABLES: Final = ("nav", "position", "trade_order", "position_event")
NAVS_MAX: Final = 200
"""Changes of NAVs that are told one by one."""

_SAME_INSTRUMENT: Final = (
    "coalesce((SELECT i.number FROM unknown_symbol u JOIN instrument i USING (symbol)"
    " WHERE u.number = o.instrument), o.instrument) AS instrument"
)
"""A symbol that the market did not know when an order in it was refused may have a number by now."""


class NavChange(NamedTuple):
    """Of a settled strategy-day; mills."""

    strategy: int
    trade_date: date
    before: int
    after: int


class Past(NamedTuple):
    """A restatement as it stands in the store."""

    id: int
    from_date: date
    reason: str
    by: str
    at: datetime
    run: int
    strategy_days: int
    strategies: int
    days: int


@dataclass(slots=True)
class Rewriting:
    """Writes the days of one restatement; to be called day by day in date order."""

    restatement: int
    compared: int = 0  # strategy-days
    revised: int = 0  # of them with a new revision
    strategies: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    largest: NavChange | None = None
    navs: list[NavChange] = field(default_factory=list)  # the first NAVS_MAX, by day and strategy
    navs_changed: int = 0
    inferred: dict[tuple[date, str, str], int] = field(default_factory=dict)
    """(day, symbol, event) of gaps that were taken for an event now and were not before: of how many strategies."""
    _moved: set[int] = field(default_factory=set)  # whose last day left other holdings, or another NAV

    def write(self, cursor: Cursor, day: DayToWrite, roster: Roster) -> None:
        """Keep and replace the rows of the strategies whose day came out otherwise."""
        rows = store.rows_of(cursor, day, roster)
        before, navs, rest = _compared_navs(cursor, day.trade_date, rows["nav"])
        held = _differs(cursor, day, "position", rows["position"])
        differs = (
            navs
            | rest
            | held
            | _differs(cursor, day, "trade_order", rows["trade_order"])
            | _differs(cursor, day, "position_event", rows["position_event"])
        )
        numbers = day.numbers.tolist()
        differs |= np.array([number in self._moved for number in numbers], np.bool_)
        self._moved.difference_update(numbers)
        self._moved.update(day.numbers[navs | held].tolist())
        self.compared += len(numbers)
        which = np.flatnonzero(differs)
        if len(which):
            self._note_inferred(cursor, day, roster)
            _supersede(cursor, self.restatement, day.trade_date, day.numbers[which])
            store.write_rows(cursor, _part(day, which), roster)
            self._tell(day, which, before)

    def _note_inferred(self, cursor: Cursor, day: DayToWrite, roster: Roster) -> None:
        """To be called while the rows of before stand."""
        events = day.settled.events
        places = np.flatnonzero(np.isin(events.kind, INFERRED))
        if not len(places):
            return
        strategies = np.repeat(day.numbers, np.diff(events.start))
        before = set(
            cursor.execute(
                "SELECT strategy, instrument, kind FROM position_event WHERE trade_date = ?", [day.trade_date]
            ).fetchall()
        )
        for k in places.tolist():
            i, kind = int(events.instrument[k]), int(events.kind[k])
            if (int(strategies[k]), int(roster.number[i]), kind) not in before:
                key = (day.trade_date, roster.symbols[i], EVENTS[kind] or "")
                self.inferred[key] = self.inferred.get(key, 0) + 1

    def _tell(self, day: DayToWrite, which: Ints, before: Ints) -> None:
        self.revised += len(which)
        self.days.add(day.trade_date)
        self.strategies.update(day.numbers[which].tolist())
        change = np.abs(day.settled.nav - before)
        moved = np.flatnonzero(change)
        self.navs_changed += len(moved)

        def of(s: int) -> NavChange:
            return NavChange(int(day.numbers[s]), day.trade_date, int(before[s]), int(day.settled.nav[s]))

        self.navs += [of(int(s)) for s in moved[: NAVS_MAX - len(self.navs)]]
        s = int(np.argmax(change))
        if change[s] and (self.largest is None or change[s] > abs(self.largest.after - self.largest.before)):
            self.largest = of(s)


def record(
    cursor: Cursor, restatement: int, first: date, reason: str, by: str, at: datetime, run: int
) -> None:
    """The restatement itself, and the event of it."""
    instant = at.astimezone(UTC).replace(tzinfo=None)
    cursor.execute(
        "INSERT INTO restatement VALUES (?, ?, ?, ?, ?, ?)", [restatement, first, reason, by, instant, run]
    )
    payload = {"restatement": restatement, "from": first, "reason": reason, "run": run}
    cursor.execute(
        "INSERT INTO event SELECT coalesce(max(sequence), 0) + 1, ?, 'restated', ? FROM event",
        [instant, orjson.dumps(payload).decode()],
    )


def next_number(cursor: Cursor) -> int:
    """Of the next restatement."""
    (number,) = cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM restatement").fetchone() or (1,)
    return int(number)


def bounds(cursor: Cursor, day: date) -> tuple[date | None, date | None, bool]:
    """(the first settled day, the last one, whether any strategy is settled for `day`)."""
    row = cursor.execute(
        "SELECT min(trade_date), max(trade_date), coalesce(bool_or(trade_date = ?), FALSE) FROM nav WHERE strategy > 0",
        [day],
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def spans(cursor: Cursor, first: date) -> dict[int, tuple[date | None, date, date]]:
    """Of each strategy settled on `first` or later: its last day before, its first and its last from there on."""
    rows = cursor.execute(
        "SELECT strategy, max(trade_date) FILTER (trade_date < $first), min(trade_date) FILTER (trade_date >= $first),"
        " max(trade_date) FROM nav WHERE strategy > 0 GROUP BY strategy HAVING max(trade_date) >= $first ORDER BY strategy",
        {"first": first},
    ).fetchall()
    return {number: (before, start, last) for number, before, start, last in rows}


def minimum_commissions(cursor: Cursor, trade_date: date, numbers: Sequence[int]) -> Ints:
    """What an order of each strategy was charged at least on a settled day, mills."""
    found = dict(
        cursor.execute(
            "SELECT n.strategy, s.minimum_commission FROM nav n JOIN snapshot s ON s.id = n.snapshot"
            " WHERE n.trade_date = ?",
            [trade_date],
        ).fetchall()
    )
    return np.array([found[number] for number in numbers], np.int64)


def market_rows(cursor: Cursor, loads: Sequence[int], first: date, last: date) -> dict[str, int]:
    """How many market rows of some days came with these loads."""
    counts = {}
    for name, table, day in (
        ("bars", "bar", "trade_date"),
        ("corporate_actions", "corporate_action", "ex_date"),
    ):
        ((count,),) = cursor.execute(
            f"SELECT count(*) FROM {table} WHERE load = ANY(?) AND {day} BETWEEN ? AND ?",  # noqa: S608 - our names
            [list(loads), first, last],
        ).fetchall()
        counts[name] = int(count)
    return counts


def past(cursor: Cursor, limit: int, offset: int) -> list[Past]:
    """Restatements, newest first."""
    rows = cursor.execute(
        'SELECT r.id, r.from_date, r.reason, r.by_whom, r."at", r.run, count(n.strategy),'
        " count(DISTINCT n.strategy), count(DISTINCT n.trade_date)"
        " FROM (FROM restatement ORDER BY id DESC LIMIT ? OFFSET ?) r"
        " LEFT JOIN nav_superseded n ON n.restatement = r.id GROUP BY ALL ORDER BY r.id DESC",
        [limit, offset],
    ).fetchall()
    return [Past._make((*row[:4], row[4].replace(tzinfo=UTC), *row[5:])) for row in rows]


def runs(cursor: Cursor) -> set[int]:
    """The runs whose restatement stands."""
    return {run for (run,) in cursor.execute("SELECT run FROM restatement").fetchall()}


def times_restated(cursor: Cursor) -> dict[int, int]:
    """In how many restatements days of a strategy changed, of those that were ever restated."""
    return dict(
        cursor.execute(
            "SELECT strategy, count(DISTINCT restatement) FROM nav_superseded GROUP BY strategy"
        ).fetchall()
    )


# ---------------------------------------------------------------- inside


def _part(day: DayToWrite, which: Ints) -> DayToWrite:
    """The day of the strategies `which` alone."""
    place = {int(s): k for k, s in enumerate(which)}
    return changed(
        day,
        numbers=day.numbers[which],
        settled=part_of(day.settled, which),
        rebalanced=day.rebalanced[which],
        stale=day.stale[which],
        unknown=[(place[s], symbols) for s, symbols in day.unknown if s in place],
    )


def _compared_navs(cursor: Cursor, trade_date: date, new: Columns) -> tuple[Ints, Bools, Bools]:
    """(the NAV that stands, whether NAV or cash differ, whether anything else of the row does); [S] each."""
    old = cursor.execute(
        "SELECT strategy, nav, cash, turnover, fees, stale, rebalanced FROM nav WHERE trade_date = ?"
        " ORDER BY strategy",
        [trade_date],
    ).fetchnumpy()
    at = np.searchsorted(old["strategy"], new["strategy"])
    assert np.array_equal(old["strategy"][at], new["strategy"]), "a restated day is a settled one"
    differs = {name: old[name][at] != new[name] for name in new if name != "strategy"}
    rest = [mask for name, mask in differs.items() if name not in {"nav", "cash"}]
    return old["nav"][at], differs["nav"] | differs["cash"], np.logical_or.reduce(rest)


def _differs(cursor: Cursor, day: DayToWrite, table: str, new: Columns) -> Bools:
    """Which strategies have other rows in a table than those that stand; [S]."""
    names = ", ".join(new)
    old = names.replace("instrument", _SAME_INSTRUMENT) if table == "trade_order" else names
    with given(cursor, those={"strategy": day.numbers}, new=new):
        found = cursor.execute(
            f"SELECT DISTINCT strategy FROM (SELECT {names} FROM ("  # noqa: S608 - names of our own
            f" SELECT {old}, 1 AS side FROM {table} o"
            f" WHERE o.trade_date = ? AND o.strategy IN (SELECT strategy FROM those)"
            f" UNION ALL SELECT {names}, -1 FROM new) GROUP BY ALL HAVING sum(side) <> 0)",
            [day.trade_date],
        ).fetchnumpy()
    return np.isin(day.numbers, found["strategy"])


def _supersede(cursor: Cursor, restatement: int, trade_date: date, numbers: NDArray[np.int32]) -> None:
    """Move the rows of some strategies' day to those that stood before."""
    earlier = dict(
        cursor.execute(
            "SELECT strategy, count(*) FROM nav_superseded WHERE trade_date = ? GROUP BY strategy",
            [trade_date],
        ).fetchall()
    )
    gone = {
        "strategy": numbers,
        "revision": np.array([earlier.get(n, 0) for n in numbers.tolist()], np.int32),
    }
    with given(cursor, gone=gone):
        for table in TABLES:
            cursor.execute(
                f"INSERT INTO {table}_superseded SELECT g.revision, ?, t.* FROM {table} t"  # noqa: S608
                " JOIN gone g ON t.strategy = g.strategy WHERE t.trade_date = ?",
                [restatement, trade_date],
            )
            cursor.execute(
                f"DELETE FROM {table} USING gone g WHERE {table}.strategy = g.strategy AND {table}.trade_date = ?",  # noqa: S608
                [trade_date],
            )
