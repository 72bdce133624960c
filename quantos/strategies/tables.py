"""Tables of strategies, their signals, and the log of their statuses."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class Strategy(Record, table=True):
    """`number` is the key in the series store and in arrays; it is never reused.

    `portfolio_id`: of the portfolio whose signals it takes; no others.
    """

    __tablename__: ClassVar[Any] = "strategy"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("slug", name="uq_strategy_slug"),
        Index("ix_strategy_user_id", "user_id"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=36)
    user_id: str = Field(max_length=36, foreign_key="user.id")
    slug: str = Field(max_length=49)
    name: str = Field(sa_column=Column(Text, nullable=False))
    description: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    universe: str = Field(max_length=16)
    execution_price: str = Field(max_length=5)
    holding_period: int
    initial_capital: int
    commission_e8: int
    slippage_e8: int
    status: str = Field(max_length=8)
    is_public: bool
    activated_at: datetime | None = Field(default=None, sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    portfolio_id: str | None = Field(default=None, max_length=36)


class StatusChangeRow(Record, table=True):
    """One row per change of status, from the activation on; `at` never decreases within a strategy."""

    __tablename__: ClassVar[Any] = "status_change"
    __table_args__: ClassVar[Any] = (
        Index("ix_status_change_strategy_number", "strategy_number"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    strategy_number: int = Field(foreign_key="strategy.number")
    status: str = Field(max_length=8)
    at: datetime = Field(sa_type=Instant)


class SignalRow(Record, table=True):
    """The one signal of a strategy for a trade date.

    `commit_sha`, `committed_at` are set once it is attested; `attestation` says what is to be done until then.
    """

    __tablename__: ClassVar[Any] = "signal"
    __table_args__: ClassVar[Any] = (
        Index("ix_signal_trade_date", "trade_date"),
        Index(
            "ix_signal_attestation",
            "attestation",
            "deadline",
            sqlite_where=text("attestation IS NOT NULL"),
        ),
    )

    strategy_number: int = Field(primary_key=True, foreign_key="strategy.number")
    trade_date: date = Field(primary_key=True)
    id: str = Field(max_length=36)
    signals: str = Field(sa_column=Column(Text, nullable=False))
    nonce: str = Field(max_length=64)
    signal_hash: str = Field(max_length=64)
    submitted_at: datetime = Field(sa_type=Instant)
    deadline: datetime = Field(sa_type=Instant)
    commit_sha: str | None = Field(default=None, max_length=40)
    committed_at: datetime | None = Field(default=None, sa_type=Instant)
    attestation: str | None = Field(default=None, max_length=8)

    @property
    def in_time(self) -> bool | None:
        """Whether the commit lies before the deadline; None without one."""
        return None if self.committed_at is None else self.committed_at < self.deadline
