"""Bodies and answers of the leaderboard, as the Copilot's guide shows them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from quantos.kit.copilot import StrategyId
from quantos.kit.web import STORABLE, Answer, ApiModel
from quantos.leaderboard.tables import LeaderboardEntry

Name = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
Dataset = Annotated[str, Field(min_length=1, max_length=100), STORABLE]


class Submission(ApiModel):
    """`strategy_id` may be null: code that is saved nowhere."""

    strategy_id: StrategyId | None = None
    strategy_name: Name
    code: Annotated[str, Field(min_length=1, max_length=200_000), STORABLE]
    dataset: Dataset = "default"
    ticker: Annotated[str, Field(min_length=1, max_length=64)]


class SubmittedOut(Answer):
    """Metrics are fractions: Sharpe Ratio, Max Drawdown, Total Return."""

    entry_id: int
    metrics: dict[str, float | None]
    score: float


class EntryOut(Answer):
    """Percentages; a drawdown is 0 or less."""

    id: int
    user_id: int
    username: str
    strategy_id: int | None
    strategy_name: str
    dataset: str
    run_at: datetime
    return_pct: float
    sharpe: float | None
    max_drawdown: float
    score: float
    notes: str | None


class TopOut(Answer):
    period: str
    dataset: str | None
    top: list[EntryOut]


def entry_out(entry: LeaderboardEntry, user: int, username: str) -> dict[str, Any]:
    """As in `EntryOut`."""
    return {
        "id": entry.number,
        "user_id": user,
        "username": username,
        "strategy_id": entry.strategy_number,
        "strategy_name": entry.strategy_name,
        "dataset": entry.dataset,
        "run_at": entry.run_at,
        "return_pct": entry.return_pct,
        "sharpe": entry.sharpe,
        "max_drawdown": entry.max_drawdown,
        "score": entry.score,
        "notes": entry.notes,
    }
