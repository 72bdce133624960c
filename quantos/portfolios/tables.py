"""Tables of portfolios: what they are made of, how their status went, and what became of each of their days."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class Portfolio(Record, table=True):
    """A deleted one stays, unseen: its signals were made of what it was. `strategy_number`: from its activation on."""

    __tablename__: ClassVar[Any] = "portfolio"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("id", name="uq_portfolio_id"),
        Index("ix_portfolio_user_id", "user_id"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=36)
    user_id: str = Field(max_length=36, foreign_key="user.id")
    name: str = Field(sa_column=Column(Text, nullable=False))
    universe: str = Field(max_length=16)
    weighting: str = Field(max_length=11)
    top_n: int
    status: str = Field(max_length=6)
    strategy_number: int | None = Field(default=None, foreign_key="strategy.number")
    created_at: datetime = Field(sa_type=Instant)
    deleted_at: datetime | None = Field(default=None, sa_type=Instant)


class PortfolioMember(Record, table=True):
    """A factor of a portfolio; numbers are given in the order in which they were added."""

    __tablename__: ClassVar[Any] = "portfolio_member"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("portfolio_number", "factor_number", name="uq_portfolio_member"),
        Index("ix_portfolio_member_factor_number", "factor_number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    portfolio_number: int = Field(foreign_key="portfolio.number")
    factor_number: int = Field(foreign_key="factor.number")


class PortfolioChange(Record, table=True):
    """One row per change of status, from the activation on."""

    __tablename__: ClassVar[Any] = "portfolio_change"
    __table_args__: ClassVar[Any] = (
        Index("ix_portfolio_change_portfolio_number", "portfolio_number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    portfolio_number: int = Field(foreign_key="portfolio.number")
    status: str = Field(max_length=6)
    at: datetime = Field(sa_type=Instant)


class PortfolioDay(Record, table=True):
    """What became of a portfolio's trade date: `signalled`, `no_values`, `failed` or `missed`, with the reason.

    `recipe`: of a signal, JSON of what decided it (`core.recipe`); `members`: the universe's members then, where known.
    """

    __tablename__: ClassVar[Any] = "portfolio_day"

    portfolio_number: int = Field(primary_key=True, foreign_key="portfolio.number")
    trade_date: date = Field(primary_key=True)
    outcome: str = Field(max_length=9)
    reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    noted_at: datetime = Field(sa_type=Instant)
    recipe: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    members: str | None = Field(default=None, max_length=64)


class PortfolioUniverse(Record, table=True):
    """A list of members that decided signals, once, by its SHA-256: symbols ascending, parted by spaces."""

    __tablename__: ClassVar[Any] = "portfolio_universe"

    id: str = Field(primary_key=True, max_length=64)
    symbols: str = Field(sa_column=Column(Text, nullable=False))
