"""The synthetic indices: four lists of shares by market value, and their levels.

    value[t,i] = close[t,i] * shares_i
    level[t]   = level[t-1] (1 + sum_i value[t-1,i] ret[t,i] / sum_i value[t-1,i]),  ret = close / ref - 1

over the members of the day t. The lists are drawn up on the first session and again on the first session
from the Monday after the second Friday of each June and December, from the values of the session before:
the largest 14 shares, the next 14, the next 14, the rest. Shares under ST, of the Beijing exchange, delisted
or listed less than 60 sessions ago are in none. Levels are whole thousandths of a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board
from quantos.market.core.synthetic_cast import Cast
from quantos.market.core.synthetic_events import Events
from quantos.market.core.synthetic_paths import PPM, Paths

INDICES: Final = (
    ("000300.SH", 3_850_000),
    ("000905.SH", 5_900_000),
    ("000852.SH", 6_300_000),
    ("932000.CSI", 2_400_000),
)
"""Symbol and level of the first session, in thousandths of a point."""

MEMBERS: Final = 14
SESSIONS_MIN: Final = 60
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class IndexRows:
    """Closes of the indices in points; N rows by index, then date."""

    symbol: NDArray[np.object_]
    trade_date: NDArray[np.datetime64]
    close: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True)
class ConstituentRows:
    """Spells of membership; both dates belong to the spell, NaT where it has not ended."""

    index_symbol: NDArray[np.object_]
    symbol: NDArray[np.object_]
    start_date: NDArray[np.datetime64]
    end_date: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.symbol)


def draw_indices(
    cast: Cast, events: Events, paths: Paths, sessions: NDArray[np.datetime64]
) -> tuple[IndexRows, ConstituentRows]:
    """Levels and spells on the sessions."""
    reviews = _reviews(sessions)
    lists = np.empty(events.listed.shape, dtype=np.int64)
    for k, start in enumerate(reviews):
        end = reviews[k + 1] if k + 1 < len(reviews) else len(sessions)
        lists[start:end] = _lists(cast, events, paths, start)
    lists[~events.listed] = _NONE
    ret = paths.close * PPM // paths.ref - PPM
    value = np.vstack([paths.ref[:1], paths.close[:-1]]) * (cast.shares // 1000)
    rows = [_level(ret, value, lists == k, start) for k, (_, start) in enumerate(INDICES)]
    index = IndexRows(
        symbol=np.repeat(np.array([symbol for symbol, _ in INDICES], dtype=object), len(sessions)),
        trade_date=np.tile(sessions, len(INDICES)),
        close=np.concatenate(rows) / 1000.0,
    )
    return index, _spells(cast, lists, sessions)


def _level(
    ret: NDArray[np.int64], value: NDArray[np.int64], member: NDArray[np.bool_], start: int
) -> NDArray[np.int64]:
    weight = np.where(member, value, 0)
    moved = (weight * ret).sum(axis=1) // np.maximum(weight.sum(axis=1), 1)
    levels = [start]
    for step in moved[1:].tolist():
        levels.append((2 * levels[-1] * (PPM + step) + PPM) // (2 * PPM))
    return np.array(levels, dtype=np.int64)


def _lists(cast: Cast, events: Events, paths: Paths, start: int) -> NDArray[np.int64]:
    """Number of the index that each share is in from the session on, -1 none."""
    before = max(start - 1, 0)
    age = events.listed[:start].sum(axis=0)
    settled = (age >= SESSIONS_MIN) | events.listed[:1].all(axis=0)
    eligible = (
        events.listed[start]
        & settled
        & ~events.is_st[before]
        & (cast.board != Board.FUND)
        & (cast.board != Board.BSE)
    )
    value = np.where(eligible, paths.close[before] * cast.shares, -1)
    order = np.argsort(-value, kind="stable")
    place = np.empty(len(cast), dtype=np.int64)
    place[order] = np.arange(len(cast))
    return np.where(eligible, np.minimum(place // MEMBERS, len(INDICES) - 1), _NONE)


def _reviews(sessions: NDArray[np.datetime64]) -> list[int]:
    first, last = sessions[0].item(), sessions[-1].item()
    starts = {0}
    for year in range(first.year, last.year + 1):
        for month in (6, 12):
            opening = date(year, month, 1)
            second_friday = opening + timedelta(days=(4 - opening.weekday()) % 7 + 7)
            at = int(np.searchsorted(sessions, np.datetime64(second_friday + timedelta(days=3))))
            if 0 < at < len(sessions) and first < second_friday:
                starts.add(at)
    return sorted(starts)


def _spells(cast: Cast, lists: NDArray[np.int64], sessions: NDArray[np.datetime64]) -> ConstituentRows:
    rows: list[tuple[str, str, np.datetime64, np.datetime64]] = []
    nat = np.datetime64("NaT", "D")
    for k, (index_symbol, _) in enumerate(INDICES):
        member = np.zeros((len(sessions) + 2, len(cast)), dtype=np.int8)
        member[1:-1] = lists == k
        step = np.diff(member, axis=0)
        for i in np.argsort(np.array(cast.symbols)):
            starts, ends = np.flatnonzero(step[:, i] == 1), np.flatnonzero(step[:, i] == -1)
            rows.extend(
                (index_symbol, cast.symbols[i], sessions[s], sessions[e - 1] if e < len(sessions) else nat)
                for s, e in zip(starts, ends, strict=True)
            )
    return ConstituentRows(
        index_symbol=np.array([row[0] for row in rows], dtype=object),
        symbol=np.array([row[1] for row in rows], dtype=object),
        start_date=np.array([row[2] for row in rows], dtype="datetime64[D]"),
        end_date=np.array([row[3] for row in rows], dtype="datetime64[D]"),
    )
