"""What the Copilot's features share: ids in paths, files to download."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator
from starlette.responses import Response

from quantos.kit.web import IN_DIGITS, WHOLE

NUMBER_MAX: Final = 2**62


def _within_the_store(number: int) -> int:
    """A number that the store can compare; beyond it there is nothing."""
    return min(max(number, 0), NUMBER_MAX)


StrategyId = Annotated[int, IN_DIGITS, WHOLE, AfterValidator(_within_the_store)]
"""Of a saved strategy, in a path, query or body."""


def attachment(text: str, media_type: str, name: str) -> Response:
    """A file to download. `name`: plain ASCII."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, headers=headers, media_type=f"{media_type}; charset=utf-8")
