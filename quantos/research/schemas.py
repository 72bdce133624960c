"""Bodies and answers of the Copilot, as its guide shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from quantos.kit.web import STORABLE, Answer, ApiModel

Ticker = Annotated[str, Field(min_length=1, max_length=64)]
Code = Annotated[str, Field(min_length=1, max_length=200_000), STORABLE]
Prompt = Annotated[str, Field(max_length=20_000), STORABLE]
Name = Annotated[str, Field(min_length=1, max_length=200), STORABLE]


class CodeAndTicker(ApiModel):
    strategy_code: Code
    ticker: Ticker


class CodeAlone(ApiModel):
    strategy_code: Code


class PromptAlone(ApiModel):
    user_prompt: Prompt


class StrategyNew(ApiModel):
    name: Name
    prompt: Prompt
    code: Code


class BacktestOut(Answer):
    """CNY."""

    start_value: float
    end_value: float
    pnl: float


class PlotOut(Answer):
    """A figure as Plotly takes it."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class ExplanationOut(Answer):
    explanation: str


class GeneratedOut(Answer):
    """Comments at the head of the code tell what of the prompt is in it, and what is not."""

    generated_code: str


class TranslatedOut(Answer):
    prompt: str
    generated_code: str


class SavedOut(Answer):
    message: str
    strategy_id: int


class StrategyOut(Answer):
    """A saved strategy; `created_at` in UTC."""

    id: int
    name: str
    prompt: str
    code: str
    created_at: str


class DeletedOut(Answer):
    status: str
