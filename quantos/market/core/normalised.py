"""Bars of any source in the platform's own units: raw prices in CNY, volumes in shares, `600519.SH`.

Normalising changes units and names only; it never repairs a value. Whether a row is right is decided
afterwards, by `quantos.market.core.checks`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class NormalisedBars:
    """N rows in any order. Missing: NaN in a float, -1 in an integer, NaT in a date."""

    symbol: NDArray[np.object_]  # str, `600519.SH`; "" where the source's code cannot be read
    trade_date: NDArray[np.datetime64]  # datetime64[D]
    open: NDArray[np.float64]  # CNY, raw
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    pre_close: NDArray[np.float64]  # the exchange's reference price
    volume: NDArray[np.int64]  # shares
    amount: NDArray[np.float64]  # CNY
    adj_factor: NDArray[np.float64]  # cumulative backward factor
    is_st: NDArray[np.int8]  # 1, 0, -1 unknown
    trade_status: NDArray[np.int8]  # 1 traded, 0 suspended, -1 unknown
    source: str  # name of the provider or file kind

    def __post_init__(self) -> None:
        lengths = {
            field.name: len(getattr(self, field.name)) for field in fields(self) if field.name != "source"
        }
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of different lengths: {lengths}")

    def __len__(self) -> int:
        return len(self.symbol)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Name to array, in the order above."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "source"}
