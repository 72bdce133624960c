"""Boards by symbol."""

import numpy as np
import pytest

from quantos.market.core.boards import SYMBOL_PATTERN, Board, board_of, boards_of, tick_mills


@pytest.mark.parametrize(
    ("symbol", "board"),
    [
        ("600519.SH", Board.MAIN),
        ("601398.SH", Board.MAIN),
        ("603288.SH", Board.MAIN),
        ("605499.SH", Board.MAIN),
        ("000001.SZ", Board.MAIN),
        ("001979.SZ", Board.MAIN),
        ("002594.SZ", Board.MAIN),
        ("003816.SZ", Board.MAIN),
        ("300750.SZ", Board.CHINEXT),
        ("301269.SZ", Board.CHINEXT),
        ("302132.SZ", Board.CHINEXT),
        ("688981.SH", Board.STAR),
        ("689009.SH", Board.STAR),
        ("430047.BJ", Board.BSE),
        ("832000.BJ", Board.BSE),
        ("873000.BJ", Board.BSE),
        ("920002.BJ", Board.BSE),
        ("510300.SH", Board.FUND),
        ("588000.SH", Board.FUND),
        ("501018.SH", Board.FUND),
        ("159915.SZ", Board.FUND),
        ("161725.SZ", Board.FUND),
        ("184801.SZ", Board.FUND),
    ],
)
def test_the_leading_digits_and_the_exchange_give_the_board(symbol: str, board: Board) -> None:
    assert board_of(symbol) is board


@pytest.mark.parametrize(
    "symbol",
    [
        "900901.SH",  # B share, Shanghai
        "200012.SZ",  # B share, Shenzhen
        "000001.SH",  # SSE Composite
        "000300.SH",  # CSI 300
        "399006.SZ",  # ChiNext index
        "899050.BJ",  # BSE 50
        "113050.SH",  # convertible bond
        "123107.SZ",  # convertible bond
        "019547.SH",  # treasury bond
        "131810.SZ",  # repo
        "600519.SZ",
        "300750.SH",
        "688981.SZ",
        "920002.SH",
        "600519.BJ",
    ],
)
def test_b_shares_indices_bonds_and_foreign_ranges_have_no_board(symbol: str) -> None:
    assert board_of(symbol) is Board.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "600519",
        "600519.sh",
        "600519.SS",
        "60051.SH",
        "6005190.SH",
        " 600519.SH",
        "600519.SH ",
        "600519.SH\n",
        "sh600519",
        "６００５１９.SH",  # noqa: RUF001 - full-width digits are the point
        "٦٠٠٥١٩.SH",
    ],
)
def test_text_that_is_no_symbol_has_no_board(text: str) -> None:
    assert SYMBOL_PATTERN.fullmatch(text) is None
    assert board_of(text) is Board.UNKNOWN


def test_boards_of_many_symbols_keep_their_order() -> None:
    boards = boards_of(["688981.SH", "000001.SH", "159915.SZ", "600519.SH"])
    assert boards.dtype == np.int8
    assert boards.tolist() == [3, 0, 5, 1]


def test_boards_of_nothing_are_nothing() -> None:
    assert boards_of([]).shape == (0,)


def test_the_numbers_of_the_boards_are_fixed() -> None:
    assert {board.name: board.value for board in Board} == {
        "UNKNOWN": 0,
        "MAIN": 1,
        "CHINEXT": 2,
        "STAR": 3,
        "BSE": 4,
        "FUND": 5,
    }


def test_shares_tick_by_a_fen_and_funds_by_a_tenth_of_it() -> None:
    assert [tick_mills(board) for board in (Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE)] == [10] * 4
    assert tick_mills(Board.FUND) == 1


def test_an_unknown_board_has_no_tick_to_guess() -> None:
    with pytest.raises(ValueError, match="UNKNOWN"):
        tick_mills(Board.UNKNOWN)
