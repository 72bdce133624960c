"""What the market says of a factor's days: one panel over all symbols, kept until the market changes.

The axis of symbols holds every instrument and everything that was ever a constituent, ascending. Days that the
platform's clock has not reached the close of are not read, also where a simulated market knows them already.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantos.factors.core.measured import MarketPanel
from quantos.factors.core.panel import Dates, Members
from quantos.factors.panels import Kept, Panels, Span
from quantos.kit.clock import SHANGHAI, Clock, shanghai
from quantos.market.core.boards import boards_of
from quantos.market.service import BENCHMARKS, Market

CLOSE: Final = time(15, 0)
OPENING_AUCTION: Final = time(9, 15)
"""From then on the day's prices form."""

BEFORE: Final = 60
"""Sessions read before the first day: a suspended instrument keeps the close of before."""

AFTER: Final = 7
"""Sessions read after the last day, as far as they are known: the returns of the longest lag."""

BLOCK: Final = 128
MEMBERS_KEPT: Final = 6

STEPS: Final = 3
"""Of a window: closes read and adjusted, returns ranked, constituents read."""


class Window(NamedTuple):
    """The market over the days that a factor needs."""

    market: MarketPanel
    members: Members | None
    symbols: tuple[str, ...]
    boards: NDArray[np.int8]

    @property
    def dates(self) -> Dates:
        return self.market.dates

    def on(self, rows: slice) -> Window:
        """Some of its days, which follow one another."""
        whole = self.market
        market = MarketPanel(whole.dates[rows], whole.returns[rows], whole.codes[rows], whole.has_close[rows])
        members = None if self.members is None else self.members[rows]
        return Window(market, members, self.symbols, self.boards)


class _Kept(NamedTuple):
    version: int
    panel: Kept
    boards: NDArray[np.int8]

    @property
    def symbols(self) -> tuple[str, ...]:
        return self.panel.axis

    @property
    def market(self) -> MarketPanel:
        return self.panel.laid.sheet.market


