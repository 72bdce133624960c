"""Funds that track ChiNext or STAR: their price limit is 20 % instead of 10 %.

Source: the names of the funds as the exchanges list them (the word after each symbol group), and where a name
was not at hand, the fund's daily returns of 2026 against the ChiNext index (correlation above 0.98), or a
daily return beyond 10.2 %, which a limit of 10 % cannot give. Shanghai gives the codes 588xxx and 589xxx to
funds of the STAR board and of STAR and ChiNext together, so these two ranges stand whole.

An instruments file with a column `wide_fund` overrules this list, symbol by symbol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

STAR_CODES: Final = ("588", "589")

_NAMED: Final = """
    159205 159908 159915 159948 159952 159956 159957 159958 159964 159971 159977
    159810 159821 159676 159675
    159370 159949 159681 159682 159808 159991 159814 159836 159572 159573 159575 159804 159541
    159287 159288 159289 159290 159291 159292 159295 159563
    159597 159966 159967 159773 159777
    159107 159246 159363 159381 159382 159388 159377 159387
    159141 159603 159780 159781 159782 159783
"""
# ChiNext index; the same by other issuers and enhanced; ChiNext 50, 100, 200, 300 and sizes; composite;
# growth, value, technology; software, artificial intelligence, medicine, energy; STAR and ChiNext together

_BY_RETURNS: Final = """
    159298 159367 159369 159371 159372 159373 159375 159383
    159243 159256
"""
# correlation with 399006.SZ above 0.98; a daily return beyond 10.2 %

_SHENZHEN: Final = frozenset(f"{code}.SZ" for code in (_NAMED + _BY_RETURNS).split())


def is_wide_fund(symbol: str) -> bool:
    """Whether the fund tracks ChiNext or STAR, as far as this release knows."""
    return symbol in _SHENZHEN or (symbol.endswith(".SH") and symbol.startswith(STAR_CODES))


def wide_funds(symbols: Sequence[str]) -> NDArray[np.bool_]:
    """The same for N symbols, bool[N]."""
    return np.fromiter((is_wide_fund(symbol) for symbol in symbols), dtype=np.bool_, count=len(symbols))
