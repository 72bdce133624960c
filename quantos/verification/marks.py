"""The marks of packages and public records, beside what they say: at the end of the outermost object.

No digest covers them: what is attested of a day is made from its record, so the same day has the same digests
whether or not a licence holds, and whoever leaves a mark out changes no proof. `simulated` and `synthetic` belong to
the data; `edition` to the platform that answers, at the moment it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

SIMULATED: Final = "the directory is simulated, a replay of the past with hindsight"
SYNTHETIC: Final = "the market is synthetic, no prices of any exchange"


class Source(Protocol):
    """What the market answers."""

    @property
    def is_synthetic(self) -> bool: ...


class Marks:
    """Of one platform. `edition`: what the licence says, None where it is a standard one."""

    def __init__(
        self, market: Source, edition: Callable[[], str | None] = lambda: None, *, simulated: bool
    ) -> None:
        self._market, self._edition, self._simulated = market, edition, simulated

    @property
    def edition(self) -> str | None:
        return self._edition()

    def fields(self) -> dict[str, Any]:
        """Those that hold; of the others there is nothing."""
        edition = self._edition()
        found = {"simulated": self._simulated, "synthetic": self._market.is_synthetic}
        marks: dict[str, Any] = {name: True for name, holds in found.items() if holds}
        return marks if edition is None else {**marks, "edition": edition}

    def made_up(self) -> str | None:
        """Why this is no record, in words; None where it is one."""
        reasons = [SIMULATED] if self._simulated else []
        reasons += [SYNTHETIC] if self._market.is_synthetic else []
        return "; ".join(reasons) or None
