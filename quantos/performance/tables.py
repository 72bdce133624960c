"""The table of claims. A curve is one row: it is replaced whole, in the unit of work that checks its strategy."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

from quantos.storage.types import Instant, Record


class ClaimRow(Record, table=True):
    """What an owner says that a strategy did before the platform watched it; n records, dates ascending.

    `number` names this very curve: it is never given again, also not when the curve is replaced.
    """

    __tablename__: ClassVar[Any] = "claim"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("strategy_number", name="uq_claim_strategy_number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    strategy_number: int = Field(foreign_key="strategy.number")
    uploaded_at: datetime = Field(sa_type=Instant)
    dates: bytes = Field(sa_type=LargeBinary)  # [n] days since 1970-01-01, int32, little endian
    navs: bytes = Field(sa_type=LargeBinary)  # [n] as uploaded, float64, little endian
