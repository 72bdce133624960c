"""Tables of factors: what a user says of one, what the platform found, and how it goes out of sample.

The values themselves lie in the series store, under the factor's number.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class Factor(Record, table=True):
    """`number` is the key in the series store; it is never reused.

    `measures`, `checks`, `yearly` and `diagnostics` are JSON as the API shows it, of the last validation; `os` of
    the last day of tracking. `last_in_sample` is set while the factor is active.
    """

    __tablename__: ClassVar[Any] = "factor"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("id", name="uq_factor_id"),
        Index("ix_factor_user_id", "user_id", "status"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=36)
    user_id: str = Field(max_length=36, foreign_key="user.id")
    name: str = Field(sa_column=Column(Text, nullable=False))
    universe: str = Field(max_length=16)
    description: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    expression: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    claimed_ic_mean: float | None = None
    claimed_ic_ir: float | None = None
    status: str = Field(max_length=10)
    last_in_sample: date | None = None
    ic_mean: float | None = None
    ic_ir: float | None = None
    measures: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    checks: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    reject_reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    yearly: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    diagnostics: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    os: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    validated_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class FactorSeries(Record, table=True):
    """The series of a factor's last validation, each a JSON list as the API shows it."""

    __tablename__: ClassVar[Any] = "factor_series"

    factor_number: int = Field(primary_key=True, foreign_key="factor.number")
    ic: str = Field(sa_column=Column(Text, nullable=False))
    long_short: str = Field(sa_column=Column(Text, nullable=False))
    plots: str = Field(sa_column=Column(Text, nullable=False))


class FactorAttempt(Record, table=True):
    """One row per validation that was carried out, for ever: also of factors that are deleted since."""

    __tablename__: ClassVar[Any] = "factor_attempt"
    __table_args__: ClassVar[Any] = (
        Index("ix_factor_attempt_user_id", "user_id"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(max_length=36, foreign_key="user.id")
    factor_id: str = Field(max_length=36)
    at: datetime = Field(sa_type=Instant)
    status: str = Field(max_length=10)
    sharpe: float | None = None


class FactorOsDay(Record, table=True):
    """A day out of sample whose return is known. `ic`: null where it is undefined."""

    __tablename__: ClassVar[Any] = "factor_os_day"

    factor_number: int = Field(primary_key=True, foreign_key="factor.number")
    trade_date: date = Field(primary_key=True)
    ic: float | None = None
    timely: bool
