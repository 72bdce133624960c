"""A portfolio of the caller's, and what everyone else is told."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.portfolios import store
from quantos.portfolios.refusals import PortfolioNotFound
from quantos.portfolios.tables import Portfolio


@dataclass(frozen=True, slots=True)
class InPlaceOf(Caller):
    """The operator in the place of a portfolio's owner: what is changed leaves a row in the audit trail."""


def in_place_of_owner(session: Session, portfolio_id: str) -> InPlaceOf:
    """Raises PortfolioNotFound."""
    found = store.by_id(session, portfolio_id)
    if found is None:
        raise PortfolioNotFound("there is no such portfolio")
    return InPlaceOf(found.user_id, "")


def own(session: Session, caller: Caller, portfolio_id: str) -> Portfolio:
    """The caller's portfolio. Raises PortfolioNotFound, for a foreign or deleted one too."""
    found = store.by_id(session, portfolio_id)
    if found is None or found.user_id != caller.user_id:
        raise PortfolioNotFound("there is no such portfolio among yours")
    return found


def number_of(portfolio: Portfolio) -> int:
    """Its key in the tables that belong to it."""
    assert portfolio.number is not None, "a stored portfolio has a number"
    return portfolio.number
