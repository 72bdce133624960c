"""Settlement runs: when, for which day, how they ended, what they left. What was settled stands in the series store."""

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field

from quantos.kit.ids import new_id
from quantos.storage.types import Instant, Record


class SettlementRun(Record, table=True):
    __tablename__ = "settlement_run"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(default_factory=new_id, unique=True, index=True)
    trade_date: date = Field(index=True)
    status: str = Field(
        description="running, done, waiting_for_data, failed, interrupted; refused: a restatement"
    )
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    settled: int = 0
    held: int = 0
    failed: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


RunKind = Literal["daily", "filling", "restatement"]


def kind_of(run: SettlementRun) -> RunKind:
    """`daily`: of every strategy that was due; `filling`: of the days that one missed in a pause."""
    if "restatement" in run.detail:
        return "restatement"
    return "filling" if "filling" in run.detail else "daily"


class MissingNav(Record, table=True):
    """A strategy-day that the watchdog found without a NAV row; `mended_at`: when it had one after all."""

    __tablename__ = "missing_nav"
    __table_args__ = (
        Index(
            "ix_missing_nav_open",
            "strategy_number",
            sqlite_where=text("mended_at IS NULL"),
        ),
    )

    strategy_number: int = Field(primary_key=True, foreign_key="strategy.number")
    trade_date: date = Field(primary_key=True)
    noted_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    mended_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class BackfilledSignal(Record, table=True):
    """A signal of before the activation, put in by the operator. The series store says which revision counts."""

    __tablename__ = "backfilled_signal"

    strategy_number: int = Field(primary_key=True, foreign_key="strategy.number")
    revision: int = Field(primary_key=True)
    trade_date: date = Field(primary_key=True)
    signals: str = Field(sa_column=Column(Text, nullable=False))
