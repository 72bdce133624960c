"""Every query of factors; their values have a store of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlmodel import Session, SQLModel

from quantos.factors.tables import Factor, FactorAttempt, FactorOsDay, FactorSeries
from quantos.storage.prepared import Prepared

_tables = SQLModel.metadata.tables
_factor: Final = _tables["factor"]
_attempt: Final = _tables["factor_attempt"]
_os: Final = _tables["factor_os_day"]

_ORDERS: Final[dict[str, tuple[Any, ...]]] = {
    "-created_at": (_factor.c.number.desc(),),
    "created_at": (_factor.c.number,),
    "ic_mean": (_factor.c.ic_mean.desc().nulls_last(), _factor.c.number.desc()),
    "ic_ir": (_factor.c.ic_ir.desc().nulls_last(), _factor.c.number.desc()),
}
"""Numbers are given in the order of creation."""


OsDay = tuple[date, float | None, bool]
"""(day, IC, timely)."""

_OS_DAYS: Final = Prepared(
    select(_os.c.factor_number, _os.c.trade_date, _os.c.ic, _os.c.timely)
    .join(_factor, _factor.c.number == _os.c.factor_number)
    .where(_factor.c.status == bindparam("status"))
    .order_by(_os.c.factor_number, _os.c.trade_date)
)
_ADD_OS_DAY: Final = Prepared(
    insert(_os).values(
        factor_number=bindparam("number"),
        trade_date=bindparam("day"),
        ic=bindparam("ic"),
        timely=bindparam("timely"),
    )
)
_SHOW_OS: Final = Prepared(
    update(_factor).where(_factor.c.number == bindparam("of")).values(os=bindparam("shown"))
)


class Sample(NamedTuple):
    """An active factor's: closed with its `last` day."""

    number: int
    universe: str
    last: date


def by_id(session: Session, factor_id: str) -> Factor | None:
    return session.scalars(select(Factor).where(_factor.c.id == factor_id)).one_or_none()


def by_number(session: Session, number: int) -> Factor | None:
    return session.get(Factor, number)


def by_numbers(session: Session, numbers: Collection[int]) -> Sequence[Factor]:
    if not numbers:
        return []  # as at the start of a platform without factors
    return session.scalars(select(Factor).where(_factor.c.number.in_(numbers))).all()


def page_of(
    session: Session,
    *,
    user_id: str | None,
    status: str | None,
    universe: str | None,
    order: str,
    limit: int,
    offset: int,
) -> tuple[Sequence[Factor], int]:
    """Factors of a user, or of all where it is None, and how many there are beyond the page."""
    wanted = [
        column == value
        for column, value in (
            (_factor.c.user_id, user_id),
            (_factor.c.status, status),
            (_factor.c.universe, universe),
        )
        if value is not None
    ]
    page = select(Factor).where(*wanted).order_by(*_ORDERS[order]).limit(limit).offset(offset)
    total = session.execute(select(func.count()).select_from(_factor).where(*wanted)).scalar_one()
    return session.scalars(page).all(), int(total)


def of_status(session: Session, *statuses: str, user_id: str | None = None) -> Sequence[Factor]:
    """Factors in one of the statuses, in the order of their creation; of a user, or of all."""
    wanted: list[ColumnElement[bool]] = [_factor.c.status.in_(statuses)]
    if user_id is not None:
        wanted.append(_factor.c.user_id == user_id)
    if session.execute(select(_factor.c.number).where(*wanted).limit(1)).first() is None:
        return []  # as at most starts, which need not wait until the mappers are configured
    return session.scalars(select(Factor).where(*wanted).order_by(_factor.c.number)).all()


def count_by_status(session: Session) -> dict[str, int]:
    query = select(_factor.c.status, func.count()).group_by(_factor.c.status).order_by(_factor.c.status)
    return {status: int(count) for status, count in session.execute(query)}


def series_of(session: Session, number: int) -> FactorSeries | None:
    return session.get(FactorSeries, number)


def delete_factor(session: Session, factor: Factor) -> None:
    """With everything the records store holds of it but its attempts, which stay counted."""
    session.execute(delete(FactorSeries).where(_tables["factor_series"].c.factor_number == factor.number))
    session.execute(delete(FactorOsDay).where(_os.c.factor_number == factor.number))
    session.delete(factor)
    session.flush()


def add_attempt(session: Session, factor: Factor, at: datetime, sharpe: float | None) -> None:
    session.add(
        FactorAttempt(user_id=factor.user_id, factor_id=factor.id, at=at, status=factor.status, sharpe=sharpe)
    )


def sharpes_of_attempts(session: Session, user_id: str) -> list[float | None]:
    """The annual Sharpe ratio of each validation of a user, in order; None where it was undefined."""
    query = select(_attempt.c.sharpe).where(_attempt.c.user_id == user_id).order_by(_attempt.c.number)
    return list(session.scalars(query))


def samples(session: Session) -> list[Sample]:
    """Of the active factors, in the order of their creation."""
    query = (
        select(_factor.c.number, _factor.c.universe, _factor.c.last_in_sample)
        .where(_factor.c.status == "active")
        .order_by(_factor.c.number)
    )
    return [Sample(*row) for row in session.execute(query)]


def all_os_days(session: Session) -> dict[int, list[OsDay]]:
    """Of the active factors, the days out of sample whose return is known, ascending, by factor."""
    found: dict[int, list[OsDay]] = {}
    for number, day, ic, timely in _OS_DAYS.rows(session.connection(), {"status": "active"}):
        found.setdefault(number, []).append((date.fromisoformat(day), ic, bool(timely)))
    return found


def add_os_days(session: Session, number: int, days: Sequence[OsDay], shown: str) -> None:
    """Days out of sample whose return has become known, and what is shown of all of them."""
    connection = session.connection()
    for day, ic, timely in days:
        _ADD_OS_DAY.run(connection, {"number": number, "day": day.isoformat(), "ic": ic, "timely": timely})
    _SHOW_OS.run(connection, {"of": number, "shown": shown})
