"""The market's panel: made out of all bars once, kept in a file, and carried on by the days that come.

A panel remembers how each instrument stood REDONE sessions before its end, and a digest of all bars up to there. Where
the store still has just those, only what comes after is read: new days, and bars of the last ones that came late or
came again. Anything else, and it is made anew. Both give the same, bit for bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantos.factors.core import building
from quantos.factors.core.building import Standing
from quantos.factors.core.panel import Dates
from quantos.factors.panel_file import Laid, PanelFile
from quantos.market.core.adjusted import ClosingDigest
from quantos.market.service import Market

REDONE: Final = 5
"""Sessions at a panel's end that are always read again: bars come late, and are corrected while they are fresh."""

CHUNK: Final = 512
"""Sessions of bars in memory at once: about 60 MB of 7,000 instruments."""

SOURCES: Final = ("core/building.py", "core/growing.py", "core/ranks.py", "core/measured.py", "panels.py")


class Span(NamedTuple):
    """What a panel is wanted of."""

    sessions: Dates
    axis: tuple[str, ...]
    instruments: tuple[str, ...]  # by number


@dataclass(frozen=True, slots=True)
class Kept:
    """A panel. `standing` is that before row `settled`, `digest` of the bars before it, `tail` of the others."""

    laid: Laid
    axis: tuple[str, ...]
    instruments: tuple[str, ...]
    settled: int
    digest: ClosingDigest
    tail: ClosingDigest

    @property
    def span(self) -> Span:
        return Span(self.laid.sheet.dates, self.axis, self.instruments)


class Panels:
    """Panels of one market; the last one stands in a file. One thread at a time."""

    def __init__(self, market: Market, path: Path) -> None:
        self._market, self._file = market, PanelFile(path)

    def stored(self) -> Kept | None:
        """The one in the file, if this program made it; whether it is still true is not known."""
        found = self._file.read()
        if found is None or found[0].get("made_by") != _made_by():
            return None
        facts, laid = found
        return Kept(
            laid,
            tuple(facts["axis"]),
            tuple(facts["instruments"]),
            facts["settled"],
            *(ClosingDigest(bars, int(mixed)) for bars, mixed in facts["digests"]),
        )

    def carried_on(self, kept: Kept, span: Span) -> Kept | None:
        """A panel of the span out of an earlier one, or that one, where it is still true.

        None where it is not of the span, or bars before its last days have changed.
        """
        dates, rows = kept.laid.sheet.dates, kept.settled
        fits = (
            0 < rows <= len(span.sessions)
            and np.array_equal(dates[:rows], span.sessions[:rows])
            and span.instruments[: len(kept.instruments)] == kept.instruments
            and set(kept.axis) <= set(span.axis)
        )
        if not fits or self._digest(span, 0, rows) != kept.digest:
            return None
        if _same(span, kept.span) and self._digest(span, rows, len(dates)) == kept.tail:
            return kept
        return self._made(span, kept, _nobody)

    def made(self, span: Span, read: Callable[[], None]) -> Kept:
        """A panel of the span out of all its bars. `read`: called once they are read."""
        return self._made(span, None, read)

    def _made(self, span: Span, kept: Kept | None, read: Callable[[], None]) -> Kept:
        rows, days = (0 if kept is None else kept.settled), len(span.sessions)
        settled = max(days - REDONE, rows)
        # Before the bars: one that comes in between is then a change.
        digest = self._digest(span, rows, settled)
        if kept is not None:
            digest = digest.and_of(kept.digest)
        tail = self._digest(span, settled, days)
        draft = self._file.create(span.sessions, len(span.axis))
        laid = draft.laid
        laid.sheet.clear(rows)
        standing, lowest = Standing.empty(len(span.axis)), rows
        columns = _columns(span.axis, span.axis if kept is None else kept.axis)
        if kept is None:
            before = self._market.last_bars(_day(span.sessions[0]))
            standing.seed(before, _columns(span.axis, span.instruments))
        else:
            standing = kept.laid.standing.on(columns, len(span.axis))
            laid.sheet.copy_rows(kept.laid.sheet.market, rows, columns)
            lowest = building.reopened(laid.sheet, standing, rows)
        lowest = min(lowest, self._grow(laid, standing, span, rows, settled))
        laid.standing.become(standing)
        lowest = min(lowest, self._grow(laid, standing, span, settled, days))
        read()
        changed = np.arange(rows, days)
        if kept is not None:
            # Behind a gap the same bar fills the same rows again: few of them differ.
            was, now = (each.has_close[lowest:rows] for each in (kept.laid.sheet, laid.sheet))
            filled = lowest + np.flatnonzero((now[:, columns] != was).any(axis=1))
            changed = np.concatenate([filled, changed])
        building.rank(laid.sheet, changed)
        following = Kept(laid, span.axis, span.instruments, settled, digest, tail)
        draft.commit(_facts(following))
        return following

    def _grow(self, laid: Laid, standing: Standing, span: Span, first: int, last: int) -> int:
        """Bars of the rows first..last-1; the lowest row that changed."""
        lowest, columns = first, _columns(span.axis, span.instruments)
        for start in range(first, last, CHUNK):
            stop = min(start + CHUNK, last)
            bars = self._market.closing_bars(_day(span.sessions[start]), _day(span.sessions[stop - 1]))
            changed = building.grow(laid.sheet, standing, start, stop, bars, columns)
            lowest = min(lowest, changed)
        return lowest

    def _digest(self, span: Span, first: int, last: int) -> ClosingDigest:
        """Of the span's instruments, the ones that an earlier panel did not have among them.

        Of the first row too: of all bars before it, for what is suspended there stands at one of them.
        """
        if last <= first:
            return ClosingDigest(0, 0)
        since = _day(span.sessions[first]) if first else self._market.calendar.first
        return self._market.closing_digest(since, _day(span.sessions[last - 1]), len(span.instruments))


def _same(span: Span, other: Span) -> bool:
    return span[1:] == other[1:] and np.array_equal(span.sessions, other.sessions)


def _columns(axis: tuple[str, ...], symbols: tuple[str, ...]) -> NDArray[np.int64]:
    """Where each symbol stands on the axis."""
    place = {symbol: column for column, symbol in enumerate(axis)}
    return np.array([place[symbol] for symbol in symbols], np.int64)


def _facts(kept: Kept) -> dict[str, Any]:
    return {
        "made_by": _made_by(),
        "axis": kept.axis,
        "instruments": kept.instruments,
        "settled": kept.settled,
        "digests": [(each.bars, str(each.mixed)) for each in (kept.digest, kept.tail)],
    }


@cache
def _made_by() -> str:
    """Of the sources that make a panel, and of the libraries that have a hand in it."""
    folder = Path(__file__).parent
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in SOURCES))
    digest.update(f"{duckdb.__version__} {np.__version__}".encode())
    return digest.hexdigest()


def _day(session: np.datetime64) -> date:
    found: date = session.astype(object)
    return found


def _nobody() -> None:
    """Nobody is told."""
