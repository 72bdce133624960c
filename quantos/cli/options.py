"""Options that commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from quantos.kit.clock import parse_instant


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write YYYY-MM-DD") from None


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no timestamp with an offset: write for example 2024-01-02T08:00+08:00"
        ) from None


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", help="Data directory; default: QUANTOS_DATA_DIR.", file_okay=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Day = Annotated[
    date | None,
    typer.Option("--date", metavar="DATE", parser=_day, help="Trading day, YYYY-MM-DD; default: today."),
]
Instant = Annotated[datetime, typer.Argument(metavar="TIMESTAMP", parser=_instant)]


def day_option(name: str, help_: str) -> typer.models.OptionInfo:
    """An option that takes a date."""
    option: typer.models.OptionInfo = typer.Option(name, metavar="DATE", parser=_day, help=help_)
    return option


def instant_option(name: str, help_: str) -> typer.models.OptionInfo:
    """An option that takes an RFC 3339 timestamp with an offset."""
    option: typer.models.OptionInfo = typer.Option(name, metavar="TIMESTAMP", parser=_instant, help=help_)
    return option
