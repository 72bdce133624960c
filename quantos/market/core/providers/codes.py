"""Symbols in the providers' styles, read as `600519.SH`.

    sh.600519  sh600519  SH600519        BaoStock, Sina, the quote sites
    600519.SH  600519.sh                 Tushare
    600519.XSHG  000001.XSHE             exchange identifiers (ISO 10383)
    600519                               the digits alone: the exchange of the one board they fit

Digits alone name a share or a fund, never an index; digits that fit no board stay unread. The digits
000xxx also name indices of the Shanghai exchange: a caller that cannot tell a share from an index by its
prices asks `is_also_index` and refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board, board_of

_EXCHANGES = {"sh": "SH", "sz": "SZ", "bj": "BJ", "xshg": "SH", "xshe": "SZ", "xbei": "BJ"}
_PREFIXED = re.compile(r"(sh|sz|bj)[.]?([0-9]{6})", re.IGNORECASE)
_SUFFIXED = re.compile(r"([0-9]{6})[.](sh|sz|bj|xshg|xshe|xbei)", re.IGNORECASE)
_BARE = re.compile(r"[0-9]{6}")

_PREFIXED_IN_NAME = re.compile(r"(?<![a-z0-9])(sh|sz|bj)[._]?([0-9]{6})(?![0-9])", re.IGNORECASE)
_SUFFIXED_IN_NAME = re.compile(
    r"(?<![0-9])([0-9]{6})[._](sh|sz|bj|xshg|xshe|xbei)(?![a-z0-9])", re.IGNORECASE
)
_BARE_IN_NAME = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


def symbol_of(code: str) -> str | None:
    """The symbol that a code in any of the styles above names; None where it cannot be read."""
    text = code.strip()
    if match := _PREFIXED.fullmatch(text):
        return f"{match[2]}.{_EXCHANGES[match[1].lower()]}"
    if match := _SUFFIXED.fullmatch(text):
        return f"{match[1]}.{_EXCHANGES[match[2].lower()]}"
    return _symbol_of_digits(text) if _BARE.fullmatch(text) else None


def symbols_of(codes: Iterable[Any]) -> NDArray[np.object_]:
    """Symbols of N codes, "" where one cannot be read; a number is read as its six digits."""
    seen: dict[Any, str] = {}
    symbols: list[str] = []
    for code in codes:
        symbol = seen.get(code)
        if symbol is None:
            symbol = seen[code] = symbol_of(_text(code)) or ""
        symbols.append(symbol)
    return np.array(symbols, dtype=object)


def symbols_in_filename(filename: str) -> set[str]:
    """Every instrument the file's own name could mean; a code with its exchange outweighs bare digits."""
    name = re.split(r"[/\\]", filename)[-1]
    named = {
        *(f"{digits}.{_EXCHANGES[where.lower()]}" for where, digits in _PREFIXED_IN_NAME.findall(name)),
        *(f"{digits}.{_EXCHANGES[where.lower()]}" for digits, where in _SUFFIXED_IN_NAME.findall(name)),
    }
    if named:
        return named
    return {symbol for digits in _BARE_IN_NAME.findall(name) if (symbol := _symbol_of_digits(digits))}


def names_exchange(filename: str) -> bool:
    """Whether the file's name carries a code together with its exchange."""
    name = re.split(r"[/\\]", filename)[-1]
    return bool(_PREFIXED_IN_NAME.search(name) or _SUFFIXED_IN_NAME.search(name))


def is_also_index(symbol: str) -> bool:
    """Whether the digits alone would fit an index of the Shanghai exchange as well (000001, 000300)."""
    return symbol.startswith("000")


def _symbol_of_digits(digits: str) -> str | None:
    fitting = [
        symbol
        for exchange in ("SH", "SZ", "BJ")
        if board_of(symbol := f"{digits}.{exchange}") is not Board.UNKNOWN
    ]
    return fitting[0] if len(fitting) == 1 else None


def _text(code: Any) -> str:
    """A code as text; a spreadsheet's number gets its leading zeros back."""
    if isinstance(code, str):
        return code
    if isinstance(code, int | np.integer):
        return f"{int(code):06d}"
    return ""
