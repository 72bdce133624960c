"""Tables of saved strategies and of research backtests."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class SavedStrategy(Record, table=True):
    """Code that a user kept. Its number is its id, and is never given again."""

    __tablename__: ClassVar[Any] = "saved_strategy"
    __table_args__: ClassVar[Any] = (
        Index("ix_saved_strategy_user_id", "user_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    name: str = Field(sa_column=Column(Text, nullable=False))
    prompt: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_type=Instant)


class Study(Record, table=True):
    """A research backtest: what was asked, and how it stands. `asked`: JSON as the API shows it; `metrics` too."""

    __tablename__: ClassVar[Any] = "research_backtest"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("id", name="uq_research_backtest_id"),
        Index("ix_research_backtest_user_id", "user_id", "number"),
        Index("ix_research_backtest_status", "status", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=36)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    name: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(max_length=9)
    asked: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    metrics: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    created_at: datetime = Field(sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class StudyOutcome(Record, table=True):
    """What came of a finished research backtest: JSON as the API shows it."""

    __tablename__: ClassVar[Any] = "research_backtest_result"

    backtest_number: int = Field(primary_key=True, foreign_key="research_backtest.number")
    body: str = Field(sa_column=Column(Text, nullable=False))


class Deployment(Record, table=True):
    """A strategy in code that is tracked: what of it runs each day. `tickers`: JSON; `first_day`: of its bars."""

    __tablename__: ClassVar[Any] = "deployment"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("id", name="uq_deployment_id"),
        UniqueConstraint("strategy_number", name="uq_deployment_strategy_number"),
        Index("ix_deployment_user_id", "user_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=36)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    strategy_number: int = Field(foreign_key="strategy.number")
    saved_number: int
    code: str = Field(sa_column=Column(Text, nullable=False))
    tickers: str = Field(sa_column=Column(Text, nullable=False))
    first_day: date
    created_at: datetime = Field(sa_type=Instant)


class DeploymentDay(Record, table=True):
    """What became of a trade date: `signalled`, `unchanged`, `failed` or `missed`. `held`: JSON of the positions aimed at."""

    __tablename__: ClassVar[Any] = "deployment_day"

    deployment_number: int = Field(primary_key=True, foreign_key="deployment.number")
    trade_date: date = Field(primary_key=True)
    outcome: str = Field(max_length=9)
    reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    held: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    noted_at: datetime = Field(sa_type=Instant)
