"""Every query of the scheduler."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam, delete, insert, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, func, select

from quantos.scheduler.tables import JobRun, WatchFinding
from quantos.storage.prepared import Look, Prepared
from quantos.storage.types import instant_text

_state: Final = SQLModel.metadata.tables["platform_state"]
_run: Final = SQLModel.metadata.tables["job_run"]
_finding: Final = SQLModel.metadata.tables["watch_finding"]
_FORGET: Final = Prepared(delete(_state).where(_state.c.key == bindparam("key")))
_NOTE: Final = Prepared(insert(_state).values(key=bindparam("key"), value=bindparam("value")))
_FACT: Final = Prepared(select_columns(_state.c.value).where(_state.c.key == bindparam("key")))
_LAST_START: Final = Look(select_columns(func.max(_run.c.started_at).label("started_at")))
_RUNNING: Final = Prepared(select_columns(_run.c.number).where(_run.c.state == bindparam("state")))
_RETRY: Final = Prepared(select_columns(_run.c.number).where(_run.c.retry_at.is_not(None)).limit(1))
_OPEN: Final = Prepared(select_columns(_finding.c.kind).where(_finding.c.mended_at.is_(None)).limit(1))
_DONE: Final = Prepared(
    select_columns(_run.c.number).where(
        _run.c.job == bindparam("job"),
        _run.c.trade_date == bindparam("trade_date"),
        _run.c.started_at >= bindparam("since"),
        or_(_run.c.state == bindparam("done"), _run.c.state == bindparam("skipped")),
    )
)


def fact(session: Session, key: str) -> str | None:
    found = _FACT.rows(session.connection(), {"key": key})
    return str(found[0][0]) if found else None


def set_fact(session: Session, key: str, value: str) -> None:
    """A moving clock sets two of them with every job."""
    connection = session.connection()
    _FORGET.run(connection, {"key": key})
    _NOTE.run(connection, {"key": key, "value": value})


def add_run(session: Session, run: JobRun) -> int:
    session.add(run)
    session.flush()
    assert run.number is not None
    return run.number


def run(session: Session, number: int) -> JobRun:
    return session.exec(select(JobRun).where(col(JobRun.number) == number)).one()


def last_run(session: Session, job: str) -> JobRun | None:
    query = select(JobRun).where(col(JobRun.job) == job).order_by(col(JobRun.number).desc()).limit(1)
    return session.exec(query).first()


def last_start(session: Session) -> datetime | None:
    """When a job was last started."""
    found: datetime | None = _LAST_START.all(session.connection(), {})[0].started_at
    return found


def is_done(session: Session, job: str, trade_date: date, since: datetime) -> bool:
    """Whether a run that started at `since` or later did the job for the date."""
    sought = {"job": job, "trade_date": trade_date.isoformat(), "since": instant_text(since)}
    return bool(_DONE.rows(session.connection(), {**sought, "done": "done", "skipped": "skipped"}))


def unfinished(session: Session) -> list[JobRun]:
    if not _RUNNING.rows(session.connection(), {"state": "running"}):
        return []  # as at nearly every start, which need not wait until the mappers are configured
    return list(session.exec(select(JobRun).where(col(JobRun.state) == "running")))


def to_retry(session: Session) -> list[JobRun]:
    """The failed runs that are to be tried again."""
    return list(session.exec(select(JobRun).where(col(JobRun.retry_at).is_not(None))))


def has_retries(session: Session) -> bool:
    return bool(_RETRY.rows(session.connection(), {}))


def forget_retries(session: Session, job: str, trade_date: date) -> None:
    """A later run of the job for the date has ended: what becomes of it decides."""
    session.connection().execute(
        update(_run)
        .where(_run.c.job == job, _run.c.trade_date == trade_date, _run.c.retry_at.is_not(None))
        .values(retry_at=None)
    )


def noted(session: Session, days: Collection[date]) -> set[tuple[str, str, date]]:
    """What the watchdog has noted of these days, mended or not: (kind, subject, day)."""
    query = select(WatchFinding).where(col(WatchFinding.trade_date).in_(set(days)))
    return {(each.kind, each.subject, each.trade_date) for each in session.exec(query)}


def open_findings(session: Session) -> list[WatchFinding]:
    """What the watchdog noted and is not mended, oldest first."""
    if not _OPEN.rows(session.connection(), {}):
        return []  # as nearly always, and it is asked after every job
    query = (
        select(WatchFinding)
        .where(col(WatchFinding.mended_at).is_(None))
        .order_by(col(WatchFinding.trade_date), col(WatchFinding.kind), col(WatchFinding.subject))
    )
    return list(session.exec(query))


def end_finding(session: Session, finding: WatchFinding, now: datetime) -> None:
    finding.mended_at = now
    session.add(finding)
