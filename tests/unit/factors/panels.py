"""Random panels with everything that is awkward about real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantos.factors.core.measured import MarketPanel
from quantos.factors.core.panel import Dates, Members, Panel
from tests.support.plain_panels import market_panel


@dataclass(frozen=True)
class Panels:
    dates: Dates
    factor: Panel
    other: Panel
    close: Panel
    members: Members

    @property
    def market(self) -> MarketPanel:
        return market_panel(self.dates, self.close)


def panels(seed: int, days: int = 150, names: int = 60) -> Panels:
    """Ties, gaps in values and closes, days without values, a delisting, days without known members."""
    random = np.random.default_rng(seed)
    values, other = random.standard_normal((2, days, names))
    values[::2] = np.round(values[::2], 1)
    for one in (values, other):
        one[random.random(one.shape) < 0.2] = np.nan
    values[random.random(days) < 0.05] = np.nan
    close = np.exp(np.cumsum(0.02 * random.standard_normal((days, names)), axis=0))
    close[random.random(close.shape) < 0.05] = np.nan
    close[days // 2 :, 0] = np.nan
    members = random.random((days, names)) < 0.7
    members[random.random(days) < 0.2] = False
    dates = np.arange(np.datetime64("2023-01-03"), np.datetime64("2023-01-03") + days)
    return Panels(dates, values, other, close, members)
