"""Arguments and options that commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from quantos.cli.texts import say
from quantos.kit.clock import SHANGHAI

PORT_MAX: Final = 65535
DIGITS_MAX: Final = 18


def day(text: str) -> date:
    """YYYY-MM-DD. Raises typer.BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(say("given.no_date", text=text)) from None


def instant(text: str) -> datetime:
    """A timestamp with its offset, or without one in Shanghai's time. Raises typer.BadParameter."""
    try:
        found = datetime.fromisoformat(text if ":" in text else "")  # a date alone names no instant
        return (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(say("given.no_instant", text=text)) from None


def port(given: str | int) -> int:
    """0 to 65535; a default comes as a number. Raises typer.BadParameter."""
    text = str(given)
    if not (text.isascii() and text.isdigit() and len(text) < DIGITS_MAX and int(text) <= PORT_MAX):
        raise typer.BadParameter(say("given.no_port", text=text))
    return int(text)


def whole_number(least: int) -> Callable[[str | int], int]:
    """Reads a whole number that is not less; a default comes as a number. Raises typer.BadParameter."""

    def number(given: str | int) -> int:
        text = str(given)
        if not (text.isascii() and text.isdigit() and len(text) < DIGITS_MAX and int(text) >= least):
            raise typer.BadParameter(say("given.no_number", text=text, least=least))
        return int(text)

    return number


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Data directory; default: QUANTOS_DATA_DIR, else the user data folder.",
        file_okay=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
Day = Annotated[
    date | None,
    typer.Option(
        "--date",
        metavar="DATE",
        parser=day,
        help="Trading day, such as 2024-01-02; default: today, or the last one before.",
    ),
]
Instant = Annotated[
    datetime,
    typer.Argument(
        metavar="TIMESTAMP",
        parser=instant,
        help="Such as 2024-01-02T18:50, which is Shanghai time, or with an offset: 2024-01-02T10:50Z.",
    ),
]


def day_option(name: str, help_: str) -> typer.models.OptionInfo:
    """An option that takes a date."""
    option: typer.models.OptionInfo = typer.Option(name, metavar="DATE", parser=day, help=help_)
    return option


def instant_option(name: str, help_: str) -> typer.models.OptionInfo:
    """An option that takes a timestamp; without an offset it is Shanghai time."""
    option: typer.models.OptionInfo = typer.Option(name, metavar="TIMESTAMP", parser=instant, help=help_)
    return option


def port_option(help_: str) -> typer.models.OptionInfo:
    """An option that takes a port."""
    option: typer.models.OptionInfo = typer.Option("--port", metavar="PORT", parser=port, help=help_)
    return option


def number_option(name: str, least: int, help_: str) -> typer.models.OptionInfo:
    """An option that takes a whole number."""
    option: typer.models.OptionInfo = typer.Option(
        name, metavar="NUMBER", parser=whole_number(least), help=help_
    )
    return option
