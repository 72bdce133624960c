"""What tables are made of: their base class, and column types that SQLite does not have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import ConfigDict
from sqlalchemy import String
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel


class Record(SQLModel):
    """A row of the records store. What comes in is validated at the API, never here: no validator is built at start."""

    model_config = ConfigDict(defer_build=True)  # type: ignore[assignment]


def instant_text(value: datetime) -> str:
    """An instant as it is kept: text order is time order."""
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as ISO 8601 text in UTC with microseconds, so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return _read(value)

    def result_processor(self, dialect: Any, coltype: object) -> Any:  # noqa: ARG002
        """What reads one value, without the two calls around `process_result_value`."""
        return _read


def _read(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