class Axes:
    """Windows on one market. One thread at a time builds a panel."""

    def __init__(self, market: Market, clock: Clock, path: Path) -> None:
        """`path`: of the file that the panel is kept in."""
        self._market, self._clock = market, clock
        self._panels = Panels(market, path)
        self._turn = threading.Lock()
        self._kept: _Kept | None = None
        self._members: OrderedDict[tuple[int, str, int, int], Members | None] = OrderedDict()

    def last_known(self) -> date | None:
        """The last trading day whose close the clock has reached and that has bars; None without any."""
        return self._last_before(self._market.last_date())

    def last_complete(self) -> date | None:
        """The same, where the day's bars suffice to settle it."""
        day = self.last_known()
        for _ in range(BEFORE):  # a market without a whole day in a quarter has none that matters
            if day is None or self._market.readiness(day).ready:
                return day
            previous = self._market.calendar.previous_before(day)
            day = previous if previous >= self._market.calendar.first else None
        return None

    def sessions_before(self, days: Dates, last: date) -> NDArray[np.bool_]:
        """Which of the days have two more trading days up to `last`: their return is known."""
        sessions = self._market.calendar.sessions
        place = np.searchsorted(sessions, days)
        return place + 2 <= np.searchsorted(sessions, np.datetime64(last, "D"), side="right") - 1

    def opens_after(self, day: date) -> datetime:
        """When the prices of the next trading day begin to form: values there before are timely."""
        return shanghai(self._market.calendar.next_after(day), OPENING_AUCTION)

    def window(
        self, universe: str, first: date, last: date, tell: Callable[[int], None] | None = None
    ) -> Window | None:
        """The days from `first` to `last` and what surrounds them; None where the market knows none of them.

        `tell`: of how many of the STEPS are done. The first window after an import reads the whole market's closes.
        """
        known = self.last_known()
        if known is None:
            return None
        sessions = self._market.calendar.sessions
        low = int(np.searchsorted(sessions, np.datetime64(first, "D")))
        high = int(np.searchsorted(sessions, np.datetime64(last, "D"), side="right")) + AFTER
        end = int(np.searchsorted(sessions, np.datetime64(known, "D"), side="right"))
        high = min(high, end)
        low = max(low - BEFORE, 0)
        if high <= low:
            return None
        with self._turn:
            kept = self._panel(low, end, tell or _nobody)
            (tell or _nobody)(STEPS - 1)
            rows = slice(low - self._place(kept.market.dates[0]), high - self._place(kept.market.dates[0]))
            market = MarketPanel(
                kept.market.dates[rows],
                kept.market.returns[rows],
                kept.market.codes[rows],
                kept.market.has_close[rows],
            )
            members = self._members_of(universe, low, high, kept)
            (tell or _nobody)(STEPS)
            return Window(market, members, kept.symbols, kept.boards)

    def _last_before(self, last: date | None) -> date | None:
        if last is None:
            return None
        now = self._clock.now()
        here = now.astimezone(SHANGHAI).date()
        closed = here if now >= shanghai(here, CLOSE) else here - timedelta(days=1)
        calendar = self._market.calendar
        day = min(last, closed, calendar.last)
        return None if day < calendar.first else calendar.previous_before(day + timedelta(days=1))

    def _place(self, day: np.datetime64) -> int:
        return int(np.searchsorted(self._market.calendar.sessions, day))

    def _panel(self, low: int, end: int, tell: Callable[[int], None]) -> _Kept:
        """A panel of the whole blocks that these sessions begin in, up to the `end` of what is known.

        So factors of about the same days share one. One that ends earlier does not do, also where its days suffice:
        a share without bars at its end was not known to have another.
        """
        version, kept = self._market.version, self._kept
        if kept is not None and kept.version == version:
            first = self._place(kept.market.dates[0])
            if first <= low and first + len(kept.market.dates) == end:
                return kept
        panel = self._built(low, end, tell)
        self._kept = _Kept(version, panel, boards_of(panel.axis))
        return self._kept

    def _built(self, low: int, end: int, tell: Callable[[int], None]) -> Kept:
        """Out of the last panel, where that begins early enough and its bars still stand; else out of all bars."""
        sessions, symbols = self._market.calendar.sessions, self._market.instruments().symbols
        axis = tuple(sorted({*symbols, *self._ever_members()}))
        last = self._panels.stored() if self._kept is None else self._kept.panel
        if last is not None:
            first = self._place(last.laid.sheet.dates[0])
            if first <= low:
                carried_on = self._panels.carried_on(last, Span(sessions[first:end], axis, symbols))
                if carried_on is not None:
                    return carried_on
        span = Span(sessions[low // BLOCK * BLOCK : end], axis, symbols)
        return self._panels.made(span, lambda: tell(1))

    def _ever_members(self) -> set[str]:
        return {
            symbol
            for universe in ("hs300", "csi500", "csi1000")
            for symbol in self._market.ever_members(BENCHMARKS[universe])
        }

    def _members_of(self, universe: str, low: int, high: int, kept: _Kept) -> Members | None:
        """[t, i]; a row without any: not known that day. None: known on no day."""
        key = (kept.version, universe, low, high)
        if key not in self._members:
            self._members[key] = self._read_members(universe, low, high, kept)
            while len(self._members) > MEMBERS_KEPT:
                self._members.popitem(last=False)
        return self._members[key]

    def _read_members(self, universe: str, low: int, high: int, kept: _Kept) -> Members | None:
        place = {symbol: column for column, symbol in enumerate(kept.symbols)}
        members = np.zeros((high - low, len(kept.symbols)), np.bool_)
        columns: dict[frozenset[str], list[int]] = {}
        for row, day in enumerate(self._market.calendar.sessions[low:high]):
            found = self._market.members(BENCHMARKS[universe], day.astype(object))
            if found is not None:
                chosen = found.chosen.members
                if chosen not in columns:
                    columns[chosen] = [place[symbol] for symbol in chosen if symbol in place]
                members[row, columns[chosen]] = True
        return members if members.any() else None


def _nobody(done: int) -> None:
    """Nobody is told."""
