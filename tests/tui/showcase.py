"""The platform of the README's pictures: ten strategies of as many styles over a year of the synthetic market.

    python -m tests.tui.showcase FOLDER

Afterwards `quantos serve --data-dir FOLDER --simulate ...` and `python -m tests.tui.pictures`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from quantos.cli.demo.market import _import_synthetic
from quantos.kit.clock import parse_instant
from quantos.market.core.synthetic import SEED, synthetic_market
from tests.support.platforms import Caller, Stage, stage

FIRST, LAST = date(2024, 1, 2), date(2024, 12, 20)
ENDED: Final = "2024-12-20T19:00"
STYLES: Final = (
    ("momentum-60", "Momentum, 60 days", 60, 1), ("reversal-5", "Reversal, 5 days", 5, -1),
    ("momentum-20", "Momentum, 20 days", 20, 1), ("reversal-20", "Reversal, 20 days", 20, -1),
    ("trend-120", "Trend, 120 days", 120, 1), ("contrarian-60", "Contrarian, 60 days", 60, -1),
    ("swing-10", "Swing, 10 days", 10, 1), ("value-like", "Value-like, 120 days", 120, -1),
    ("steady-40", "Steady, 40 days", 40, 1), ("counter-40", "Counter, 40 days", 40, -1),
)  # fmt: skip
"""(slug, name, days looked back, whether what rose is bought)."""

EVERY, NAMES = 5, 8


def build(folder: Path) -> None:
    with stage(folder, parse_instant(f"{FIRST}T07:30:00+08:00")) as on:
        close, days, symbols = _market(on)
        agents = [on.agent() for _ in range(4)]
        for number, (slug, name, _, _) in enumerate(STYLES):
            agents[number // 3].post("/strategies", {"name": name, "slug": slug})
        for at, day in enumerate(days):
            if day < FIRST or day > LAST:
                continue
            on.clock_to(day, "08:30:00")
            for number in range(len(STYLES)):
                if (at + number) % EVERY == 0 or day == LAST:
                    _submit(on, agents[number // 3], number, day, close[:at], symbols)
            on.clock_to(day, "19:00:00")
        for slug, _, _, _ in STYLES[:6]:
            agents[[style[0] for style in STYLES].index(slug) // 3].call(
                "PATCH", f"/strategies/{slug}", {"is_public": True}
            )
        agents[3].post("/tickets", {"title": "Bars of Tuesday", "category": "data", "description": "Where?"})


def _market(on: Stage) -> tuple[np.ndarray, list[date], list[str]]:
    """Closes [day, symbol], the days and the symbols of what was imported."""
    market = on.platform.market
    _import_synthetic(market, SEED)
    bars = synthetic_market(market.calendar, SEED).bars
    days, row = np.unique(bars.trade_date, return_inverse=True)
    symbols, column = np.unique(bars.symbol.astype(str), return_inverse=True)
    close = np.full((len(days), len(symbols)), np.nan)
    close[row, column] = bars.close
    return close, days.astype(object).tolist(), symbols.tolist()


def _submit(on: Stage, agent: Caller, number: int, day: date, close: np.ndarray, symbols: list[str]) -> None:
    """The names that rose, or fell, most in the days looked back; of every third strategy another third."""
    slug, _, back, sign = STYLES[number]
    rose = sign * (close[-1] / close[-1 - back] - 1)
    rose[(np.arange(len(symbols)) + number) % 3 == 0] = np.nan
    known = np.flatnonzero(np.isfinite(rose))
    best = known[np.argsort(-rose[known])][:NAMES]
    on.submit(agent, slug, day, {symbols[k]: 0.95 / NAMES for k in best})


if __name__ == "__main__":
    build(Path(sys.argv[1]))
