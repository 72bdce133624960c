"""Every query of settlement: NAV, orders, positions, events and snapshots in DuckDB, runs in the records store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, func, select

from quantos.market.core.settled import SettledDays
from quantos.settlement.core.day import Roster
from quantos.settlement.core.facts import Event, Reason
from quantos.settlement.core.ledger import Book, Settled
from quantos.settlement.core.snapshot import Snapshot
from quantos.settlement.tables import SettlementRun, kind_of
from quantos.storage import events
from quantos.storage.confined import given
from quantos.storage.prepared import Prepared

_run: Final = SQLModel.metadata.tables["settlement_run"]
_RUNNING: Final = Prepared(select_columns(_run.c.number).where(_run.c.status == bindparam("status")))

Cursor = duckdb.DuckDBPyConnection
Dates = NDArray[np.datetime64]
Ints = NDArray[np.int64]

RUNS_AT_ONCE: Final = 10
RUNS_MAX: Final = 1000
"""How far back the newest daily run is looked for."""


@dataclass(frozen=True, slots=True)
class NavSeries:
    """A strategy's settled days, ascending. Amounts in mills."""

    trade_dates: Dates  # datetime64[D][n]
    nav_mills: Ints  # [n]
    stale_mills: Ints  # [n]; of it in delisted holdings, at their last close


class Latest(NamedTuple):
    """A strategy's last settled day. Amounts in mills."""

    trade_date: date
    nav: int
    previous_nav: int | None
    days: int  # settled so far
    stale: int  # of the NAV in delisted holdings, at their last close


@dataclass(frozen=True, slots=True)
class DayToWrite:
    """One settled day of some strategies; `numbers` are their series keys, in the order of `settled`."""

    trade_date: date
    numbers: NDArray[np.int32]
    settled: Settled
    rebalanced: NDArray[np.bool_]
    stale: Ints
    unknown: Sequence[tuple[int, tuple[str, ...]]]
    snapshot: Snapshot
    acceptance: tuple[str, str] | None
    run: int
    at: datetime  # when it is settled, by the platform's clock


def book_of(
    cursor: Cursor, numbers: Sequence[int], last: Sequence[date | None], capital: Ints, roster: Roster
) -> Book:
    """The holdings of strategies after their own last settled day; capital in mills for those without one."""
    import pyarrow as pa  # noqa: PLC0415 - loaded where it is used

    keys = pa.table(
        {
            "s": np.arange(len(numbers)),
            "strategy": np.array(numbers, np.int32),
            "last": pa.array(last, pa.date32()),
        }
    )
    cash = capital.copy()
    cursor.register("wanted", keys)
    try:
        found = cursor.execute(
            "SELECT w.s, n.cash FROM nav n JOIN wanted w ON n.strategy = w.strategy AND n.trade_date = w.last"
            " WHERE n.trade_date >= (SELECT min(last) FROM wanted)"
        ).fetchnumpy()
        cash[found["s"]] = found["cash"]
        held = cursor.execute(
            "SELECT w.s, p.instrument, p.shares FROM position p"
            " JOIN wanted w ON p.strategy = w.strategy AND p.trade_date = w.last"
            " WHERE p.trade_date >= (SELECT min(last) FROM wanted)"
        ).fetchnumpy()
    finally:
        cursor.unregister("wanted")
    place = roster.place[held["instrument"]].astype(np.int64)
    order = np.lexsort((place, held["s"]))
    start = np.concatenate([[0], np.cumsum(np.bincount(held["s"], minlength=len(numbers)))])
    return Book(cash, start, place[order], held["shares"][order].astype(np.int64))


def write_day(cursor: Cursor, day: DayToWrite, roster: Roster) -> None:
    """Write a settled day and the event of it; the caller's transaction is the commit point."""
    write_rows(cursor, day, roster)
    payload = {"trade_date": day.trade_date, "run": day.run, "strategies": len(day.numbers)}
    cursor.execute(
        "INSERT INTO event SELECT coalesce(max(sequence), 0) + 1, ?, 'day_settled', ? FROM event",
        [day.at.astimezone(UTC).replace(tzinfo=None), orjson.dumps(payload).decode()],
    )


def write_rows(cursor: Cursor, day: DayToWrite, roster: Roster) -> None:
    """Write the rows of a settled day, and no event."""
    snapshot = _write_snapshot(cursor, day, roster)
    for table, columns in rows_of(cursor, day, roster).items():
        whole = {"snapshot": snapshot, "run": day.run} if table == "nav" else {}
        _insert(cursor, table, trade_date=day.trade_date, **columns, **whole)


