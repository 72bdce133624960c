"""What an operator must look at: each alarm from facts, with what to do.

An alarm stands for as long as its cause does, and is the same one whoever asks. `code` is for programs, `message`
for people, `link` the call that shows more. What needs nobody (a queue that is being worked off, a push that is
tried again) is no alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

GIB: Final = 2**30
DISK_FREE_MIN: Final = GIB
CLOCK_CORRECTION: Final = timedelta(minutes=5)
NAMED_MAX: Final = 5

ADMIN: Final = "/api/v1/admin"


class Alarm(NamedTuple):
    """`link`: a path of the API."""

    code: str
    message: str
    link: str


class Missing(NamedTuple):
    """NAVs that were found missing: the oldest of them, as (slug, day), and how many there are."""

    oldest: Sequence[tuple[str, date]]
    total: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What alarms are made of.

    last_bar: the last day with bars.  days_without_bars: trading days that are over, after it.
    last_run: of the daily settlement, as the API shows it.  overdue: signals not attested though their deadline passed.
    lived_until: the latest instant that the platform has worked at.
    values_missing: portfolios that lack values of a day, as {name, trade_date, factors}.
    last_backup, backup_age_max: when the last one was made, and how old it may be; no age: none is expected.
    license: what holds, as {mode, message, ends_soon}.
    disk_reserve: bytes below which uploads are refused; 0: they never are.
    damage: what was found wrong with the series store.
    """

    now: datetime
    simulated: bool
    calendar_last: date
    calendar_days_left: int
    calendar_ends_soon: bool
    last_bar: date | None
    days_without_bars: int
    last_run: Mapping[str, Any] | None
    missing: Missing
    overdue: int
    attestation: Sequence[Mapping[str, str]]
    jobs: Sequence[Mapping[str, Any]]
    disk_free: int
    lived_until: datetime | None
    last_backup: datetime | None
    backup_age_max: timedelta | None
    license: Mapping[str, Any]
    values_missing: Sequence[Mapping[str, Any]] = ()
    disk_reserve: int = 0
    damage: str | None = None


def alarms(facts: Facts) -> list[Alarm]:
    """In the order in which they matter."""
    return [alarm for rule in RULES for alarm in rule(facts)]


def _disk(facts: Facts) -> Iterator[Alarm]:
    free, wanted = facts.disk_free, max(DISK_FREE_MIN, facts.disk_reserve)
    if free < facts.disk_reserve:
        yield Alarm(
            "uploads_refused",
            f"{free / GIB:.2f} GiB are free on the disk of the data directory: uploads and large imports are refused,"
            f" signals and settlement go on for as long as there is room; free at least {wanted / GIB:.2f} GiB",
            f"{ADMIN}/settings",
        )
    elif free < wanted:
        yield Alarm(
            "disk_low",
            f"{free / GIB:.2f} GiB are free on the disk of the data directory: free at least 1 GiB,"
            " or nothing can be stored",
            f"{ADMIN}/settings",
        )


def _damage(facts: Facts) -> Iterator[Alarm]:
    if facts.damage is not None:
        yield Alarm(
            "store_damaged",
            f"the series store is damaged ({facts.damage}): stop the server and put the newest backup in its place with"
            " quantos backup restore --latest --force",
            f"{ADMIN}/stores",
        )


def _clock(facts: Facts) -> Iterator[Alarm]:
    lived = facts.lived_until
    if not facts.simulated and lived is not None and facts.now < lived - CLOCK_CORRECTION:
        yield Alarm(
            "clock_set_back",
            f"the system's clock stands before {lived:%Y-%m-%d %H:%M} UTC, which the platform has lived already:"
            " set it right (for example with chrony), deadlines follow it; where it is right and had run ahead, stop the"
            " server and take its timetable back: quantos clock correct --reason TEXT",
            f"{ADMIN}/jobs",
        )


def _calendar(facts: Facts) -> Iterator[Alarm]:
    if facts.calendar_ends_soon:
        left = facts.calendar_days_left
        ends = (
            f"ends on {facts.calendar_last}, in {left} days"
            if left >= 0
            else f"ended on {facts.calendar_last}"
        )
        yield Alarm(
            "calendar_ends",
            f"the trading calendar {ends}: import the exchange's list with quantos calendar import FILE",
            f"{ADMIN}/market/coverage",
        )


def _data(facts: Facts) -> Iterator[Alarm]:
    remedy = "quantos market fetch, or quantos market import PATH"
    if facts.last_bar is None:
        yield Alarm("data_missing", f"no bars are loaded: {remedy}", f"{ADMIN}/market/coverage")
    elif facts.days_without_bars:
        days = _counted(
            facts.days_without_bars, "trading day that is over has", "trading days that are over have"
        )
        yield Alarm(
            "data_missing",
            f"{days} no bars, which end on {facts.last_bar}: {remedy}",
            f"{ADMIN}/market/coverage",
        )


