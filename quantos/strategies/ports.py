"""What strategies ask of the features above and beside them, and the values that pass between."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, Protocol

from sqlmodel import Session


class SettlementPort(Protocol):
    """What strategies ask of settlement, which lies above them."""

    def settled_until(self, number: int) -> date | None:
        """The last settled trade date of a strategy."""
        ...

    def fill_missed(self, number: int) -> object:
        """Settle the missed days of a pause as HOLD days, as far as their time has come."""
        ...


class PortfolioPort(Protocol):
    """What portfolios, which lie above, are told of the strategies that are theirs."""

    def strategy_changed(self, session: Session, portfolio_id: str, status: str) -> None:
        """A strategy's status has changed, in this unit of work. What is raised undoes it."""
        ...

    async def strategy_resumed(self, slug: str) -> None:
        """A strategy was resumed by hand, and that is stored. Never raises."""
        ...


class StrategyTerms(NamedTuple):
    """What settlement needs to know of a strategy. Capital in CNY, rates in 1e-8."""

    number: int
    id: str
    slug: str
    user_id: str
    universe: str
    status: str
    execution: str
    initial_capital: int
    commission_e8: int
    slippage_e8: int
    first_date: date
    settle_until: date | None
