"""Boards of many symbols at once; what a symbol and a board are stands in `symbols`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.symbols import SYMBOL_PATTERN, Board, board_of, tick_mills

__all__ = ["SYMBOL_PATTERN", "Board", "board_of", "boards_of", "tick_mills"]


def boards_of(symbols: Sequence[str]) -> NDArray[np.int8]:
    """Boards of N symbols, int8[N], in the order given."""
    return np.fromiter((board_of(symbol) for symbol in symbols), dtype=np.int8, count=len(symbols))
