"""Worlds out of the real bar files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.oracle.ledger import Bar, CorporateAction, Instrument
from tests.support.worlds import World

EARLY = "bars_stock_2010_2022_core"
LATE = "bars_stock_2023_2026_all"
DELISTED = "bars_stock_delisted"
SAMPLE = "sample_32_stocks_2020_2026"


def sessions_between(folder: Path, first: date, last: date) -> list[date]:
    return [
        day
        for (day,) in duckdb.execute(
            "SELECT date FROM read_parquet(?) WHERE is_open AND date BETWEEN ? AND ? ORDER BY date",
            [str(folder / "trading_calendar.parquet"), first, last],
        ).fetchall()
    ]


def bars_between(
    folder: Path, file: str, first: date, last: date, symbols: Collection[str] | None = None
) -> dict[date, dict[str, Bar]]:
    rows = duckdb.execute(
        "SELECT date, symbol, open, close, pre_close, volume, adj_factor, is_st FROM read_parquet(?)"
        " WHERE date BETWEEN ? AND ? AND (? IS NULL OR list_contains(?, symbol)) ORDER BY date, symbol",
        [str(folder / f"{file}.parquet"), first, last, *[None if symbols is None else list(symbols)] * 2],
    ).fetchall()
    found: dict[date, dict[str, Bar]] = {}
    for day, symbol, opened, closed, pre_close, volume, factor, st in rows:
        found.setdefault(day, {})[symbol] = Bar(
            _exact(opened),
            _exact(closed),
            None if pre_close is None else _exact(pre_close),
            volume,
            None if factor is None else Decimal(repr(factor)),
            None if st is None else bool(st),
        )
    return found


def real_world(
    folder: Path,
    file: str,
    first: date,
    last: date,
    symbols: Collection[str] | None = None,
    actions: Collection[CorporateAction] = (),
    delisted: Mapping[str, date] | None = None,
) -> World:
    bars = bars_between(folder, file, first, last, symbols)
    names = sorted({s for rows in bars.values() for s in rows} | set(symbols or ()))
    gone = delisted or {}
    known = {s: Instrument(s, None, gone.get(s)) for s in names}
    return World(sessions_between(folder, first, last), bars, known, list(actions))


def _exact(price: float) -> Decimal:
    return Decimal(repr(round(price, 3)))
