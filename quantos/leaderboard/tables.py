"""The table of the leaderboard."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class LeaderboardEntry(Record, table=True):
    """One run. It stays when its strategy is deleted; percentages, a drawdown is 0 or less."""

    __tablename__: ClassVar[Any] = "leaderboard_entry"
    __table_args__: ClassVar[Any] = (
        Index("ix_leaderboard_entry_score", "score", "number"),
        Index("ix_leaderboard_entry_strategy_number", "strategy_number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    strategy_number: int | None = None
    strategy_name: str = Field(sa_column=Column(Text, nullable=False))
    dataset: str = Field(sa_column=Column(Text, nullable=False))
    ticker: str = Field(max_length=64)
    run_at: datetime = Field(sa_type=Instant)
    return_pct: float
    sharpe: float | None = None
    max_drawdown: float
    score: float
    notes: str | None = Field(default=None, sa_column=Column(Text))
