"""akshare's two daily histories: Sina (`stock_zh_a_daily`) and Eastmoney (`stock_zh_a_hist`, `fund_etf_hist_em`).

    Sina       date open high low close volume amount [outstanding_share turnover] [symbol name]
               CNY, shares, CNY; no previous close; a suspended day is absent
               [hfq_factor]: the backward factor, where the fetch joined akshare's adjust="hfq-factor"
    Eastmoney  日期 开盘 收盘 最高 最低 成交量 成交额 [振幅 涨跌幅 涨跌额 换手率] [股票代码]
               close BEFORE high and low; CNY, LOTS of 100 shares (whole lots: shares to the nearest 100), CNY

Eastmoney's raw 涨跌额 and 涨跌幅 are against the raw close of the day before, also on an ex-date (000066.SZ on
2022-07-20: -0.06 from 9.94, the exchange's reference was 9.89). They say nothing about the reference price,
so pre_close stays unknown: neither history shows an ex-date by itself.
"""

from __future__ import annotations

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.columns import Frame, days, floats, whole
from quantos.market.core.providers.evidence import LOT_SHARES, refuse_by_name, refuse_by_rows
from quantos.market.core.providers.provider import KnownBars, Provider, bars_of, symbol_column

SINA = "akshare_sina"
EASTMONEY = "akshare_eastmoney"


def normalise_sina(frame: Frame, filename: str, _known: KnownBars | None = None, /) -> NormalisedBars:
    """Raw rows of Sina; raises ProviderFileRefused for adjusted ones."""
    refuse_by_name(SINA, filename)
    bars = bars_of(
        SINA,
        symbol_column(SINA, frame, filename, "symbol"),
        trade_date=days(frame, "date"),
        open=floats(frame, "open"),
        high=floats(frame, "high"),
        low=floats(frame, "low"),
        close=floats(frame, "close"),
        volume=whole(floats(frame, "volume")),
        amount=floats(frame, "amount"),
        adj_factor=floats(frame, "hfq_factor"),
    )
    refuse_by_rows(SINA, filename, bars)
    return bars


def normalise_eastmoney(frame: Frame, filename: str, _known: KnownBars | None = None, /) -> NormalisedBars:
    """Raw rows of Eastmoney; raises ProviderFileRefused for adjusted ones."""
    refuse_by_name(EASTMONEY, filename)
    lots = floats(frame, "成交量")
    bars = bars_of(
        EASTMONEY,
        symbol_column(EASTMONEY, frame, filename, "股票代码", "代码"),
        trade_date=days(frame, "日期"),
        open=floats(frame, "开盘"),
        high=floats(frame, "最高"),
        low=floats(frame, "最低"),
        close=floats(frame, "收盘"),
        volume=whole(lots * LOT_SHARES),
        amount=floats(frame, "成交额"),
    )
    refuse_by_rows(EASTMONEY, filename, bars, volume_unit_shares=LOT_SHARES)
    return bars


SINA_PROVIDER = Provider(
    name=SINA,
    units="akshare stock_zh_a_daily (Sina), adjust='': raw CNY, shares, CNY; no previous close",
    required=frozenset({"date", "open", "high", "low", "close", "volume", "amount"}),
    one_of=frozenset(),
    none_of=frozenset({"code", "preclose", "pre_close", "trade_date", "ts_code", "adj_type"}),
    duckdb_types={
        "date": "DATE",
        "symbol": "VARCHAR",
        **dict.fromkeys(("open", "high", "low", "close", "volume", "amount", "hfq_factor"), "DOUBLE"),
    },
    normalise=normalise_sina,
)

EASTMONEY_PROVIDER = Provider(
    name=EASTMONEY,
    units="akshare stock_zh_a_hist (Eastmoney), adjust='': raw CNY, lots of 100 shares, CNY",
    required=frozenset({"日期", "开盘", "收盘", "最高", "最低", "成交量", "成交额"}),
    one_of=frozenset(),
    none_of=frozenset(),
    duckdb_types={
        "日期": "DATE",
        "股票代码": "VARCHAR",
        "代码": "VARCHAR",
        **dict.fromkeys(("开盘", "收盘", "最高", "最低", "成交量", "成交额"), "DOUBLE"),
    },
    normalise=normalise_eastmoney,
)
