"""Fetching bars from a live source into the store, symbol by symbol.

    for each symbol not in the journal: ask the source, again after a wait where the network fails
    every BATCH symbols: store the rows in one load, then note the symbols in the journal

A symbol that the provider refuses is reported and the others go on. A network that stays down stops the
fetch; what was fetched until then is stored, and the same call goes on from there. So does an interruption.

A journal's range counts as finished whatever came, but for the bar of today: a provider may have it only later,
so a range that ends today is finished up to yesterday where that bar did not come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from quantos.errors import Invalid
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.refusal import ProviderFileRefused
from quantos.market.core.symbols import SYMBOL_PATTERN, SYMBOL_WORDS
from quantos.market.providers.akshare_source import AkshareSource
from quantos.market.providers.baostock_source import BaostockSource
from quantos.market.providers.frames import joined
from quantos.market.providers.journal import Journal
from quantos.market.providers.retry import Backoff
from quantos.market.providers.source import Source, SourceRefused, SourceUnreachable, SymbolRefused

__all__ = [
    "BATCH",
    "REFUSED_IN_A_ROW_MAX",
    "SOURCES",
    "FetchProgress",
    "FetchReport",
    "Store",
    "run",
    "source_named",
]

BATCH: Final = 50
REFUSED_IN_A_ROW_MAX: Final = 20
"""So many refusals on end are the provider's, not the symbols'."""

Store = Callable[[NormalisedBars], object]
"""Puts rows into the market store; its value is not used."""

SOURCES: Final[dict[str, Callable[[], Source]]] = {
    "baostock": BaostockSource,
    "akshare": AkshareSource,
    "akshare-eastmoney": lambda: AkshareSource("eastmoney"),
}


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """After each symbol."""

    done: int
    total: int
    symbol: str
    rows: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch did."""

    source: str
    first: date
    last: date
    fetched: int  # symbols asked for now and stored
    resumed: int  # symbols that the journal had already
    rows: int
    refused: dict[str, str] = field(default_factory=dict)  # symbol: reason
    late: int = 0  # symbols that have no bar of today yet


def source_named(name: str) -> Source:
    """A live source by its name. Raises Invalid."""
    make = SOURCES.get(name)
    if make is None:
        raise Invalid(("source",), f"no source {name!r}; there are {', '.join(SOURCES)}")
    return make()


def run(  # noqa: PLR0913 - what, from where, and into what
    source: Source,
    symbols: Sequence[str],
    first: date,
    last: date,
    store: Store,
    journal: Journal | None = None,
    progress: Callable[[FetchProgress], None] | None = None,
    *,
    backoff: Backoff | None = None,
    present: date | None = None,
) -> FetchReport:
    """Fetch raw bars of the symbols from first to last, both included, into the store. `present`: today.

    Raises SourceUnavailable where the library is missing, the network stays down or the provider turns us
    away, Invalid for a symbol that is none or a range that ends before it starts.
    """
    _check(symbols, first, last)
    fetch = _Fetch(source, (first, last), store, journal, len(set(symbols)), present)
    todo = fetch.outstanding(dict.fromkeys(symbols))
    fetch.resumed = fetch.total - len(todo)
    waits = backoff or Backoff()
    try:
        if todo:
            with source:
                for done, symbol in enumerate(todo, start=fetch.resumed + 1):
                    rows = fetch.one(symbol, waits)
                    if progress is not None:
                        reason = fetch.refused.get(symbol, "")
                        progress(FetchProgress(done, fetch.total, symbol, rows, reason))
    except SourceUnreachable as down:
        fetch.flush()
        raise SourceUnreachable(
            f"{down.message}; gave up after {waits.attempts} attempts with {fetch.resumed + fetch.fetched} of "
            f"{fetch.total} symbols stored: check the network, then run the same command again to go on"
        ) from down
    finally:
        fetch.flush()
    counts = (fetch.fetched, fetch.resumed, fetch.rows, fetch.refused, fetch.late)
    return FetchReport(source.name, first, last, *counts)


class _Fetch:
    """The rows that wait for their store, and the counts."""

    def __init__(
        self,
        source: Source,
        span: tuple[date, date],
        store: Store,
        journal: Journal | None,
        total: int,
        present: date | None,
    ) -> None:
        self._present = present
        self._source, self._span, self._store, self._journal = source, span, store, journal
        self._pending: list[tuple[str, NormalisedBars]] = []
        self._refused_in_a_row = 0
        self.total = total
        self.resumed = self.fetched = self.rows = self.late = 0
        self.refused: dict[str, str] = {}

    def outstanding(self, symbols: Iterable[str]) -> list[str]:
        """The symbols that the journal does not have."""
        if self._journal is None:
            return list(symbols)
        return [s for s in symbols if not self._journal.covers(self._source.name, s, *self._span)]

    def one(self, symbol: str, waits: Backoff) -> int:
        """Ask for one symbol; the number of its rows."""
        try:
            bars = waits.call(lambda: self._source.daily(symbol, *self._span))
        except (SymbolRefused, ProviderFileRefused) as refusal:
            self.refused[symbol] = refusal.message
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= REFUSED_IN_A_ROW_MAX:
                raise SourceRefused(
                    f"{self._refused_in_a_row} symbols in a row were refused, the last with: {refusal.message}"
                ) from refusal
            return 0
        self._refused_in_a_row = 0
        self._pending.append((symbol, bars))
        if len(self._pending) >= BATCH:
            self.flush()
        return len(bars)

    def flush(self) -> None:
        """Store what waits, then note it. A batch whose store fails is not tried a second time."""
        batch, self._pending = self._pending, []
        if not batch:
            return
        bars = joined([frame for _, frame in batch], self._source.name)
        if len(bars):
            self._store(bars)
        self._note(batch)
        self.fetched += len(batch)
        self.rows += len(bars)

    def _note(self, batch: list[tuple[str, NormalisedBars]]) -> None:
        first, last = self._span
        late: list[str] = []
        if self._present is not None and last >= self._present:
            end = np.datetime64(last, "D")
            late = [symbol for symbol, bars in batch if not (bars.trade_date == end).any()]
        whole = [symbol for symbol, _ in batch if symbol not in late]
        self.late += len(late)
        for symbols, end_day in ((whole, last), (late, last - timedelta(days=1))):
            if self._journal is not None and symbols and first <= end_day:
                self._journal.finish(self._source.name, symbols, first, end_day)


def _check(symbols: Sequence[str], first: date, last: date) -> None:
    if last < first:
        raise Invalid(("last",), f"{last} lies before the first day, {first}")
    for symbol in symbols:
        if SYMBOL_PATTERN.fullmatch(symbol) is None:
            raise Invalid(("symbols",), f"{symbol!r} is no symbol: it {SYMBOL_WORDS}")
