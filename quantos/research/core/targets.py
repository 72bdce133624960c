"""What a strategy that ran up to yesterday's close would hold after today's open, as weights.

position[i]  adjusted shares: what its fills sum to, and the market orders that wait for the next open
close[i]     the last adjusted close
equity       cash and what the shares are worth at the last closes
weight[i]    position[i] close[i] / equity, up to the next of 6 decimals, so that no lot is lost to rounding; where that
             is more than 1 in all it is brought down to 1. What is not held is left out

Stop and limit orders that wait are not counted: nobody knows whether their price will come. A signal is due when the
positions are not those of the last signal: on every other day nothing is ordered, and the record holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from quantos.research.core.account import AccountDiffers, Ran
from quantos.research.core.feed import Feed

UNIT: Final = 1_000_000
TOLERANCE: Final = 1e-6
"""Of a unit: the rounding of a quotient is not rounded up."""


def positions(ran: Ran, waiting: Any, feeds: Sequence[Feed]) -> dict[str, float]:
    """By symbol, of those that are held. `waiting`: as the run reports it. Raises AccountDiffers."""
    held = {feed.name: 0.0 for feed in feeds}
    for fill in ran.fills:
        held[fill.feed] += fill.size
    try:
        for name, size in waiting:
            held[name] += float(size)
    except (KeyError, TypeError, ValueError):
        raise AccountDiffers("the backtest's record cannot be read") from None
    return {name: size for name, size in sorted(held.items()) if size > 0 and math.isfinite(size)}


def weights(held: Mapping[str, float], ran: Ran, feeds: Sequence[Feed]) -> dict[str, float]:
    """By symbol, each above 0, at most 1 in all."""
    close = {feed.name: float(feed.close[-1]) for feed in feeds}
    share = {name: size * close[name] / ran.value for name, size in held.items()}
    raised = {name: math.ceil(weight * UNIT - TOLERANCE) / UNIT for name, weight in share.items()}
    if math.fsum(raised.values()) > 1.0:
        whole = max(1.0, math.fsum(share.values()))
        raised = {name: math.floor(weight / whole * UNIT) / UNIT for name, weight in share.items()}
    return {name: weight for name, weight in raised.items() if weight > 0}
