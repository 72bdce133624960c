"""Tiers: what a kind of account may do.

    tier        strategies that are not retired, at most
    free        3      every new account
    licensed    20     assigned by the operator

Every tier may use all five universes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNIVERSES: Final = ("hs300", "csi500", "csi1000", "csi2000", "etf_all")


@dataclass(frozen=True, slots=True)
class Tier:
    """One kind of account."""

    name: str
    max_strategies: int
    universes: tuple[str, ...] = UNIVERSES


FREE: Final = Tier("free", 3)
LICENSED: Final = Tier("licensed", 20)
TIERS: Final[dict[str, Tier]] = {tier.name: tier for tier in (FREE, LICENSED)}
NEW_ACCOUNT: Final = FREE
