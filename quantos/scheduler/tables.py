"""Runs of jobs, and the few facts of the platform as a whole."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class JobRun(Record, table=True):
    """One start of a job for a trade date. `state`: running, done, failed, skipped, waiting.

    `attempt` counts the runs that a failure made necessary; `retry_at`: when the next of them begins, on the last
    run of a job and date alone.
    """

    __tablename__: ClassVar[Any] = "job_run"
    __table_args__: ClassVar[Any] = (
        Index("ix_job_run_job_trade_date", "job", "trade_date"),
        Index(
            "ix_job_run_retry_at",
            "retry_at",
            sqlite_where=text("retry_at IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    job: str = Field(max_length=40)
    trade_date: date
    due_at: datetime = Field(sa_type=Instant)
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    state: str = Field(max_length=8)
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    attempt: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    retry_at: datetime | None = Field(default=None, sa_type=Instant)


class PlatformState(Record, table=True):
    """A named fact, as text."""

    __tablename__: ClassVar[Any] = "platform_state"

    key: str = Field(primary_key=True, max_length=40)
    value: str = Field(sa_column=Column(Text, nullable=False))


class WatchFinding(Record, table=True):
    """What the watchdog found amiss on a trade date. `facts`: of its event, as they were found."""

    __tablename__: ClassVar[Any] = "watch_finding"
    __table_args__: ClassVar[Any] = (
        Index(
            "ix_watch_finding_open",
            "kind",
            sqlite_where=text("mended_at IS NULL"),
        ),
    )

    kind: str = Field(max_length=20, primary_key=True)
    subject: str = Field(max_length=60, primary_key=True)
    trade_date: date = Field(primary_key=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    noted_at: datetime = Field(sa_type=Instant)
    mended_at: datetime | None = Field(default=None, sa_type=Instant)
