"""The body of a refusal, in the shape of the guide whose path was asked.

API guide       below /api/v1 and anywhere else     {"detail": "..."}, for 422 a list of findings
Copilot guide   /generate, /backtest, /auth, ...    {"error": "..."}; malformed input is a 400 (COP-33)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

_COPILOT: Final = re.compile(
    r"/(auth|generate|builder|strategy|backtest|plot|explain|export|leaderboard)(/.*)?", re.DOTALL
)

Found = Sequence[dict[str, Any]]
"""Findings as the API guide shows them: type, loc, msg."""


def is_of_copilot(path: str) -> bool:
    """Whether the Copilot guide has, or would have, a call of this path."""
    return _COPILOT.fullmatch(path) is not None


def shaped(path: str, status: int, detail: str | Found) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer that refuses a request for this path."""
    if not is_of_copilot(path):
        return status, {"detail": detail}
    text = detail if isinstance(detail, str) else "; ".join(map(_told, detail))
    return 400 if status == 422 else status, {"error": text}


def _told(finding: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in finding["loc"] if part not in {"body", "query", "path"})
    return f"{place}: {finding['msg']}" if place else str(finding["msg"])
