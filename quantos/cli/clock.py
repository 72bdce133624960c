"""`quantos clock`: the platform's time; in simulation it is moved from here."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from quantos.cli import directories
from quantos.cli.attend import attended
from quantos.cli.configuration import load
from quantos.cli.help import Commands
from quantos.cli.interruption import Interrupted, on_a_terminal
from quantos.cli.options import DataDir, Instant, Json
from quantos.cli.output import in_shanghai, print_json, print_line, print_table
from quantos.cli.progress import counting
from quantos.cli.reach import Reach, Refused, reach
from quantos.cli.sessions import day_of, over_at, over_between
from quantos.cli.texts import say, word
from quantos.errors import QuantosError, WrongState
from quantos.kit.clock import SystemClock, parse_instant, rfc3339

clock = Commands(help="The platform's clock; simulated directories can move it.")

_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
CHARACTERS_MAX = 20
LINES_MAX = 20


class ClockStandsLive(WrongState):
    """A live directory has the world's time: its clock is not moved."""

    code = "clock_stands_live"


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
        given = {"data_dir": data_dir, "as_json": as_json}  # `quantos clock --data-dir DIR advance 1d`
        context.default_map = {context.invoked_subcommand: {k: v for k, v in given.items() if v}}
        return
    path = load(data_dir).data_dir
    directories.require(path)
    if directories.is_live(path):
        now = rfc3339(SystemClock().now().replace(microsecond=0))
        _print({"now": now, "simulated": False}, as_json)
        return
    with reach(data_dir) as platform:
        _print(platform.get("/admin/clock"), as_json)


@clock.command("set")
def set_to(timestamp: Instant, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Move a simulated clock to TIMESTAMP; jobs whose time is passed run in order."""
    _move(data_dir, lambda _: timestamp, as_json)


@clock.command()
def advance(duration: Duration, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Move a simulated clock forward by DURATION; jobs whose time is passed run in order."""

    def later(now: datetime) -> datetime:
        try:
            return now + duration
        except OverflowError:
            raise typer.BadParameter(say("given.no_year")) from None

    _move(data_dir, later, as_json)


@clock.command()
def correct(
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the clock was wrong; kept in the audit.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take the timetable back to the present, after a live machine's clock had run ahead and is right again."""
    from quantos.platform import correct_clock  # noqa: PLC0415 - --help needs no platform

    settings = load(data_dir)
    directories.require(settings.data_dir)
    done = correct_clock(settings, reason)
    if as_json:
        print_json(done)
        return
    shown = {name: in_shanghai(done[name]) for name in ("now", "lived_until")}
    print_line(say("clock.corrected", **shown, jobs=f"{done['jobs_forgotten']:,}"))


def _move(data_dir: Path | None, to: Callable[[datetime], datetime], as_json: bool) -> None:
    path = load(data_dir).data_dir
    directories.require(path)
    if directories.is_live(path):
        raise ClockStandsLive(say("clock.live", path=path))
    with reach(data_dir) as platform:
        now = parse_instant(platform.get("/admin/clock")["now"])
        then = to(now)
        if then < now:
            raise WrongState(
                say("clock.back", now=in_shanghai(rfc3339(now)), then=in_shanghai(rfc3339(then)))
            )
        _check_calendar(platform, then)
        answer, interrupted = _moved(platform, now, then)
    if interrupted and parse_instant(answer["now"]) < then:
        raise Interrupted(
            say(
                "clock.interrupted",
                now=in_shanghai(answer["now"]),
                jobs=len(answer["ran"]),
                then=rfc3339(then),
            )
        )
    _print(answer, as_json)
    if interrupted:
        raise Interrupted(say("clock.interrupted_late"))


def _check_calendar(platform: Reach, then: datetime) -> None:
    """A clock beyond the calendar runs no job and never goes back. Raises WrongState."""
    day = day_of(then)
    try:
        platform.get("/calendar", date=day)
    except Refused:  # a day that the calendar does not know, before it or behind
        last = date.fromisoformat(platform.get("/admin/market/coverage")["calendar"]["last"])
        if day > last:
            raise WrongState(say("clock.calendar_ends", last=last, day=day)) from None


def _moved(platform: Reach, now: datetime, then: datetime) -> tuple[Any, bool]:
    """The answer to the move, shown day by day meanwhile; and whether Ctrl-C ended it early."""

    def stop() -> None:
        if platform.url is not None:
            raise Interrupted(say("clock.server_goes_on", url=platform.url, then=in_shanghai(rfc3339(then))))
        platform.wind_down()
        sys.stderr.write(f"\nquantos: {say('interrupted.stopping')}\n")

    days = over_between(platform, now, then) if on_a_terminal() else []
    with counting(len(days)) as show_days:

        def look() -> None:
            try:
                here = parse_instant(platform.get("/admin/clock")["now"])
            except QuantosError:
                return  # the move itself will say what is wrong
            show_days(sum(over_at(day) < here for day in days), say("clock.days", day=day_of(here)))

        return attended(lambda: platform.post("/admin/clock", {"now": rfc3339(then)}), look=look, stop=stop)


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    kind = say("clock.kind.simulated" if answer["simulated"] else "clock.kind.live")
    print_line(say("clock.now", now=in_shanghai(answer["now"]), utc=answer["now"], kind=kind))
    ran = answer.get("ran") or []
    if len(ran) <= LINES_MAX:
        rows = [(run["job"], run["date"], word("state", run["state"])) for run in ran]
    else:
        rows = summed_up(ran)
    if ran:
        print_line("")
        print_table([say("col.job"), say("col.date"), say("col.state")], rows)


def summed_up(ran: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Many runs as one row per job and state, with the first and the last day."""
    rows = []
    for (job, state), count in Counter((run["job"], run["state"]) for run in ran).items():
        days = [run["date"] for run in ran if (run["job"], run["state"]) == (job, state)]
        rows.append(
            (job, f"{days[0]} … {days[-1]}" if count > 1 else days[0], f"{word('state', state)} {count:,}")
        )
    return rows
