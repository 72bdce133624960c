"""Bodies and answers of deployed strategies."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import ConfigDict, Field

from quantos.kit.clock import rfc3339
from quantos.kit.copilot import StrategyId
from quantos.kit.web import STORABLE, WHOLE, Answer, ApiModel, Date
from quantos.research.study_schemas import TICKERS_MAX, Rate, Symbol, Universe
from quantos.research.tables import Deployment, DeploymentDay

DeploymentOutcome = Literal["signalled", "unchanged", "failed", "missed"]


class DeploymentNew(ApiModel):
    """Body of `POST /research/deployments`. `start`: the first of the bars that the strategy runs on."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "strategy_id": 1,
                "tickers": ["600519.SH"],
                "slug": "ma-cross",
                "name": "MA cross",
                "start": "2024-01-02",
            }
        }
    )

    strategy_id: StrategyId
    tickers: Annotated[list[Symbol], Field(min_length=1, max_length=TICKERS_MAX)]
    slug: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{2,48}$")]
    name: Annotated[str, Field(min_length=1, max_length=100), STORABLE]
    start: Date
    universe: Universe = "hs300"
    initial_capital: Annotated[int, Field(ge=100_000, le=100_000_000), WHOLE] = 1_000_000
    commission_rate: Rate = 0.0003
    slippage_rate: Rate = 0.002
    is_public: bool = True


class DeploymentDayOut(Answer):
    """`unchanged`: the strategy holds what it held, so the record holds. `reason`: of one that failed or was missed."""

    trade_date: date
    outcome: DeploymentOutcome
    reason: str | None
    noted_at: datetime


class DeploymentOut(Answer):
    """`slug` and `strategy_status`: of the tracked strategy; `strategy_id`: of the saved one, as it was then."""

    id: str
    slug: str
    strategy_status: Literal["pending", "active", "paused", "retired"]
    strategy_id: int
    tickers: list[str]
    start: date
    created_at: datetime


class DeploymentDetail(DeploymentOut):
    """With its code, and what became of its newest days."""

    strategy_code: str
    days: list[DeploymentDayOut]


class DeploymentList(Answer):
    deployments: list[DeploymentOut]


def deployment_out(deployment: Deployment, slug: str, status: str) -> dict[str, Any]:
    """As in `DeploymentOut`."""
    return {
        "id": deployment.id,
        "slug": slug,
        "strategy_status": status,
        "strategy_id": deployment.saved_number,
        "tickers": orjson.loads(deployment.tickers),
        "start": deployment.first_day,
        "created_at": rfc3339(deployment.created_at),
    }


def days_out(days: Sequence[DeploymentDay]) -> list[dict[str, Any]]:
    """As in `DeploymentDayOut`."""
    return [
        {
            "trade_date": each.trade_date,
            "outcome": each.outcome,
            "reason": each.reason,
            "noted_at": rfc3339(each.noted_at),
        }
        for each in days
    ]
