"""What happens in the synthetic market: who is listed, suspended, under ST, at a limit, and pays on which day.

T sessions, N instruments; every table is [T, N]. Positions in time are per mille of T, so that any range of
dates gets its share of everything; what would fall outside, or before the rules it needs, does not happen.

    limit rates: main board 10 %, under ST 5 % (10 % from 2026-07-06); ChiNext and STAR 20 %; BSE 30 %;
    funds 10 %, wide funds 20 %. New main-board (from 2023-04-10), ChiNext and STAR shares trade five sessions
    without a limit, BSE shares one, funds none.

These rates are the exchanges' from 2021-11-15 on; FIRST_DATE is the first year they hold from beginning to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board
from quantos.market.core.synthetic_cast import Cast
from quantos.market.core.synthetic_draws import Draws

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

FIRST_DATE: Final = date(2022, 1, 1)
_NEW_LISTING_FROM: Final = np.datetime64("2023-04-10", "D")
_ST_MAIN_WIDENED: Final = np.datetime64("2026-07-06", "D")

_RATE_PPM: Final = {
    Board.MAIN: 100_000,
    Board.CHINEXT: 200_000,
    Board.STAR: 200_000,
    Board.BSE: 300_000,
    Board.FUND: 100_000,
}
_FREE_SESSIONS: Final = {Board.MAIN: 5, Board.CHINEXT: 5, Board.STAR: 5, Board.BSE: 1, Board.FUND: 0}

LISTINGS: Final = (
    ("606016.SH", 150),
    ("302914.SZ", 280),
    ("689912.SH", 400),
    ("929008.BJ", 520),
    ("003916.SZ", 640),
    ("158906.SZ", 700),
)
"""New listings, at their per mille of the range."""

DELISTED: Final = "003915.SZ"
_DELISTED_AT: Final = 900
_DELISTED_ST_AT: Final = 550
_LAST_DOWN_SESSIONS: Final = 12

_ST_SPELLS: Final = (
    ("606013.SH", 0, 300),
    ("003913.SZ", 450, 800),
    ("302913.SZ", 500, 1_001),
    ("606014.SH", 750, 1_001),
    (DELISTED, _DELISTED_ST_AT, 1_001),
)
_ONE_PRICE_RUNS: Final = (
    ("606003.SH", 220, 3, 1),
    ("003904.SZ", 470, 2, -1),
    ("302903.SZ", 610, 2, 1),
    ("606014.SH", 752, 3, -1),
    ("929002.BJ", 330, 1, 1),
)
_LONG_SUSPENSION: Final = ("606009.SH", 360, 45)


@dataclass(frozen=True, slots=True)
class Events:
    """Every table is [T, N]."""

    listed: Flags  # trades on the exchange that day, suspended or not
    first_session: Flags  # the listing day of a new listing
    suspended: Flags
    is_st: Flags
    rate_ppm: Ints  # of the price limit, both sides
    free: Flags  # no price limit
    at_limit: NDArray[np.int8]  # 1 closes at the upper, -1 at the lower limit
    one_price: Flags  # the whole day at that limit
    cash_ppm: Ints  # of the last close, paid on this ex-date
    bonus_ppm: Ints  # new shares per million
    recorded: Flags  # the event has a corporate-action row; the others show in the reference price alone
    list_date: NDArray[np.datetime64]  # [N]
    delist_date: NDArray[np.datetime64]  # [N], NaT: still listed


def draw_events(seed: int, cast: Cast, sessions: NDArray[np.datetime64]) -> Events:
    """The events of a seed on these sessions."""
    shape = (len(sessions), len(cast))
    draws = Draws(seed, 2)
    listed, first_session, list_date, delist_date = _listings(cast, sessions)
    is_st = _st_spells(cast, shape) & listed
    suspended = _suspensions(draws, cast, is_st, shape) & listed & ~first_session
    rate, free = _limit_rates(cast, sessions, is_st, listed, first_session)
    at_limit, one_price = _limit_days(draws, cast, shape)
    trading = listed & ~suspended & ~free
    cash, bonus, recorded = _distributions(draws, cast, sessions)
    return Events(
        listed=listed,
        first_session=first_session,
        suspended=suspended,
        is_st=is_st,
        rate_ppm=rate,
        free=free,
        at_limit=np.where(trading, at_limit, 0).astype(np.int8),
        one_price=one_price & trading & (at_limit != 0),
        cash_ppm=np.where(trading, cash, 0),
        bonus_ppm=np.where(trading, bonus, 0),
        recorded=recorded & trading & ((cash > 0) | (bonus > 0)),
        list_date=list_date,
        delist_date=delist_date,
    )


def _listings(
    cast: Cast, sessions: NDArray[np.datetime64]
) -> tuple[Flags, Flags, NDArray[np.datetime64], NDArray[np.datetime64]]:
    count = len(sessions)
    listed = np.ones((count, len(cast)), dtype=np.bool_)
    first_session = np.zeros_like(listed)
    list_date = cast.list_date.copy()
    delist_date = np.full(len(cast), np.datetime64("NaT", "D"))
    for symbol, per_mille in LISTINGS:
        at, i = count * per_mille // 1000, cast.index(symbol)
        if at > 0 and sessions[at] >= _NEW_LISTING_FROM:
            listed[:at, i] = False
            first_session[at, i] = True
            list_date[i] = sessions[at]
    at, i = count * _DELISTED_AT // 1000, cast.index(DELISTED)
    if at > 0:
        listed[at:, i] = False
        delist_date[i] = sessions[at]
    return listed, first_session, list_date, delist_date


def _st_spells(cast: Cast, shape: tuple[int, int]) -> Flags:
    is_st = np.zeros(shape, dtype=np.bool_)
    for symbol, start, end in _ST_SPELLS:
        is_st[shape[0] * start // 1000 : shape[0] * end // 1000, cast.index(symbol)] = True
    return is_st


def _suspensions(draws: Draws, cast: Cast, is_st: Flags, shape: tuple[int, int]) -> Flags:
    """Eighteen spells of 1 to 10 sessions, a long one, and the day before a risk warning begins or ends."""
    suspended = np.zeros(shape, dtype=np.bool_)
    shares = np.flatnonzero(cast.board != Board.FUND)
    for _ in range(18):
        i = int(shares[draws.one(0, len(shares) - 1)])
        start, length = shape[0] * draws.one(10, 980) // 1000, draws.one(1, 10)
        suspended[start : start + length, i] = True
    symbol, per_mille, length = _LONG_SUSPENSION
    start = shape[0] * per_mille // 1000
    suspended[start : start + length, cast.index(symbol)] = True
    suspended[:-1] |= is_st[1:] != is_st[:-1]
    suspended[:1] = False  # every instrument's first bar is a traded one
    return suspended


def _limit_rates(
    cast: Cast, sessions: NDArray[np.datetime64], is_st: Flags, listed: Flags, first_session: Flags
) -> tuple[Ints, Flags]:
    ordinary = np.array([_RATE_PPM[Board(int(board))] for board in cast.board], dtype=np.int64)
    ordinary = np.where(cast.wide_fund, 200_000, ordinary)
    rate = np.broadcast_to(ordinary, is_st.shape).copy()
    narrow = is_st & (cast.board == Board.MAIN) & (sessions < _ST_MAIN_WIDENED)[:, None]
    rate[narrow] = 50_000
    free_sessions = np.array([_FREE_SESSIONS[Board(int(board))] for board in cast.board])
    since = np.cumsum(listed, axis=0) - 1
    new = first_session.any(axis=0)
    return rate, listed & new & (since < free_sessions)


def _limit_days(draws: Draws, cast: Cast, shape: tuple[int, int]) -> tuple[NDArray[np.int8], Flags]:
    """Runs of one-price days, single days that close at a limit, and the end of the one that is delisted."""
    at_limit = np.zeros(shape, dtype=np.int8)
    one_price = np.zeros(shape, dtype=np.bool_)
    shares = np.flatnonzero(cast.board != Board.FUND)
    for k in range(30):
        t, i = draws.one(1, max(shape[0] - 1, 1)), int(shares[draws.one(0, len(shares) - 1)])
        if t < shape[0]:
            at_limit[t, i] = 1 if k % 3 else -1
    for symbol, per_mille, length, direction in _ONE_PRICE_RUNS:
        start, i = shape[0] * per_mille // 1000, cast.index(symbol)
        at_limit[start : start + length, i] = direction
        one_price[start : start + length, i] = True
    end, i = shape[0] * _DELISTED_AT // 1000, cast.index(DELISTED)
    at_limit[max(end - _LAST_DOWN_SESSIONS, 0) : end, i] = -1
    at_limit[:1] = 0
    return at_limit, one_price


def _distributions(draws: Draws, cast: Cast, sessions: NDArray[np.datetime64]) -> tuple[Ints, Ints, Flags]:
    """Each year from May to July two thirds of the shares pay cash, some give shares, two funds pay.

    Three kinds in turn: cash with a row, cash without one, shares (with cash where there is a row). What has
    no row stays within the gaps by which a reference price explains itself: cash up to 4 %, shares alone.
    """
    cash = np.zeros((len(sessions), len(cast)), dtype=np.int64)
    bonus = np.zeros_like(cash)
    recorded = np.zeros(cash.shape, dtype=np.bool_)
    year = sessions.astype("datetime64[Y]")
    month = sessions.astype("datetime64[M]").astype(np.int64) % 12 + 1
    for season in np.unique(year):
        days = np.flatnonzero((year == season) & (month >= 5) & (month <= 7))
        days = days[days > 0]
        chosen, kind = draws.between(0, 2, len(cast)), draws.between(0, 9, len(cast))
        which, cash_ppm = draws.between(0, 2**20, len(cast)), draws.between(3_000, 40_000, len(cast))
        tenths = draws.between(3, 10, len(cast))
        if not len(days):
            continue
        for i in range(len(cast)):
            fund = cast.board[i] == Board.FUND
            if (fund and i % 7) or (not fund and chosen[i] == 0):
                continue
            t = days[which[i] % len(days)]
            recorded[t, i] = kind[i] % 2 == 0
            gives_shares = not fund and kind[i] >= 8
            bonus[t, i] = 100_000 * tenths[i] if gives_shares else 0
            cash[t, i] = 0 if gives_shares and not recorded[t, i] else cash_ppm[i]
    return cash, bonus, recorded
