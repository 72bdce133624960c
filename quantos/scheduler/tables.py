"""Runs of jobs, and the few facts of the platform as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from quantos.storage.types import Instant


class JobRun(SQLModel, table=True):
    """One start of a job for a trade date. `state`: running, done, failed, skipped."""

    __tablename__: ClassVar[Any] = "job_run"
    __table_args__: ClassVar[Any] = (
        Index("ix_job_run_job_trade_date", "job", "trade_date"),
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


class PlatformState(SQLModel, table=True):
    """A named fact, as text."""

    __tablename__: ClassVar[Any] = "platform_state"

    key: str = Field(primary_key=True, max_length=40)
    value: str = Field(sa_column=Column(Text, nullable=False))
