"""Every query of portfolios, their members, their log of statuses and their days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import Session, SQLModel

from quantos.portfolios.core.status import Status, StatusChange
from quantos.portfolios.tables import Portfolio, PortfolioDay, PortfolioUniverse

_tables = SQLModel.metadata.tables
_portfolio: Final = _tables["portfolio"]
_member: Final = _tables["portfolio_member"]
_change: Final = _tables["portfolio_change"]
_day: Final = _tables["portfolio_day"]
_universe: Final = _tables["portfolio_universe"]

_LIVES: Final = _portfolio.c.deleted_at.is_(None)


# portfolios


def by_id(session: Session, portfolio_id: str) -> Portfolio | None:
    """A portfolio that is not deleted."""
    query = select(Portfolio).where(_portfolio.c.id == portfolio_id, _LIVES)
    return session.scalars(query).one_or_none()


def page_of(
    session: Session, *, user_id: str | None, status: str | None, limit: int, offset: int
) -> Sequence[Portfolio]:
    """Of a user, or of all where it is None, newest first."""
    query = select(Portfolio).where(_LIVES).order_by(_portfolio.c.number.desc()).limit(limit).offset(offset)
    if user_id is not None:
        query = query.where(_portfolio.c.user_id == user_id)
    if status is not None:
        query = query.where(_portfolio.c.status == status)
    return session.scalars(query).all()


def count_by_status(session: Session) -> dict[str, int]:
    query = (
        select(_portfolio.c.status, func.count())
        .where(_LIVES)
        .group_by(_portfolio.c.status)
        .order_by(_portfolio.c.status)
    )
    return {status: int(count) for status, count in session.execute(query)}


def status_of(connection: Connection, number: int) -> str | None:
    """None of one that is deleted."""
    query = select(_portfolio.c.status).where(_portfolio.c.number == number, _LIVES)
    return connection.execute(query).scalar_one_or_none()


def active(session: Session) -> Sequence[Portfolio]:
    """In the order of their creation."""
    query = select(Portfolio).where(_LIVES, _portfolio.c.status == Status.ACTIVE.value)
    return session.scalars(query.order_by(_portfolio.c.number)).all()


def active_with(session: Session, factor_number: int) -> Sequence[Portfolio]:
    """Active portfolios that a factor is a member of."""
    having = select(_member.c.portfolio_number).where(_member.c.factor_number == factor_number)
    query = select(Portfolio).where(
        _LIVES, _portfolio.c.status == Status.ACTIVE.value, _portfolio.c.number.in_(having)
    )
    return session.scalars(query.order_by(_portfolio.c.number)).all()


def started(session: Session) -> Sequence[Portfolio]:
    """Everything that ever was active, deleted ones too, in the order of their creation."""
    query = select(Portfolio).where(_portfolio.c.strategy_number.is_not(None)).order_by(_portfolio.c.number)
    return session.scalars(query).all()


# members


def members_of(session: Session | Connection, numbers: Collection[int]) -> dict[int, list[int]]:
    """The factors' numbers of each portfolio, in the order in which they were added."""
    query = (
        select(_member.c.portfolio_number, _member.c.factor_number)
        .where(_member.c.portfolio_number.in_(numbers))
        .order_by(_member.c.number)
    )
    found: dict[int, list[int]] = {number: [] for number in numbers}
    for portfolio, factor in session.execute(query):
        found[portfolio].append(factor)
    return found


def add_member(session: Session, number: int, factor_number: int) -> None:
    session.connection().execute(
        insert(_member), {"portfolio_number": number, "factor_number": factor_number}
    )


def remove_member(session: Session, number: int, factor_number: int) -> None:
    session.connection().execute(
        delete(_member).where(_member.c.portfolio_number == number, _member.c.factor_number == factor_number)
    )


# the log of statuses


def record_change(session: Session, number: int, status: Status, at: datetime) -> None:
    session.connection().execute(
        insert(_change), {"portfolio_number": number, "status": status.value, "at": at}
    )


def log_of(session: Session, number: int) -> list[StatusChange]:
    query = (
        select(_change.c.status, _change.c.at)
        .where(_change.c.portfolio_number == number)
        .order_by(_change.c.number)
    )
    return [StatusChange(Status(row.status), row.at) for row in session.execute(query)]


# days


def day_of(session: Session, number: int, trade_date: date) -> PortfolioDay | None:
    return session.get(PortfolioDay, (number, trade_date))


def outcome_of(connection: Connection, number: int, trade_date: date) -> str | None:
    """None where nothing is noted of the day."""
    query = select(_day.c.outcome).where(_day.c.portfolio_number == number, _day.c.trade_date == trade_date)
    return connection.execute(query).scalar_one_or_none()


def days_of(session: Session, number: int, limit: int, offset: int) -> Sequence[PortfolioDay]:
    """Newest trade date first."""
    query = (
        select(PortfolioDay)
        .where(_day.c.portfolio_number == number)
        .order_by(_day.c.trade_date.desc())
        .limit(limit)
        .offset(offset)
    )
    return session.scalars(query).all()


def put_day(connection: Connection, number: int, trade_date: date, **values: Any) -> None:
    """What became of a day, in the place of what stood there."""
    key = (_day.c.portfolio_number == number, _day.c.trade_date == trade_date)
    row = {"reason": None, "recipe": None, "members": None, **values}
    if connection.execute(update(_day).where(*key).values(row)).rowcount == 0:
        connection.execute(insert(_day), {"portfolio_number": number, "trade_date": trade_date, **row})


def keep_universe(connection: Connection, digest: str, symbols: str) -> None:
    if connection.execute(select(_universe.c.id).where(_universe.c.id == digest)).first() is None:
        connection.execute(insert(_universe), {"id": digest, "symbols": symbols})


def universe_symbols(session: Session, digest: str) -> tuple[str, ...]:
    found = session.get(PortfolioUniverse, digest)
    assert found is not None, "it is kept with the first day that refers to it"
    return tuple(found.symbols.split(" "))
