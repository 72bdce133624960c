"""The demo's market: the synthetic one of a seed, or a customer's bars, and the days to play on it.

It is loaded before the platform starts, because the last bar decides at which instant the clock begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from quantos.cli.demo.agents import LOOKBACK
from quantos.cli.demo.panel import Panel, panel_of
from quantos.cli.texts import say
from quantos.errors import NotFound, WrongState

if TYPE_CHECKING:
    from quantos.market.service import Market
    from quantos.settings import Settings

YEAR: Final = 242
"""Trading days played on the synthetic market."""

DAYS_AHEAD: Final = 20
"""Trading days of the synthetic market that are left to whoever goes on where the demo ends."""

YEARS_BACK: Final = 2
REAL_DAYS_MAX: Final = 600
"""Real bars are played from the January two years before their end on, but no more than so many days."""

HISTORY: Final = LOOKBACK + 2
LEAST: Final = HISTORY + 20
YEARS_NEEDED: Final = timedelta(days=1000)
"""Natural days that cover the days played and their history; older files are left out."""

READY_PER_CENT: Final = 90
DOUBTFUL_MAX: Final = 5


class NoBars(NotFound):
    code = "demo_no_bars"


class TooShort(WrongState):
    code = "demo_market_too_short"


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A day that will need the operator's word: fewer bars than 90 % of what traded the day before."""

    day: date
    expected: int
    present: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: `panel` holds the history and then the `days` that are played."""

    synthetic: bool
    seed: int | None
    source: str
    report: dict[str, Any]
    bars: int
    instruments: int  # that have bars
    first: date
    last: date
    panel: Panel
    days: int
    doubtful: tuple[Doubtful, ...]

    @property
    def history(self) -> int:
        """Sessions of the panel before the first day played."""
        return len(self.panel.dates) - self.days

    @property
    def played(self) -> Sequence[date]:
        return self.panel.dates[self.history :]


def found(path: Path) -> Path:
    """Raises NoBars where nothing is."""
    path = path.expanduser().resolve()
    if not path.exists():
        raise NoBars(say("demo.no_path", path=path))
    return path


def load(settings: Settings, path: Path | None, seed: int | None) -> Loaded:
    """Load the market into a new simulated directory and choose the days. Raises NoBars, TooShort."""
    from quantos.kit.clock import SimulatedClock, SystemClock  # noqa: PLC0415 - loaded where it is used
    from quantos.market.core.synthetic import SEED  # noqa: PLC0415
    from quantos.market.service import Market  # noqa: PLC0415
    from quantos.storage.directory import DataDirectory  # noqa: PLC0415
    from quantos.storage.series import Series  # noqa: PLC0415

    seed = None if path else SEED if seed is None else seed
    directory = DataDirectory.open(settings.data_dir, simulated=True)
    try:
        series = Series(directory.path / "series.duckdb", memory_limit=settings.series_memory_limit)
        try:
            market = Market(series, SimulatedClock(SystemClock().now()))
            report = _import_synthetic(market, seed) if seed is not None else _import_files(market, path)
            return _chosen(market, path, seed, report)
        finally:
            series.close()
    finally:
        directory.close()


def _chosen(market: Market, path: Path | None, seed: int | None, report: dict[str, Any]) -> Loaded:
    coverage = market.coverage()
    if not coverage["bars"]:
        why = "; ".join(f"{file['source']}: {file['refused']}" for file in report["files"] if file["refused"])
        raise NoBars(say("demo.no_bars", path=path, why=f" ({why})" if why else ""))
    sessions = market.calendar.between(coverage["first_date"], coverage["last_date"])
    if len(sessions) < LEAST:
        raise TooShort(say("demo.too_short", path=path, count=len(sessions), least=LEAST))
    wanted = YEAR if path is None else min(_since_january(sessions), REAL_DAYS_MAX)
    played = sessions if path is not None else sessions[:-DAYS_AHEAD]
    days = min(wanted, len(played) - HISTORY)
    span = played[-days - HISTORY :]
    panel = panel_of(market.day_bars(span[0], span[-1]), market.instruments(), len(span))
    panel, days, doubtful = _until_too_doubtful(panel, days)
    return Loaded(
        synthetic=path is None,
        seed=seed,
        source=str(path or ""),
        report=report,
        bars=coverage["bars"],
        instruments=sum(board["with_bars"] for board in coverage["boards"]),
        first=coverage["first_date"],
        last=coverage["last_date"],
        panel=panel,
        days=days,
        doubtful=doubtful,
    )


def _since_january(sessions: Sequence[date]) -> int:
    """Sessions from the January two years before the last one's year on."""
    return sum(day >= date(sessions[-1].year - YEARS_BACK, 1, 1) for day in sessions)


