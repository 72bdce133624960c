"""A strategy of the caller's, and what everyone else is told."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Connection
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.strategies import store
from quantos.strategies.refusals import StrategyNotFound
from quantos.strategies.schemas import SLUG
from quantos.strategies.tables import Strategy

_SLUG: Final = re.compile(SLUG)


def is_slug(text: str) -> bool:
    return _SLUG.fullmatch(text) is not None


def own(session: Session, caller: Caller, slug: str) -> Strategy:
    """The caller's strategy. Raises StrategyNotFound, for a foreign one too."""
    found = store.by_slug(session, slug) if is_slug(slug) else None
    if found is None or found.user_id != caller.user_id:
        raise not_found()
    return found


def own_row(connection: Connection, caller: Caller, slug: str) -> Any:
    """The columns of the caller's strategy. Raises StrategyNotFound, for a foreign one too."""
    found = store.own(connection, slug, caller.user_id) if is_slug(slug) else None
    if found is None:
        raise not_found()
    return found


def number_of(strategy: Strategy) -> int:
    """Its key in the series store."""
    assert strategy.number is not None, "a stored strategy has a number"
    return strategy.number


def not_found() -> StrategyNotFound:
    return StrategyNotFound("there is no such strategy among yours")
