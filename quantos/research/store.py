"""Every query of saved strategies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from quantos.research.tables import SavedStrategy


def add(session: Session, strategy: SavedStrategy) -> int:
    """Its number."""
    session.add(strategy)
    session.flush()
    assert strategy.number is not None
    return strategy.number


def count(session: Session, user_id: str) -> int:
    query = select(func.count()).select_from(SavedStrategy).where(col(SavedStrategy.user_id) == user_id)
    return session.exec(query).one()


def of_user(session: Session, user_id: str, number: int | None) -> Sequence[SavedStrategy]:
    """In the order in which they were saved; only the one of that number, where it is given."""
    query = select(SavedStrategy).where(col(SavedStrategy.user_id) == user_id)
    if number is not None:
        query = query.where(col(SavedStrategy.number) == number)
    return session.exec(query.order_by(col(SavedStrategy.number))).all()
