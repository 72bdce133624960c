"""How long to wait before something that failed is tried again."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 1.0
COMMIT_MAX_S: Final = 30.0
PUSH_MAX_S: Final = 300.0


def delay_s(failures: int, longest_s: float) -> float:
    """1, 2, 4, ... seconds after 1, 2, 3, ... failures in a row, and no longer than `longest_s`."""
    return min(longest_s, FIRST_S * 2.0 ** min(failures - 1, 30))