def rows_of(cursor: Cursor, day: DayToWrite, roster: Roster) -> dict[str, dict[str, NDArray[Any]]]:
    """What a settled day says, by table: columns without the day and, of `nav`, without snapshot and run."""
    settled, number = day.settled, roster.number
    book, orders, events = settled.book, settled.orders, settled.events
    ordered: dict[str, NDArray[Any]] = {
        "strategy": np.repeat(day.numbers, np.diff(orders.start)),
        "instrument": number[orders.instrument],
        "quantity": orders.quantity,
        "filled": orders.filled,
        "price": orders.price,
        "commission": orders.commission,
        "stamp_duty": orders.stamp_duty,
        "transfer_fee": orders.transfer_fee,
        "reason": orders.reason,
    }
    if day.unknown:
        unknown = _unknown_orders(cursor, day)
        ordered = {name: np.concatenate([column, unknown[name]]) for name, column in ordered.items()}
    return {
        "nav": {
            "strategy": day.numbers,
            "nav": settled.nav,
            "cash": book.cash,
            "turnover": settled.turnover,
            "fees": settled.fees,
            "stale": day.stale,
            "rebalanced": day.rebalanced,
        },
        "position": {
            "strategy": np.repeat(day.numbers, np.diff(book.start)),
            "instrument": number[book.instrument],
            "shares": book.shares,
        },
        "trade_order": ordered,
        "position_event": {
            "strategy": np.repeat(day.numbers, np.diff(events.start)),
            "instrument": number[events.instrument],
            "kind": events.kind,
            "shares_before": events.shares_before,
            "shares_after": events.shares_after,
            "cash": events.cash,
        },
    }


def _insert(cursor: Cursor, table: str, **columns: NDArray[Any] | int | date) -> None:
    """Insert rows given as columns; a date or a number holds for every row."""
    incoming = {name: values for name, values in columns.items() if isinstance(values, np.ndarray)}
    if not len(next(iter(incoming.values()))):
        return
    selected = ", ".join(name if name in incoming else _literal(value) for name, value in columns.items())
    with given(cursor, incoming=incoming):
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {selected} FROM incoming")  # noqa: S608 - names of our own


def _literal(value: object) -> str:
    return f"DATE '{value}'" if isinstance(value, date) else str(value)


def _write_snapshot(cursor: Cursor, day: DayToWrite, roster: Roster) -> int:
    """The id of the day's snapshot; an equal one is used again."""
    snapshot, (by, reason) = day.snapshot, day.acceptance or (None, None)
    found, number = cursor.execute(
        "SELECT min(id) FILTER (trade_date = ? AND sha256 = ? AND accepted_reason IS NOT DISTINCT FROM ?),"
        " coalesce(max(id), 0) + 1 FROM snapshot",
        [snapshot.trade_date, snapshot.sha256, reason],
    ).fetchone() or (None, 1)
    if found is not None:
        return int(found)
    cursor.execute(
        "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            number,
            snapshot.trade_date,
            snapshot.sha256,
            snapshot.rules_version,
            snapshot.minimum_commission,
            by,
            reason,
        ],
    )
    bars = {"instrument": roster.number[snapshot.place], **snapshot.columns}
    _insert(cursor, "snapshot_bar", snapshot=number, **bars)
    into = snapshot.action_columns["into"]
    _insert(
        cursor,
        "snapshot_action",
        instrument=roster.number[snapshot.acted],
        snapshot=number,
        bonus_per_million=snapshot.action_columns["bonus_per_million"],
        cash_mills_per_million=snapshot.action_columns["cash_mills_per_million"],
        into_instrument=np.where(into >= 0, roster.number[into], -1),
    )
    return int(number)


def _unknown_orders(cursor: Cursor, day: DayToWrite) -> dict[str, NDArray[Any]]:
    """Orders in symbols that no market file ever named: refused, quantity 0."""
    names = sorted({symbol for _, symbols in day.unknown for symbol in symbols})
    known = dict(
        cursor.execute("SELECT symbol, number FROM unknown_symbol WHERE symbol = ANY(?)", [names]).fetchall()
    )
    (lowest,) = cursor.execute("SELECT coalesce(min(number), 0) FROM unknown_symbol").fetchone() or (0,)
    for symbol in (name for name in names if name not in known):
        lowest -= 1
        known[symbol] = lowest
        cursor.execute("INSERT INTO unknown_symbol VALUES (?, ?)", [lowest, symbol])
    rows = [(int(day.numbers[s]), known[symbol]) for s, symbols in day.unknown for symbol in symbols]
    nothing = np.zeros(len(rows), np.int64)
    zeros = ("quantity", "filled", "price", "commission", "stamp_duty", "transfer_fee")
    return {
        "strategy": np.array([s for s, _ in rows], np.int32),
        "instrument": np.array([i for _, i in rows], np.int32),
        **dict.fromkeys(zeros, nothing),
        "reason": nothing + int(Reason.NO_MARKET_DATA),
    }


def nav_series(cursor: Cursor, number: int) -> NavSeries:
    rows = cursor.execute(
        "SELECT trade_date, nav, stale FROM nav WHERE strategy = ? ORDER BY trade_date", [number]
    ).fetchnumpy()
    return NavSeries(rows["trade_date"].astype("datetime64[D]"), rows["nav"], rows["stale"])


