"""Every query of research backtests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, SQLModel

from quantos.research.tables import Study, StudyOutcome

_study: Final = SQLModel.metadata.tables["research_backtest"]
_result: Final = SQLModel.metadata.tables["research_backtest_result"]

UNFINISHED: Final = ("queued", "running")


def by_id(session: Session, user_id: str, study_id: str) -> Study | None:
    query = select(Study).where(_study.c.user_id == user_id, _study.c.id == study_id)
    return session.scalars(query).one_or_none()


def by_number(session: Session, number: int) -> Study | None:
    return session.get(Study, number)


def page(session: Session, user_id: str, status: str | None, limit: int, offset: int) -> Sequence[Study]:
    """Newest first."""
    query = select(Study).where(_study.c.user_id == user_id).order_by(_study.c.number.desc())
    if status is not None:
        query = query.where(_study.c.status == status)
    return session.scalars(query.limit(limit).offset(offset)).all()


def unfinished(session: Session) -> list[int]:
    """Numbers, in the order of their turn."""
    query = select(_study.c.number).where(_study.c.status.in_(UNFINISHED)).order_by(_study.c.number)
    return [int(number) for number in session.execute(query).scalars()]


def count_unfinished(session: Session, user_id: str) -> int:
    query = select(func.count()).where(_study.c.user_id == user_id, _study.c.status.in_(UNFINISHED))
    return int(session.execute(query).scalar_one())


def result_of(session: Session, number: int) -> str | None:
    found = session.get(StudyOutcome, number)
    return None if found is None else found.body


def move(session: Session, number: int, before: Sequence[str], values: dict[str, object]) -> bool:
    """Change one that is in one of these states; whether it was."""
    query = update(_study).where(_study.c.number == number, _study.c.status.in_(before)).values(**values)
    return session.execute(query.returning(_study.c.number)).first() is not None


def forget_beyond(session: Session, user_id: str, kept: int) -> None:
    """Leave a user's newest; of what is not finished none goes."""
    query = (
        select(_study.c.number)
        .where(_study.c.user_id == user_id, _study.c.status.not_in(UNFINISHED))
        .order_by(_study.c.number.desc())
        .offset(kept)
    )
    numbers = [int(number) for number in session.execute(query).scalars()]
    session.execute(delete(_result).where(_result.c.backtest_number.in_(numbers)))
    session.execute(delete(_study).where(_study.c.number.in_(numbers)))
