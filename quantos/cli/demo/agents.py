"""What three strategies want to hold, from bars alone, shares only; session t's signal uses sessions before t.

momentum  the strongest names of the liquid part of the market over a quarter, the last week left out; chosen
          anew each week
equal     the names that traded most over a month, the same weight each; chosen anew each month
chaser    what closed at its upper limit yesterday, and what was suspended: a fifth of it replaced every day. It
          is there to meet the rules, not to earn
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from quantos.cli.demo.panel import Panel

LOOKBACK: Final = 60
"""Sessions of history that the strategies ask for."""

SKIP: Final = 5
WEEK: Final = 5
MONTH: Final = 20
SLEEVES: Final = 5
SMALL: Final = 500
"""Instruments of a market so small that its limit-ups are too few to chase: there more of it is bought."""

Order = list[dict[str, str | float]]


class Decide(Protocol):
    def __call__(self, panel: Panel, first: int) -> list[Order]: ...


@dataclass(frozen=True, slots=True)
class Agent:
    """A strategy's face and mind."""

    slug: str
    name: str
    execution_price: str
    decide: Decide


def momentum(panel: Panel, first: int) -> list[Order]:
    growth = np.cumsum(np.log1p(np.clip(panel.total_return, -0.9, 10)), axis=0, dtype=np.float64)
    signals: list[Order] = []
    for t in range(first, len(panel.dates)):
        if not signals or (t - first) % WEEK == 0:
            recent, old = growth[t - 1 - SKIP], growth[t - 1 - LOOKBACK] if t > LOOKBACK else 0.0
            candidates = _liquid(panel, t, share=0.25)
            score = np.where(candidates, recent - old, -np.inf)
            signals.append(_equal(panel, _top(score, _count(panel, 30)), 0.99))
        else:
            signals.append(signals[-1])
    return signals


def equal_weight(panel: Panel, first: int) -> list[Order]:
    signals: list[Order] = []
    for t in range(first, len(panel.dates)):
        if not signals or (t - first) % MONTH == 0:
            volume = panel.amount[max(0, t - MONTH) : t].sum(axis=0, dtype=np.float64)
            score = np.where(panel.traded[t - 1] & panel.share, volume, -np.inf)
            signals.append(_equal(panel, _top(score, _count(panel, 50)), 0.99))
        else:
            signals.append(signals[-1])
    return signals


def chaser(panel: Panel, first: int) -> list[Order]:
    hot_count = 3 if len(panel.symbols) > SMALL else max(3, len(panel.symbols) // 8)
    weight = int(9_800 / (SLEEVES * (hot_count + 1))) / 10_000
    sleeves: list[list[int]] = [[] for _ in range(SLEEVES)]
    signals: list[Order] = []
    for t in range(first, len(panel.dates)):
        size = panel.amount[max(0, t - MONTH) : t].sum(axis=0, dtype=np.float64)
        taken = {i for k, sleeve in enumerate(sleeves) if k != t % SLEEVES for i in sleeve}
        traded, suspended = panel.traded[t - 1] & panel.share, panel.suspended[t - 1] & panel.share
        hot = _top(np.where(traded, _heat(panel, t - 1, size), -np.inf), hot_count + len(taken))
        still = _top(np.where(suspended, size, -np.inf), 1 + len(taken))
        free = [i for i in hot if i not in taken][:hot_count]
        sleeves[t % SLEEVES] = free + [i for i in still if i not in taken][:1]
        names = sorted({i for sleeve in sleeves for i in sleeve})
        signals.append([{"symbol": panel.symbols[i], "weight": weight} for i in names])
    return signals


AGENTS: Final = (
    Agent("demo-momentum", "Momentum", "open", momentum),
    Agent("demo-equal", "Equal weight", "close", equal_weight),
    Agent("demo-chaser", "Limit-up chaser", "open", chaser),
)


def _liquid(panel: Panel, t: int, share: float) -> NDArray[np.bool_]:
    """Traded yesterday, and among the most traded of the last month."""
    volume = panel.amount[max(0, t - MONTH) : t].sum(axis=0, dtype=np.float64)
    traded = panel.traded[t - 1] & panel.share
    if not traded.any():
        return np.zeros_like(traded)
    least = np.quantile(volume[traded], 1 - max(share, min(1.0, 60 / int(traded.sum()))))
    liquid: NDArray[np.bool_] = traded & (volume >= least)
    return liquid


def _heat(panel: Panel, t: int, size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Limit-ups by what was traded in them, then the strongest gains."""
    return np.where(panel.limit_up[t], 1 + size, panel.total_return[t])


def _top(score: NDArray[np.float64], count: int) -> list[int]:
    """The places of the highest scores, highest first, ties by place; -inf is no candidate."""
    best = np.argsort(-score, kind="stable")[:count]
    return [int(i) for i in best if np.isfinite(score[i])]


def _count(panel: Panel, names: int) -> int:
    """Of a small market no more than a quarter."""
    return max(1, min(names, len(panel.symbols) // 4))


def _equal(panel: Panel, names: list[int], invested: float) -> Order:
    if not names:
        return []
    weight = int(invested * 10_000 / len(names)) / 10_000
    return [{"symbol": panel.symbols[i], "weight": weight} for i in sorted(names)]
