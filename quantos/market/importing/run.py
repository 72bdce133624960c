"""One path into the store: source by source, each in its own transaction, each with its load record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import orjson
import pyarrow as pa

from quantos.errors import QuantosError
from quantos.market import store
from quantos.market.core.calendar import CalendarRefused, TradingCalendar
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers import (
    InstrumentRows,
    ProviderFileRefused,
    recognise,
    recognise_instruments,
)
from quantos.market.core.settled import Reopened, SettledDays
from quantos.market.importing import files, lists, series
from quantos.market.importing.bars import Terms, store_bars
from quantos.market.importing.files import Source, UnreadableValue
from quantos.market.importing.frame import BarFrame, frame_of_arrow, frame_of_bars
from quantos.market.importing.report import FileRefused, FileReport, ImportReport, WrongMarket
from quantos.storage.confined import reader
from quantos.storage.series import SeriesStore

Progress = Callable[[str, str, int], None]
"""(source, stage, rows): reading, checking, comparing, storing."""

EPOCH: Final = date(1970, 1, 1)
NAMED_MAX: Final = 5


@dataclass(slots=True)
class Importer:
    """Imports with one set of terms; `calendar` moves on when a calendar file extends it.

    `reopened`: the import is part of a restatement, so rows of these settled days may change, and one refused
    file ends all of it. The calendar of settled days never changes.
    """

    series: SeriesStore
    calendar: TradingCalendar
    now: datetime
    last_over: date | None  # bars of later days are refused; None: simulated, no day lies in the future
    settled: SettledDays | None
    synthetic: bool
    progress: Progress
    reopened: Reopened | None = None

    def path(self, path: Path) -> ImportReport:
        """A file, or everything importable below a folder. Raises PathNotFound, WrongMarket; FileRefused where
        one refused file ends the whole import.
        """
        self._same_market()
        started = time.perf_counter()
        report = ImportReport()
        for source in files.sources(path):
            done = self._file(source)
            if self.reopened is not None and done.refused is not None:
                raise FileRefused(f"{done.source}: {done.refused}")
            report.files.append(done)
        report.elapsed_s = time.perf_counter() - started
        return report

    def bars(self, bars: NormalisedBars) -> FileReport:
        """Bars that are in memory already. Raises FileRefused, WrongMarket."""
        self._same_market()
        return self._timed(
            FileReport(bars.source, "bars"), lambda report: self._bars(frame_of_bars(bars), report)
        )

    def table(self, kind: str, name: str, table: pa.Table) -> FileReport:
        """A table in memory, of the kinds and columns that files have. Raises FileRefused, WrongMarket."""
        if kind != "calendar":
            self._same_market()
        return self._timed(FileReport(name, kind), lambda report: self._table(kind, table, report))

    def instruments(self, rows: InstrumentRows) -> FileReport:
        table = pa.table(
            {
                "symbol": pa.array(rows.symbol, pa.string()),
                "name": pa.array([name or None for name in rows.name], pa.string()),
                "list_date": pa.array(rows.list_date.astype("datetime64[D]")),
                "delist_date": pa.array(rows.delist_date.astype("datetime64[D]")),
                "wide_fund": pa.array([True if wide else None for wide in rows.wide_fund], pa.bool_()),
            }
        )
        return self.table("instruments", rows.source, table)

    # ------------------------------------------------------------ one source

    @property
    def _final(self) -> SettledDays | None:
        """The days whose rows stay as they are."""
        if self.settled is None or self.reopened is None:
            return self.settled
        return self.settled.before(self.reopened.first)

    def _same_market(self) -> None:
        with self.series.read() as cursor:
            there = store.is_synthetic(cursor)
        if there is not None and there != self.synthetic:
            kinds = ("real", "synthetic")
            raise WrongMarket(
                f"the data directory holds a {kinds[there]} market and stays one: {kinds[self.synthetic]} data"
                " goes into another directory"
            )

    def _file(self, source: Source) -> FileReport:
        report = FileReport(source.name, source.kind)
        if source.broken:
            report.refused = source.broken
            return report
        try:
            return self._timed(report, lambda report: self._read_and_store(source, report))
        except (FileRefused, CalendarRefused, ProviderFileRefused) as refusal:
            message = refusal.message
        except (pa.ArrowException, duckdb.DataError) as error:
            message = f"its values cannot be read: {str(error).splitlines()[0]}"
        return FileReport(source.name, report.kind, rows=report.rows, refused=message)

    def _timed(self, report: FileReport, work: Callable[[FileReport], None]) -> FileReport:
        started = time.perf_counter()
        work(report)
        report.elapsed_s = time.perf_counter() - started
        return report

    def _read_and_store(self, source: Source, report: FileReport) -> None:
        self.progress(source.name, "reading", 0)
        if source.kind == "bars":
            self._bars(self._frame(source), report)
        elif source.kind != "unknown":
            table = files.read(source)
            self._table(source.kind, table, report)
        else:
            self._provider(source, report)

    def _frame(self, source: Source) -> BarFrame:
        try:
            table = files.read(source, lambda rows: self.progress(source.name, "reading", rows))
        except UnreadableValue:
            text = files.read_text(source)
            frame = frame_of_arrow(readable(text), source.name)
            frame.text = text
            return frame
        return frame_of_arrow(table, source.name)

    def _provider(self, source: Source, report: FileReport) -> None:
        provider = recognise(source.columns, source.name)
        path = source.paths[0]
        if provider is not None:
            report.kind = f"bars ({provider.name})"
            columns = files.provider_frame(source, provider.duckdb_types)
            bars = provider.normalise(columns, path.name, self._known_bars)
            self._bars(replace(frame_of_bars(bars), source=source.name), report)
            return
        listing = recognise_instruments(source.columns, source.name)
        if listing is not None:
            report.kind = f"instruments ({listing.name})"
            columns = files.provider_frame(source, listing.duckdb_types)
            done = self.instruments(listing.instruments(columns, path.name))
            for name in (
                "rows",
                "stored",
                "changed",
                "unchanged",
                "quarantined",
                "refused_rows",
                "findings",
                "load",
            ):
                setattr(report, name, getattr(done, name))
            return
        report.ignored = files.why_unknown(source.columns)

    def _known_bars(self, symbol: str) -> NormalisedBars | None:
        with self.series.read() as cursor:
            instruments = store.instruments(cursor)
            if symbol not in instruments.number_of:
                return None
            rows = store.history(cursor, instruments.number_of[symbol], date.min, date.max)
        count = len(rows["trade_date"])
        unknown = np.full(count, -1, dtype=np.int8)
        prices = {
            name: np.where(rows[name] > 0, rows[name] / 1000.0, np.nan)
            for name in ("open", "high", "low", "close", "pre_close")
        }
        return NormalisedBars(
            symbol=np.full(count, symbol, dtype=object),
            trade_date=rows["trade_date"],
            **prices,
            volume=rows["volume"],
            amount=rows["amount"],
            adj_factor=rows["adj_factor"],
            is_st=unknown,
            trade_status=unknown,
            source="stored",
        )

    # ------------------------------------------------------------ storing

    def _bars(self, frame: BarFrame, report: FileReport) -> None:
        with self.series.write() as cursor:
            terms = Terms(
                calendar=self.calendar,
                instruments=store.instruments(cursor),
                settled=self._final,
                reopened=self.reopened,
                last_over=None if self.last_over is None else (self.last_over - EPOCH).days,
            )
            store_bars(
                cursor, frame, terms, report, lambda stage, rows: self.progress(report.source, stage, rows)
            )
            self._record(cursor, report)

    def _table(self, kind: str, table: pa.Table, report: FileReport) -> None:
        extended = self.calendar
        with self.series.write() as cursor:
            if kind == "instruments":
                lists.store_instruments(cursor, table, report)
            elif kind == "corporate_actions":
                lists.store_corporate_actions(
                    cursor, table, report, self.calendar, self._final, self.reopened
                )
            elif kind == "indices":
                series.store_indices(cursor, table, report, self.calendar)
            elif kind == "constituents":
                series.store_constituents(cursor, table, report, self.calendar)
            elif kind == "calendar":
                days = lists.calendar_rows(table)
                extended = lists.store_calendar(
                    cursor, days, self.calendar, report.source, report, self.settled
                )
            self._record(cursor, report)
        self.calendar = extended

    def _record(self, cursor: duckdb.DuckDBPyConnection, report: FileReport) -> None:
        cursor.execute(
            "INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                report.load,
                report.source,
                report.kind,
                self.synthetic,
                report.rows,
                report.stored,
                report.quarantined_rows,
                report.changed,
                self.now.replace(tzinfo=None),
                orjson.dumps(report.as_dict()).decode(),
            ],
        )


def readable(text: pa.Table) -> pa.Table:
    """Text columns as their declared types; what is no value of its type is missing."""
    with reader() as connection:
        connection.register("given", text)
        types = {
            pa.string(): "VARCHAR",
            pa.date32(): "DATE",
            pa.float64(): "DOUBLE",
            pa.int64(): "BIGINT",
            pa.int8(): "TINYINT",
            pa.bool_(): "BOOLEAN",
        }
        columns = ", ".join(
            f'TRY_CAST("{name}" AS {types[files.TYPES[name]]}) AS "{name}"' for name in text.column_names
        )
        return connection.execute(f"SELECT {columns} FROM given").to_arrow_table()  # noqa: S608 - our own names


def refused_as_error(report: ImportReport) -> QuantosError | None:
    """The error where every file was refused, or is none that the market stores: nothing was imported."""
    reasons = [(file.source, file.refused or file.ignored) for file in report.files]
    if not reasons or not all(reason for _, reason in reasons):
        return None
    more = [f"and {len(reasons) - NAMED_MAX} more files"] if len(reasons) > NAMED_MAX else []
    told = "; ".join([*(_named(source, reason or "") for source, reason in reasons[:NAMED_MAX]), *more])
    unknown = any(file.refused is None for file in report.files)
    return FileRefused(f"{told}{f'. {files.UNDERSTOOD}' if unknown else ''}")


def _named(source: str, reason: str) -> str:
    """The reason with the name of its source, which some reasons begin with."""
    return reason if reason.startswith(source) else f"{source}: {reason}"
