"""Symbols and their boards: which set of exchange rules a symbol trades under. Standard library alone.

A symbol is six ASCII digits, a dot and the exchange: `600519.SH`, `000001.SZ`, `920002.BJ`.

    exchange  leading digits            board
    SH        60                        MAIN
    SH        688, 689                  STAR
    SH        5                         FUND     (ETF, LOF, closed-end)
    SZ        000, 001, 002, 003        MAIN     (the former SME board is main board)
    SZ        300, 301, 302             CHINEXT
    SZ        15, 16, 18                FUND
    BJ        4, 8, 92                  BSE      (899 is the exchange's index range)
    anything else                       UNKNOWN

UNKNOWN covers B shares (900xxx.SH, 200xxx.SZ), indices (000001.SH, 399001.SZ, 899050.BJ), bonds and text
that is no symbol at all: no rule is guessed for them. The same digits mean different things on different
exchanges (000001.SH is an index, 000001.SZ a bank), so the suffix is always read.
"""

import re
from enum import IntEnum

SYMBOL_PATTERN = re.compile(r"^[0-9]{6}\.(SH|SZ|BJ)$")
"""The form of a symbol; use `fullmatch`, so that a trailing newline is refused too."""

SYMBOL_WORDS = "must be six digits, a dot and the exchange SH, SZ or BJ, such as 600519.SH"
"""The same for people."""


class Board(IntEnum):
    """A board; the value is the column of the board in every per-board array."""

    UNKNOWN = 0
    MAIN = 1
    CHINEXT = 2
    STAR = 3
    BSE = 4
    FUND = 5


_BOARD_BY_PREFIX: dict[str, tuple[tuple[str, Board], ...]] = {
    "SH": (("60", Board.MAIN), ("688", Board.STAR), ("689", Board.STAR), ("5", Board.FUND)),
    "SZ": (
        ("000", Board.MAIN),
        ("001", Board.MAIN),
        ("002", Board.MAIN),
        ("003", Board.MAIN),
        ("300", Board.CHINEXT),
        ("301", Board.CHINEXT),
        ("302", Board.CHINEXT),
        ("15", Board.FUND),
        ("16", Board.FUND),
        ("18", Board.FUND),
    ),
    "BJ": (("899", Board.UNKNOWN), ("4", Board.BSE), ("8", Board.BSE), ("92", Board.BSE)),
}

_TICK_MILLS: dict[Board, int] = {
    Board.MAIN: 10,
    Board.CHINEXT: 10,
    Board.STAR: 10,
    Board.BSE: 10,
    Board.FUND: 1,
}


def board_of(symbol: str) -> Board:
    """The board of a symbol such as `600519.SH`; UNKNOWN for everything the table above does not name."""
    if SYMBOL_PATTERN.fullmatch(symbol) is None:
        return Board.UNKNOWN
    for prefix, board in _BOARD_BY_PREFIX[symbol[7:]]:
        if symbol.startswith(prefix):
            return board
    return Board.UNKNOWN


def tick_mills(board: Board) -> int:
    """Smallest price step in mills (0.001 CNY): 10 for shares, 1 for funds.

    Raises ValueError for UNKNOWN, whose tick nobody has looked up.
    """
    tick = _TICK_MILLS.get(board)
    if tick is None:
        raise ValueError(f"board {board.name} has no tick")
    return tick
