"""Who trades in the synthetic market: 66 shares on every board and 14 funds.

The codes lie in the boards' ranges where no company or fund is listed (606xxx.SH, 003901.SZ and up,
302901.SZ and up, 689901.SH and up, 929xxx.BJ, 599xxx.SH, 1589xx.SZ), and every name says synthetic, so that
no row can be taken for a real company's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board, board_of, tick_mills
from quantos.market.core.synthetic_draws import Draws

Ints = NDArray[np.int64]

SECTORS: Final = 6


@dataclass(frozen=True, slots=True)
class Group:
    """Instruments of one board and exchange with successive codes."""

    chinese: str
    english: str
    exchange: str
    first_code: int
    count: int
    idio_ppm: tuple[int, int]
    growth_pct: tuple[int, int]
    price_mills: tuple[int, int]
    listed: tuple[str, str]


GROUPS: Final = (
    Group(
        "合成主板",
        "Synthetic Main",
        "SH",
        606_001,
        16,
        (12_000, 18_000),
        (-60, 20),
        (4_000, 120_000),
        ("1999-01-04", "2019-12-31"),
    ),
    Group(
        "合成深主板",
        "Synthetic Main SZ",
        "SZ",
        3_901,
        16,
        (13_000, 19_000),
        (-40, 40),
        (4_000, 90_000),
        ("1999-01-04", "2019-12-31"),
    ),
    Group(
        "合成创业",
        "Synthetic ChiNext",
        "SZ",
        302_901,
        14,
        (18_000, 26_000),
        (40, 120),
        (8_000, 180_000),
        ("2010-01-04", "2021-12-31"),
    ),
    Group(
        "合成科创",
        "Synthetic STAR",
        "SH",
        689_901,
        12,
        (18_000, 27_000),
        (60, 140),
        (15_000, 260_000),
        ("2019-07-22", "2021-12-31"),
    ),
    Group(
        "合成北证",
        "Synthetic BSE",
        "BJ",
        929_001,
        8,
        (22_000, 32_000),
        (0, 60),
        (5_000, 40_000),
        ("2021-11-15", "2021-12-31"),
    ),
    Group(
        "合成基金",
        "Synthetic ETF",
        "SH",
        599_001,
        8,
        (700, 1_500),
        (-40, 60),
        (800, 5_000),
        ("2012-01-04", "2021-12-31"),
    ),
    Group(
        "合成深基金",
        "Synthetic ETF SZ",
        "SZ",
        158_901,
        6,
        (700, 1_500),
        (-40, 100),
        (800, 4_000),
        ("2012-01-04", "2021-12-31"),
    ),
)

WIDE_FUND: Final = "599008.SH"
"""Follows the synthetic STAR shares: its price limit is 20 %."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The instruments; every array is [N]."""

    symbols: tuple[str, ...]
    names: tuple[str, ...]
    board: NDArray[np.int8]
    wide_fund: NDArray[np.bool_]
    tick: Ints  # mills
    first_price: Ints  # mills, on a tick
    list_date: NDArray[np.datetime64]
    shares: Ints  # thousands outstanding
    daily_volume: Ints  # shares
    beta_pct: Ints
    growth_pct: Ints
    small_pct: Ints
    sector: Ints  # -1: none (funds)
    idio_ppm: Ints

    def __len__(self) -> int:
        return len(self.symbols)

    def index(self, symbol: str) -> int:
        """The instrument's number."""
        return self.symbols.index(symbol)


def draw_cast(seed: int) -> Cast:
    """The instruments of a seed; symbols and names are the same for every seed."""
    draws = Draws(seed, 1)
    symbols = tuple(
        f"{group.first_code + k:06d}.{group.exchange}" for group in GROUPS for k in range(group.count)
    )
    names = tuple(
        f"{group.chinese}{k + 1:02d} / {group.english} {k + 1:02d}"
        for group in GROUPS
        for k in range(group.count)
    )
    boards = [board_of(symbol) for symbol in symbols]
    tick = np.array([tick_mills(board) for board in boards], dtype=np.int64)
    fund = np.array([board is Board.FUND for board in boards])
    count = len(symbols)
    first_price = _by_group(draws, "price_mills") // tick * tick
    # A few large companies and many small ones: thousands of shares grow by halves along a shuffled rank.
    rank = np.argsort(draws.between(0, 2**31 - 2, count), kind="stable")
    shares = 200_000 + 24_000_000 // (1 + rank)
    wide = np.array([symbol == WIDE_FUND for symbol in symbols])
    return Cast(
        symbols=symbols,
        names=names,
        board=np.array(boards, dtype=np.int8),
        wide_fund=wide,
        tick=tick,
        first_price=first_price,
        list_date=_list_dates(draws),
        shares=shares,
        daily_volume=shares * draws.between(3, 12, count),  # 0.3 % to 1.2 % of the shares
        beta_pct=np.where(fund, 100, draws.between(70, 130, count)),
        growth_pct=np.where(wide, 100, _by_group(draws, "growth_pct")),
        small_pct=np.where(fund, draws.between(-20, 40, count), np.minimum(rank, 100) - 30),
        sector=np.where(fund, -1, draws.between(0, SECTORS - 1, count)),
        idio_ppm=_by_group(draws, "idio_ppm"),
    )


def _by_group(draws: Draws, field: str) -> Ints:
    return np.concatenate([draws.between(*getattr(group, field), group.count) for group in GROUPS])


def _list_dates(draws: Draws) -> NDArray[np.datetime64]:
    parts = []
    for group in GROUPS:
        first, last = (np.datetime64(day, "D").astype(np.int64) for day in group.listed)
        parts.append(draws.between(int(first), int(last), group.count).astype("datetime64[D]"))
    dates = np.concatenate(parts)
    weekday = (dates.astype(np.int64) - 4) % 7  # 1970-01-05 was a Monday
    friday: NDArray[np.datetime64] = dates - np.maximum(weekday - 4, 0).astype("timedelta64[D]")
    return friday
