"""A verification package as values. Money and prices are mills, rates 1e-8, quantities shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Side = Literal["BUY", "SELL"]


@dataclass(frozen=True, slots=True)
class Nav:
    date: date
    reported_nav: int
    cash: int
    positions_value: int
    daily_return: float | None
    cumulative_return: float | None


@dataclass(frozen=True, slots=True)
class Position:
    symbol: str
    quantity: int
    close: int
    market_value: int
    weight: float | None


@dataclass(frozen=True, slots=True)
class Trade:
    symbol: str
    side: Side
    quantity: int
    price: int
    amount: int
    commission: int
    stamp_duty: int
    transfer_fee: int

    @property
    def fees(self) -> int:
        return self.commission + self.stamp_duty + self.transfer_fee


@dataclass(frozen=True, slots=True)
class Order:
    symbol: str
    side: Side
    quantity: int
    filled: int
    result: str
    reason: str | None
    st_unknown: bool


@dataclass(frozen=True, slots=True)
class Action:
    """What a corporate action did to a holding. Terms are None where nobody announced them."""

    symbol: str
    kind: str
    quantity_before: int
    quantity_after: int
    cash: int
    bonus_per_million: int | None
    cash_mills_per_million: int | None
    into_symbol: str | None

    @property
    def arrived(self) -> bool:
        """Shares that a swap brought: no terms of their own."""
        return self.kind == "corporate_action" and self.bonus_per_million is None


@dataclass(frozen=True, slots=True)
class Previous:
    """What the day began with; on the first day date and nav are None and cash is the initial capital."""

    date: date | None
    nav: int | None
    cash: int
    positions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SignalAttestation:
    signal_hash: str
    symbols_hash: str
    submitted_at: datetime
    deadline: datetime
    committed: bool
    commit_sha: str | None
    committed_at: datetime | None
    in_time: bool | None
    nonce: str
    signals: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class SettlementAttestation:
    nav_sha256: str
    salt: str
    committed: bool
    commit_sha: str | None
    committed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatusSalt:
    """What hides the strategy's name among the changes of status of an earlier day."""

    date: date
    salt: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the strategy agreed to, and the platform's minimum commission an order."""

    initial_capital: int
    execution_price: Literal["open", "close"]
    commission_e8: int
    slippage_e8: int
    minimum_commission: int


@dataclass(frozen=True, slots=True)
class Bar:
    """What the day was for an instrument. pre_close: the reference price; prices 0 where nobody knows one."""

    symbol: str
    open: int
    close: int
    pre_close: int
    volume: int
    upper_limit: int | None
    lower_limit: int | None
    last_close: int
    block: str | None
    event: str | None
    st_unknown: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """The operator let a doubtful date settle."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Restated:
    """The day was settled again, in the open. `revisions`: (revision, reported NAV), ascending."""

    since: date
    reason: str
    revisions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What a day's benchmark returned, as the platform that answered knew it; no digest binds it."""

    daily_return: float | None


@dataclass(frozen=True, slots=True)
class Package:
    """A day. `edition`, of the platform that answered (None: standard), and `benchmark` a copy of the same day may
    say otherwise.
    """

    slug: str
    trade_date: date
    revision: int
    simulated: bool
    synthetic: bool
    edition: str | None = field(compare=False)
    benchmark: Benchmark = field(compare=False)
    nav: Nav
    positions: tuple[Position, ...]
    trades: tuple[Trade, ...]
    orders: tuple[Order, ...]
    corporate_actions: tuple[Action, ...]
    previous: Previous
    signal: SignalAttestation | None
    settlement: SettlementAttestation
    rules_version: str
    snapshot_sha256: str
    settings: Settings
    bars: tuple[Bar, ...]
    accepted: Accepted | None
    restated: Restated | None
    status_salts: tuple[StatusSalt, ...] = field(default=(), compare=False)  # earlier releases have none
