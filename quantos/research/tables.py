"""Tables of saved strategies."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text
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
