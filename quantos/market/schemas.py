"""Bodies of the market's routes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from quantos.kit.web import STORABLE, ApiModel, Date, Text

PATH_MAX = 4096
DAYS_MAX = 40_000  # a century of natural days

REASON_MAX = 1000


def _worded(text: str) -> str:
    words = text.strip()
    if not 1 <= len(words) <= REASON_MAX:
        raise ValueError(f"a reason has 1 to {REASON_MAX} characters")
    return words


Reason = Annotated[Text, AfterValidator(_worded)]


class ImportBody(ApiModel):
    path: Annotated[str, StringConstraints(min_length=1, max_length=PATH_MAX), STORABLE]


class AcceptBody(ApiModel):
    date: Date
    reason: Reason


class CalendarDay(ApiModel):
    date: Date
    is_open: bool


class CalendarBody(ApiModel):
    days: list[CalendarDay] = Field(min_length=1, max_length=DAYS_MAX)
