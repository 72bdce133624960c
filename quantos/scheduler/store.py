"""Every query of the scheduler."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, func, select

from quantos.scheduler.tables import JobRun, PlatformState


def fact(session: Session, key: str) -> str | None:
    found = session.get(PlatformState, key)
    return None if found is None else found.value


def set_fact(session: Session, key: str, value: str) -> None:
    session.merge(PlatformState(key=key, value=value))


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
    return session.exec(select(func.max(col(JobRun.started_at)))).one()


def is_done(session: Session, job: str, trade_date: date, since: datetime) -> bool:
    """Whether a run that started at `since` or later did the job for the date."""
    query = select(col(JobRun.number)).where(
        col(JobRun.job) == job,
        col(JobRun.trade_date) == trade_date,
        col(JobRun.state).in_(["done", "skipped"]),
        col(JobRun.started_at) >= since,
    )
    return session.exec(query.limit(1)).first() is not None


def unfinished(session: Session) -> list[JobRun]:
    return list(session.exec(select(JobRun).where(col(JobRun.state) == "running")))
