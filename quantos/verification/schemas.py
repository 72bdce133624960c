"""Shapes of the public answers, for the documentation. A number that is undefined is null."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from quantos.kit.web import Answer
from quantos.performance.service import ClaimedRecord, ClaimMeta

Stale = Annotated[
    float,
    Field(
        gt=0,
        description="Only where there is any: the share of the NAV in delisted holdings, kept at their last close.",
    ),
]
Universe = Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]

MARKS: Final[dict[str, Any]] = {
    "simulated": {"const": True, "description": "Only in a simulated directory: a replay, not a record."},
    "synthetic": {"const": True, "description": "Only with a synthetic market: no real prices."},
    "edition": {
        "enum": ["evaluation", "test", "none"],
        "description": "Only without a standard licence: of which edition the platform is that answers.",
    },
}


def marked(schema: dict[str, Any]) -> None:
    """Beside a shape's own fields, the marks that an answer may carry."""
    schema["properties"] |= MARKS


ABSENT: Any = Field(default_factory=lambda: None)
"""Left out where there is none; the documentation shows no default for it."""


class PublicStrategy(Answer):
    """A strategy as anyone sees it."""

    slug: str
    name: str
    description: str | None
    universe: Universe
    holding_period: int
    execution_price: Literal["open", "close"]
    status: Literal["active", "paused", "retired"]
    creator: Annotated[str, Field(description="The owner's nickname.")]
    created_at: datetime
    activated_at: datetime
    trading_days: Annotated[int, Field(description="Settled days.")]
    has_claimed: bool
    latest_date: Annotated[date | None, Field(description="The last settled day.")]
    nav: Annotated[float | None, Field(description="NAV of that day in CNY.")]
    total_return: float | None
    daily_return: float | None
    stale: Stale = 0.0


class StandingOut(Answer):
    """Where a strategy stands: its last settled day and its last signal. Nulls where there is none."""

    slug: str
    trading_days: Annotated[int, Field(description="Settled days.")]
    latest_date: Annotated[date | None, Field(description="The last settled day.")]
    nav: Annotated[float | None, Field(description="NAV of that day in CNY.")]
    total_return: float | None
    daily_return: float | None
    stale: Stale = 0.0
    last_signal: Annotated[date | None, Field(description="The trade date of the last signal.")]
    attested: Annotated[bool | None, Field(description="Whether that signal is committed.")]


class StandingList(Answer):
    standings: list[StandingOut]


class RecordLinks(Answer):
    """Paths of this platform."""

    track_record: str
    performance: str
    claimed: Annotated[str | None, Field(description="Null where nothing is claimed.")]
    verify: Annotated[str, Field(description="The verification package of the latest settled day.")]
    audit: str
    verifier: Annotated[str, Field(description="The program that checks the packages.")]


class PublicIndex(Answer):
    """A strategy as the list shows it, and where its record is read. A pending one has no record yet."""

    model_config = ConfigDict(json_schema_extra=marked)

    slug: str
    name: str
    description: str | None
    universe: Universe
    holding_period: int
    execution_price: Literal["open", "close"]
    status: Literal["pending", "active", "paused", "retired"]
    creator: Annotated[str, Field(description="The owner's nickname.")]
    created_at: datetime
    activated_at: datetime | None
    trading_days: Annotated[int, Field(description="Settled days.")]
    has_claimed: bool
    latest_date: Annotated[date | None, Field(description="The last settled day.")]
    nav: Annotated[float | None, Field(description="NAV of that day in CNY.")]
    total_return: float | None
    daily_return: float | None
    stale: Stale = 0.0
    links: RecordLinks


class PublicList(Answer):
    strategies: list[PublicStrategy]


class Record(Answer):
    """One settled day."""

    date: date
    nav: Annotated[float, Field(description="Initial capital = 1.0.")]
    daily_return: Annotated[float | None, Field(description="Against the day before; on the first, 1.0.")]
    cumulative_return: float
    benchmark_return: Annotated[float | None, Field(description="That day's; null without data.")]
    stale: Stale = 0.0


class Tracking(Answer):
    """The platform's days against the claimed ones, over the days that both have; at least 5."""

    tracking_diff_annualized: Annotated[float | None, Field(description="Platform minus claimed.")]
    tracking_error_annualized: float | None
    correlation: Annotated[float | None, Field(description="Pearson's; null where either does not vary.")]
    overlap_days: int
    verdict: Literal["consistent", "moderate_divergence", "significant_divergence"]


class ClaimedBeside(Answer):
    """One claimed record beside its benchmark."""

    date: date
    nav: float | None
    cumulative_return: float | None
    benchmark_return: Annotated[
        float | None,
        Field(description="The index since the record before; 0.0 on the first, null without data."),
    ]


class PublicClaim(Answer):
    """What the owner says that the strategy did before the platform watched it."""

    meta: ClaimMeta
    records: list[ClaimedRecord]
    tracking: Tracking = ABSENT


class ClaimedCurve(Answer):
    meta: ClaimMeta
    records: list[ClaimedBeside]
    tracking: Tracking = ABSENT


class Backfilled(Answer):
    """Days before the activation, settled from signals that the operator put in later; never attested."""

    records: list[Record]


class Restatement(Answer):
    """Settled days that were settled again with corrected data; what stood before is kept."""

    from_: Annotated[date, Field(alias="from", description="The first day settled again.")]
    at: datetime
    reason: str


class TrackRecord(Answer):
    """`records` ascend by date; `restatements`, `claimed` and `backfilled` only where there is any."""

    model_config = ConfigDict(json_schema_extra=marked)

    records: list[Record]
    restatements: list[Restatement] = ABSENT
    claimed: ClaimedCurve = ABSENT
    backfilled: Backfilled = ABSENT


class MetricsOut(Answer):
    """Fractions; 252 days a year, sample deviation, no risk-free rate."""

    total_return: float | None
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: Annotated[float | None, Field(description="Positive; the curve starts at 1.0.")]
    calmar: float | None
    excess_return: Annotated[float | None, Field(description="total_return - benchmark_return.")]
    excess_sharpe: float | None
    benchmark_return: Annotated[float | None, Field(description="Compounded over the days with data.")]
    trading_days: int


class RollingValue(Answer):
    date: date
    value: float | None


class PerformanceOut(Answer):
    """`rolling_excess_sharpe`: windows of 20 trading days, the first value on the 20th."""

    model_config = ConfigDict(json_schema_extra=marked)

    metrics: MetricsOut
    rolling_excess_sharpe: list[RollingValue]
