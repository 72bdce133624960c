"""API shapes of claims."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from quantos.errors import Invalid
from quantos.kit.web import Answer, ApiModel, Date, parse_date
from quantos.performance.core.claims import Curve, first_disorder

RECORDS_MIN: Final = 2
RECORDS_MAX: Final = 5000
NAV_MAX: Final = 1e10

Fraction = Annotated[float | None, Field(description="A fraction; null where undefined.")]


class ClaimedPoint(ApiModel):
    """One record of an upload; any unit of money, any day."""

    date: Date
    nav: Annotated[float, Field(gt=0, le=NAV_MAX)]


class _Raw(msgspec.Struct, gc=False):
    """A record as it is read first: thousands of them, on the event loop."""

    date: str
    nav: Annotated[float, msgspec.Meta(gt=0, le=NAV_MAX)]


class _Read(NamedTuple):
    """What counts of a ClaimedPoint."""

    date: date
    nav: float


def _quickly(value: Any, slowly: ValidatorFunctionWrapHandler) -> Any:
    """A tenth of the time for a curve that is well formed; every other one is read by the authority, which says why."""
    try:
        raw = msgspec.convert(value, list[_Raw], strict=True)
        read = [_Read(parse_date(record.date), record.nav) for record in raw]
    except ValueError:
        return slowly(value)
    return read if RECORDS_MIN <= len(read) <= RECORDS_MAX else slowly(value)


class ClaimUpload(ApiModel):
    """Body of `PUT /strategies/{slug}/claimed`: the whole curve, dates strictly ascending."""

    records: Annotated[
        list[ClaimedPoint],
        Field(min_length=RECORDS_MIN, max_length=RECORDS_MAX),
        WrapValidator(_quickly),
    ]

    def curve(self) -> Curve:
        """Raises Invalid on the first date that does not ascend."""
        dates = np.array([record.date for record in self.records], "datetime64[D]")
        wrong = first_disorder(dates)
        if wrong is not None:
            raise Invalid(
                ("body", "records", wrong, "date"), "dates ascend strictly: this one does not follow the last"
            )
        return Curve(dates, np.array([record.nav for record in self.records], np.float64))


class ClaimReceipt(Answer):
    strategy_slug: str
    data_points: int
    start_date: date
    end_date: date
    total_return: Fraction
    sharpe: Annotated[
        float | None,
        Field(
            description="252 days a year; a claim sparser than daily by its own frequency. null: undefined."
        ),
    ]
    max_drawdown: Annotated[float, Field(description="Positive.")]
    uploaded_at: datetime


class ClaimMeta(Answer):
    start_date: date
    end_date: date
    data_points: int
    total_return: Fraction
    sharpe: Fraction
    max_drawdown: float
    uploaded_at: datetime


class ClaimedRecord(Answer):
    date: date
    nav: Annotated[float | None, Field(description="1.0 on the first record.")]
    daily_return: Annotated[float | None, Field(description="Against the record before; 0.0 on the first.")]
    cumulative_return: Fraction


class ClaimOut(Answer):
    meta: ClaimMeta
    records: list[ClaimedRecord]


class ClaimDeleted(Answer):
    deleted: Literal[True]
    data_points_removed: int


class EvaluatedMetrics(Answer):
    """As the public performance route shows them; null where undefined."""

    total_return: Fraction
    annual_return: Fraction
    volatility: Fraction
    sharpe: Fraction
    max_drawdown: Annotated[float | None, Field(description="Positive; the curve starts at 1.0.")]
    calmar: Fraction
    excess_return: Fraction
    excess_sharpe: Fraction
    benchmark_return: Fraction
    trading_days: int


class EvaluationOut(Answer):
    slug: str
    metrics: EvaluatedMetrics


class EvaluationList(Answer):
    """Of `date`; null before the first evaluation. `total`: of the day."""

    date: date | None
    evaluations: list[EvaluationOut]
    total: int
