"""What is doubtful about a signal that is taken: any symbol of the right form is, whether or not it can be bought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from quantos.market.core.symbols import Board, board_of

NO_SHARE_OR_FUND: Final = "no_share_or_fund"
NOT_IN_MARKET: Final = "not_in_market"
NO_RECENT_BARS: Final = "no_recent_bars"

_MESSAGES: Final = {
    NO_SHARE_OR_FUND: (
        "is no share and no fund of Shanghai, Shenzhen or Beijing, but an index, a B share, a bond or nothing"
        " (000001.SH is an index, 000001.SZ a bank): it is never bought"
    ),
    NO_RECENT_BARS: (
        "has no bar on the last {sessions} trading days of this platform's market before the trade date ({until} the"
        " latest): it was delisted, or its data are missing; it is bought only if it has a bar on the day"
    ),
    NOT_IN_MARKET: "is not in this platform's market: it is bought only if its bars are there when the day is settled",
}


class Recent(NamedTuple):
    """Which symbols have a bar on the last `sessions` days of the market, `until` the last of them."""

    symbols: Collection[str]
    sessions: int
    until: date


def doubts(
    symbols: Sequence[str], known: Collection[str], recent: Recent | None = None
) -> list[dict[str, Any]]:
    """{symbol, code, message} of each symbol that would not be bought as things stand.

    `known`: the instruments of the market; where there are none, nothing is known of any.  `recent`: None where the
    market has no bars.
    """
    terms = {} if recent is None else {"sessions": recent.sessions, "until": recent.until}
    found = []
    for symbol in symbols:
        if board_of(symbol) is Board.UNKNOWN:
            code = NO_SHARE_OR_FUND
        elif known and symbol not in known:
            code = NOT_IN_MARKET
        elif recent is not None and symbol not in recent.symbols:
            code = NO_RECENT_BARS
        else:
            continue
        found.append(
            {"symbol": symbol, "code": code, "message": f"{symbol} {_MESSAGES[code].format(**terms)}"}
        )
    return found
