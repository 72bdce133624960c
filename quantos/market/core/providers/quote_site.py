"""Day lines of the quote sites (Tencent, Sina): `date, open, close, high, low, volume`.

    close stands second; raw CNY; no amount, no previous close
    volume in lots of 100 shares or in shares: the sites differ, and one collection holds both
    [adj_type none, qfq, hfq]   [source sina, tencent]

The unit is decided for each file by evidence, in this order, and never guessed:

    1. bars of the symbol that are stored already: closes equal and volumes in one of the two ratios
    2. source = sina: shares, as Sina's day line is
    3. source = tencent: lots for main-board and ChiNext shares; not for the others, which come in shares
       or in lots

Without any of them the file is refused. So is one whose closes differ from the stored bars: its prices are
adjusted, or it is another instrument. Whole lots give shares to the nearest 100.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board, board_of
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.codes import is_also_index, names_exchange
from quantos.market.core.providers.columns import Frame, days, floats, texts, whole
from quantos.market.core.providers.evidence import LOT_SHARES, refuse_by_name, refuse_by_rows
from quantos.market.core.providers.provider import KnownBars, Provider, bars_of, symbol_column
from quantos.market.core.providers.refusal import ProviderFileRefused

NAME = "quote_site"
COMMON_DAYS_MIN: Final = 5
_CLOSE_TOLERANCE: Final = 0.0005  # CNY: half a fund's tick
_AGREEING_PER_CENT: Final = 99
_RATIO_TOLERANCE: Final = 0.01  # of the volume's ratio to the stored one; whole lots round
_LOTS_AT_TENCENT = frozenset({Board.MAIN, Board.CHINEXT})


def normalise(frame: Frame, filename: str, known: KnownBars | None = None, /) -> NormalisedBars:
    """Raw rows of a quote site in shares; raises ProviderFileRefused where the unit cannot be decided."""
    refuse_by_name(NAME, filename)
    adjusted = sorted({text for text in texts(frame, "adj_type") if text not in {"", "none", "raw"}})
    if adjusted:
        raise ProviderFileRefused(NAME, filename, "adjusted_prices", f"adj_type is {', '.join(adjusted)}")
    symbols = symbol_column(NAME, frame, filename, "symbol", "code")
    trade_date, close, volume = days(frame, "date"), floats(frame, "close"), floats(frame, "volume")
    sources = np.array(texts(frame, "source"), dtype=object)
    by_column = "symbol" in frame or "code" in frame
    unit = np.ones(len(symbols))
    for symbol in sorted(set(filter(None, symbols))):
        rows = symbols == symbol
        stored = known(symbol) if known is not None else None
        decided = None
        if stored is not None:
            decided = _unit_by_stored(filename, stored, trade_date[rows], close[rows], volume[rows])
        if decided is None:
            if not by_column and is_also_index(symbol) and not names_exchange(filename):
                raise ProviderFileRefused(
                    NAME, filename, "symbol_ambiguous", f"{symbol[:6]} is a share and an index"
                )
            decided = _unit_by_source(filename, symbol, set(sources[rows]))
        unit[rows] = decided
    bars = bars_of(
        NAME,
        symbols,
        trade_date=trade_date,
        open=floats(frame, "open"),
        high=floats(frame, "high"),
        low=floats(frame, "low"),
        close=close,
        volume=whole(volume * unit),
    )
    refuse_by_rows(NAME, filename, bars)
    return bars


def _unit_by_stored(
    filename: str,
    stored: NormalisedBars,
    trade_date: NDArray[np.datetime64],
    close: NDArray[np.float64],
    volume: NDArray[np.float64],
) -> int | None:
    """Shares per unit of volume by the stored bars; None where there are too few common days."""
    _, here, there = np.intersect1d(trade_date, stored.trade_date, return_indices=True)
    traded = (stored.volume[there] > 0) & (volume[here] > 0) & np.isfinite(close[here])
    here, there = here[traded], there[traded]
    if len(here) < COMMON_DAYS_MIN:
        return None
    differing = int((np.abs(close[here] - stored.close[there]) > _CLOSE_TOLERANCE).sum())
    if 100 * differing > (100 - _AGREEING_PER_CENT) * len(here):
        raise ProviderFileRefused(
            NAME,
            filename,
            "adjusted_prices",
            f"{differing} of {len(here)} closes differ from the raw bars that are stored",
        )
    ratio = float(np.median(stored.volume[there] / volume[here]))
    for shares in (1, LOT_SHARES):
        if abs(ratio / shares - 1) < _RATIO_TOLERANCE:
            return shares
    raise ProviderFileRefused(
        NAME, filename, "units_do_not_fit", f"the stored volumes are {ratio:.4g} times its own"
    )


def _unit_by_source(filename: str, symbol: str, sources: set[str]) -> int:
    if sources == {"sina"}:
        return 1
    if sources == {"tencent"} and board_of(symbol) in _LOTS_AT_TENCENT:
        return LOT_SHARES
    said = ", ".join(sorted(filter(None, sources))) or "nothing"
    raise ProviderFileRefused(
        NAME,
        filename,
        "volume_unit_unknown",
        f"{symbol} has too few stored days to compare with, and the source column says {said}",
    )


PROVIDER = Provider(
    name=NAME,
    units="quote site day line: close second, raw CNY, volume in lots or shares by evidence",
    required=frozenset({"date", "open", "close", "high", "low", "volume"}),
    one_of=frozenset(),
    none_of=frozenset({"amount", "trade_date", "pre_close", "preclose", "adjustflag"}),
    duckdb_types={
        "date": "DATE",
        **dict.fromkeys(("symbol", "code", "adj_type", "source"), "VARCHAR"),
        **dict.fromkeys(("open", "close", "high", "low", "volume"), "DOUBLE"),
    },
    normalise=normalise,
)
