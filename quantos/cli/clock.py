"""`quantos clock`: the platform's time; in simulation it is moved from here."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Instant, Json
from quantos.cli.output import print_facts, print_json, print_table
from quantos.cli.reach import reach
from quantos.cli.texts import say
from quantos.kit.clock import SHANGHAI, parse_instant, rfc3339

clock = Commands(help="The platform's clock; simulated directories can move it.")

_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
CHARACTERS_MAX = 20


def parse_duration(text: str) -> timedelta:
    """`1d`, `6h30m`, `2w`: weeks, days, hours, minutes, seconds in this order. Raises typer.BadParameter."""
    found = _DURATION.fullmatch(text.strip().lower()) if len(text) < CHARACTERS_MAX else None
    if not found or not any(found.groups()):
        raise typer.BadParameter(say("given.no_duration", text=text))
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise typer.BadParameter(say("given.too_long", text=text)) from None
    if not length:
        raise typer.BadParameter(say("given.no_length"))
    return length


Duration = Annotated[
    timedelta,
    typer.Argument(
        metavar="DURATION",
        parser=parse_duration,
        help="Such as 1d, 2h30m or 2w: weeks, days, hours, minutes, seconds.",
    ),
]


@clock.callback(invoke_without_command=True)
def show(context: typer.Context, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show the platform's time; with a command, move it."""
    if context.invoked_subcommand is not None:
        return
    with reach(data_dir) as platform:
        _print(platform.get("/admin/clock"), as_json)


@clock.command("set")
def set_to(timestamp: Instant, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Move a simulated clock to TIMESTAMP; jobs whose time is passed run in order."""
    with reach(data_dir) as platform:
        _print(platform.post("/admin/clock", {"now": _written(timestamp)}), as_json)


@clock.command()
def advance(duration: Duration, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Move a simulated clock forward by DURATION; jobs whose time is passed run in order."""
    with reach(data_dir) as platform:
        now = parse_instant(platform.get("/admin/clock")["now"])
        try:
            then = now + duration
        except OverflowError:
            raise typer.BadParameter("there is no such year") from None
        _print(platform.post("/admin/clock", {"now": _written(then)}), as_json)


def _written(instant: datetime) -> str:
    return rfc3339(instant)


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    now = parse_instant(answer["now"])
    print_facts([("now", answer["now"]), ("in Shanghai", f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}")])
    if answer.get("ran"):
        print_table(
            ["job", "date", "state"], [(run["job"], run["date"], run["state"]) for run in answer["ran"]]
        )
