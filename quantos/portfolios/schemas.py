"""API shapes of portfolios, in the guide's words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from quantos.kit.clock import rfc3339
from quantos.kit.web import STORABLE, WHOLE, Answer, ApiModel, Date, PatchModel
from quantos.portfolios.tables import Portfolio, PortfolioDay

ABSENT: Any = Field(default_factory=lambda: None)
"""A field that a change leaves alone; the documentation shows no default for it."""

Universe = Literal["hs300", "csi500", "csi1000"]
Weighting = Literal["equal", "ic_weighted"]
PortfolioStatus = Literal["draft", "active", "paused"]
Name = Annotated[str, Field(min_length=1, max_length=100), STORABLE]
TopN = Annotated[int, Field(ge=5, le=500), WHOLE]


class PortfolioNew(ApiModel):
    """Body of `POST /portfolios`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "momentum_value", "universe": "hs300", "weighting": "equal", "top_n": 50}
        }
    )

    name: Name
    universe: Universe
    weighting: Weighting = "equal"
    top_n: TopN = 50


class PortfolioChange(PatchModel):
    """Body of `PATCH /portfolios/{portfolio_id}`: what may change. Absent is unchanged; nothing may be null."""

    name: Name = ABSENT
    weighting: Weighting = ABSENT
    top_n: TopN = ABSENT


class MemberNew(ApiModel):
    """Body of `POST /portfolios/{portfolio_id}/members`."""

    factor_id: Annotated[str, Field(max_length=100), STORABLE]


class Activation(ApiModel):
    """Body of `POST /portfolios/{portfolio_id}/activate`, which may be left out."""

    initial_capital: Annotated[int, Field(ge=100_000, le=100_000_000), WHOLE] = 1_000_000


class MemberOut(Answer):
    factor_id: str
    name: str


class StrategyOfPortfolio(Answer):
    slug: str
    status: Literal["pending", "active", "paused", "retired"]


class PortfolioOut(Answer):
    """A portfolio as its owner sees it. `strategy`: from its activation on."""

    id: str
    name: str
    universe: Universe
    weighting: Weighting
    top_n: int
    status: PortfolioStatus
    members: list[MemberOut]
    strategy: StrategyOfPortfolio | None
    created_at: datetime


class PortfolioList(Answer):
    portfolios: list[PortfolioOut]


class OwnedPortfolio(PortfolioOut):
    """With its owner's nickname, for the operator."""

    owner: str


class OwnedPortfolioList(Answer):
    portfolios: list[OwnedPortfolio]


class PortfolioSignal(Answer):
    """A signal of the portfolio's strategy."""

    id: str
    trade_date: Date
    stock_count: int
    signal_hash: str
    submitted_at: datetime
    is_settled: bool
    github_committed: bool


class PortfolioSignalList(Answer):
    signals: list[PortfolioSignal]


class PortfolioStarted(PortfolioOut):
    """With today's signal; where none was made before the deadline, `no_signal` says why. Both null: none was due."""

    signal: PortfolioSignal | None
    no_signal: str | None


class PortfolioDayOut(Answer):
    trade_date: Date
    outcome: Literal["signalled", "no_values", "failed", "missed"]
    reason: str | None
    noted_at: datetime


class PortfolioDayList(Answer):
    days: list[PortfolioDayOut]


class FactorInSignal(Answer):
    """A factor as it entered: `sign` and `weight` by its figures in sample."""

    factor_id: str
    name: str
    ic_mean: float | None
    ic_ir: float | None
    sign: Literal[-1, 1]
    weight: float


class FactorOfName(Answer):
    """What a factor says of a name: `contribution` is weight x sign x zscore, and their sum the score."""

    factor_id: str
    zscore: float
    contribution: float


class RankedName(Answer):
    rank: int
    symbol: str
    score: float
    factors: list[FactorOfName]


class SelectedName(RankedName):
    weight: float


class DearName(Answer):
    """A selected name of which `target` does not buy `lot` shares. Amounts in CNY; `lot_cost` with slippage."""

    symbol: str
    price: float
    lot: int
    lot_cost: float
    target: float


class Explanation(Answer):
    """Why a signal is what it is."""

    trade_date: Date
    values_of: Annotated[Date, Field(description="The trading day whose values were combined.")]
    universe: Universe
    universe_members: Annotated[
        int | None, Field(description="How many members the universe had that day; null: not known.")
    ]
    cross_section: Annotated[int, Field(description="Names with a value of every factor."), WHOLE]
    weighting: Weighting
    top_n: int
    factors: list[FactorInSignal]
    selected: list[SelectedName]
    below_the_cut: Annotated[list[RankedName], Field(description="The next names, best first.")]
    capital: Annotated[float, Field(description="The last NAV before the trade date, in CNY.")]
    too_dear: Annotated[
        list[DearName], Field(description="Selected names of which the capital cannot buy one lot.")
    ]


class Deleted(Answer):
    deleted: Literal[True]


def portfolio_out(
    portfolio: Portfolio, members: Sequence[tuple[str, str]], strategy: tuple[str, str] | None
) -> dict[str, Any]:
    """The fields of a portfolio. `members`: (factor_id, name); `strategy`: (slug, status)."""
    return {
        "id": portfolio.id,
        "name": portfolio.name,
        "universe": portfolio.universe,
        "weighting": portfolio.weighting,
        "top_n": portfolio.top_n,
        "status": portfolio.status,
        "members": [{"factor_id": factor_id, "name": name} for factor_id, name in members],
        "strategy": None if strategy is None else {"slug": strategy[0], "status": strategy[1]},
        "created_at": rfc3339(portfolio.created_at),
    }


def day_out(day: PortfolioDay) -> dict[str, Any]:
    return {
        "trade_date": day.trade_date,
        "outcome": day.outcome,
        "reason": day.reason,
        "noted_at": rfc3339(day.noted_at),
    }
