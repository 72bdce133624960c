"""Shapes of the verification package and of the audit log, for the documentation: docs/verification.md explains.

Money and prices are CNY with at most 3 decimals, quantities shares, rates fractions.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from quantos.kit.web import Answer
from quantos.verification.schemas import ABSENT, Stale, marked

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Sha = Annotated[str | None, Field(description="40 hex digits; null where nothing is committed.")]
Url = Annotated[
    str | None, Field(description="Where the committed file is read; null without a web address.")
]
Block = Literal["no_market_data", "delisted", "suspended", "unexplained_reference", "no_rule"]
Reason = Literal[
    "no_market_data",
    "delisted",
    "suspended",
    "unexplained_reference",
    "no_rule",
    "limit_up",
    "limit_down",
    "below_one_lot",
    "insufficient_cash",
    "t_plus_1",
]
StUnknown = Annotated[
    Literal[True],
    Field(
        default_factory=lambda: True,
        description="Only where the ordinary limits were used for want of knowledge of a risk warning.",
    ),
]


class NavOut(Answer):
    date: date
    reported_nav: float
    cash: float
    positions_value: float
    daily_return: Annotated[
        float | None, Field(description="Against the day before; on the first, the initial capital.")
    ]
    cumulative_return: float
    stale: Stale = 0.0


class PositionOut(Answer):
    symbol: str
    quantity: int
    close: float
    market_value: float
    weight: float | None


class TradeOut(Answer):
    """An order that filled, whole or in part. `amount` = quantity x price; slippage is in the price."""

    symbol: str
    side: Literal["BUY", "SELL"]
    quantity: int
    price: float
    amount: float
    commission: float
    stamp_duty: float
    transfer_fee: float


class OrderOut(Answer):
    symbol: str
    side: Literal["BUY", "SELL"]
    quantity: Annotated[int, Field(description="0 where the symbol had no price.")]
    filled: int
    result: Literal["filled", "cut", "refused"]
    reason: Annotated[Reason | None, Field(description="Null where filled whole.")]
    st_unknown: StUnknown


class ActionOut(Answer):
    """What happened to a holding before the open; terms are null for inferred ones and for shares of a swap."""

    symbol: str
    kind: Literal["corporate_action", "inferred_cash", "inferred_shares"]
    quantity_before: int
    quantity_after: int
    cash: float
    bonus_per_million: int | None
    cash_mills_per_million: int | None
    into_symbol: str | None


class HoldingOut(Answer):
    symbol: str
    quantity: int


class PreviousOut(Answer):
    """The strategy's day before; on its first, date and nav null and cash the initial capital."""

    date: date | None
    nav: float | None
    cash: float
    positions: list[HoldingOut]


class WeightOut(Answer):
    symbol: str
    weight: float


class SignalAttestation(Answer):
    signal_hash: Hash
    symbols_hash: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    github_raw_url: Url
    submitted_at: datetime
    deadline: datetime
    github_committed: bool
    commit_sha: Sha
    committed_at: datetime | None
    in_time: Annotated[bool | None, Field(description="Whether the commit lies before the deadline.")]
    nonce: str
    signals: Annotated[list[WeightOut], Field(description="As submitted.")]


class SettlementAttestation(Answer):
    nav_sha256: Hash
    salt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    raw_url: Url
    committed: bool
    commit_sha: Sha
    committed_at: datetime | None


class StatusSaltOut(Answer):
    """By which the strategy's name is hidden in the repository's file of a day, `statuses/{date}.json`."""

    date: date
    salt: str


class VerificationOut(Answer):
    nav: NavOut
    positions: list[PositionOut]
    trades: list[TradeOut]
    orders: Annotated[list[OrderOut], Field(description="As executed: sells, then buys.")]
    corporate_actions: list[ActionOut]
    previous: PreviousOut
    signal_attestation: Annotated[SignalAttestation | None, Field(description="Null on a hold day.")]
    settlement_attestation: SettlementAttestation
    status_salts: list[StatusSaltOut] = ABSENT


class SettingsOut(Answer):
    initial_capital: float
    execution_price: Literal["open", "close"]
    commission_rate: float
    slippage_rate: float
    minimum_commission: Annotated[float, Field(description="CNY an order, of the platform.")]


class BarOut(Answer):
    """As settled: `pre_close` is the reference; 0 where nobody knows a price; limits null where none held."""

    symbol: str
    open: float
    close: float
    pre_close: float
    volume: int
    upper_limit: float | None
    lower_limit: float | None
    last_close: float
    block: Annotated[Block | None, Field(description="What refuses every order in it.")]
    event: Literal["corporate_action", "inferred_cash", "inferred_shares", "unexplained"] | None
    st_unknown: bool


class BenchmarkOut(Answer):
    symbol: str
    return_: Annotated[float | None, Field(alias="return", description="That day's; null without data.")]


class AcceptedOut(Answer):
    by: str
    reason: str


class ProvenanceOut(Answer):
    rules_version: str
    snapshot_sha256: Hash
    settings: SettingsOut
    bars: list[BarOut]
    benchmark: BenchmarkOut
    accepted: Annotated[AcceptedOut | None, Field(description="Where the operator let doubtful data settle.")]


class RevisionOut(Answer):
    revision: int
    reported_nav: float


class RestatedOut(Answer):
    """The last restatement of the day, and all its revisions, the one in force last."""

    from_: Annotated[date, Field(alias="from")]
    at: datetime
    reason: str
    revisions: list[RevisionOut]


class Package(Answer):
    """Everything that decided a settled day; `restated` only where it was settled again."""

    model_config = ConfigDict(json_schema_extra=marked)

    slug: str
    trade_date: date
    revision: int
    verification: VerificationOut
    data_provenance: ProvenanceOut
    restated: RestatedOut = ABSENT
    how_to_verify: list[str]


class AuditEntry(Answer):
    date: date
    type: Annotated[Literal["REBALANCE", "HOLD"], Field(description="Whether a signal counted for the day.")]
    detail: str


class AuditLog(Answer):
    audit_log: list[AuditEntry]
    total: int
