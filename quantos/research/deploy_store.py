"""Every query of deployed strategies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, SQLModel

from quantos.research.tables import Deployment, DeploymentDay

_deployment: Final = SQLModel.metadata.tables["deployment"]
_day: Final = SQLModel.metadata.tables["deployment_day"]


def by_id(session: Session, user_id: str, deployment_id: str) -> Deployment | None:
    query = select(Deployment).where(_deployment.c.user_id == user_id, _deployment.c.id == deployment_id)
    return session.scalars(query).one_or_none()


def of_user(session: Session, user_id: str, limit: int, offset: int) -> Sequence[Deployment]:
    """Newest first."""
    query = select(Deployment).where(_deployment.c.user_id == user_id).order_by(_deployment.c.number.desc())
    return session.scalars(query.limit(limit).offset(offset)).all()


def every(session: Session) -> Sequence[Deployment]:
    return session.scalars(select(Deployment).order_by(_deployment.c.number)).all()


def days(session: Session, number: int, limit: int) -> Sequence[DeploymentDay]:
    """Newest first."""
    query = select(DeploymentDay).where(_day.c.deployment_number == number)
    return session.scalars(query.order_by(_day.c.trade_date.desc()).limit(limit)).all()


def day_of(session: Session, number: int, trade_date: date) -> DeploymentDay | None:
    return session.get(DeploymentDay, (number, trade_date))


def outcome_of(connection: Connection, number: int, trade_date: date) -> str | None:
    """None where nothing is noted of the day."""
    query = select(_day.c.outcome).where(_day.c.deployment_number == number, _day.c.trade_date == trade_date)
    return connection.execute(query).scalar_one_or_none()


def last_held(session: Session, number: int, before: date) -> str | None:
    """The positions of the last signal before a date."""
    query = (
        select(_day.c.held)
        .where(_day.c.deployment_number == number, _day.c.trade_date < before, _day.c.outcome == "signalled")
        .order_by(_day.c.trade_date.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()


def put_day(connection: Connection, values: dict[str, Any]) -> None:
    """The last word on a day is kept."""
    query = insert(SQLModel.metadata.tables["deployment_day"]).values(**values)
    keys = ("deployment_number", "trade_date")
    changed = {name: value for name, value in values.items() if name not in keys}
    connection.execute(query.on_conflict_do_update(index_elements=list(keys), set_=changed))
