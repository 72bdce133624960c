"""BaoStock `query_history_k_data_plus`.

    date 2024-01-02   code sh.600519   open high low close preclose in CNY   volume shares   amount CNY
    adjustflag 1 backward, 2 forward adjusted, 3 raw   tradestatus 1 traded, 0 suspended   isST 1, 0
    pctChg per cent of preclose, four decimals

preclose is the exchange's reference price. A suspended day is a row with every price equal to preclose; its
volume and amount are 0 or empty, which means 0. Beijing shares are not delivered.
"""

from __future__ import annotations

import numpy as np

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.columns import Frame, codes, days, floats, whole
from quantos.market.core.providers.evidence import refuse_by_name, refuse_by_rows
from quantos.market.core.providers.provider import KnownBars, Provider, bars_of, symbol_column
from quantos.market.core.providers.refusal import ProviderFileRefused

NAME = "baostock"
_RAW = 3


def normalise(frame: Frame, filename: str, _known: KnownBars | None = None, /) -> NormalisedBars:
    """Raw rows of BaoStock; raises ProviderFileRefused for adjusted ones."""
    refuse_by_name(NAME, filename)
    flags = floats(frame, "adjustflag")
    flagged = np.isfinite(flags) & (flags != _RAW)
    if flagged.any():
        raise ProviderFileRefused(
            NAME,
            filename,
            "adjusted_prices",
            f"{int(flagged.sum())} rows have adjustflag {', '.join(f'{f:g}' for f in np.unique(flags[flagged]))}",
        )
    status = codes(frame, "tradestatus")
    volume, amount = floats(frame, "volume"), floats(frame, "amount")
    bars = bars_of(
        NAME,
        symbol_column(NAME, frame, filename, "code"),
        trade_date=days(frame, "date"),
        open=floats(frame, "open"),
        high=floats(frame, "high"),
        low=floats(frame, "low"),
        close=floats(frame, "close"),
        pre_close=floats(frame, "preclose"),
        volume=whole(np.where((status == 0) & np.isnan(volume), 0.0, volume)),
        amount=np.where((status == 0) & np.isnan(amount), 0.0, amount),
        is_st=codes(frame, "isST"),
        trade_status=status,
    )
    refuse_by_rows(NAME, filename, bars, pct_change=floats(frame, "pctChg"))
    return bars


PROVIDER = Provider(
    name=NAME,
    units="BaoStock daily: sh.600519, raw CNY (adjustflag 3), shares, CNY; suspended days are rows",
    required=frozenset({"date", "code", "open", "high", "low", "close", "volume"}),
    one_of=frozenset({"preclose", "adjustflag", "tradestatus", "pctChg"}),
    none_of=frozenset(),
    duckdb_types={
        "date": "DATE",
        "code": "VARCHAR",
        **dict.fromkeys(("open", "high", "low", "close", "preclose", "volume", "amount", "pctChg"), "DOUBLE"),
        **dict.fromkeys(("adjustflag", "tradestatus", "isST"), "TINYINT"),
    },
    normalise=normalise,
)
