"""Writes `alphalens.json`: what alphalens-reloaded finds in a small panel. Dependency group `bench`.

    python tests/vectors/factors/make_alphalens.py

Alphalens enters at the price of the factor's own day; QuantOS a day later: it is given each next day's price.
Its quintiles are `pandas.qcut`, which for a multiple of five names without ties are the fifths of QuantOS; for
another number it splits the rest differently, and tied names share a quintile. Its turnover counts one quintile.
"""

from __future__ import annotations

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from alphalens import performance, utils

DAYS, NAMES = 30, 25


def main() -> None:
    warnings.simplefilter("ignore")
    random = np.random.default_rng(11)
    factor = np.array([random.permutation(NAMES * 40)[:NAMES] / 8 for _ in range(DAYS)])
    price = np.round(20 * np.exp(np.cumsum(0.03 * random.standard_normal((DAYS + 1, NAMES)), axis=0)), 3)
    days = pd.bdate_range("2024-01-01", periods=DAYS, name="date")
    names = [f"{number:06d}.SZ" for number in range(NAMES)]
    pairs = pd.MultiIndex.from_product([days[:-1], names], names=["date", "asset"])
    prices = pd.DataFrame(price[1:], days, names)
    data = utils.get_clean_factor_and_forward_returns(
        pd.Series(factor[:-1].ravel(), pairs), prices, quantiles=5, periods=(1, 2), max_loss=1
    )
    means, _ = performance.mean_return_by_quantile(data, by_date=True, demeaned=False)
    found = {
        "made_by": f"alphalens-reloaded {version('alphalens-reloaded')}",
        "factor": factor[:-1].tolist(),
        "close": price.tolist(),
        "ic": performance.factor_information_coefficient(data)["1D"].tolist(),
        "quintile_returns": [means.loc[quintile, "1D"].tolist() for quintile in range(1, 6)],
        "turnover": {
            str(quintile): performance.quantile_turnover(data["factor_quantile"], quintile).dropna().tolist()
            for quintile in (1, 5)
        },
    }
    Path(__file__).with_name("alphalens.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
