"""The market: what was traded, when, and whether the data suffice."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import orjson

from quantos.errors import Conflict, WrongState
from quantos.kit.clock import Clock, today
from quantos.market import store
from quantos.market.core.adjusted import ClosingBars, ClosingDigest, LastBars
from quantos.market.core.bars import (
    Acceptance,
    Carry,
    CorporateAction,
    DayBars,
    Instruments,
    Readiness,
)
from quantos.market.core.boards import Board
from quantos.market.core.calendar import CalendarEnds, NotATradingDay, TradingCalendar, shipped_calendar
from quantos.market.core.constituents import Constituents, MemberList, constituents_on, member_lists
from quantos.market.core.hours import last_over, last_whole
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.settled import Reopened, SettledDays
from quantos.market.importing.report import ImportReport
from quantos.market.readiness import readiness_of
from quantos.storage.series import Joined, SeriesStore

if TYPE_CHECKING:  # pyarrow's readers are loaded with the first import, not with the server
    from quantos.market.core.providers import InstrumentRows
    from quantos.market.importing.report import FileReport
    from quantos.market.importing.run import Importer, Progress

Done = TypeVar("Done")

logger = logging.getLogger(__name__)

BENCHMARKS: Final = {
    "hs300": "000300.SH",
    "csi500": "000905.SH",
    "csi1000": "000852.SH",
    "csi2000": "932000.CSI",
    "etf_all": "etf_all",
}
"""The index series of each universe (BENCH-01); etf_all is computed where no series of that name is imported."""

CALENDAR_WARNING_DAYS: Final = 60


class AlreadyAccepted(Conflict):
    code = "already_accepted"


class DayAhead(WrongState):
    """A day that has not come is not doubtful: nobody knows its bars."""

    code = "day_ahead"


class Market:
    """One market, over one series store."""

    def __init__(
        self, series: SeriesStore, clock: Clock, settled_days: Callable[[], SettledDays | None] = lambda: None
    ) -> None:
        self.series = series
        self.clock = clock
        self.settled_days = settled_days
        """The days whose rows are final. The composition root plugs it in."""
        self.after_change: Callable[[], object] = lambda: None
        """Called after each import or acceptance: what waited for it is taken up again. Plugged in likewise."""
        self._importing = threading.Lock()
        self._reopened: Reopened | None = None
        self._last_date: tuple[int, date | None] = (0, None)
        self._readiness: tuple[int, dict[date, Readiness]] = (0, {})
        self.version = 0
        """Grows with every import: what was made from benchmarks before is out of date."""
        self.refresh()

    # ------------------------------------------------------------ facts

    @property
    def calendar(self) -> TradingCalendar:
        return self._calendar

    @property
    def is_synthetic(self) -> bool:
        """Whether the market of this directory is made up. A directory without data is not."""
        return bool(self._synthetic)

    def instruments(self) -> Instruments:
        return self._instruments

    def instruments_in(self, cursor: store.Cursor) -> Instruments:
        """As an open transaction sees them, whatever stands in memory."""
        return store.instruments(cursor)

    def listed(self, limit: int, offset: int) -> dict[str, Any]:
        """A page of the instruments, in the order of their numbers: {instruments: [{symbol, name}], total}."""
        names, symbols = self.names(), self._instruments.symbols
        page = symbols[offset : offset + limit]
        shown = [{"symbol": symbol, "name": names.get(symbol)} for symbol in page]
        return {"instruments": shown, "total": len(symbols)}

    def names(self) -> dict[str, str]:
        """Symbol to name, where it is known."""
        with self.series.read() as cursor:
            return store.instrument_names(cursor)

    def day_bars(self, first: date, last: date) -> Iterator[DayBars]:
        """Trading days ascending, also those without any row; dense over all instruments."""
        sessions = np.array(self._calendar.between(first, last), dtype="datetime64[D]")
        with self.series.read() as cursor:
            yield from store.day_bars(cursor, sessions, len(self._instruments))

    def closing_bars(self, first: date, last: date) -> ClosingBars:
        """What adjusted closes are made of, unsorted; also bars of instruments that an import adds meanwhile."""
        with self.series.read() as cursor:
            return store.closing_bars(cursor, first, last)

    def last_bars(self, before: date) -> LastBars:
        """What an adjusted close before a date goes on from, also of instruments that an import adds meanwhile."""
        with self.series.read() as cursor:
            return store.last_bars(cursor, before)

    def closing_digest(self, first: date, last: date, count: int) -> ClosingDigest:
        """Tells whether the `closing_bars` of `count` instruments are what they were. Of one version of DuckDB."""
        with self.series.read() as cursor:
            return store.closing_digest(cursor, first, last, count)

    def carry(self, before: date) -> Carry:
        """The last bar of each instrument strictly before a date."""
        with self.series.read() as cursor:
            return store.carry(cursor, before, len(self._instruments))

    def history(self, symbol: str, first: date, last: date) -> dict[str, Any]:
        """One instrument's rows in date order as arrays by column name; empty where there are none.

        Columns: trade_date, open, high, low, close, pre_close (mills), volume, adj_factor, is_st, amount.
        """
        number = self._instruments.number_of.get(symbol, -1)
        with self.series.read() as cursor:
            return store.history(cursor, number, first, last)

    def corporate_actions(self, first: date, last: date) -> list[CorporateAction]:
        with self.series.read() as cursor:
            return store.corporate_actions(cursor, first, last)

    def with_bars(self, symbols: Sequence[str], before: date, sessions: int) -> tuple[set[str], date] | None:
        """Which of the symbols have a bar on the last `sessions` days with bars before a day, and the last of them."""
        with self.series.read() as cursor:
            return store.with_bars(cursor, symbols, before, sessions)

    def last_date(self) -> date | None:
        """The last day with a bar, as of the last import."""
        version, known = self._last_date
        if version != self.version:
            version = self.version
            with self.series.read() as cursor:
                known = store.last_bar_date(cursor)
            self._last_date = version, known
        return known

    def members(self, index_symbol: str, day: date) -> Constituents | None:
        """An index's members on a day, from one source; None where no source speaks of the day."""
        return constituents_on(dict(self._lists(index_symbol)), day)

    def ever_members(self, index_symbol: str) -> set[str]:
        """Whatever was in an index on some day."""
        lists = self._lists(index_symbol).values()
        return {symbol for of_source in lists for one in of_source for symbol in one.members}

    def _lists(self, index_symbol: str) -> dict[str, list[MemberList]]:
        lists = self._member_lists.get(index_symbol)
        if lists is None:
            lists = self._member_lists[index_symbol] = self._load_lists(index_symbol)
        return lists

    def _load_lists(self, index_symbol: str) -> dict[str, list[MemberList]]:
        by_source: dict[str, list[tuple[date, date | None, str]]] = {}
        with self.series.read() as cursor:
            for source, start, end, symbol in store.members(cursor, index_symbol):
                by_source.setdefault(source, []).append((start, end, symbol))
        return {source: member_lists(index_symbol, source, rows) for source, rows in by_source.items()}

    # ------------------------------------------------------------ readiness

    def readiness(self, day: date) -> Readiness:
        """Whether a day's bars suffice (SETTLE-13).

        On the first day that the store holds, nothing was expected: any row makes it ready. Asked of the store once
        for each state of the market.
        """
        version, known = self._readiness
        if version != self.version:
            version, known = self._readiness = self.version, {}
        if day not in known:
            known[day] = readiness_of(self.series, self._calendar, self._instruments.symbols, day)
        return known[day]

    def accept(self, day: date, reason: str, by: str) -> Acceptance:
        """Let a doubtful day settle, with a reason that its package shows. Raises AlreadyAccepted, DayAhead."""
        if not self._calendar.is_trading_day(day):
            raise NotATradingDay(f"{day} is not a trading day: there is nothing to accept")
        if day > today(self.clock):
            raise DayAhead(
                f"{day} has not come: today is {today(self.clock)}, and only what has come is accepted"
            )
        with self.series.write() as cursor:
            if store.accepted(cursor, day) is not None:
                raise AlreadyAccepted(f"{day} is accepted already")
            store.accept(cursor, day, reason, by, self.clock.now().astimezone(UTC).replace(tzinfo=None))
        self.version += 1  # what suffices of the day is another thing now
        self.after_change()
        return Acceptance(by, reason)

    # ------------------------------------------------------------ benchmarks

    def benchmark(self, universe: str, first: date, last: date) -> dict[date, float]:
        """Closes of the universe's benchmark, by date; days without data are left out (BENCH-01).

        `etf_all`, unless imported under that name, is a level that starts at 1.0 on the first day with funds
        and moves by their equal-weight return. A day whose funds had no bar the day before keeps the level.
        """
        symbol = BENCHMARKS[universe]
        with self.series.read() as cursor:
            closes = store.index_closes(cursor, symbol, first, last)
            if closes or symbol != "etf_all":
                return closes
            returns = store.fund_returns(cursor, int(Board.FUND), self._sessions_with_one_before(first, last))
        level, levels = 1.0, {}
        for position, (day, value) in enumerate(returns):
            level *= 1.0 + (value if position and value is not None else 0.0)
            levels[day] = level
        return levels

    def _sessions_with_one_before(self, first: date, last: date) -> Any:
        sessions = self._calendar.sessions
        low = int(np.searchsorted(sessions, np.datetime64(first, "D")))
        high = int(np.searchsorted(sessions, np.datetime64(last, "D"), side="right"))
        return sessions[max(low - 1, 0) : high]

    # ------------------------------------------------------------ coverage and quarantine

    def coverage(self) -> dict[str, Any]:
        """What is stored, for people and JSON."""
        with self.series.read() as cursor:
            rows = store.coverage(cursor)
        spans = {symbol: (count, first, last) for symbol, count, first, last in rows["indices"]}
        boards = [
            dict(zip(("board", "instruments", "with_bars", "bars", "first", "last"), row, strict=True))
            for row in rows["boards"]
        ]
        for board in boards:
            board["board"] = Board(board["board"]).name.lower()
        dated = [board for board in boards if board["bars"]]
        return {
            "synthetic": self.is_synthetic,
            "first_date": min((board["first"] for board in dated), default=None),
            "last_date": max((board["last"] for board in dated), default=None),
            "last_whole": self.last_whole(),
            "instruments": len(self._instruments),
            "bars": sum(board["bars"] for board in boards),
            "boards": boards,
            "benchmarks": {universe: self._span(universe, spans) for universe in BENCHMARKS},
            "indices": [
                {"symbol": symbol, "rows": count, "first": first, "last": last}
                for symbol, (count, first, last) in spans.items()
            ],
            "constituents": [
                dict(zip(("index_symbol", "source", "symbols", "first", "last"), row, strict=True))
                for row in rows["constituents"]
            ],
            "corporate_actions": rows["corporate_actions"],
            "calendar": self.calendar_status(),
            "quarantine": dict(rows["quarantine"]),
            "findings": dict(rows["findings"]),
            "accepted": [dict(zip(("date", "reason", "by"), row, strict=True)) for row in rows["accepted"]],
            "loads": [
                dict(zip(_LOAD_FIELDS, (*row[:-1], row[-1].replace(tzinfo=UTC)), strict=True))
                for row in rows["loads"]
            ],
        }

    def _span(self, universe: str, spans: dict[str, tuple[int, date, date]]) -> dict[str, Any] | None:
        symbol = BENCHMARKS[universe]
        if symbol in spans:
            count, first, last = spans[symbol]
            return {"series": symbol, "computed": False, "days": count, "first": first, "last": last}
        if symbol != "etf_all":
            return None
        levels = self.benchmark(universe, self._calendar.first, self._calendar.last)
        if not levels:
            return None
        return {
            "series": symbol,
            "computed": True,
            "days": len(levels),
            "first": min(levels),
            "last": max(levels),
        }

    def quarantine(
        self, limit: int, offset: int, **wanted: Any
    ) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """A page of refused rows, and how many there are of each reason. `wanted`: fields of `store.Refused`."""
        with self.series.read() as cursor:
            rows, counts = store.quarantine(cursor, limit, offset, store.Refused(**wanted))
        return [
            dict(zip(_QUARANTINE_FIELDS, (*row[:-1], orjson.loads(row[-1])), strict=True)) for row in rows
        ], counts

    def refused_rows(self, day: date) -> int:
        """How many rows of a day lie in quarantine."""
        _, counts = self.quarantine(1, 0, first=day, last=day)
        return sum(counts.values())

    def calendar_status(self) -> dict[str, Any]:
        """Bounds, and whether the exchange's next list is due."""
        first, last = self._calendar.first, self._calendar.last
        left = (last - today(self.clock)).days
        return {
            "first": first,
            "last": last,
            "sessions": len(self._calendar.sessions),
            "days_left": left,
            "ends_soon": left < CALENDAR_WARNING_DAYS,
        }

    # ------------------------------------------------------------ taking data in

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Imports wait for the end of this: a settlement sees one market from its first day to its last."""
        with self._importing:
            yield

    def within(self, cursor: store.Cursor, reopened: Reopened) -> Market:
        """The market as an open transaction sees it, where imports may change the settled days of `reopened`.

        An import is part of the transaction, and a refused file ends it (FileRefused): it is to be rolled back.
        """
        view = Market(Joined(cursor), self.clock, self.settled_days)
        view._reopened = reopened
        return view

    def import_path(
        self, path: Path, progress: Progress | None = None, *, synthetic: bool = False
    ) -> ImportReport:
        """Import a file, or everything importable below a folder; one transaction a file.

        Days that are settled stay as they are and are reported. Raises PathNotFound, WrongMarket.
        """
        return self._with_importer(lambda one: one.path(path), progress, synthetic)

    def take_in(self, path: Path, progress: Progress | None = None) -> ImportReport:
        """`import_path` as the operator asks for it. Raises FileRefused where no file at all could be taken."""
        from quantos.market.importing.run import refused_as_error  # noqa: PLC0415 - see TYPE_CHECKING above

        report = self.import_path(path, progress)
        for line in report.lines():
            logger.info("import: %s", line.strip())
        error = refused_as_error(report)
        if error is not None:
            raise error
        return report

    def import_bars(self, bars: NormalisedBars, *, synthetic: bool = False) -> FileReport:
        """Bars in memory. Raises FileRefused, WrongMarket."""
        return self._with_importer(lambda one: one.bars(bars), None, synthetic)

    def import_table(self, kind: str, name: str, table: Any, *, synthetic: bool = False) -> FileReport:
        """An Arrow table of one of the kinds and columns that files have. Raises FileRefused, WrongMarket."""
        return self._with_importer(lambda one: one.table(kind, name, table), None, synthetic)

    def import_instruments(self, rows: InstrumentRows, *, synthetic: bool = False) -> FileReport:
        return self._with_importer(lambda one: one.instruments(rows), None, synthetic)

    def extend_calendar(self, days: dict[date, bool], source: str) -> FileReport:
        """Add announced days, or correct ones that are not settled. Raises CalendarRefused."""
        import pyarrow as pa  # noqa: PLC0415 - loaded with the first import, not with the server

        table = pa.table(
            {"date": pa.array(list(days), pa.date32()), "is_open": pa.array(list(days.values()), pa.bool_())}
        )
        return self.import_table("calendar", source, table, synthetic=self.is_synthetic)

    def _with_importer(
        self, work: Callable[[Importer], Done], progress: Progress | None, synthetic: bool
    ) -> Done:
        from quantos.market.importing.run import Importer  # noqa: PLC0415 - see TYPE_CHECKING above

        with self._importing:
            importer = Importer(
                series=self.series,
                calendar=self._calendar,
                now=self.clock.now().astimezone(UTC),
                last_over=None if self.clock.simulated else last_over(self.clock.now()),
                settled=self.settled_days(),
                synthetic=synthetic,
                progress=progress or _silent,
                reopened=self._reopened,
            )
            try:
                done = work(importer)
            finally:
                self.refresh()
        self.after_change()
        return done

    def last_whole(self) -> date:
        """The last trading day whose bars can be whole by the platform's clock."""
        return last_whole(self.clock.now(), self._calendar)

    def refresh(self) -> None:
        """Read again what stands in memory: the store was written past this object."""
        with self.series.read() as cursor:
            self._calendar = shipped_calendar().replaced(store.calendar_days(cursor))
            self._instruments = store.instruments(cursor)
            self._synthetic = store.is_synthetic(cursor)
        self._member_lists: dict[str, dict[str, list[MemberList]]] = {}
        self.version += 1


_LOAD_FIELDS: Final = ("id", "source", "kind", "rows", "stored", "quarantined", "changed", "loaded_at")
_QUARANTINE_FIELDS: Final = ("load", "source", "kind", "symbol", "trade_date", "reason", "row")


def _silent(source: str, stage: str, rows: int) -> None:
    """No progress wanted."""


__all__ = [
    "BENCHMARKS",
    "AlreadyAccepted",
    "CalendarEnds",
    "DayAhead",
    "ImportReport",
    "Market",
    "NotATradingDay",
]
