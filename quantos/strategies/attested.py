"""Every query of the attestation of signals and of changes of status.

`attestation` of a signal's row: `waiting` for a commit, `claimed` by one, `refused` where the repository has another
hash in its place, `known` where the operator has said so of it (it is not asked for again), or null: attested, or not to be. A waiting signal is due as long as it counts: while its strategy is paused it is not committed, and never once it
is void.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, tuple_, update
from sqlmodel import Session, SQLModel

from quantos.attestation.core.batches import Intake, Window
from quantos.attestation.core.entries import Attested, Placed
from quantos.attestation.service import Outstanding
from quantos.strategies.store import IS_EFFECTIVE
from quantos.strategies.tables import SignalRow, StatusChangeRow, Strategy

REFUSED: Final = "refused"
KNOWN: Final = "known"

_tables = SQLModel.metadata.tables
_strategy: Final = _tables[Strategy.__tablename__]
_signal: Final = _tables[SignalRow.__tablename__]
_change: Final = _tables[StatusChangeRow.__tablename__]

_WAITING: Final = _signal.c.attestation == Intake.WAITING.value
_CLAIMED: Final = _signal.c.attestation == Intake.CLAIMED.value
_REFUSED: Final = _signal.c.attestation == REFUSED
_UNASKED: Final = and_(or_(_signal.c.attestation.is_(None), _REFUSED), _signal.c.commit_sha.is_(None))
_OF: Final = (
    _signal.c.strategy_number == bindparam("of_strategy"),
    _signal.c.trade_date == bindparam("of_date"),
    _signal.c.signal_hash == bindparam("of_hash"),
)
_MARK: Final = (
    update(_signal)
    .where(*_OF)
    .values(commit_sha=bindparam("sha"), committed_at=bindparam("at"), attestation=None)
)
_RELEASE: Final = update(_signal).where(*_OF, _CLAIMED).values(attestation=bindparam("state"))


def has_unasked(session: Session, now: datetime) -> bool:
    """Whether there are signals without an attestation whose deadline is ahead."""
    return session.execute(select(_signal.c.id).where(_ahead(now), _UNASKED).limit(1)).first() is not None


def ask_for(session: Session, now: datetime) -> None:
    session.execute(update(_signal).where(_ahead(now), _UNASKED).values(attestation=Intake.WAITING.value))


def is_due(session: Session, window: Window) -> bool:
    waiting = and_(_WAITING, *_within(window), IS_EFFECTIVE)
    query = select(_signal.c.id).where(or_(_CLAIMED, waiting)).limit(1)
    return session.execute(query).first() is not None


def claim(session: Session, window: Window, limit: int) -> None:
    """Claim the waiting signals of a window, oldest trade dates first."""
    key = (_signal.c.strategy_number, _signal.c.trade_date)
    chosen = (
        select(*key)
        .where(_WAITING, *_within(window), IS_EFFECTIVE)
        .order_by(_signal.c.trade_date, _signal.c.strategy_number)
        .limit(limit)
    )
    session.execute(update(_signal).where(tuple_(*key).in_(chosen)).values(attestation=Intake.CLAIMED.value))


def claimed(session: Session) -> list[Placed]:
    """All that are claimed, oldest trade dates first."""
    query = (
        select(
            _strategy.c.number,
            _strategy.c.slug,
            _strategy.c.universe,
            _strategy.c.execution_price,
            _strategy.c.is_public,
            _signal.c.trade_date,
            _signal.c.signal_hash,
            _signal.c.nonce,
            _signal.c.deadline,
        )
        .join_from(_signal, _strategy, _signal.c.strategy_number == _strategy.c.number)
        .where(_CLAIMED)
        .order_by(_signal.c.trade_date, _strategy.c.number)
    )
    return [Placed(*row) for row in session.execute(query)]


def mark(session: Session, attested: Sequence[tuple[Placed, Attested]]) -> None:
    """Note the commit of exactly this content."""
    rows = [{**_key(signal), "sha": found.sha, "at": found.committed_at} for signal, found in attested]
    session.connection().execute(_MARK, rows)


def release(session: Session, signals: Sequence[Placed], *, again: bool) -> None:
    state = Intake.WAITING.value if again else REFUSED
    session.connection().execute(_RELEASE, [{**_key(signal), "state": state} for signal in signals])


def refused(session: Session, limit: int) -> tuple[int, list[tuple[str, date]]]:
    """How many, and the first of them, as (slug, date), by date."""
    count = session.execute(select(func.count()).select_from(_signal).where(_REFUSED)).scalar_one()
    if not count:
        return 0, []
    query = (
        select(_strategy.c.slug, _signal.c.trade_date)
        .join_from(_signal, _strategy, _signal.c.strategy_number == _strategy.c.number)
        .where(_REFUSED)
        .order_by(_signal.c.trade_date, _strategy.c.number)
        .limit(limit)
    )
    return count, [(slug, day) for slug, day in session.execute(query)]


def acknowledge(session: Session) -> int:
    """How many of the refused are known from here on."""
    return session.connection().execute(update(_signal).where(_REFUSED).values(attestation=KNOWN)).rowcount


def outstanding(session: Session) -> Outstanding:
    query = (
        select(_signal.c.attestation, func.count())
        .where(or_(and_(_WAITING, IS_EFFECTIVE), _CLAIMED))
        .group_by(_signal.c.attestation)
    )
    found: dict[str, int] = {state: count for state, count in session.execute(query)}  # noqa: C416 - rows, not pairs
    return Outstanding(found.get(Intake.WAITING.value, 0), found.get(Intake.CLAIMED.value, 0))


def overdue(session: Session, now: datetime) -> list[tuple[str, int, str, date]]:
    """Signals that count and wait for their commit although their deadline has passed: (owner, strategy, slug, trade date)."""
    query = (
        select(_strategy.c.user_id, _strategy.c.number, _strategy.c.slug, _signal.c.trade_date)
        .join_from(_signal, _strategy, _signal.c.strategy_number == _strategy.c.number)
        .where(or_(_WAITING, _CLAIMED), _signal.c.deadline <= now, IS_EFFECTIVE)
        .order_by(_signal.c.trade_date, _strategy.c.number)
    )
    return [(owner, number, slug, day) for owner, number, slug, day in session.execute(query)]


def has_status(session: Session, number: int, at: datetime) -> bool:
    """Whether there is a change of status of that number, of that instant."""
    return session.execute(select(_change.c.at).where(_change.c.id == number)).scalar_one_or_none() == at


def statuses(session: Session, after: int) -> list[Any]:
    """The changes after a number, by number, without the first of a log: a strategy begins with its first signal,
    or never takes one. (number, slug, execution_price, is_public, its place in the log, status, at).
    """
    before = _change.alias()
    place = (
        select(func.count())
        .where(before.c.strategy_number == _change.c.strategy_number, before.c.id < _change.c.id)
        .correlate(_change)
        .scalar_subquery()
    )
    query = (
        select(
            _change.c.id,
            _strategy.c.slug,
            _strategy.c.execution_price,
            _strategy.c.is_public,
            place,
            _change.c.status,
            _change.c.at,
        )
        .join_from(_change, _strategy, _change.c.strategy_number == _strategy.c.number)
        .where(_change.c.id > after, place > 0)
        .order_by(_change.c.id)
    )
    return list(session.execute(query))


def _ahead(now: datetime) -> ColumnElement[bool]:
    return _signal.c.deadline > now


def _within(window: Window) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if window.after is not None:
        found.append(_signal.c.deadline > window.after)
    if window.until is not None:
        found.append(_signal.c.deadline <= window.until)
    return found


def _key(signal: Placed) -> dict[str, Any]:
    return {
        "of_strategy": signal.number,
        "of_date": signal.trade_date,
        "of_hash": signal.signal_hash,
    }
