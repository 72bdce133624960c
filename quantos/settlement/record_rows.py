"""Rows of settled days as they lie in the store: what both kinds of reading ask of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.market.core.bars import Instruments
from quantos.settlement.core.recorded import Columns, DaySnapshot, StoredRows

Cursor = duckdb.DuckDBPyConnection

NAV: Final = "strategy, nav, cash, stale, rebalanced, snapshot, run"
HELD: Final = "strategy, instrument, shares"
_ORDERED: Final = ("quantity", "filled", "price", "commission", "stamp_duty", "transfer_fee")
ORDER: Final = f"strategy, instrument, {', '.join(_ORDERED)}, reason::INTEGER AS reason"
EVENT: Final = "strategy, instrument, kind::INTEGER AS kind, shares_before, shares_after, cash"

_NOTHING: Final = np.empty(0, np.int64)
NO_ORDERS: Final = dict.fromkeys(("s", "instrument", *_ORDERED, "reason"), _NOTHING)
NO_EVENTS: Final = dict.fromkeys(
    ("s", "instrument", "kind", "shares_before", "shares_after", "cash"), _NOTHING
)


def rows_of(
    cursor: Cursor, table: str, columns: str, where: str, revision: int | None
) -> dict[str, NDArray[Any]]:
    source = table if revision is None else f"{table}_superseded"
    of_revision = "" if revision is None else f" AND revision = {int(revision)}"
    return cursor.execute(
        f"SELECT {columns} FROM {source} WHERE {where}{of_revision}"  # noqa: S608 - names, numbers and dates
    ).fetchnumpy()


def placed(columns: Columns, along: str, axis: NDArray[Any]) -> Columns:
    """Rows with their s: the place of their `along` in the axis, which ascends."""
    return {**columns, "s": np.searchsorted(axis, columns[along])}


def touched(snapshot: DaySnapshot, held: NDArray[Any]) -> bool:
    """Whether anything happened to an instrument that was held: without it no holding has an event."""
    acted = [*snapshot.number[snapshot.bars["event"] != 0].tolist(), *snapshot.terms]
    return bool(np.isin(held, acted).any())


def where(trade_date: date, numbers: Collection[int]) -> str:
    """Literals: DuckDB prunes by them, and a list of a thousand numbers is a hash table."""
    return f"trade_date = DATE '{trade_date}' AND {of_strategies(numbers)}"


def of_strategies(numbers: Collection[int]) -> str:
    return f"strategy IN ({listed(numbers)})" if len(numbers) > 1 else f"strategy = {listed(numbers)}"


def listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(int(number)) for number in numbers)


def highest_instrument(rows: StoredRows) -> int:
    """The largest instrument number in the rows and their snapshots; -1 where there is none."""
    named = [columns["instrument"] for columns in (rows.held_before, rows.held, rows.orders, rows.events)]
    numbers = [*named, *(snapshot.number for snapshot in rows.snapshots.values())]
    return max((int(each.max(initial=-1)) for each in numbers), default=-1)


def symbols_of(cursor: Cursor, rows: StoredRows, instruments: Instruments) -> dict[int, str]:
    """The symbols of every instrument number in the rows, and of those swapped into."""
    tables = (rows.held_before, rows.held, rows.orders, rows.events)
    numbers = np.unique(np.concatenate([columns["instrument"] for columns in tables])).tolist()
    into = {terms[2] for snapshot in rows.snapshots.values() for terms in snapshot.terms.values()} - {-1}
    found = {n: instruments.symbols[n] for n in {*numbers, *into} if n >= 0}
    unknown = [n for n in numbers if n < 0]
    if unknown:
        found |= dict(
            cursor.execute(
                f"SELECT number, symbol FROM unknown_symbol WHERE number IN ({listed(unknown)})"  # noqa: S608
            ).fetchall()
        )
    return found
