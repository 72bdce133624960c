"""`quantos doctor`: what could go wrong, checked one by one, each problem with its remedy. Exit 1 on a problem.

A check that needs the stores asks the running server, or opens them here; where they do not open, that is the
finding and the checks behind it are left out.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import typer

from quantos.cli import directories
from quantos.cli.configuration import BadSettings, load
from quantos.cli.failures import what_failed, what_waits
from quantos.cli.layout import padded, screen_width, wrapped
from quantos.cli.license_command import reasons, remedy, standing_line
from quantos.cli.options import DataDir, Json
from quantos.cli.output import in_shanghai, print_json, print_line
from quantos.cli.reach import Reach, platform_now, reach
from quantos.cli.sessions import day_of, over_at, trading_days
from quantos.cli.texts import say, word
from quantos.errors import QuantosError
from quantos.kit.clock import parse_instant, rfc3339
from quantos.storage.directory import running_server

GIB: Final = 2**30
MIB: Final = 2**20
FREE_MIN: Final = GIB
LONGEST_HOLIDAY: Final = timedelta(days=31)
ONLY_OWNER: Final = 0o077
STATE_WIDTH: Final = 9
RUNS_MAX: Final = 50
FAILURES_NAMED: Final = 5

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result."""

    check: str
    state: State
    detail: str
    remedy: str = ""


