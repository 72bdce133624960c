"""Help texts in Chinese, by the English that stands beside each command and option."""

from __future__ import annotations

from typing import Final

HELP: Final[dict[str, str]] = {}
