"""What is doubtful about a signal that is taken: any symbol of the right form is, whether or not it can be bought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from quantos.market.core.symbols import Board, board_of

NO_SHARE_OR_FUND: Final = "no_share_or_fund"
NOT_IN_MARKET: Final = "not_in_market"

_MESSAGES: Final = {
    NO_SHARE_OR_FUND: (
        "is no share and no fund of Shanghai, Shenzhen or Beijing, but an index, a B share, a bond or nothing"
        " (000001.SH is an index, 000001.SZ a bank): it is never bought"
    ),
    NOT_IN_MARKET: "is not in this platform's market: it is bought only if its bars are there when the day is settled",
}


def doubts(symbols: Sequence[str], known: Collection[str]) -> list[dict[str, Any]]:
    """{symbol, code, message} of each symbol that would not be bought as things stand.

    `known`: the instruments of the market; where there are none, nothing is known of any.
    """
    found = []
    for symbol in symbols:
        if board_of(symbol) is Board.UNKNOWN:
            code = NO_SHARE_OR_FUND
        elif known and symbol not in known:
            code = NOT_IN_MARKET
        else:
            continue
        found.append({"symbol": symbol, "code": code, "message": f"{symbol} {_MESSAGES[code]}"})
    return found
