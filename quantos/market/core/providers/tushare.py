"""Tushare `daily` and `fund_daily`, and its lists `stock_basic` and `daily_basic`.

    ts_code 600519.SH   trade_date 20251009   open high low close pre_close in CNY, raw
    vol in lots of 100 shares with two decimals, so that shares are exact   amount in thousand CNY
    pct_chg per cent of pre_close, the exchange's reference price   list_date 19910403

Suspended days are absent. `stock_basic` lists instruments; of `daily_basic` only its symbols are of use.
"""

from __future__ import annotations

import numpy as np

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.codes import symbols_of
from quantos.market.core.providers.columns import Frame, days, floats, texts, whole
from quantos.market.core.providers.evidence import LOT_SHARES, refuse_by_name, refuse_by_rows
from quantos.market.core.providers.provider import (
    InstrumentProvider,
    InstrumentRows,
    KnownBars,
    Provider,
    bars_of,
    symbol_column,
)

NAME = "tushare"
_THOUSAND = 1000


def normalise(frame: Frame, filename: str, _known: KnownBars | None = None, /) -> NormalisedBars:
    """Raw rows of Tushare; raises ProviderFileRefused for adjusted ones (`pro_bar` with adj)."""
    refuse_by_name(NAME, filename)
    bars = bars_of(
        NAME,
        symbol_column(NAME, frame, filename, "ts_code"),
        trade_date=days(frame, "trade_date"),
        open=floats(frame, "open"),
        high=floats(frame, "high"),
        low=floats(frame, "low"),
        close=floats(frame, "close"),
        pre_close=floats(frame, "pre_close"),
        volume=whole(floats(frame, "vol") * LOT_SHARES),
        # three decimals of a thousand: whole CNY, so that 11325172.371 thousand is 11325172371 exactly
        amount=np.round(floats(frame, "amount") * _THOUSAND, 2),
    )
    refuse_by_rows(NAME, filename, bars, pct_change=floats(frame, "pct_chg"))
    return bars


def stock_basic(frame: Frame, filename: str) -> InstrumentRows:
    """Symbols, names, list dates and, where asked for, delist dates of `stock_basic`."""
    symbols = symbol_column("tushare_stock_basic", frame, filename, "ts_code")
    unknown = np.full(len(symbols), np.datetime64("NaT", "D"))
    return InstrumentRows(
        symbol=symbols,
        name=np.array(texts(frame, "name"), dtype=object),
        list_date=days(frame, "list_date"),
        delist_date=days(frame, "delist_date") if "delist_date" in frame else unknown,
        source="tushare_stock_basic",
    )


def daily_basic(frame: Frame, _filename: str) -> InstrumentRows:
    """The symbols of `daily_basic`, each once, in the order of the file; its valuations are not stored."""
    symbols = np.array(list(dict.fromkeys(filter(None, symbols_of(frame["ts_code"])))), dtype=object)
    unknown = np.full(len(symbols), np.datetime64("NaT", "D"))
    return InstrumentRows(
        symbol=symbols,
        name=np.full(len(symbols), "", dtype=object),
        list_date=unknown,
        delist_date=unknown,
        source="tushare_daily_basic",
    )


PROVIDER = Provider(
    name=NAME,
    units="Tushare daily: 600519.SH, 20251009, raw CNY, lots of 100 shares, thousand CNY",
    required=frozenset({"ts_code", "trade_date", "open", "high", "low", "close", "vol"}),
    one_of=frozenset(),
    none_of=frozenset({"trade_time"}),
    duckdb_types={
        "ts_code": "VARCHAR",
        "trade_date": "INTEGER",
        **dict.fromkeys(("open", "high", "low", "close", "pre_close", "pct_chg", "vol", "amount"), "DOUBLE"),
    },
    normalise=normalise,
)

STOCK_BASIC = InstrumentProvider(
    name="tushare_stock_basic",
    units="Tushare stock_basic: 600519.SH, name, list_date 20010827",
    required=frozenset({"ts_code", "name", "list_date"}),
    duckdb_types={"ts_code": "VARCHAR", "name": "VARCHAR", "list_date": "INTEGER", "delist_date": "INTEGER"},
    instruments=stock_basic,
)

DAILY_BASIC = InstrumentProvider(
    name="tushare_daily_basic",
    units="Tushare daily_basic: 600519.SH and valuations, of which only the symbols are used",
    required=frozenset({"ts_code", "trade_date", "total_mv", "circ_mv"}),
    duckdb_types={"ts_code": "VARCHAR", "trade_date": "INTEGER"},
    instruments=daily_basic,
)
