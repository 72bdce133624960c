"""The platform's bars as strategies run on them, with the rules of their days where these are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from quantos.market.service import Market
from quantos.research.core.exchange import Instrument, Terms, terms
from quantos.research.core.feed import Feed, adjusted_feed
from quantos.research.refusals import UnknownTicker


class Bars:
    """Of any symbol of the market store."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def of(self, ticker: str, first: date, last: date) -> Feed:
        """The adjusted bars of a span. Raises UnknownTicker."""
        symbol = ticker.strip().upper()
        rows = self._market.history(symbol, first, last)
        if not rows or not len(rows["close"]):
            raise UnknownTicker("there are no bars of this ticker: tickers are written 600519.SH")
        return adjusted_feed(symbol, rows)

    def known(self, tickers: Sequence[str]) -> list[str]:
        """Symbols, each once, in their order. Raises UnknownTicker."""
        numbers = self._market.instruments().number_of
        symbols = list(dict.fromkeys(ticker.strip().upper() for ticker in tickers))
        for symbol in symbols:
            if symbol not in numbers:
                raise UnknownTicker(f"there are no bars of {symbol!r}: tickers are written 600519.SH")
        return symbols

    def with_rules(
        self, symbols: Sequence[str], first: date, last: date
    ) -> tuple[list[Feed], dict[str, Terms]]:
        """The feeds of a span with the rules of their days. Raises UnknownTicker where one has no bar in it."""
        instruments, sessions = self._market.instruments(), self._market.calendar.sessions
        feeds, terms_of = [], {}
        for symbol in symbols:
            rows = self._market.history(symbol, first, last)
            if not rows or not len(rows["close"]):
                raise UnknownTicker(f"{symbol} has no bars in the span")
            number = instruments.number_of[symbol]
            its = Instrument(
                int(instruments.board[number]),
                bool(instruments.wide_fund[number]),
                instruments.list_date[number],
            )
            feeds.append(adjusted_feed(symbol, rows))
            terms_of[symbol] = terms(rows, its, sessions)
        return feeds, terms_of