def _until_too_doubtful(panel: Panel, days: int) -> tuple[Panel, int, tuple[Doubtful, ...]]:
    """The days that can be played, and those among them that need the operator's word."""
    doubtful: list[Doubtful] = []
    for t in range(len(panel.dates) - days, len(panel.dates)):
        expected = int(panel.traded[t - 1].sum())
        present = int((panel.traded[t - 1] & panel.has_row[t]).sum())
        if expected == 0 or 100 * present < READY_PER_CENT * expected:
            if expected == 0 or len(doubtful) == DOUBTFUL_MAX:
                break
            doubtful.append(Doubtful(panel.dates[t], expected, present))
    else:
        return panel, days, tuple(doubtful)
    return panel.until(t), days - (len(panel.dates) - t), tuple(doubtful)


def _import_synthetic(market: Market, seed: int) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 - loaded where it is used

    from quantos.market.core.synthetic import SOURCE, synthetic_market  # noqa: PLC0415

    made = synthetic_market(market.calendar, seed)
    actions, index, members = made.corporate_actions, made.index, made.constituents
    market.import_instruments(made.instruments, synthetic=True)
    tables = {
        "corporate_actions": {
            "symbol": pa.array(actions.symbol, pa.string()),
            "ex_date": pa.array(actions.ex_date),
            "bonus_per_million": actions.bonus_per_million,
            "cash_mills_per_million": actions.cash_mills_per_million,
            "into_symbol": pa.array([symbol or None for symbol in actions.into_symbol], pa.string()),
            "note": pa.array(actions.note, pa.string()),
        },
        "indices": {
            "symbol": pa.array(index.symbol, pa.string()),
            "trade_date": pa.array(index.trade_date),
            "close": index.close,
        },
        "constituents": {
            "index_symbol": pa.array(members.index_symbol, pa.string()),
            "symbol": pa.array(members.symbol, pa.string()),
            "start_date": pa.array(members.start_date),
            "end_date": pa.array(members.end_date),
        },
    }
    reports = [
        market.import_table(
            "corporate_actions", SOURCE, pa.table(tables.pop("corporate_actions")), synthetic=True
        )
    ]
    reports.append(market.import_bars(made.bars, synthetic=True))
    reports += [
        market.import_table(kind, SOURCE, pa.table(columns), synthetic=True)
        for kind, columns in tables.items()
    ]
    return _merged([report.as_dict() for report in reports])


def _import_files(market: Market, path: Path | None) -> dict[str, Any]:
    assert path is not None, "a market without a seed is one of files"
    with _needed(path) as chosen:
        return market.import_path(chosen).as_dict()


@contextmanager
def _needed(path: Path) -> Iterator[Path]:
    """The path, or where it is a folder of Parquet files, those of them that reach into the days played."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else []
    last = {file: day for file in files if (day := _last_day(file)) is not None}
    if not last:
        yield path
        return
    oldest = max(last.values()) - YEARS_NEEDED
    others = sorted(path.glob("*.csv"))
    with TemporaryDirectory(prefix="quantos-demo-") as folder:
        chosen = Path(folder) / path.name
        chosen.mkdir()
        for file in [*files, *others]:
            if last.get(file, oldest) >= oldest:
                (chosen / file.name).symlink_to(file)
        yield chosen


def _last_day(file: Path) -> date | None:
    """The last date of a Parquet file of bars; None for any other file."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - loaded where it is used
    from pyarrow import ArrowException  # noqa: PLC0415

    try:
        found = pq.ParquetFile(file)
        names = found.schema_arrow.names
        name = next((name for name in ("date", "trade_date") if name in names), None)
        if name is None or not {"symbol", "close", "volume"} <= set(names):
            return None
        place = names.index(name)
        groups = [
            found.metadata.row_group(k).column(place).statistics for k in range(found.metadata.num_row_groups)
        ]
    except (ArrowException, OSError):
        return None  # not readable: the importer says why
    last = [group.max for group in groups if group is not None and isinstance(group.max, date)]
    return max(last, default=None)


def _merged(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Reports of single tables in the form of a report of files."""
    quarantined: dict[str, int] = {}
    findings: dict[str, int] = {}
    for file in files:
        for reason, count in file["quarantined"].items():
            quarantined[reason] = quarantined.get(reason, 0) + count
        for kind, found in file["findings"].items():
            findings[kind] = findings.get(kind, 0) + found["count"]
    return {"files": files, "quarantined": quarantined, "findings": findings}
