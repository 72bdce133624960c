"""Bodies and answers of research backtests: the names are those of tracked strategies wherever both have the thing."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from quantos.kit.clock import rfc3339
from quantos.kit.copilot import StrategyId
from quantos.kit.web import STORABLE, WHOLE, Answer, ApiModel, Date
from quantos.research.tables import Study

TICKERS_MAX: Final = 50
Universe = Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]
StudyStatus = Literal["queued", "running", "finished", "failed", "cancelled"]
Rate = Annotated[float, Field(ge=0, le=0.05)]
Symbol = Annotated[str, Field(min_length=1, max_length=16), STORABLE]
Fraction = Annotated[float | None, Field(description="A fraction; null where undefined.")]


def _only(name: str, kind: str, other: str) -> dict[str, Any]:
    """That one of the two is given and the other is not, as the description says it."""
    return {"required": [name], "properties": {name: {"type": kind}, other: {"type": "null"}}}


class StudyNew(ApiModel):
    """Body of `POST /research/backtests`. Of `strategy_code` and `strategy_id` exactly one."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                _only("strategy_code", "string", "strategy_id"),
                _only("strategy_id", "integer", "strategy_code"),
            ],
            "example": {
                "name": "ma cross",
                "strategy_code": "import backtrader as bt\n\n\nclass Strategy(bt.Strategy):\n    def next(self):\n"
                "        if not self.position:\n            self.order_target_percent(target=0.9)\n",
                "tickers": ["600519.SH"],
            },
        }
    )

    name: Annotated[str, Field(max_length=100), STORABLE] = ""
    strategy_code: Annotated[str, Field(min_length=1, max_length=200_000), STORABLE] | None = None
    strategy_id: StrategyId | None = None
    tickers: Annotated[list[Symbol], Field(min_length=1, max_length=TICKERS_MAX)]
    start: Date | None = None
    end: Date | None = None
    universe: Annotated[Universe, Field(description="Its benchmark is the one compared with.")] = "hs300"
    initial_capital: Annotated[int, Field(ge=100_000, le=100_000_000), WHOLE] = 1_000_000
    commission_rate: Rate = 0.0003
    slippage_rate: Rate = 0.002
    minimum_commission: Annotated[
        float | None, Field(ge=0, le=1000, description="CNY an order; without it that of the platform.")
    ] = None


class StudyProgress(Answer):
    """Days of the run so far, and in all; 0 of 0 before it has begun."""

    done: int
    total: int


class StudyMetrics(Answer):
    """As a live record has them: 252 days a year, sample deviation, no risk-free rate; null where undefined."""

    total_return: Fraction
    annual_return: Fraction
    volatility: Fraction
    sharpe: Fraction
    max_drawdown: Annotated[float | None, Field(description="Positive; the curve starts at 1.0.")]
    calmar: Fraction
    excess_return: Fraction
    excess_sharpe: Fraction
    benchmark_return: Fraction
    trading_days: int


class StudyTotals(Answer):
    """CNY and counts; `turnover` is what was bought and sold over the initial capital."""

    end_value: float
    trades: int
    refused_orders: int
    costs: float
    turnover: float


class StudyDay(Answer):
    """CNY at the close, and the benchmark's level, 1.0 before the first day."""

    date: date
    value: float
    benchmark: float | None


class StudyTrade(Answer):
    """Adjusted shares and CNY, as it was filled."""

    date: date
    symbol: str
    side: Literal["buy", "sell"]
    quantity: float
    price: float
    costs: float


class StudyResult(Answer):
    metrics: StudyMetrics
    totals: StudyTotals
    equity: list[StudyDay]
    trades: list[StudyTrade]
    rules_version: str


class StudyOut(Answer):
    """A research backtest. `reason`: why it failed. `metrics`: once it is finished."""

    id: str
    name: str
    status: StudyStatus
    progress: StudyProgress
    reason: str | None
    strategy_id: int | None
    tickers: list[str]
    start: date | None
    end: date | None
    universe: Universe
    initial_capital: int
    commission_rate: float
    slippage_rate: float
    minimum_commission: float
    metrics: StudyMetrics | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class StudyDetail(StudyOut):
    """With its code, and what came of it."""

    strategy_code: str
    result: StudyResult | None


class StudyList(Answer):
    backtests: list[StudyOut]


def study_out(study: Study, asked: dict[str, Any], metrics: Any, progress: tuple[int, int]) -> dict[str, Any]:
    """As in `StudyOut`."""
    return {
        "id": study.id,
        "name": study.name,
        "status": study.status,
        "progress": {"done": progress[0], "total": progress[1]},
        "reason": study.reason,
        **asked,
        "metrics": metrics,
        "created_at": rfc3339(study.created_at),
        "started_at": study.started_at and rfc3339(study.started_at),
        "finished_at": study.finished_at and rfc3339(study.finished_at),
    }
