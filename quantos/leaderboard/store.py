"""Every query of the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from quantos.leaderboard.tables import LeaderboardEntry


def add(session: Session, entry: LeaderboardEntry) -> int:
    """Its number."""
    session.add(entry)
    session.flush()
    assert entry.number is not None
    return entry.number


def top(
    session: Session, since: datetime | None, dataset: str | None, limit: int
) -> Sequence[LeaderboardEntry]:
    """The best first; of equal scores the earlier."""
    query = select(LeaderboardEntry)
    if since is not None:
        query = query.where(col(LeaderboardEntry.run_at) >= since)
    if dataset is not None:
        query = query.where(col(LeaderboardEntry.dataset) == dataset)
    best = col(LeaderboardEntry.score).desc(), col(LeaderboardEntry.number)
    return session.exec(query.order_by(*best).limit(limit)).all()


def of_strategy(session: Session, number: int) -> Sequence[LeaderboardEntry]:
    """In the order of their runs."""
    query = select(LeaderboardEntry).where(col(LeaderboardEntry.strategy_number) == number)
    return session.exec(query.order_by(col(LeaderboardEntry.number))).all()
