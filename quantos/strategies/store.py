"""Every query of strategies, signals and the status log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlmodel import Session, SQLModel

from quantos.attestation.core.batches import Intake
from quantos.storage.prepared import Look, Prepared
from quantos.strategies.core.status import Status, StatusChange
from quantos.strategies.tables import SignalRow, Strategy

IN_MAX: Final = 500
"""Above this many strategies a day's signals are read whole and chosen from."""

_tables = SQLModel.metadata.tables
_strategy: Final = _tables["strategy"]
_signal: Final = _tables["signal"]
_change: Final = _tables["status_change"]

_STATUS_AT_DEADLINE: Final = (
    select(_change.c.status)
    .where(_change.c.strategy_number == _signal.c.strategy_number, _change.c.at < _signal.c.deadline)
    .order_by(_change.c.id.desc())
    .limit(1)
    .correlate(_signal)
    .scalar_subquery()
)
IS_EFFECTIVE: Final[ColumnElement[bool]] = literal(Status.ACTIVE.value) == _STATUS_AT_DEADLINE

_SIGNAL_FIELDS: Final = ("id", "signals", "nonce", "signal_hash", "submitted_at", "deadline", "attestation")
_SLOT: Final = Prepared(
    select(
        _strategy.c.number,
        _strategy.c.status,
        _strategy.c.execution_price,
        _strategy.c.universe,
        _strategy.c.is_public,
        _strategy.c.activated_at,
        _strategy.c.portfolio_id,
        _signal.c.id,
        _signal.c.commit_sha,
        _signal.c.attestation,
    )
    .outerjoin_from(
        _strategy,
        _signal,
        and_(
            _signal.c.strategy_number == _strategy.c.number, _signal.c.trade_date == bindparam("trade_date")
        ),
    )
    .where(_strategy.c.slug == bindparam("slug"), _strategy.c.user_id == bindparam("user_id"))
)
_OWN: Final = Look(
    select(_strategy).where(
        _strategy.c.slug == bindparam("slug"), _strategy.c.user_id == bindparam("user_id")
    )
)
_OF_USER: Final = (
    select(_strategy)
    .where(_strategy.c.user_id == bindparam("user_id"))
    .order_by(_strategy.c.number)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_PAGE: Final = Look(_OF_USER)
_PAGE_IN_STATUS: Final = Look(_OF_USER.where(_strategy.c.status == bindparam("status")))
_PUBLIC: Final = (
    select(_strategy)
    .where(_strategy.c.is_public, _strategy.c.activated_at.is_not(None))
    .order_by(_strategy.c.number.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_PUBLIC_PAGE: Final = Look(_PUBLIC)
_PUBLIC_PAGE_OF: Final = Look(_PUBLIC.where(_strategy.c.universe == bindparam("universe")))
_SHOWN: Final = (
    "id",
    "trade_date",
    "signals",
    "nonce",
    "signal_hash",
    "submitted_at",
    "deadline",
    "commit_sha",
)
_SIGNAL_PAGE: Final = Look(
    select(*(_signal.c[name] for name in _SHOWN))
    .where(_signal.c.strategy_number == bindparam("number"))
    .order_by(_signal.c.trade_date.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_LOG: Final = Look(
    select(_change.c.status, _change.c.at)
    .where(_change.c.strategy_number == bindparam("number"))
    .order_by(_change.c.id)
)
_ADD_SIGNAL: Final = Prepared(
    insert(_signal).values(
        {name: bindparam(name) for name in ("strategy_number", "trade_date", *_SIGNAL_FIELDS)}
    )
)
_REPLACE_SIGNAL: Final = Prepared(
    update(_signal)
    .where(
        _signal.c.strategy_number == bindparam("of_strategy"), _signal.c.trade_date == bindparam("of_date")
    )
    .values({name: bindparam(name) for name in _SIGNAL_FIELDS})
)


_SIGNALS_OF_DAY: Final = select(_signal).where(
    _signal.c.trade_date == bindparam("trade_date"),
    _signal.c.strategy_number.in_(bindparam("numbers", expanding=True)),
)


class Slot(NamedTuple):
    """Where a signal goes: its strategy, and what stands there for the date."""

    number: int
    status: str
    execution_price: str
    universe: str
    is_public: bool
    activated_at: str | None
    portfolio_id: str | None
    signal_id: str | None
    commit_sha: str | None
    attestation: str | None


def by_slug(session: Session, slug: str) -> Strategy | None:
    return session.scalars(select(Strategy).where(_strategy.c.slug == slug)).one_or_none()


def own(connection: Connection, slug: str, user_id: str) -> Any:
    """A strategy of the user's, with the columns of its table; None where the user has none of that name."""
    return _OWN.one_or_none(connection, {"slug": slug, "user_id": user_id})


def own_page(
    connection: Connection, user_id: str, status: str | None, limit: int, offset: int
) -> Sequence[Any]:
    """A user's strategies in the order of their creation."""
    values = {"user_id": user_id, "limit": limit, "offset": offset}
    if status is None:
        return _PAGE.all(connection, values)
    return _PAGE_IN_STATUS.all(connection, {**values, "status": status})


def log_of_own(connection: Connection, number: int) -> list[StatusChange]:
    """As `log_of`."""
    return [StatusChange(Status(row.status), row.at) for row in _LOG.all(connection, {"number": number})]


def slugs(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Slugs by series key."""
    query = select(_strategy.c.number, _strategy.c.slug).where(_strategy.c.number.in_(numbers))
    return {row.number: row.slug for row in session.execute(query)}


def page(session: Session, status: str | None, limit: int, offset: int) -> Sequence[Strategy]:
    """Everyone's strategies in the order of their creation."""
    query = select(Strategy).order_by(_strategy.c.number).limit(limit).offset(offset)
    if status is not None:
        query = query.where(_strategy.c.status == status)
    return session.scalars(query).all()


def last_signals(session: Session, numbers: Sequence[int]) -> dict[int, tuple[date, bool]]:
    """Of each strategy with a signal: the trade date of its last one, and whether that is attested."""
    of_strategy = _signal.alias()
    newest = (
        select(func.max(of_strategy.c.trade_date))
        .where(of_strategy.c.strategy_number == _strategy.c.number)
        .correlate(_strategy)
        .scalar_subquery()
    )
    is_last = and_(_signal.c.strategy_number == _strategy.c.number, _signal.c.trade_date == newest)
    query = (
        select(_strategy.c.number, _signal.c.trade_date, _signal.c.commit_sha)
        .join_from(_strategy, _signal, is_last)
        .where(_strategy.c.number.in_(numbers))
    )
    return {number: (day, commit is not None) for number, day, commit in session.execute(query)}


def public_page(connection: Connection, universe: str | None, limit: int, offset: int) -> list[Any]:
    """The columns of public strategies that have started, newest first."""
    values = {"limit": limit, "offset": offset}
    if universe is None:
        return _PUBLIC_PAGE.all(connection, values)
    return _PUBLIC_PAGE_OF.all(connection, {**values, "universe": universe})


def count_unretired(session: Session, user_id: str) -> int:
    query = select(func.count()).where(
        _strategy.c.user_id == user_id, _strategy.c.status != Status.RETIRED.value
    )
    return int(session.execute(query).scalar_one())


def by_status(session: Session) -> dict[str, int]:
    """How many strategies there are in each status that occurs."""
    query = select(_strategy.c.status, func.count()).group_by(_strategy.c.status).order_by(_strategy.c.status)
    return {status: count for status, count in session.execute(query)}  # noqa: C416 - rows, not pairs


def signals_counted(session: Session, trade_date: date) -> tuple[int, int]:
    """How many signals a date has, and how many of them are attested."""
    query = select(func.count(), func.count(_signal.c.commit_sha)).where(_signal.c.trade_date == trade_date)
    received, attested = session.execute(query).one()
    return received, attested


def overdue(session: Session, now: datetime) -> int:
    """Signals that count and wait for their commit although their deadline has passed."""
    query = select(func.count()).where(
        _signal.c.attestation.in_([Intake.WAITING.value, Intake.CLAIMED.value]),
        _signal.c.deadline <= now,
        IS_EFFECTIVE,
    )
    return int(session.execute(query).scalar_one())


def log_of(session: Session | Connection, number: int) -> list[StatusChange]:
    query = (
        select(_change.c.status, _change.c.at)
        .where(_change.c.strategy_number == number)
        .order_by(_change.c.id)
    )
    return [StatusChange(Status(row.status), row.at) for row in session.execute(query)]


def bounded_logs(session: Session) -> dict[int, list[StatusChange]]:
    """The logs of all strategies that have started and are paused or retired."""
    query = (
        select(_change.c.strategy_number, _change.c.status, _change.c.at)
        .join(_strategy, _strategy.c.number == _change.c.strategy_number)
        .where(_strategy.c.status.in_([Status.PAUSED.value, Status.RETIRED.value]))
        .order_by(_change.c.id)
    )
    logs: dict[int, list[StatusChange]] = {}
    for row in session.execute(query):
        logs.setdefault(row.strategy_number, []).append(StatusChange(Status(row.status), row.at))
    return logs


def record_change(connection: Connection, number: int, status: Status, at: datetime) -> datetime:
    """Append to the log. The instant recorded, which never lies before that of the last change."""
    last = connection.execute(
        select(func.max(_change.c.at)).where(_change.c.strategy_number == number)
    ).scalar_one()
    at = at if last is None else max(at, last)
    connection.execute(insert(_change), {"strategy_number": number, "status": status.value, "at": at})
    return at


def slot(connection: Connection, slug: str, user_id: str, trade_date: str) -> Slot | None:
    """The place for a signal; None where the user has no such strategy."""
    rows = _SLOT.rows(connection, {"slug": slug, "user_id": user_id, "trade_date": trade_date})
    return Slot(*rows[0]) if rows else None


def add_signal(connection: Connection, number: int, trade_date: str, values: dict[str, str]) -> None:
    _ADD_SIGNAL.run(connection, {"strategy_number": number, "trade_date": trade_date, **values})


def replace_signal(connection: Connection, number: int, trade_date: str, values: dict[str, str]) -> None:
    _REPLACE_SIGNAL.run(connection, {"of_strategy": number, "of_date": trade_date, **values})


def activate(connection: Connection, number: int, at: datetime) -> None:
    """pending -> active, at the first signal."""
    connection.execute(
        update(_strategy)
        .where(_strategy.c.number == number)
        .values(status=Status.ACTIVE.value, activated_at=at)
    )
    record_change(connection, number, Status.ACTIVE, at)


def activate_earlier(connection: Connection, number: int, at: datetime) -> None:
    """Of two first signals the one received later was stored first: the strategy is active from the earlier on."""
    connection.execute(update(_strategy).where(_strategy.c.number == number).values(activated_at=at))
    first = select(func.min(_change.c.id)).where(_change.c.strategy_number == number).scalar_subquery()
    connection.execute(update(_change).where(_change.c.id == first).values(at=at))


def delete_signal(session: Session, number: int, trade_date: date) -> None:
    session.execute(delete(_signal).where(*_key(number, trade_date)))


def signal_of(session: Session, number: int, trade_date: date) -> SignalRow | None:
    return session.get(SignalRow, (number, trade_date))


def by_numbers(session: Session, numbers: Collection[int]) -> Sequence[Strategy]:
    """Strategies by series key, ascending."""
    query = select(Strategy).where(_strategy.c.number.in_(numbers)).order_by(_strategy.c.number)
    return session.scalars(query).all()


_MEASURED: Final = Look(
    select(_strategy.c.number, _strategy.c.universe, _strategy.c.initial_capital).where(
        _strategy.c.number >= bindparam("first"), _strategy.c.number <= bindparam("last")
    )
)


def measured(session: Session, first: int, last: int) -> list[Any]:
    """What decides the curves of strategies with series keys from `first` to `last`: number, universe, capital in CNY."""
    return _MEASURED.all(session.connection(), {"first": first, "last": last})


def signals_of_day(session: Session, trade_date: date, numbers: Collection[int]) -> Sequence[Row[Any]]:
    """The stored signals of a date, effective or not."""
    if len(numbers) > IN_MAX:
        return session.execute(select(_signal).where(_signal.c.trade_date == trade_date)).all()
    return session.execute(_SIGNALS_OF_DAY, {"trade_date": trade_date, "numbers": list(numbers)}).all()


def signals_between(session: Session, number: int, first: date, last: date) -> Sequence[Row[Any]]:
    """The stored signals of a strategy from a date to another, effective or not."""
    query = select(_signal).where(
        _signal.c.strategy_number == number, _signal.c.trade_date >= first, _signal.c.trade_date <= last
    )
    return session.execute(query).all()


def signal_page(connection: Connection, number: int, limit: int, offset: int) -> Sequence[Any]:
    """Signals, newest trade date first."""
    return _SIGNAL_PAGE.all(connection, {"number": number, "limit": limit, "offset": offset})


TERMS: Final = (
    "number",
    "id",
    "slug",
    "user_id",
    "universe",
    "status",
    "execution_price",
    "initial_capital",
    "commission_e8",
    "slippage_e8",
)
"""What `StrategyTerms` takes from the table, in its order."""


def _started_upto() -> Select[Any]:
    first = (
        select(_signal.c.trade_date)
        .where(
            _signal.c.strategy_number == _strategy.c.number,
            _signal.c.trade_date <= bindparam("upto", type_=Date),
            IS_EFFECTIVE,
        )
        .order_by(_signal.c.trade_date)
        .limit(1)
        .correlate(_strategy)
        .scalar_subquery()
        .label("first_date")
    )
    terms = [_strategy.c[name] for name in TERMS]
    inner = select(*terms, first).where(_strategy.c.activated_at.is_not(None)).subquery()
    return select(inner).where(inner.c.first_date.is_not(None)).order_by(inner.c.number)


_STARTED: Final = Look(_started_upto())
"""Each run asks for it, and to build it takes longer than to run it."""


def started(session: Session, upto: date) -> Sequence[Any]:
    """Every strategy with an effective signal on or before `upto`: `TERMS`, and the date of its first one."""
    return _STARTED.all(session.connection(), {"upto": upto.isoformat()})


def effective_texts(session: Session, trade_date: date, numbers: Collection[int]) -> dict[int, str]:
    """The signals of a date whose strategy was active at its deadline, as stored text."""
    query: Select[Any] = select(_signal.c.strategy_number, _signal.c.signals).where(
        _signal.c.trade_date == trade_date, IS_EFFECTIVE
    )
    wanted = frozenset(numbers)
    if len(wanted) <= IN_MAX:
        query = query.where(_signal.c.strategy_number.in_(wanted))
    return {number: text for number, text in session.execute(query) if number in wanted}


def effective_dates(session: Session, number: int, upto: date) -> list[date]:
    """Trade dates of a strategy's effective signals up to a date, ascending."""
    query = (
        select(_signal.c.trade_date)
        .where(_signal.c.strategy_number == number, _signal.c.trade_date <= upto, IS_EFFECTIVE)
        .order_by(_signal.c.trade_date)
    )
    return list(session.scalars(query))


def _key(number: int, trade_date: date) -> tuple[Any, Any]:
    return _signal.c.strategy_number == number, _signal.c.trade_date == trade_date
