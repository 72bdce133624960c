"""Bodies of the market's routes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from quantos.kit.web import ApiModel, Date, Text

PATH_MAX = 4096
DAYS_MAX = 4000  # ten years of natural days

Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class ImportBody(ApiModel):
    path: Annotated[Text, StringConstraints(min_length=1, max_length=PATH_MAX)]


class AcceptBody(ApiModel):
    date: Date
    reason: Reason


class CalendarDay(ApiModel):
    date: Date
    is_open: bool


class CalendarBody(ApiModel):
    days: list[CalendarDay] = Field(min_length=1, max_length=DAYS_MAX)
