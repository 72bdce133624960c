"""`quantos day`: one simulated day, job by job."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final

import typer

from quantos.cli import directories
from quantos.cli.configuration import load
from quantos.cli.options import DataDir, Json
from quantos.cli.options import day as read_day
from quantos.cli.output import in_shanghai, print_json, print_line, print_table, print_text, shown
from quantos.cli.progress import Counted, counting
from quantos.cli.reach import Reach, reach
from quantos.cli.sessions import day_of, trading_days
from quantos.cli.texts import say, word
from quantos.errors import WrongState
from quantos.kit.clock import parse_instant, rfc3339, shanghai

LOOK_AHEAD: Final = timedelta(days=31)
"""Longer than any holiday: the next trading day lies within."""

DayToPlay = Annotated[
    date,
    typer.Argument(metavar="DAY", parser=read_day, help="Trading day of the simulation, such as 2024-01-02."),
]


class DayNotPlayable(WrongState):
    """There is no such day to be played: a live directory, a closed day, or one that the clock has passed."""

    code = "day_not_playable"


def day(trade_date: DayToPlay, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Play one simulated day: move the clock from job to job, and tell what each did and how long it took."""
    path = load(data_dir).data_dir
    directories.require(path)
    if directories.is_live(path):
        raise DayNotPlayable(say("day.live", path=path))
    with reach(data_dir) as platform:
        begun = parse_instant(platform.get("/admin/clock")["now"])
        _check(platform, trade_date, begun)
        before = _move(platform, shanghai(trade_date, time()), begun)
        told = _played(platform, trade_date)
    answer = {"date": trade_date, "jobs": told, "before": len(before)}
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _check(platform: Reach, trade_date: date, now: datetime) -> None:
    if trade_date < day_of(now):
        raise DayNotPlayable(say("day.past", day=trade_date, now=in_shanghai(rfc3339(now))))
    following = next(trading_days(platform, trade_date, trade_date + LOOK_AHEAD), None)
    if following is None:
        raise DayNotPlayable(say("day.beyond", day=trade_date))
    if following != trade_date:
        raise DayNotPlayable(say("day.closed", day=trade_date, following=following))


def _move(platform: Reach, then: datetime, now: datetime) -> list[dict[str, Any]]:
    """The jobs that ran on the way; none where the clock is past `then`."""
    if then <= now:
        return []
    ran: list[dict[str, Any]] = platform.post("/admin/clock", {"now": rfc3339(then)})["ran"]
    return ran


def _played(platform: Reach, trade_date: date) -> list[dict[str, Any]]:
    """{job, time, state, took_s, detail} of each, in the order of the day; what lies before the clock is `earlier`."""
    jobs = platform.get("/admin/jobs")["jobs"]
    told = []
    with counting(len(jobs)) as show:
        for done, job in enumerate(jobs):
            told.append(_one(platform, trade_date, job, done, show))
        now = parse_instant(platform.get("/admin/clock")["now"])
        again = _move(platform, shanghai(trade_date + timedelta(days=1), time()), now)
    return [*told, *(_told(platform, each["job"], "", [each]) for each in again)]  # tried again in the night


def _one(platform: Reach, trade_date: date, job: dict[str, Any], done: int, show: Counted) -> dict[str, Any]:
    show(done, job["name"])
    now = parse_instant(platform.get("/admin/clock")["now"])
    at = shanghai(trade_date, time.fromisoformat(job["time"]))
    if at < now:
        return {"job": job["name"], "time": job["time"], "state": "earlier", "took_s": None, "detail": {}}
    ran = _move(platform, at, now)
    mine = [each for each in ran if (each["job"], each["date"]) == (job["name"], trade_date.isoformat())]
    return _told(platform, job["name"], job["time"], mine)


def _told(platform: Reach, name: str, at: str, ran: list[dict[str, Any]]) -> dict[str, Any]:
    known = {job["name"]: job for job in platform.get("/admin/jobs")["jobs"]}[name]
    state = ran[-1]["state"] if ran else known["state"]
    took_s = sum(each["took_s"] for each in ran) if ran else None
    return {
        "job": name,
        "time": at,
        "state": state,
        "took_s": took_s,
        "detail": known["detail"] if ran else {},
    }


def _print(answer: dict[str, Any]) -> None:
    if answer["before"]:
        print_text(say("day.before", jobs=f"{answer['before']:,}", day=answer["date"]))
    rows = [
        (
            each["time"],
            each["job"],
            word("state", each["state"]),
            "" if each["took_s"] is None else say("day.seconds", seconds=f"{each['took_s']:.2f}"),
            _did(each["detail"] or {}),
        )
        for each in answer["jobs"]
    ]
    columns = [say(f"col.{name}") for name in ("at", "job", "state")]
    print_table([*columns, say("day.took") + ">", say("day.did")], rows)
    total = sum(each["took_s"] or 0 for each in answer["jobs"])
    print_line(say("day.over", day=answer["date"], seconds=f"{total:.2f}"))


def _did(detail: dict[str, Any]) -> str:
    """What a job did, in words; numbers of runs are for programs."""
    facts = [(name, value) for name, value in detail.items() if name != "run" and not isinstance(value, dict)]
    return ", ".join(f"{word('fact', name)} {shown(value)}" for name, value in facts)
