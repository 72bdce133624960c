"""BaoStock, live: shares, funds and indices of Shanghai and Shenzhen, raw, with the reference price.

What its library (0.9.4) does that a long fetch must know:

    - it prints to standard output, where the command line writes its answer: what it prints is dropped
    - a network failure is a result with error_code 10002xxx, or a result that merely ends
    - a page holds 2,000 rows, and a page that fails ends the rows without an error, leaving the full page
      before it: bars are asked for five years at a time, which is one page, and a full last page is an error
    - it reads a closed connection in an endless loop: its sockets are given a timeout and an error instead
"""

from __future__ import annotations

import contextlib
import io
import socket
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board, board_of
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.baostock import PROVIDER
from quantos.market.core.providers.codes import symbols_of
from quantos.market.core.providers.columns import days, texts
from quantos.market.core.providers.provider import InstrumentRows
from quantos.market.providers.frames import joined
from quantos.market.providers.source import (
    SourceRefused,
    SourceUnreachable,
    SymbolRefused,
    library,
)

FIELDS: Final = "date,code,open,high,low,close,preclose,volume,amount,adjustflag,tradestatus,pctChg,isST"
BASIC_FIELDS: Final = "code,code_name,ipoDate,outDate,type"
RAW: Final = "3"
PAGE_ROWS: Final = 2_000
YEARS_PER_QUERY: Final = 5
TIMEOUT_S: Final = 60.0

_SUCCESS = "0"
_SHARE, _FUND = "1", "5"
_NETWORK = "10002"
_ACCOUNT = "10001"
_PASSING = frozenset(
    {
        "10001001",  # not logged in: the connection was lost
        "10001005",  # too many logins
        "10004001",  # the answer could not be parsed
        "10004002",  # the answer could not be unpacked
        "10005001",  # the server's own error
    }
)


class BaostockSource:
    """One login for a whole fetch; a lost connection logs in again at the next query."""

    name = PROVIDER.name

    def __init__(self) -> None:
        self._library: ModuleType | None = None
        self._connected = False

    def __enter__(self) -> Self:
        self._library = library("baostock", "BaoStock", "baostock")
        _guard_sockets()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connected and self._library is not None:
            with _unheard():
                self._library.logout()
        self._connected = False

    def daily(self, symbol: str, first: date, last: date) -> NormalisedBars:
        """Raw bars; suspended days are rows. Raises SymbolRefused for a Beijing share."""
        if symbol.endswith(".BJ"):
            raise SymbolRefused(f"{symbol}: BaoStock does not deliver Beijing shares")
        code = f"{symbol[7:].lower()}.{symbol[:6]}"
        frames = [self._query(code, start, end) for start, end in spans(first, last)]
        return joined(frames, PROVIDER.name)

    def instruments(self) -> InstrumentRows:
        """Every share and fund that BaoStock knows, delisted ones too, with its list and delist dates."""
        lib = self._login()
        with _unheard():
            frame = self._frame(lib.query_stock_basic(), "query_stock_basic", BASIC_FIELDS)
        symbols = symbols_of(frame["code"])
        kinds = np.array(texts(frame, "type"), dtype=object)
        wanted = (kinds == _SHARE) | (kinds == _FUND)
        wanted &= np.array([board_of(symbol) is not Board.UNKNOWN for symbol in symbols], dtype=np.bool_)
        return InstrumentRows(
            symbol=symbols[wanted],
            name=np.array(texts(frame, "code_name"), dtype=object)[wanted],
            list_date=days(frame, "ipoDate")[wanted],
            delist_date=days(frame, "outDate")[wanted],
            source=self.name,
        )

    def _query(self, code: str, first: date, last: date) -> NormalisedBars:
        lib = self._login()
        with _unheard():
            result = lib.query_history_k_data_plus(
                code,
                FIELDS,
                start_date=first.isoformat(),
                end_date=last.isoformat(),
                frequency="d",
                adjustflag=RAW,
            )
            return PROVIDER.normalise(self._frame(result, code, FIELDS), f"BaoStock {code}")

    def _frame(self, result: Any, what: str, fields: str) -> dict[str, NDArray[np.object_]]:
        """The rows of every page, by column. Raises where they are not all there."""
        rows = []
        while result.error_code == _SUCCESS and result.next():
            rows.append(result.get_row_data())
        self._check(result, what)
        if len(result.data) == PAGE_ROWS:
            self._connected = False
            raise SourceUnreachable(f"{what}: BaoStock's answer was cut after {len(rows)} rows")
        names = result.fields if rows else fields.split(",")
        missing = set(fields.split(",")) - set(names)
        if missing:
            raise SymbolRefused(f"{what}: BaoStock answered without {', '.join(sorted(missing))}")
        columns = np.array(rows, dtype=object).reshape(len(rows), len(names))
        return {name: columns[:, k] for k, name in enumerate(names)}

    def _login(self) -> ModuleType:
        if self._library is None:
            raise SourceRefused("BaoStock is used inside a with statement")
        if not self._connected:
            with _unheard():
                result = self._library.login()
            self._check(result, "login")
            self._connected = True
        return self._library

    def _check(self, result: Any, what: str) -> None:
        code = str(result.error_code)
        if code == _SUCCESS:
            return
        message = f"{what}: BaoStock answered {code} {result.error_msg}"
        if code.startswith(_NETWORK) or code in _PASSING:
            self._connected = False
            raise SourceUnreachable(message)
        if code.startswith(_ACCOUNT):
            raise SourceRefused(message)
        raise SymbolRefused(message)


def spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The range in pieces of five calendar years at the most, both ends included."""
    start = first
    while start <= last:
        end = min(last, date(start.year + YEARS_PER_QUERY - 1, 12, 31))
        yield start, end
        start = end + timedelta(days=1)


class PatientSocket(socket.socket):
    """A socket with a timeout, for which a connection closed by the other side is an error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settimeout(TIMEOUT_S)

    def recv(self, *args: Any) -> bytes:
        received = super().recv(*args)
        if not received:
            raise ConnectionResetError("the provider closed the connection")
        return received


def _guard_sockets() -> None:
    """Let the library open patient sockets; it names the standard module in one place."""
    transport = sys.modules.get("baostock.util.socketutil")
    if transport is not None:
        names = {"AF_INET": socket.AF_INET, "SOCK_STREAM": socket.SOCK_STREAM, "socket": PatientSocket}
        transport.__dict__["socket"] = SimpleNamespace(**names)


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()):
        yield