def doctor(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Check settings, disk, secrets, lock, stores, clock, calendar, data, settlement, attestation, licence
    and backups; exit 1 on a problem.
    """
    findings = list(examine(data_dir))
    problems = [finding for finding in findings if finding.state == "problem"]
    if as_json:
        print_json({"ok": not problems, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            _print(finding)
        print_line("")
        print_line(say("doctor.problems", count=len(problems)) if problems else say("doctor.sound"))
    if problems:
        raise typer.Exit(1)


def examine(data_dir: Path | None) -> Iterator[Finding]:
    """Every check that can be made, in order."""
    try:
        path = load(data_dir).data_dir
    except BadSettings as bad:
        yield _problem("settings", bad.message, say("doctor.settings.remedy"))
        return
    yield _ok("settings", say("doctor.settings.ok"))
    yield _disk(path, load(data_dir).disk_free_mb_min * MIB)
    directory = _directory(path)
    yield directory
    if directory.state != "ok":
        return
    yield _secrets(path)
    lock = _lock(path)
    yield lock
    if lock.state == "ok":
        yield from _inside(path)


def _directory(path: Path) -> Finding:
    facts = path / "directory.json"
    if not facts.exists():
        return _problem(
            "directory", say("doctor.directory.missing", path=path), say("doctor.directory.remedy")
        )
    try:
        simulated = json.loads(facts.read_text())["simulated"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _problem(
            "directory",
            say("doctor.directory.broken", reason=type(error).__name__),
            say("doctor.directory.restore"),
        )
    kind = say("doctor.simulation" if simulated else "doctor.live")
    return _ok("directory", say("doctor.directory.ok", path=path, kind=kind))


def _disk(path: Path, reserve: int) -> Finding:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    usage = shutil.disk_usage(existing)
    detail = say("doctor.disk.free", free=usage.free / GIB, total=usage.total / GIB)
    remedy = say("doctor.disk.remedy", path=existing)
    if usage.free < reserve:
        return _problem("disk", say("doctor.disk.refused", detail=detail), remedy)
    if usage.free < FREE_MIN:
        return _problem("disk", detail, remedy)
    return _ok("disk", detail)


def _secrets(path: Path) -> Finding:
    folder = path / "secrets"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    readable = [str(file) for file in files if stat.S_IMODE(file.stat().st_mode) & ONLY_OWNER]
    if readable:
        named = " ".join(readable)
        return _problem(
            "secrets", say("doctor.secrets.open", files=named), say("doctor.secrets.remedy", files=named)
        )
    return _ok("secrets", say("doctor.secrets.ok"))


def _lock(path: Path) -> Finding:
    from quantos.storage.directory import DataDirectory, DirectoryLocked  # noqa: PLC0415 - beside its use

    url = running_server(path)
    if url is not None:
        if _answers(url):
            return _ok("lock", say("doctor.lock.server", url=url))
        return _problem("lock", say("doctor.lock.silent", url=url), say("doctor.lock.remedy"))
    try:
        DataDirectory.open(path, create=False).close()
    except DirectoryLocked:
        holder = (path / "lock").read_text().strip() or "?"
        return _problem("lock", say("doctor.lock.other", holder=holder), say("doctor.lock.remedy"))
    except QuantosError as refusal:
        return _problem("directory", refusal.message, "")  # it says itself what to do
    return _ok("lock", say("doctor.lock.free"))


def _answers(url: str) -> bool:
    import httpx  # noqa: PLC0415 - loaded where it is used

    try:
        answer = httpx.get(f"{url}/api/v1/health", timeout=5, trust_env=False)
        return bool(answer.json() == {"status": "ok"})
    except (httpx.HTTPError, ValueError):
        return False


def _inside(path: Path) -> Iterator[Finding]:
    """What the platform itself says, asked as the operator."""
    from quantos.scheduler.service import ClockGoesBack  # noqa: PLC0415 - --help needs no platform
    from quantos.storage.damage import RESTORE, StoreDamaged  # noqa: PLC0415

    try:
        with reach(path) as platform:
            stores = _stores(platform.get("/admin/stores")["stores"])
            yield stores
            if stores.state == "problem":
                return
            coverage = platform.get("/admin/market/coverage")
            runs = platform.get("/admin/settlement-runs", limit=RUNS_MAX)["settlement_runs"]
            now = platform_now(platform, path)
            yield _clock(now, live=directories.is_live(path))
            yield _calendar(coverage["calendar"])
            yield _data(platform, coverage, now)
            yield from _settlement(runs)
            yield _attestation(platform.get("/admin/attestation", check_remote=True))
            made = platform.get("/admin/backups", limit=1)["backups"]
            yield _license(platform.get("/admin/license"))
            yield _backups(made, now, live=directories.is_live(path), days_max=load(path).backup_days_max)
    except ClockGoesBack as refusal:
        yield _problem("clock", refusal.message, say("doctor.clock.remedy"))
    except StoreDamaged as refusal:
        yield _problem("stores", refusal.message, say("doctor.stores.restore", command=RESTORE))
    except QuantosError as refusal:
        yield _problem("stores", refusal.message, say("doctor.stores.remedy"))


def _stores(found: list[dict[str, Any]]) -> Finding:
    from quantos.storage.damage import RESTORE  # noqa: PLC0415 - --help needs no store

    damaged = [each for each in found if each["state"] == "damaged"]
    if not damaged:
        return _ok("stores", say("doctor.stores.ok"))
    told = [say("doctor.stores.damaged", file=each["file"], found=each["detail"]) for each in damaged]
    return _problem("stores", say("semicolon").join(told), say("doctor.stores.restore", command=RESTORE))


def _clock(now: datetime, *, live: bool) -> Finding:
    """The platform refuses to start on a clock set back, so one that answers is in step with its records."""
    shown = in_shanghai(rfc3339(now))
    return _ok("clock", say("doctor.clock.live" if live else "doctor.clock.simulated", now=shown))


def _calendar(status: dict[str, Any]) -> Finding:
    left = status["days_left"]
    key = "doctor.calendar.ok" if left >= 0 else "doctor.calendar.over"
    detail = say(key, last=status["last"], days=f"{abs(left):,}")
    if status["ends_soon"]:
        return _problem("calendar", detail, say("doctor.calendar.remedy"))
    return _ok("calendar", detail)


def _data(platform: Reach, coverage: dict[str, Any], now: datetime) -> Finding:
    """Whether there are bars up to the last trading day that is over by the platform's clock."""
    if coverage["last_date"] is None:
        return _problem("data", say("doctor.data.none"), say("doctor.data.remedy"))
    first, last = (date.fromisoformat(coverage[name]) for name in ("first_date", "last_date"))
    today = day_of(now)
    over = last_over(platform, now)
    if over is None:
        return Finding("data", "note", say("doctor.data.unknown", first=first, last=last, today=today))
    missing = sum(1 for _ in trading_days(platform, last + timedelta(days=1), over))
    if missing:
        detail = say("doctor.data.behind", last=last, over=over, days=f"{missing:,}")
        return _problem("data", detail, say("doctor.data.remedy"))
    if over < first:
        detail = say("doctor.data.later", first=first, over=over)
        return Finding("data", "note", detail, say("doctor.data.later.remedy", first=first))
    if over < last:
        return _ok("data", say("doctor.data.ahead", last=last, over=over))
    return _ok("data", say("doctor.data.ok", last=last))


def last_over(platform: Reach, now: datetime) -> date | None:
    """The last trading day that is over; None where none of the weeks before `now` is on the calendar."""
    today = day_of(now)
    known = trading_days(platform, today - LONGEST_HOLIDAY, today)
    return max((day for day in known if over_at(day) <= now), default=None)


def _settlement(runs: list[dict[str, Any]]) -> Iterator[Finding]:
    """How the last run of all strategies ended; what a restatement did since is another matter."""
    run = next((run for run in runs if run["kind"] == "daily"), None)
    if run is None:
        yield Finding("settlement", "note", say("doctor.settlement.none"))
        return
    status = word("doctor.status", run["status"])
    detail = say("doctor.settlement.ok", date=run["date"], status=status)
    if run["waiting"]:
        what, remedy = what_waits(run["waiting"])
        yield _problem("settlement", what, remedy)
    elif run["status"] in {"failed", "interrupted"}:
        yield _problem("settlement", detail, say("doctor.settlement.remedy", date=run["date"]))
    elif not run["failed"]:
        yield _ok("settlement", detail)
    told = what_failed(run["failed"])
    for what, remedy in told[:FAILURES_NAMED]:
        yield _problem("settlement", what, remedy)
    if (more := len(told) - FAILURES_NAMED) > 0:
        yield _problem("settlement", say("doctor.settlement.more", count=f"{more:,}"), "quantos settle")


def _attestation(status: dict[str, Any]) -> Finding:
    if not status["configured"]:
        set_up = say("doctor.attestation.set_up")
        return Finding("attestation", "note", say("doctor.attestation.none"), set_up)
    remedy = say("doctor.attestation.remedy")
    if status["alarms"]:
        said = [
            say(
                "doctor.attestation.alarm", what=word("attestation.why", alarm["code"]), said=alarm["message"]
            )
            for alarm in status["alarms"]
        ]
        return _problem("attestation", say("semicolon").join(said), remedy)
    known, remote = (
        {"repository": status["repository"], "waiting": status["signals"]["waiting"]},
        status["remote"],
    )
    if remote is None:
        return Finding("attestation", "note", say("doctor.attestation.local", **known))
    check = remote["check"]
    if check["state"] != "reachable":
        what = word("attestation.why", check["state"])
        detail = say("doctor.attestation.remote", url=remote["url"], what=what, said=check["detail"])
        return _problem("attestation", detail, remedy)
    detail = say("doctor.attestation.ok", **known, url=remote["url"], unpushed=remote["unpushed"])
    return _ok("attestation", detail)


def _license(found: dict[str, Any]) -> Finding:
    """By the system's time, also in simulation; an evaluation is in order as long as it lasts."""
    detail = " ".join([standing_line(found), *reasons(found)])
    if found["mode"] in {"grace", "restricted"}:
        return _problem("license", detail, remedy(found))
    if found["mode"] == "evaluation" or found["ends_soon"]:
        return Finding("license", "note", detail, remedy(found))
    return _ok("license", detail)


def _backups(made: list[dict[str, Any]], now: datetime, *, live: bool, days_max: int) -> Finding:
    """Whether there is a recent one; a simulation can be played again."""
    remedy = say("doctor.backups.remedy")
    if not made:
        return Finding("backups", "note", say("doctor.backups.none"), remedy if live else "")
    age = (now - parse_instant(made[0]["made_at"])).days
    detail = say(
        "doctor.backups.last", at=in_shanghai(made[0]["made_at"]), days=f"{age:,}", path=made[0]["path"]
    )
    if live and days_max and age > days_max:
        return _problem("backups", detail, remedy)
    return _ok("backups", detail)


def _ok(check: str, detail: str) -> Finding:
    return Finding(check, "ok", detail)


def _problem(check: str, detail: str, remedy: str) -> Finding:
    return Finding(check, "problem", detail, remedy)


def _print(finding: Finding) -> None:
    subject = f"{say(f'doctor.{finding.check}')}{say('colon')}"
    texts = [(say(f"doctor.{finding.state}"), subject + finding.detail)]
    if finding.remedy:
        texts.append(("", f"{say('doctor.remedy')}{say('colon')}{finding.remedy}"))
    for state, text in texts:
        head = padded(state, STATE_WIDTH)
        for line in wrapped(text, screen_width() - STATE_WIDTH):
            print_line(head + line)
            head = " " * STATE_WIDTH
