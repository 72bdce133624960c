"""Reading settled days back: everything that decided a strategy-day, for many strategies of a day at once.

The rows in force stand in `nav` and its companions; what a restatement replaced stands in the `_superseded`
tables, for ever. A superseded row was settled from the row of the day before that stood at the time: of that
day's rows the first whose replacement did not come before its own, else the one in force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.market.core.calendar import CalendarEnds, TradingCalendar
from quantos.market.service import Market
from quantos.settlement import audited
from quantos.settlement.core.audited import AuditedDay
from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.record import Before, DayRecord, Restated, Revision
from quantos.settlement.core.recorded import Columns, StoredRows, records_of
from quantos.settlement.core.unpublished import DayCommit, Mark, Unpublished
from quantos.settlement.record_rows import (
    EVENT,
    HELD,
    NAV,
    NO_EVENTS,
    NO_ORDERS,
    ORDER,
    highest_instrument,
    listed,
    of_strategies,
    placed,
    rows_of,
    symbols_of,
    touched,
    where,
)
from quantos.settlement.snapshots import Snapshots
from quantos.settlement.span import read_span
from quantos.storage.series import Series

Cursor = duckdb.DuckDBPyConnection


class _Asked(NamedTuple):
    """What `read` is asked for. `previous`: the trading day before."""

    trade_date: date
    previous: date
    signals: Mapping[int, ExactWeights | None]
    revision: int | None


class _Stored(NamedTuple):
    """Rows of a day and of the holdings before it; `revision` None: those in force."""

    revision: int | None
    nav: dict[str, NDArray[Any]]
    held: Columns
    before: Mapping[int, Before]
    held_before: Columns


class _Past(NamedTuple):
    """Superseded rows of a day, by strategy, and the restatements that replaced them."""

    revisions: dict[int, list[Revision]]
    replaced: dict[int, list[int]]


class SettledRecords:
    """Settled days of one series store, as records."""

    def __init__(self, series: Series, market: Market) -> None:
        self._series, self._market = series, market
        self._snapshots = Snapshots()

    def read(
        self, trade_date: date, signals: Mapping[int, ExactWeights | None], revision: int | None = None
    ) -> list[DayRecord]:
        """A day of some strategies, ascending, without those that have no such row.

        signals: by strategy number, what it submitted for the day; looked at where the day was rebalanced.
        revision: which one of a restated day, from 0; None: the one in force.
        """
        with self._series.snapshot() as cursor:
            asked = _Asked(trade_date, _previous(self._market.calendar, trade_date), signals, revision)
            past = _past(cursor, trade_date, signals.keys())
            current, superseded = [], []
            for number in signals:
                count = len(past.revisions.get(number, ()))
                if revision is None or revision == count:
                    current.append(number)
                elif revision < count:
                    superseded.append(number)
            found: list[DayRecord] = []
            if current:
                found += self._records(cursor, asked, past, _in_force(cursor, asked, current))
            if superseded:
                found += self._records(cursor, asked, past, _superseded(cursor, asked, superseded, past))
        return sorted(found, key=lambda record: record.strategy)

    def span(
        self, number: int, first: date, last: date, signals: Mapping[date, ExactWeights]
    ) -> list[DayRecord]:
        """Days of one strategy, ascending, as `read` gives them one by one; empty where they are to be read so.

        signals: by trade date, what it submitted.
        """
        days = (_previous(self._market.calendar, first), first, last)
        with self._series.snapshot() as cursor:
            return read_span(cursor, number, days, signals, self._market.instruments(), self._snapshots)

    def audited(self, number: int, limit: int, offset: int) -> tuple[list[AuditedDay], int]:
        """A page of a strategy's settled days in a few numbers, newest first, and how many days there are."""
        with self._series.snapshot() as cursor:
            return audited.page(cursor, number, limit, offset)

    def settled_strategies(self) -> list[int]:
        """The keys of all strategies with a settled day, ascending."""
        with self._series.read() as cursor:
            rows = cursor.execute(
                "SELECT DISTINCT strategy FROM nav WHERE strategy > 0 ORDER BY 1"
            ).fetchall()
        return [number for (number,) in rows]

    def navs(self, numbers: Sequence[int], upto: date) -> dict[str, NDArray[Any]]:
        """Settled days of strategies up to a day, one strategy after the other, dates ascending.

        Columns `strategy`, `trade_date` (datetime64[D]) and `nav` (mills), all of one length.
        """
        with self._series.read() as cursor:
            rows = cursor.execute(
                "SELECT strategy, trade_date, nav FROM nav WHERE strategy = ANY(?) AND trade_date <= ?"
                " ORDER BY strategy, trade_date",
                [list(numbers), upto],
            ).fetchnumpy()
        return {**rows, "trade_date": rows["trade_date"].astype("datetime64[D]")}

    def last_run(self) -> int:
        """The last run that has written a day; 0: none."""
        with self._series.read() as cursor:
            row = cursor.execute(
                "SELECT greatest((SELECT max(run) FROM nav), (SELECT max(run) FROM nav_superseded))"
            ).fetchone()
        return int(row[0] or 0) if row else 0

    def wrote(self, run: int, upto: date) -> bool:
        """Whether a run has written a day up to and with a day."""
        with self._series.read() as cursor:
            sought = f"SELECT 1 FROM nav WHERE run = {int(run)} AND trade_date <= DATE '{upto}' LIMIT 1"  # noqa: S608 - a number and a date
            return cursor.execute(sought).fetchone() is not None

    def of_runs(self, after: int, upto: int) -> list[Unpublished]:
        """The strategy-days that the runs after `after` up to `upto` wrote, also those superseded since.

        In date order, of a day the older revisions first.
        """
        runs = f"run > {int(after)} AND run <= {int(upto)} AND strategy > 0"
        with self._series.read() as cursor:
            rows = cursor.execute(
                "SELECT trade_date, revision, list(strategy ORDER BY strategy) FROM ("  # noqa: S608 - numbers
                f"SELECT trade_date, NULL::INTEGER AS revision, strategy FROM nav WHERE {runs} UNION ALL"
                f" SELECT trade_date, revision, strategy FROM nav_superseded WHERE {runs})"
                " GROUP BY ALL ORDER BY trade_date, revision NULLS LAST"
            ).fetchall()
        return list(map(Unpublished._make, rows))

    def published(self) -> Mark | None:
        """How far publication has come."""
        with self._series.read() as cursor:
            row = cursor.execute('SELECT run, trade_date, nav_sha256, "at" FROM publication').fetchone()
        if row is None:
            return None
        run, trade_date, digest, at = row
        return Mark(run, trade_date, digest, at.replace(tzinfo=UTC))

    def commits(self) -> list[DayCommit]:
        """The commits of digests, as far as they were noted."""
        with self._series.read() as cursor:
            rows = cursor.execute(
                "SELECT after_run, run, trade_date, sha, committed_at FROM settlement_commit"
            ).fetchall()
        return [DayCommit(after, run, day, sha, at.replace(tzinfo=UTC)) for after, run, day, sha, at in rows]

    def note_published(self, commits: Sequence[DayCommit], mark: Mark | None) -> None:
        """Keep the commits, and the mark in the place of the one before."""
        with self._series.write() as cursor:
            for commit in commits:
                cursor.execute(
                    "INSERT INTO settlement_commit VALUES (?, ?, ?, ?, ?)",
                    [*commit[:4], _stored(commit.committed_at)],
                )
            if mark is not None:
                cursor.execute("DELETE FROM publication")
                cursor.execute("INSERT INTO publication VALUES (?, ?, ?, ?)", [*mark[:3], _stored(mark.at)])

    def forget_commits(self) -> None:
        """The repository is another one."""
        with self._series.write() as cursor:
            cursor.execute("DELETE FROM settlement_commit")

    def restatements(self, number: int) -> list[Restated]:
        """The restatements in which a day of the strategy changed, in their order."""
        with self._series.read() as cursor:
            rows = cursor.execute(
                'SELECT from_date, "at", reason FROM restatement WHERE id IN'
                " (SELECT restatement FROM nav_superseded WHERE strategy = ?) ORDER BY id",
                [number],
            ).fetchall()
        return [Restated(first, at.replace(tzinfo=UTC), reason) for first, at, reason in rows]

    # inside

    def _records(self, cursor: Cursor, asked: _Asked, past: _Past, stored: _Stored) -> list[DayRecord]:
        nav, revision = stored.nav, stored.revision
        order = np.argsort(nav["strategy"])
        nav = {name: values[order] for name, values in nav.items()}
        settled = nav["strategy"].tolist()
        if not settled:
            return []
        nav["revision"] = np.array(
            [len(past.revisions.get(n, ())) if revision is None else revision for n in settled], np.int64
        )
        here = where(asked.trade_date, settled)
        snapshots = {k: self._snapshots.get(cursor, k) for k in np.unique(nav["snapshot"]).tolist()}
        acted = any(touched(each, stored.held_before["instrument"]) for each in snapshots.values())
        rebalanced = [n for n, traded in zip(settled, nav["rebalanced"].tolist(), strict=True) if traded]
        orders = rows_of(cursor, "trade_order", ORDER, here, revision) if rebalanced else None
        events = rows_of(cursor, "position_event", EVENT, here, revision) if acted else None
        revisions, restated = _revisions(cursor, asked.trade_date, settled, past), _restated(cursor, past)
        at = {number: s for s, number in enumerate(settled)}
        axis = nav["strategy"]
        rows = StoredRows(
            [(number, asked.trade_date) for number in settled],
            nav,
            [stored.before.get(n) for n in settled],
            placed(stored.held_before, "strategy", axis),
            placed(stored.held, "strategy", axis),
            placed(orders, "strategy", axis) if orders else NO_ORDERS,
            placed(events, "strategy", axis) if events else NO_EVENTS,
            snapshots,
            {at[n]: found for n, found in revisions.items()},
            {at[n]: found for n, found in restated.items() if n in at},
            {at[n]: weights for n in rebalanced if (weights := asked.signals[n]) is not None},
        )
        instruments = self._market.instruments()
        if highest_instrument(rows) >= len(
            instruments
        ):  # a restatement brought it: memory is a moment behind
            instruments = self._market.instruments_in(cursor)
        return records_of(rows, symbols_of(cursor, rows, instruments), instruments.number_of)


