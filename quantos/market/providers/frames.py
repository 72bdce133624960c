"""Frames of a live fetch, cut and put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.columns import Frame
from quantos.market.core.providers.provider import bars_of


def joined(frames: Sequence[NormalisedBars], source: str) -> NormalisedBars:
    """All rows of the frames, in their order."""
    if not frames:
        empty = np.array([], dtype=object)
        return bars_of(source, empty, trade_date=np.array([], dtype="datetime64[D]"))
    names = frames[0].columns()
    return NormalisedBars(
        **{name: np.concatenate([frame.columns()[name] for frame in frames]) for name in names},
        source=source,
    )


def between(bars: NormalisedBars, first: date, last: date) -> NormalisedBars:
    """The rows from first to last, both included."""
    inside = (bars.trade_date >= np.datetime64(first)) & (bars.trade_date <= np.datetime64(last))
    return NormalisedBars(
        **{name: column[inside] for name, column in bars.columns().items()}, source=bars.source
    )


def frame_of(table: Any) -> dict[str, NDArray[Any]]:
    """A pandas DataFrame as a frame."""
    return {str(name): table[name].to_numpy() for name in table.columns}


def with_symbol(frame: Frame, name: str, code: str) -> dict[str, NDArray[Any]]:
    """The frame with a column that names its one instrument, exchange included."""
    rows = len(next(iter(frame.values()))) if frame else 0
    return {**frame, name: np.full(rows, code, dtype=object)}