def latest(cursor: Cursor) -> dict[int, Latest]:
    """The last settled day of every strategy. A backfilled curve (a negative key) is none of them."""
    rows = cursor.execute(
        "SELECT strategy, max(trade_date), arg_max(nav, trade_date, 2), count(*), arg_max(stale, trade_date)"
        " FROM nav WHERE strategy > 0 GROUP BY strategy"
    ).fetchall()
    return {
        s: Latest(day, navs[0], navs[1] if len(navs) > 1 else None, days, stale)
        for s, day, navs, days, stale in rows
    }


def settled_days(cursor: Cursor) -> SettledDays | None:
    """The first and the last settled day, and what no settlement between them has explained.

    Backfilled days do not count: their market stays open to corrections.
    """
    first, last = cursor.execute(
        "SELECT min(trade_date), max(trade_date) FROM nav WHERE strategy > 0"
    ).fetchone() or (None, None)
    if first is None:
        return None
    # A row or corrected data may have explained it since: then somebody may be settled with the explanation.
    stopped = cursor.execute(
        "WITH bar_of_day AS (SELECT b.instrument, s.trade_date, b.event FROM snapshot_bar b"
        "  JOIN snapshot s ON s.id = b.snapshot)"
        " SELECT DISTINCT instrument, trade_date FROM bar_of_day u WHERE event = $unexplained AND NOT EXISTS"
        " (SELECT 1 FROM bar_of_day o WHERE o.event <> $unexplained"
        "  AND o.instrument = u.instrument AND o.trade_date = u.trade_date)",
        {"unexplained": int(Event.UNEXPLAINED)},
    ).fetchall()
    return SettledDays(first, last, frozenset(stopped))


def settled_up_to(cursor: Cursor, day: date) -> date | None:
    """The last settled day up to `day`, which may be itself; None where nothing is settled before it, or after it."""
    before, last = cursor.execute(
        "SELECT max(trade_date) FILTER (trade_date <= $day), max(trade_date) FROM nav WHERE strategy > 0",
        {"day": day},
    ).fetchone() or (None, None)
    return None if last is None or last < day else before


def outcomes(cursor: Cursor, run: int, limit: int) -> list[tuple[int, date, bool]]:
    """What a run settled: (strategy, trade date, rebalanced), in order, also where it was restated since."""
    return cursor.execute(
        "SELECT strategy, trade_date, rebalanced FROM nav WHERE run = $run UNION ALL"
        " SELECT strategy, trade_date, rebalanced FROM nav_superseded WHERE run = $run"
        " ORDER BY trade_date, strategy LIMIT $limit",
        {"run": run, "limit": limit},
    ).fetchall()


def add_run(session: Session, run: SettlementRun) -> SettlementRun:
    """A run that begins, with the event of it."""
    session.add(run)
    session.flush()
    events.note(session.connection(), run.started_at, "run_started", _named(run))
    return run


def tell_finished(session: Session, run: SettlementRun) -> None:
    """The event of a run's end, in the unit of work that records it."""
    assert run.finished_at is not None, "it has ended"
    counts = {"settled": run.settled, "held": run.held, "failed": len(run.failed)}
    said = {**_named(run), "status": run.status, **counts}
    events.note(session.connection(), run.finished_at, "run_finished", said)


def _named(run: SettlementRun) -> dict[str, Any]:
    """`run`: as the days that it settles name it; `id`: as the API does."""
    restated = "restatement" in run.detail
    return {"run": run.number, "id": run.id, "trade_date": run.trade_date, "restatement": restated}


def run_by_id(session: Session, run_id: str) -> SettlementRun | None:
    return session.exec(select(SettlementRun).where(SettlementRun.id == run_id)).first()


def runs(session: Session, limit: int, offset: int) -> Sequence[SettlementRun]:
    """Runs, newest first."""
    return session.exec(
        select(SettlementRun).order_by(col(SettlementRun.number).desc()).limit(limit).offset(offset)
    ).all()


def last_daily_run(session: Session) -> SettlementRun | None:
    """The newest run of every strategy that was due: no restatement, and no filling in of one strategy's days."""
    for offset in range(0, RUNS_MAX, RUNS_AT_ONCE):
        found = runs(session, RUNS_AT_ONCE, offset)
        daily = next((run for run in found if kind_of(run) == "daily"), None)
        if daily is not None or len(found) < RUNS_AT_ONCE:
            return daily
    return None


def last_day_run(session: Session) -> date | None:
    """The last day that any run was asked for."""
    return session.exec(select(func.max(SettlementRun.trade_date))).one()


def run_of_day(session: Session, trade_date: date) -> SettlementRun | None:
    """The latest run of a day."""
    return session.exec(
        select(SettlementRun)
        .where(SettlementRun.trade_date == trade_date)
        .order_by(col(SettlementRun.number).desc())
        .limit(1)
    ).first()


def unfinished_runs(session: Session) -> Sequence[SettlementRun]:
    if not _RUNNING.rows(session.connection(), {"status": "running"}):
        return ()  # as at nearly every start, which need not wait until the mappers are configured
    return session.exec(select(SettlementRun).where(SettlementRun.status == "running")).all()
