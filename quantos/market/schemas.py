"""Bodies of the market's routes, and the shapes of their answers."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from quantos.kit.web import STORABLE, Answer, ApiModel, Date, Reason

PATH_MAX = 4096
DAYS_MAX = 40_000  # a century of natural days


class ImportBody(ApiModel):
    path: Annotated[str, StringConstraints(min_length=1, max_length=PATH_MAX), STORABLE]


class AcceptBody(ApiModel):
    date: Date
    reason: Reason


class CalendarDay(ApiModel):
    date: Date
    is_open: bool


class CalendarBody(ApiModel):
    days: list[CalendarDay] = Field(min_length=1, max_length=DAYS_MAX)


class CalendarMonth(Answer):
    """A month. What lies beyond the calendar's last day is not known: null."""

    month: Annotated[str, Field(examples=["2026-05"])]
    trading_days: Annotated[list[date], Field(description="Ascending.")]
    count: int
    today: Annotated[date, Field(description="In Asia/Shanghai.")]
    today_is_trading_day: bool | None
    next_trading_day: Annotated[date | None, Field(description="After today.")]


Day = date


class CalendarDate(Answer):
    """A date. A next trading day beyond the calendar's last day is not known: null."""

    date: Day
    is_trading_day: bool
    next_trading_day: Annotated[Day | None, Field(description="After the date.")]
    today: Annotated[Day, Field(description="In Asia/Shanghai.")]


class CalendarStatus(Answer):
    """The days that the calendar knows."""

    first: date
    last: date
    sessions: Annotated[int, Field(description="Trading days in it.")]
    days_left: int
    ends_soon: Annotated[bool, Field(description="Whether the exchange's next list is due.")]


class FileOut(Answer):
    """One imported file. Rows that contradict settled days are reported, not applied."""

    source: str
    kind: str
    load: int | None
    rows: int
    stored: int
    unchanged: int
    changed: int
    quarantined: Annotated[dict[str, int], Field(description="Refused rows by reason.")]
    refused_rows: Annotated[
        dict[str, list[str]],
        Field(
            description="Examples by reason: symbol, date, row counted from 1 below the names of the columns."
        ),
    ]
    findings: Annotated[dict[str, Any], Field(description="Count, meaning and examples by kind.")]
    settled: dict[str, Any] | None
    refused: Annotated[str | None, Field(description="Why nothing of the file was taken.")]
    ignored: Annotated[str | None, Field(description="Why the file is none of the market's.")]
    elapsed_s: float


class ImportOut(Answer):
    """The sums over all files, and each file."""

    rows: int
    stored: int
    unchanged: int
    changed: int
    quarantined: dict[str, int]
    findings: dict[str, int]
    elapsed_s: float
    files: list[FileOut]


class BoardCoverage(Answer):
    board: str
    instruments: int
    with_bars: int
    bars: int
    first: date | None
    last: date | None


class SeriesCoverage(Answer):
    symbol: str
    rows: int
    first: date | None
    last: date | None


class ListCoverage(Answer):
    index_symbol: str
    source: str
    symbols: int
    first: date | None
    last: date | None


class AcceptedOut(Answer):
    """A day that settles although too few of its bars are there."""

    date: date
    reason: str
    by: str


class LoadOut(Answer):
    id: int
    source: str
    kind: str
    rows: int
    stored: int
    quarantined: int
    changed: int
    loaded_at: datetime


class BenchmarkCoverage(Answer):
    series: str
    computed: Annotated[bool, Field(description="Whether it is computed from the funds' own bars.")]
    days: int
    first: date
    last: date


class InstrumentOut(Answer):
    symbol: str
    name: Annotated[str | None, Field(description="Where a source told it.")]


class InstrumentList(Answer):
    instruments: list[InstrumentOut]
    total: int


class MonthOut(Answer):
    """A month. `days`: of its `sessions` those with bars."""

    month: str
    sessions: int
    days: int
    bars: int


class MonthList(Answer):
    months: list[MonthOut]


class CoverageOut(Answer):
    """What market data is stored."""

    synthetic: Annotated[bool, Field(description="Whether the market is made up.")]
    first_date: date | None
    last_date: date | None
    last_whole: Annotated[
        date,
        Field(description="The last trading day whose bars can be whole: today's from 15:30 Shanghai on."),
    ]
    instruments: int
    bars: int
    boards: list[BoardCoverage]
    benchmarks: Annotated[
        dict[str, BenchmarkCoverage | None], Field(description="By universe; null without data.")
    ]
    indices: list[SeriesCoverage]
    constituents: list[ListCoverage]
    corporate_actions: int
    calendar: CalendarStatus
    quarantine: Annotated[dict[str, int], Field(description="Refused rows by reason.")]
    findings: dict[str, int]
    accepted: list[AcceptedOut]
    loads: Annotated[list[LoadOut], Field(description="The latest imports.")]


class QuarantinedRow(Answer):
    """A refused row as it came."""

    load: Annotated[int, Field(description="The import it came with, as coverage numbers them.")]
    source: Annotated[str, Field(description="The file's name.")]
    kind: Annotated[str, Field(description="What the file held, and whose form it had: bars (baostock).")]
    symbol: str | None
    trade_date: date | None
    reason: str
    meaning: Annotated[str, Field(description="The reason in words.")]
    row: Any


class QuarantineList(Answer):
    """`total`: of what the filters leave; `reasons`: of each reason, whichever is filtered by."""

    quarantine: list[QuarantinedRow]
    total: int
    reasons: dict[str, int]


class CalendarExtended(Answer):
    report: FileOut
    calendar: CalendarStatus
