"""Every query of claims."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import delete, func, select
from sqlmodel import Session, SQLModel

from quantos.performance.core.claims import Curve
from quantos.performance.tables import ClaimRow

_DAYS: Final = "<i4"
_NAVS: Final = "<f8"
_claim: Final = SQLModel.metadata.tables["claim"]


def claim_row(strategy_number: int, curve: Curve, uploaded_at: datetime) -> ClaimRow:
    """A row that is not stored yet."""
    days = curve.dates.astype("datetime64[D]").astype(np.int64).astype(_DAYS)
    return ClaimRow(
        strategy_number=strategy_number,
        uploaded_at=uploaded_at,
        dates=days.tobytes(),
        navs=curve.nav.astype(_NAVS).tobytes(),
    )


def curve_of(row: ClaimRow) -> Curve:
    """The curve as it was uploaded, to the bit."""
    days = np.frombuffer(row.dates, _DAYS).astype(np.int64).astype("datetime64[D]")
    return Curve(days, np.frombuffer(row.navs, _NAVS).astype(np.float64))


def claim_of(session: Session, strategy_number: int) -> ClaimRow | None:
    query = select(ClaimRow).where(_claim.c.strategy_number == strategy_number)
    return session.scalars(query).one_or_none()


def claim_number(session: Session, strategy_number: int) -> int | None:
    """The number of a strategy's claim, without its curve."""
    query = select(_claim.c.number).where(_claim.c.strategy_number == strategy_number)
    return session.execute(query).scalar_one_or_none()


def claimants(session: Session, strategy_numbers: Collection[int]) -> set[int]:
    """Those of the strategies that have a claim."""
    query = select(_claim.c.strategy_number).where(_claim.c.strategy_number.in_(strategy_numbers))
    return set(session.scalars(query))


def replace(session: Session, row: ClaimRow) -> bool:
    """Put `row` in the place of the strategy's claim; whether there was one."""
    replaced = remove(session, row.strategy_number) is not None
    session.add(row)
    session.flush()
    return replaced


def remove(session: Session, strategy_number: int) -> int | None:
    """Delete a strategy's claim; how many records it had, None where there was none."""
    bytes_a_day = np.dtype(_DAYS).itemsize
    query = (
        delete(ClaimRow)
        .where(_claim.c.strategy_number == strategy_number)
        .returning(func.length(_claim.c.dates))
    )
    length = session.execute(query).scalar_one_or_none()
    return None if length is None else int(length) // bytes_a_day
