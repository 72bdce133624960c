"""akshare, live: Sina's or Eastmoney's day lines of Shanghai, Shenzhen and Beijing, raw.

    akshare             Sina's `stock_zh_a_daily` joined with its backward factors, by which the platform
                        sees ex-dates; exact volumes
    akshare-eastmoney   Eastmoney's `stock_zh_a_hist`; whole lots, and nothing that shows an ex-date

Funds come from Eastmoney's `fund_etf_hist_em` in both. Suspended days are absent.

Sina's history fills forward over days on which the number of shares changed, trading day or not, and drops
such a copy only where it has the row before: the query therefore starts early and is cut.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import ModuleType, TracebackType
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board, board_of
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.akshare import EASTMONEY_PROVIDER, SINA_PROVIDER
from quantos.market.core.providers.columns import days, floats
from quantos.market.providers.frames import between, frame_of, joined, with_symbol
from quantos.market.providers.source import SourceRefused, SourceUnreachable, SymbolRefused, library

History = Literal["sina", "eastmoney"]

EARLY: Final = timedelta(days=30)
RAW: Final = ""


class AkshareSource:
    """akshare opens a connection for every call; entering only finds the library."""

    def __init__(self, history: History = "sina") -> None:
        self._history = history
        self._library: ModuleType | None = None

    @property
    def name(self) -> str:
        """akshare_sina or akshare_eastmoney."""
        return SINA_PROVIDER.name if self._history == "sina" else EASTMONEY_PROVIDER.name

    def __enter__(self) -> Self:
        self._library = library("akshare", "akshare", "akshare")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._library = None

    def daily(self, symbol: str, first: date, last: date) -> NormalisedBars:
        """Raw bars of a share or a fund. Raises SymbolRefused for anything else."""
        if self._library is None:
            raise SourceRefused("akshare is used inside a with statement")
        board = board_of(symbol)
        if board is Board.UNKNOWN:
            raise SymbolRefused(f"{symbol}: akshare's histories are of shares and funds")
        if board is Board.FUND:
            return self._eastmoney(self._library.fund_etf_hist_em, symbol, first, last)
        if self._history == "eastmoney":
            return self._eastmoney(self._library.stock_zh_a_hist, symbol, first, last)
        return self._sina(self._library.stock_zh_a_daily, symbol, first, last)

    def _sina(self, history: Callable[..., Any], symbol: str, first: date, last: date) -> NormalisedBars:
        code = f"{symbol[7:].lower()}{symbol[:6]}"
        table = _asked(
            history,
            symbol=code,
            start_date=f"{first - EARLY:%Y%m%d}",
            end_date=f"{last:%Y%m%d}",
            adjust=RAW,
        )
        if not len(table):
            return joined([], self.name)
        factors = frame_of(_asked(history, symbol=code, adjust="hfq-factor"))
        frame = with_symbol(frame_of(table), "symbol", symbol)
        frame["hfq_factor"] = factor_on(
            days(frame, "date"), days(factors, "date"), floats(factors, "hfq_factor")
        )
        return between(SINA_PROVIDER.normalise(frame, f"akshare {code}"), first, last)

    def _eastmoney(self, history: Callable[..., Any], symbol: str, first: date, last: date) -> NormalisedBars:
        table = _asked(
            history,
            symbol=symbol[:6],
            period="daily",
            start_date=f"{first:%Y%m%d}",
            end_date=f"{last:%Y%m%d}",
            adjust=RAW,
        )
        if not len(table):
            return joined([], self.name)
        frame = with_symbol(frame_of(table), "股票代码", symbol)
        return between(EASTMONEY_PROVIDER.normalise(frame, f"akshare {symbol}"), first, last)


def factor_on(
    trade_date: NDArray[np.datetime64],
    changed: NDArray[np.datetime64],
    factor: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The factor in force on each day: the last one that changed on or before it; NaN before the first."""
    order = np.argsort(changed)
    at = np.searchsorted(changed[order], trade_date, side="right") - 1
    known = np.concatenate([factor[order], [np.nan]])
    return known[at]


def _asked(history: Callable[..., Any], **arguments: str) -> Any:
    """The library's answer. Raises SourceUnreachable: what its parser met says nothing about the cause."""
    try:
        return history(**arguments)
    except OSError as error:  # every error of requests is one
        raise SourceUnreachable(f"{arguments['symbol']}: akshare cannot reach its site: {error}") from error
    except Exception as error:  # akshare raises whatever its parser met in a page that is not data
        raise SymbolRefused(
            f"{arguments['symbol']}: akshare could not read the site's answer ({type(error).__name__}: {error})"
        ) from error
