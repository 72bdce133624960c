"""The slug of a portfolio's strategy: `mf-{name}-{first 8 hex digits of the portfolio's id}`.

The name is brought to what a slug may hold: letters without their marks, in lower case, everything else a hyphen;
`portfolio` where nothing is left of it, as of a Chinese name. 49 characters at most.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SLUG_MAX: Final = 49
ID_DIGITS: Final = 8
NAMELESS: Final = "portfolio"

_PREFIX: Final = "mf-"
_NAME_MAX: Final = SLUG_MAX - len(_PREFIX) - 1 - ID_DIGITS
_OTHER: Final = re.compile(r"[^a-z0-9_]+")


def slug_of(name: str, portfolio_id: str) -> str:
    """`portfolio_id`: a UUID."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = _OTHER.sub("-", plain).strip("-_")[:_NAME_MAX].rstrip("-_") or NAMELESS
    return f"{_PREFIX}{text}-{portfolio_id[:ID_DIGITS]}"
