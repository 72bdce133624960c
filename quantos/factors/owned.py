"""A factor of the caller's, and what everyone else is told."""

from __future__ import annotations

from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.factors import store
from quantos.factors.refusals import FactorNotFound
from quantos.factors.tables import Factor


def own(session: Session, caller: Caller, factor_id: str) -> Factor:
    """The caller's factor. Raises FactorNotFound, for a foreign one too."""
    found = store.by_id(session, factor_id)
    if found is None or found.user_id != caller.user_id:
        raise FactorNotFound("there is no such factor among yours")
    return found


def number_of(factor: Factor) -> int:
    """Its key in the series store."""
    assert factor.number is not None, "a stored factor has a number"
    return factor.number