def _settlement(facts: Facts) -> Iterator[Alarm]:
    run = facts.last_run
    if run is None:
        return
    link = f"{ADMIN}/settlement-runs/{run['id']}"
    if run["status"] == "waiting_for_data":
        yield Alarm(
            "settlement_waits",
            f"{run['waiting']['trade_date']} waits for market data: {run['waiting']['reason']}; {run['waiting']['remedy']}",
            link,
        )
    elif run["status"] in {"failed", "interrupted"}:
        yield Alarm(
            "settlement_failed",
            f"the settlement of {run['date']} {_ENDED[run['status']]}: quantos settle --date {run['date']} goes on"
            " with the days that are missing",
            link,
        )
    if run["failed"]:
        named = "; ".join(_told(each) for each in run["failed"][:NAMED_MAX])
        count = _counted(len(run["failed"]), "strategy-day", "strategy-days")
        yield Alarm("strategies_not_settled", f"{count} could not be settled: {named}", link)


def _told(failed: Mapping[str, Any]) -> str:
    return f"{failed['slug']} on {failed['trade_date']}: {failed['reason']}; {failed['remedy']}"


_ENDED: Final = {"failed": "failed", "interrupted": "was interrupted"}


def _missing(facts: Facts) -> Iterator[Alarm]:
    if facts.missing.total:
        named = ", ".join(f"{slug} on {day}" for slug, day in facts.missing.oldest[:NAMED_MAX])
        count = _counted(facts.missing.total, "NAV is", "NAVs are")
        yield Alarm(
            "nav_missing",
            f"{count} missing ({named}): quantos settle makes up the days that can be settled, the run names what"
            " the others lack",
            f"{ADMIN}/settlement-runs",
        )


def _attestation(facts: Facts) -> Iterator[Alarm]:
    if facts.overdue:
        count = _counted(facts.overdue, "signal is", "signals are")
        yield Alarm(
            "signals_unattested",
            f"{count} not attested though the deadline has passed: quantos attestation retry tries again and names"
            " what stands in the way",
            f"{ADMIN}/attestation",
        )
    for each in facts.attestation:
        message = f"attestation: {each['message']}; /guides/attestation says what to do"
        yield Alarm(f"attestation_{each['code']}", message, f"{ADMIN}/attestation")


def _values(facts: Facts) -> Iterator[Alarm]:
    if facts.values_missing:
        named = ", ".join(
            f"{each['name']} of {each['trade_date']}" for each in facts.values_missing[:NAMED_MAX]
        )
        count = _counted(len(facts.values_missing), "portfolio lacks", "portfolios lack")
        yield Alarm(
            "values_missing",
            f"{count} factor values ({named}): no signal is made at 09:00 unless their owners upload them",
            f"{ADMIN}/portfolios",
        )


def _jobs(facts: Facts) -> Iterator[Alarm]:
    for job in facts.jobs:
        if job["state"] == "failed":
            reason = (job["detail"] or {}).get("reason", "the log has the details")
            day, again = job["last_date"], job.get("retry_at")
            retried = (
                f"it is tried again by itself at {again}" if again else "it is not tried again by itself"
            )
            yield Alarm(
                "job_failed",
                f"{job['name']} of {day} failed: {reason}; {retried}; quantos job run {job['name']} --date {day}"
                " runs it now",
                f"{ADMIN}/jobs",
            )


def _backup(facts: Facts) -> Iterator[Alarm]:
    if facts.simulated or facts.backup_age_max is None:
        return
    remedy = "quantos backup create FILE makes one"
    if facts.last_backup is None:
        if facts.last_run is not None:
            yield Alarm("backup_missing", f"no backup was ever made here: {remedy}", f"{ADMIN}/backups")
    elif (age := facts.now - facts.last_backup) > facts.backup_age_max:
        yield Alarm("backup_old", f"the last backup is {age.days} days old: {remedy}", f"{ADMIN}/backups")


def _license(facts: Facts) -> Iterator[Alarm]:
    """By the system's time, also in simulation."""
    mode, said = facts.license["mode"], facts.license["message"]
    remedy = "apply for a licence and install it with quantos license install FILE"
    if mode == "restricted":
        yield Alarm("license_restricted", f"{said}: {remedy}", f"{ADMIN}/license")
    elif mode == "grace":
        yield Alarm("license_grace", f"{said}: {remedy}", f"{ADMIN}/license")
    elif facts.license["ends_soon"]:
        yield Alarm("license_ends", f"{said}: {remedy} before it ends", f"{ADMIN}/license")


def _counted(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


RULES: Final = (
    _damage,
    _disk,
    _clock,
    _calendar,
    _data,
    _settlement,
    _missing,
    _attestation,
    _values,
    _jobs,
    _backup,
    _license,
)