# ---------------------------------------------------------------- rows


def _stored(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _past(cursor: Cursor, trade_date: date, numbers: Collection[int]) -> _Past:
    past = _Past({}, {})
    if not numbers:
        return past
    rows = cursor.execute(
        "SELECT strategy, revision, nav, restatement FROM nav_superseded"  # noqa: S608 - numbers and a date
        f" WHERE {where(trade_date, numbers)}"
    ).fetchall()
    for strategy, revision, nav, restatement in sorted(rows):
        past.revisions.setdefault(strategy, []).append(Revision(revision, nav))
        past.replaced.setdefault(strategy, []).append(restatement)
    return past


def _revisions(
    cursor: Cursor, trade_date: date, numbers: Sequence[int], past: _Past
) -> dict[int, tuple[Revision, ...]]:
    """All revisions of the restated strategy-days, the one in force last."""
    restated = [number for number in numbers if number in past.revisions]
    if not restated:
        return {}
    in_force = dict(
        cursor.execute(f"SELECT strategy, nav FROM nav WHERE {where(trade_date, restated)}").fetchall()  # noqa: S608
    )
    found = {}
    for number in restated:
        known = past.revisions[number]
        last = (Revision(len(known), in_force[number]),) if number in in_force else ()
        found[number] = (*known, *last)
    return found


def _restated(cursor: Cursor, past: _Past) -> dict[int, Restated]:
    last = {number: restatements[-1] for number, restatements in past.replaced.items()}
    if not last:
        return {}
    rows = cursor.execute(
        f'SELECT id, from_date, "at", reason FROM restatement WHERE id IN ({listed(set(last.values()))})'  # noqa: S608
    ).fetchall()
    known = {k: Restated(from_date, at.replace(tzinfo=UTC), reason) for k, from_date, at, reason in rows}
    return {number: known[k] for number, k in last.items()}


# ---------------------------------------------------------------- a day and the one before


def _previous(calendar: TradingCalendar, trade_date: date) -> date:
    try:
        return calendar.previous_before(trade_date)
    except CalendarEnds:  # the calendar's first session
        return trade_date - timedelta(days=1)


def _in_force(cursor: Cursor, asked: _Asked, numbers: Sequence[int]) -> _Stored:
    """Both days in one query a table: the day before is as a rule the trading day before."""
    days = f"trade_date BETWEEN DATE '{asked.previous}' AND DATE '{asked.trade_date}' AND {of_strategies(numbers)}"
    nav, nav_before = _apart(rows_of(cursor, "nav", f"{NAV}, trade_date", days, None), asked.trade_date)
    held, held_on_it = _apart(
        rows_of(cursor, "position", f"{HELD}, trade_date", days, None), asked.trade_date
    )
    before = dict(
        zip(
            nav_before["strategy"].tolist(),
            map(
                Before._make,
                zip(*(nav_before[k].tolist() for k in ("trade_date", "nav", "cash")), strict=True),
            ),
            strict=True,
        )
    )
    settled = nav["strategy"].tolist()
    others = _last_before(cursor, asked.trade_date, [n for n in settled if n not in before])
    if not others:
        return _Stored(None, nav, held, before, held_on_it)
    held_earlier = _held_on(cursor, {n: (day, None) for n, day in others.items()})
    return _Stored(None, nav, held, before | others, _joined([held_on_it, held_earlier]))


def _apart(
    columns: dict[str, NDArray[Any]], day: date
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """The rows of a day and the others."""
    days = columns["trade_date"].astype("datetime64[D]")
    here = days == np.datetime64(day)
    columns = {**columns, "trade_date": days}
    return (
        {name: values[here] for name, values in columns.items()},
        {name: values[~here] for name, values in columns.items()},
    )


def _last_before(cursor: Cursor, trade_date: date, numbers: Sequence[int]) -> dict[int, Before]:
    """The settled day before of strategies that had none on the trading day before: on their first day, none."""
    if not numbers:
        return {}
    rows = cursor.execute(
        "SELECT strategy, max(trade_date), arg_max(nav, trade_date), arg_max(cash, trade_date) FROM nav"  # noqa: S608
        f" WHERE {of_strategies(numbers)} AND trade_date < DATE '{trade_date}' GROUP BY strategy"
    ).fetchall()
    return {number: Before(day, nav, cash) for number, day, nav, cash in rows}


def _superseded(cursor: Cursor, asked: _Asked, numbers: Sequence[int], past: _Past) -> _Stored:
    revision, here = asked.revision, where(asked.trade_date, numbers)
    assert revision is not None, "a superseded row has a revision"
    bounds = ", ".join(f"({int(n)}, {int(past.replaced[n][revision])})" for n in numbers)
    rows = cursor.execute(
        "SELECT p.strategy, p.trade_date, p.nav, p.cash, p.revision FROM"  # noqa: S608 - numbers and dates
        " (SELECT strategy, trade_date, nav, cash, revision, restatement FROM nav_superseded UNION ALL"
        "  SELECT strategy, trade_date, nav, cash, NULL, NULL FROM nav) p"
        f" JOIN (VALUES {bounds}) w(strategy, replaced) ON p.strategy = w.strategy"
        f" WHERE p.trade_date < DATE '{asked.trade_date}'"
        "   AND (p.restatement >= w.replaced OR p.restatement IS NULL)"
        " QUALIFY row_number() OVER"
        "   (PARTITION BY p.strategy ORDER BY p.trade_date DESC, p.restatement NULLS LAST) = 1"
    ).fetchall()
    before = {number: (Before(day, nav, cash), revised) for number, day, nav, cash, revised in rows}
    return _Stored(
        revision,
        rows_of(cursor, "nav", NAV, here, revision),
        rows_of(cursor, "position", HELD, here, revision),
        {number: day for number, (day, _) in before.items()},
        _held_on(cursor, before),
    )


def _held_on(cursor: Cursor, days: Mapping[int, tuple[Before, int | None]]) -> Columns:
    """The holdings at the end of each strategy's day, of the revision given."""
    groups: dict[tuple[date, int | None], list[int]] = {}
    for number, (day, revision) in days.items():
        groups.setdefault((day.trade_date, revision), []).append(number)
    return _joined(
        [
            rows_of(cursor, "position", HELD, where(day, numbers), revision)
            for (day, revision), numbers in groups.items()
        ]
    )


def _joined(parts: Sequence[Columns]) -> Columns:
    empty = np.empty(0, np.int64)
    return {
        name: np.concatenate([empty, *(part[name] for part in parts)])
        for name in ("strategy", "instrument", "shares")
    }
