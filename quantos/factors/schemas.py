"""API shapes of factors, in the guide's words."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import ConfigDict, Field

from quantos.factors.tables import Factor
from quantos.kit.clock import rfc3339
from quantos.kit.findings import said_as
from quantos.kit.web import STORABLE, Answer, ApiModel, Date, PatchModel
from quantos.market.core.symbols import SYMBOL_PATTERN, SYMBOL_WORDS

ABSENT: Any = Field(default_factory=lambda: None)
"""A field that a change leaves alone; the documentation shows no default for it."""

TEXT_MAX = 20_000
ENTRIES_MAX = 500
DAYS_MIN = 120
"""Days of values that make a factor ready."""

Universe = Literal["hs300", "csi500", "csi1000"]
FactorStatus = Literal["draft", "ready", "validating", "active", "rejected"]
Order = Literal["-created_at", "created_at", "ic_mean", "ic_ir"]
Name = Annotated[str, Field(min_length=1, max_length=100), STORABLE]
FreeText = Annotated[str, Field(max_length=TEXT_MAX), STORABLE]


class FactorNew(ApiModel):
    """Body of `POST /factors`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "momentum_20d",
                "universe": "hs300",
                "description": "20-day momentum factor",
                "expression": "rank(ts_mean(close, 20))",
                "claimed_ic_mean": 0.035,
                "claimed_ic_ir": 0.68,
            }
        }
    )

    name: Name
    universe: Universe
    description: FreeText | None = None
    expression: FreeText | None = None
    claimed_ic_mean: float | None = None
    claimed_ic_ir: float | None = None


class FactorChange(PatchModel):
    """Body of `PATCH /factors/{factor_id}`: what may change. Absent is unchanged; a name is never null."""

    name: Name = ABSENT
    description: FreeText | None = ABSENT
    expression: FreeText | None = ABSENT


class Measures(Answer):
    """In sample, as found at the last validation; null before it, or where undefined."""

    ic_mean: float | None
    ic_ir: float | None
    turnover: float | None
    sharpe: float | None
    fitness: float | None
    ic_decay: list[float | None] | None
    coverage: float | None
    data_days: int | None
    max_correlation: float | None


class Means(Answer):
    """Means of the last 30, 60, 120 ICs, or of as many as there are."""

    ic_mean_30d: float | None
    ic_mean_60d: float | None
    ic_mean_120d: float | None


class OutOfSample(Means):
    """After the activation. `timely`: the same over days whose values were there before the returns could be."""

    start_date: date | None
    timely: Annotated[Means | None, Field(description="Of an active factor.")] = None
    late_days: Annotated[
        int | None, Field(description="Of an active factor: the days that are not timely.")
    ] = None


class Claimed(Answer):
    ic_mean: float | None
    ic_ir: float | None


class Check(Answer):
    name: Literal["IC_MEAN", "IC_IR", "HIGH_TURNOVER", "SELF_CORRELATION", "DATA_COVERAGE"]
    value: float | int | None
    threshold: float | int
    passed: bool


class Year(Answer):
    year: int
    ic_mean: float | None
    ic_ir: float | None
    returns: float | None
    drawdown: float | None
    turnover: float | None
    days: int


class FactorOut(Answer):
    """A factor as its owner sees it."""

    id: str
    name: str
    universe: Universe
    status: FactorStatus
    description: str | None
    expression: str | None
    in_sample: Annotated[Measures, Field(alias="is")]
    os: OutOfSample
    claimed: Claimed
    checks: list[Check] | None
    reject_reason: str | None
    yearly_stats: list[Year] | None
    submitted_at: datetime | None
    validated_at: datetime | None
    created_at: datetime


class FactorList(Answer):
    factors: list[FactorOut]
    total: int


class OwnedFactor(FactorOut):
    """With its owner's nickname, for the operator."""

    owner: str


class OwnedFactorList(Answer):
    factors: list[OwnedFactor]
    total: int


class IcPoint(Answer):
    date: Date
    ic: float | None


class LongShortPoint(Answer):
    date: Date
    ls_return: float | None
    cumulative: float | None


class FactorDetail(FactorOut):
    """With its series; null before the first validation."""

    ic_series: list[IcPoint] | None
    ls_cumulative_returns: list[LongShortPoint] | None
    diagnostics: Annotated[
        dict[str, Any] | None,
        Field(description="Of a validated factor: what is shown beside the five checks and decides nothing."),
    ] = None


class OwnedFactorDetail(FactorDetail):
    owner: str
    plots: dict[str, Any] | None


class Deleted(Answer):
    deleted: Literal[True]


class DayOfValues(Answer):
    """`values`: symbol to finite number, not empty; the day's values before are replaced whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"date": "2025-01-02", "values": {"600519.SH": 1.23, "600036.SH": -0.45}}
        }
    )

    date: Date
    values: Annotated[
        dict[Annotated[str, Field(pattern=said_as(SYMBOL_PATTERN.pattern, SYMBOL_WORDS))], float],
        Field(min_length=1),
    ]


class ValuesNew(Answer):
    """Body of `POST /factors/{factor_id}/values`."""

    data: Annotated[list[DayOfValues], Field(min_length=1, max_length=ENTRIES_MAX)]


class ValuesReceipt(Answer):
    """`uploaded`: days that were stored; days without trading are skipped."""

    uploaded: int
    total_days: int
    status: FactorStatus


class ValuesStatus(Answer):
    total_days: int
    min_required: int
    ready: bool
    start_date: date | None
    end_date: date | None


class Progress(Answer):
    """Of a validation under way."""

    stage: Literal["waiting", "values", "market", "measures", "correlations", "storing"]
    done: int
    total: int


class ValidationOut(Answer):
    status: FactorStatus
    checks: list[Check] | None
    validated_at: datetime | None
    progress: Annotated[Progress | None, Field(description="While the factor is being validated.")] = None


class Correlation(Answer):
    factor_id: str
    name: str
    correlation: Annotated[float | None, Field(description="null: no day on which it is defined.")]


class CorrelationList(Answer):
    correlations: list[Correlation]


class IcSeries(Answer):
    records: list[IcPoint]


class ChartData(Answer):
    ic_series: list[IcPoint]
    ls_cumulative_returns: list[LongShortPoint]
    yearly_stats: list[Year]


class Diagnostics(Answer):
    """What is shown beside the five checks and decides nothing; docs/factors.md explains each field."""

    diagnostics: dict[str, Any] | None
    plots: dict[str, Any] | None


NO_MEASURES = dict.fromkeys(Measures.model_fields)
NO_MEANS = dict.fromkeys(Means.model_fields)


def factor_out(factor: Factor) -> dict[str, Any]:
    """The fields of a factor, in the guide's order."""
    return {
        "id": factor.id,
        "name": factor.name,
        "universe": factor.universe,
        "status": factor.status,
        "description": factor.description,
        "expression": factor.expression,
        "is": _json(factor.measures) or NO_MEASURES,
        "os": _json(factor.os) or {**NO_MEANS, "start_date": None},
        "claimed": {"ic_mean": factor.claimed_ic_mean, "ic_ir": factor.claimed_ic_ir},
        "checks": _json(factor.checks),
        "reject_reason": factor.reject_reason,
        "yearly_stats": _json(factor.yearly),
        "submitted_at": _instant(factor.submitted_at),
        "validated_at": _instant(factor.validated_at),
        "created_at": rfc3339(factor.created_at),
    }


def _json(text: str | None) -> orjson.Fragment | None:
    return None if text is None else orjson.Fragment(text)


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
