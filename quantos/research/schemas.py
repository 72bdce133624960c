"""Bodies and answers of the Copilot, as its guide shows them."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from pydantic import Field, WithJsonSchema

from quantos.kit.web import STORABLE, Answer, ApiModel
from quantos.research.core.blueprint import ENTRY_INDICATORS, EXIT_INDICATORS, Indicator, Operator, Sizing

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


def _rows(indicators: Iterable[Indicator]) -> dict[str, Any]:
    number = {"anyOf": [{"type": "number"}, {"type": "null"}]}
    params = {
        "lookback": {"type": "integer", "minimum": 1},
        "threshold": {"type": "number"},
        "multiplier": {"type": "number"},
    }
    row = {
        "indicator": {"enum": [each.value for each in indicators]},
        "operator": {"enum": [each.value for each in Operator]},
        "value": number,
        "params": {"type": "object", "properties": params},
    }
    return {
        "type": "array",
        "minItems": 1,
        "items": {"type": "object", "required": ["indicator", "operator"], "properties": row},
    }


_RISK: Final = {
    "stop_loss": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    "take_profit": {"type": "number"},
    "trailing_stop": {"type": "number"},
}
BlueprintBody = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": "object",
            "title": "Blueprint",
            "required": ["asset", "entry", "exit"],
            "properties": {
                "asset": {"type": "string"},
                "timeframe": {"type": "string", "default": "1d"},
                "entry": _rows(ENTRY_INDICATORS),
                "exit": _rows(EXIT_INDICATORS),
                "risk": {"type": "object", "properties": _RISK},
                "position_sizing": {"enum": [each.value for each in Sizing], "default": Sizing.FIXED.value},
            },
        }
    ),
]
"""Described here, judged by `research.core.blueprint`, whose refusals say which line of it is wrong."""
