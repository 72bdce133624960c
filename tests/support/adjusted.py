"""Adjusted closes in plain arrays: what the compiled pass over the bars is held against.

As `quantos.market.core.adjusted` defines them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.service import Market
from quantos.market.store import CHUNK_SESSIONS, Cursor

Panel = NDArray[np.float64]

BLOCK: Final = 256
"""Instruments at a time: what is computed on the way stays small."""


def adjusted_close(close: Panel, reference: Panel, adj_factor: Panel) -> Panel:
    """P [t, i], of raw closes; NaN in close and P where an instrument has no bar. What is not known is NaN or 0."""
    result = np.empty_like(close)
    for start in range(0, close.shape[1], BLOCK):
        block = np.s_[:, start : start + BLOCK]
        result[block] = _adjusted(close[block], reference[block], adj_factor[block])
    return result


def _adjusted(close: Panel, reference: Panel, adj_factor: Panel) -> Panel:
    present = np.isfinite(close)
    rows = np.arange(len(close))[:, None]
    last = np.full(close.shape, -1)
    last[1:] = np.maximum.accumulate(np.where(present, rows, -1), axis=0)[:-1]
    before = np.maximum(last, 0)
    last_close = np.take_along_axis(close, before, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_factor = last_close * np.take_along_axis(adj_factor, before, axis=0) / adj_factor
        reference = np.where(reference > 0, reference, np.where(by_factor > 0, by_factor, last_close))
        growth = np.where(present & (last >= 0), close / reference, 1.0)
    growth = np.where(present & (last < 0), close, growth)
    return np.where(present, np.cumprod(growth, axis=0), np.nan)


def adjusted_closes(market: Market, sessions: NDArray[np.datetime64]) -> Panel:
    """Closes adjusted for corporate actions, [session, instrument]; NaN where there is no bar.

    `sessions`: trading days without a gap.
    """
    with market.series.read() as cursor:
        return adjusted_close(*closes(cursor, sessions, len(market.instruments())))


def closes(
    cursor: Cursor, sessions: NDArray[np.datetime64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(close, reference, adj_factor), [session, instrument] over `count` instruments; NaN where there is none."""
    names = ("close", "reference", "adj_factor")
    close, reference, adj_factor = (np.full((len(sessions), count), np.nan) for _ in names)
    for start in range(0, len(sessions), CHUNK_SESSIONS):
        here = sessions[start : start + CHUNK_SESSIONS]
        rows = cursor.execute(
            "SELECT instrument, trade_date, close::DOUBLE AS close,"
            " coalesce(nullif(pre_close, 0)::DOUBLE, 'nan'::DOUBLE) AS reference,"
            " coalesce(adj_factor, 'nan'::DOUBLE) AS adj_factor FROM bar WHERE trade_date BETWEEN ? AND ?",
            [here[0].astype(object), here[-1].astype(object)],
        ).fetchnumpy()
        dates, numbers = (
            np.asarray(rows["trade_date"]).astype("datetime64[D]"),
            np.asarray(rows["instrument"]),
        )
        day = np.searchsorted(here, dates)
        known = (here[day] == dates) & (numbers < count)  # as in _chunk
        at = start + day[known], numbers[known]
        for name, values in zip(names, (close, reference, adj_factor), strict=True):
            values[at] = np.asarray(rows[name])[known]
    return close, reference, adj_factor
