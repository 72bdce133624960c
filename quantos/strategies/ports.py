"""What strategies ask of the features above and beside them, and the values that pass between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol


class SettlementPort(Protocol):
    """What strategies ask of settlement, which lies above them."""

    def settled_until(self, number: int) -> date | None:
        """The last settled trade date of a strategy."""
        ...

    def fill_missed(self, number: int) -> object:
        """Settle the missed days of a pause as HOLD days, as far as their time has come."""
        ...


class Placed(NamedTuple):
    """A signal that has just been stored, for attestation."""

    number: int
    slug: str
    universe: str
    execution_price: str
    is_public: bool
    trade_date: date
    signal_hash: str
    nonce: str
    deadline: datetime


class Attestation(NamedTuple):
    """The commit of a signal, or the reason why there is none."""

    sha: str | None
    reason: str | None


Attest = Callable[[Placed], Awaitable[Attestation]]


async def repo_not_configured(_: Placed) -> Attestation:
    return Attestation(None, "repo_not_configured")


@dataclass(frozen=True, slots=True)
class StrategyTerms:
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
